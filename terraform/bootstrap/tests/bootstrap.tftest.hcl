# What bootstrap makes of its variables. What the roles may do is seen on local AWS:
# tests/acceptance/terraform/test_bootstrap.py.

mock_provider "aws" {
  override_during = plan

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/mock" }
  }

  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
  }

  mock_resource "aws_s3_bucket" {
    defaults = { id = "mock", arn = "arn:aws:s3:::mock" }
  }
}

variables {
  github_repository = "my-company/aoma-mesh"
}

run "a_repository_by_its_name_is_trusted_by_its_name" {
  command = plan

  assert {
    condition     = aws_s3_bucket.state.bucket == "aoma-mesh-state-123456789012"
    error_message = "The bucket is ${aws_s3_bucket.state.bucket}."
  }

  assert {
    condition = jsondecode(aws_iam_role.plan.assume_role_policy).Statement[0].Condition == { StringEquals = {
      "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
      "token.actions.githubusercontent.com:sub" = [
        "repo:my-company/aoma-mesh:pull_request",
        "repo:my-company/aoma-mesh:ref:refs/heads/main",
      ]
    } }
    error_message = aws_iam_role.plan.assume_role_policy
  }

  # What was merged alone may read secrets.
  assert {
    condition     = jsondecode(aws_iam_role.refresh.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == ["repo:my-company/aoma-mesh:ref:refs/heads/main"]
    error_message = aws_iam_role.refresh.assume_role_policy
  }

  assert {
    condition = alltrue([
      for action in flatten([for statement in jsondecode(aws_iam_policy.refresh["production"].policy).Statement : statement.Action]) :
      can(regex("^(kms:Decrypt|[a-z0-9-]+:(Describe|Get|List|View)[A-Za-z]*)$", action))
    ])
    error_message = aws_iam_policy.refresh["production"].policy
  }

  assert {
    condition     = output.state_keys == { production = "production.tfstate", staging = "staging.tfstate" }
    error_message = jsonencode(output.state_keys)
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 1
    error_message = "GitHub's provider is not made."
  }
}

run "with_its_numbers_both_forms_are_trusted_each_exactly" {
  command = plan

  variables {
    github_owner_id      = 11
    github_repository_id = 22
    environments         = ["production"]
    release_branch       = "release/next"
  }

  assert {
    condition = jsondecode(aws_iam_role.plan.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == [
      "repo:my-company/aoma-mesh:pull_request",
      "repo:my-company/aoma-mesh:ref:refs/heads/release/next",
      "repo:my-company@11/aoma-mesh@22:pull_request",
      "repo:my-company@11/aoma-mesh@22:ref:refs/heads/release/next",
    ]
    error_message = aws_iam_role.plan.assume_role_policy
  }

  assert {
    condition     = keys(output.apply_role_arns) == ["production"]
    error_message = jsonencode(output.apply_role_arns)
  }
}

run "without_a_repository_the_account_deploys_and_nothing_is_made_for_github" {
  command = plan

  variables {
    github_repository = null
  }

  assert {
    condition = jsondecode(aws_iam_role.plan.assume_role_policy).Statement == [{
      Action    = "sts:AssumeRole"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::123456789012:root" }
    }]
    error_message = aws_iam_role.plan.assume_role_policy
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0
    error_message = "GitHub's provider would be made."
  }

  assert {
    condition     = keys(output.apply_role_arns) == ["production", "staging"]
    error_message = jsonencode(output.apply_role_arns)
  }
}

run "refuses_numbers_of_a_repository_without_its_name" {
  command = plan

  variables {
    github_repository    = null
    github_owner_id      = 11
    github_repository_id = 22
  }

  expect_failures = [var.github_owner_id]
}

run "the_account_s_own_provider_is_used_when_it_is_given" {
  command = plan

  variables {
    github_oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0
    error_message = "A second provider would be made; AWS refuses it."
  }
}

run "an_environment_is_trusted_from_its_own_github_environment_alone" {
  command = plan

  module {
    source = "./environment"
  }

  variables {
    name              = "mesh"
    environment       = "qa"
    region            = "eu-central-1"
    account_id        = "123456789012"
    partition         = "aws"
    oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    subjects          = ["repo:my-company/aoma-mesh:environment:qa"]
    state_bucket_arn  = "arn:aws:s3:::states"
    state_key         = "qa.tfstate"
  }

  assert {
    condition     = jsondecode(aws_iam_role.apply.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == ["repo:my-company/aoma-mesh:environment:qa"]
    error_message = aws_iam_role.apply.assume_role_policy
  }

  assert {
    condition     = sort(keys(aws_iam_policy.apply)) == tolist(["data", "function", "identity", "monitoring"])
    error_message = jsonencode(keys(aws_iam_policy.apply))
  }

  # AWS refuses a longer one; white space does not count.
  assert {
    condition     = alltrue([for policy in aws_iam_policy.apply : length(policy.policy) <= 6144])
    error_message = jsonencode({ for name, policy in aws_iam_policy.apply : name => length(policy.policy) })
  }

  # Every action by its whole name, and no "*" for a resource where AWS knows names.
  assert {
    condition = alltrue(flatten([for policy in aws_iam_policy.apply : [
      for statement in jsondecode(policy.policy).Statement : !strcontains(jsonencode(statement.Action), "*")
    ]]))
    error_message = "A pattern of actions is among the rights."
  }

  assert {
    condition = join(" ", sort(flatten([for policy in aws_iam_policy.apply : [
      for statement in jsondecode(policy.policy).Statement : statement.Sid if jsonencode(statement.Resource) == "\"*\""
    ]]))) == "CompositeAlarms FindLogsAndSaveQueries FindParameters"
    error_message = "Another right is for every resource."
  }

  # The zip of this environment on its way to Lambda, and no other object.
  assert {
    condition = flatten([for policy in aws_iam_policy.apply : [
      for statement in jsondecode(policy.policy).Statement : statement.Resource
      if anytrue([for action in flatten([statement.Action]) : strcontains(action, "ObjectVersion")])
    ]]) == ["arn:aws:s3:::states/zips/mesh-qa.zip"]
    error_message = "Versions of another object may be read or removed."
  }
}

run "an_option_that_needs_more_is_asked_for" {
  command = plan

  module {
    source = "./environment"
  }

  variables {
    name              = "mesh"
    environment       = "qa"
    region            = "eu-central-1"
    account_id        = "123456789012"
    partition         = "aws"
    oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    subjects          = ["repo:my-company/aoma-mesh:environment:qa"]
    state_bucket_arn  = "arn:aws:s3:::states"
    state_key         = "qa.tfstate"
    kms_key_arns      = ["arn:aws:kms:eu-central-1:123456789012:key/mine"]
    target_arns       = ["arn:aws:sqs:eu-central-1:123456789012:letters"]
    vpc               = true
    layer_arns        = ["arn:aws:lambda:eu-central-1:123456789012:layer:fonts"]
    policy_statements = [
      {
        sid        = "ReadNotes"
        actions    = ["dynamodb:GetItem"]
        resources  = ["arn:aws:dynamodb:eu-central-1:123456789012:table/notes"]
        conditions = [{ test = "StringEquals", variable = "aws:ResourceTag/Team", values = ["mesh"] }]
      },
      { effect = "Deny", actions = ["dynamodb:*"], resources = ["arn:aws:dynamodb:eu-central-1:123456789012:table/people"] },
    ]
  }

  assert {
    condition = join(" ", [for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : try(statement.Sid, "-")]) == join(" ", [
      "DecryptThroughServices", "SendToTargets", "LetLambdaMakeNetworkInterfaces", "KeepTheCodeFromNetworkInterfaces",
      "ReadNotes", "-", "ReadOwnParameters", "WriteOwnLog", "WriteTraces",
    ])
    error_message = aws_iam_policy.boundary.policy
  }

  # As the role's own policy has them: terraform/tests/policy_statements.tftest.hcl.
  assert {
    condition = slice(jsondecode(aws_iam_policy.boundary.policy).Statement, 4, 6) == [
      {
        Sid       = "ReadNotes"
        Effect    = "Allow"
        Action    = ["dynamodb:GetItem"]
        Resource  = ["arn:aws:dynamodb:eu-central-1:123456789012:table/notes"]
        Condition = { StringEquals = { "aws:ResourceTag/Team" = ["mesh"] } }
      },
      { Effect = "Deny", Action = ["dynamodb:*"], Resource = ["arn:aws:dynamodb:eu-central-1:123456789012:table/people"] },
    ]
    error_message = aws_iam_policy.boundary.policy
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_policy.apply["function"].policy).Statement : statement.Resource if try(statement.Sid, "") == "UseLayers"] == [
      ["arn:aws:lambda:eu-central-1:123456789012:layer:fonts:*"]
    ]
    error_message = aws_iam_policy.apply["function"].policy
  }

  assert {
    condition     = length(aws_iam_policy.apply["function"].policy) <= 6144 && strcontains(aws_iam_policy.apply["function"].policy, "key/mine")
    error_message = aws_iam_policy.apply["function"].policy
  }
}

run "refuses_a_sid_that_the_boundary_uses_itself" {
  command = plan

  module {
    source = "./environment"
  }

  variables {
    name              = "mesh"
    environment       = "qa"
    region            = "eu-central-1"
    account_id        = "123456789012"
    partition         = "aws"
    oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    subjects          = ["repo:my-company/aoma-mesh:environment:qa"]
    state_bucket_arn  = "arn:aws:s3:::states"
    state_key         = "qa.tfstate"
    policy_statements = [{ sid = "WriteOwnLog", actions = ["logs:PutLogEvents"], resources = ["*"] }]
  }

  expect_failures = [aws_iam_policy.boundary]
}

run "without_a_zone_there_are_no_rights_for_a_domain" {
  command = plan

  assert {
    condition     = !strcontains(aws_iam_role_policy.plan.policy, "route53")
    error_message = aws_iam_role_policy.plan.policy
  }

  assert {
    condition     = length(output.settings.domain_zone_ids) == 0
    error_message = jsonencode(output.settings)
  }
}

run "a_domain_s_zone_is_read_by_the_plan_role_and_remembered" {
  command = plan

  variables {
    domain_zone_ids = ["Z0123456789ABCDEFGHIJ"]
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.plan.policy).Statement : statement if startswith(jsonencode(statement.Action), "[\"route53:")
      ] == [{
        Sid      = "ReadZones"
        Effect   = "Allow"
        Action   = ["route53:GetHostedZone", "route53:ListTagsForResource"]
        Resource = ["arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ"]
    }]
    error_message = aws_iam_role_policy.plan.policy
  }

  assert {
    condition     = output.settings.domain_zone_ids == tolist(["Z0123456789ABCDEFGHIJ"])
    error_message = jsonencode(output.settings)
  }
}

run "a_domain_is_made_in_its_zone_and_touches_no_other_environment_s" {
  command = plan

  module {
    source = "./environment"
  }

  variables {
    name              = "mesh"
    environment       = "qa"
    region            = "eu-central-1"
    account_id        = "123456789012"
    partition         = "aws"
    oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    subjects          = ["repo:my-company/aoma-mesh:environment:qa"]
    state_bucket_arn  = "arn:aws:s3:::states"
    state_key         = "qa.tfstate"
    domain_zone_ids   = ["Z0123456789ABCDEFGHIJ"]
  }

  assert {
    condition     = length(aws_iam_policy.apply["domain"].policy) <= 6144 && !strcontains(aws_iam_policy.apply["domain"].policy, ":*\"")
    error_message = aws_iam_policy.apply["domain"].policy
  }

  # Every resource of the domain's rights, by statement.
  assert {
    condition = { for statement in jsondecode(aws_iam_policy.apply["domain"].policy).Statement : statement.Sid => join(" ", flatten([statement.Resource])) } == {
      RequestCertificate    = "*"
      Certificate           = "arn:aws:acm:us-east-1:123456789012:certificate/*"
      CreateDistribution    = "arn:aws:cloudfront::123456789012:distribution/*"
      Distribution          = "arn:aws:cloudfront::123456789012:distribution/*"
      TagWhatIsMade         = "arn:aws:acm:us-east-1:123456789012:certificate/* arn:aws:cloudfront::123456789012:distribution/*"
      ViewerRequestFunction = "arn:aws:cloudfront::123456789012:function/mesh-qa-viewer-request"
      KeyValueStore         = "arn:aws:cloudfront::123456789012:key-value-store/mesh-qa"
      WebAcl                = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/mesh-qa-domain/*"
      ReadZones             = "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ"
      WriteRecords          = "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ"
      AwaitRecords          = "arn:aws:route53:::change/*"
    }
    error_message = aws_iam_policy.apply["domain"].policy
  }

  # Where ids are random, tags tell what is the environment's own.
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_policy.apply["domain"].policy).Statement :
      statement.Condition.StringEquals == { "aws:ResourceTag/Environment" = "qa", "aws:ResourceTag/Project" = "mesh" }
      if contains(["Certificate", "Distribution"], statement.Sid)
    ])
    error_message = aws_iam_policy.apply["domain"].policy
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_policy.apply["domain"].policy).Statement :
      statement.Condition.StringEquals["aws:RequestTag/Environment"] == "qa" && statement.Condition.StringEquals["aws:RequestTag/Project"] == "mesh"
      if contains(["RequestCertificate", "TagWhatIsMade"], statement.Sid)
    ])
    error_message = aws_iam_policy.apply["domain"].policy
  }

  assert {
    condition     = !strcontains(aws_iam_policy.apply["domain"].policy, "cloudfront-keyvaluestore")
    error_message = "The apply role could read or write the origin secret."
  }
}

run "statements_for_one_environment_are_remembered" {
  command = plan

  variables {
    policy_statements = [{ actions = ["dynamodb:GetItem"], resources = ["*"], environments = ["staging"] }]
  }

  assert {
    condition     = output.settings.policy_statements[0].environments == toset(["staging"])
    error_message = jsonencode(output.settings)
  }
}

run "refuses_statements_for_an_environment_that_there_is_not" {
  command = plan

  variables {
    policy_statements = [{ actions = ["dynamodb:GetItem"], resources = ["*"], environments = ["stagign"] }]
  }

  expect_failures = [var.policy_statements]
}

run "refuses_one_number_without_the_other" {
  command = plan

  variables {
    github_owner_id = 11
  }

  expect_failures = [var.github_owner_id]
}

run "refuses_what_would_open_or_mix_things" {
  command = plan

  variables {
    name                     = "Mesh"
    region                   = "frankfurt"
    environments             = ["staging", "staging-eu"]
    state_bucket             = "No_Bucket"
    state_history_days       = 0
    github_repository        = "*/aoma-mesh"
    github_oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/example.com"
    release_branch           = "*"
    kms_key_arns             = ["arn:aws:kms:us-east-1:123456789012:key/*"]
    target_arns              = ["*"]
    domain_zone_ids          = ["*"]
    layer_arns               = ["arn:aws:lambda:us-east-1:123456789012:layer:fonts:3"]
  }

  expect_failures = [
    var.name,
    var.region,
    var.environments,
    var.state_bucket,
    var.state_history_days,
    var.github_repository,
    var.github_oidc_provider_arn,
    var.release_branch,
    var.kms_key_arns,
    var.target_arns,
    var.domain_zone_ids,
    var.layer_arns,
  ]
}

run "refuses_names_that_are_its_own" {
  command = plan

  variables {
    environments         = ["plan"]
    github_owner_id      = 11
    github_repository_id = 0
  }

  # The owner's is not judged while the other one is wrong.
  expect_failures = [var.environments, var.github_repository_id]
}

# Its own role is none of the roles that it may write.
run "previews_share_a_role_that_may_touch_numbered_deployments_alone" {
  command = plan

  variables {
    environments = ["preview"]
  }

  assert {
    condition     = output.state_keys == { preview = "preview-pr*.tfstate" }
    error_message = jsonencode(output.state_keys)
  }

  assert {
    condition     = endswith(module.environment["preview"].function_arn, ":function:aoma-mesh-preview-pr*")
    error_message = module.environment["preview"].function_arn
  }
}

run "people_repair_with_a_second_factor_only" {
  command = plan

  module {
    source = "./environment"
  }

  variables {
    name              = "aoma-mesh"
    environment       = "production"
    region            = "us-east-1"
    account_id        = "123456789012"
    partition         = "aws"
    oidc_provider_arn = null
    subjects          = []
    state_bucket_arn  = "arn:aws:s3:::mock"
    state_key         = "production.tfstate"
    break_glass_arns  = ["arn:aws:iam::123456789012:user/ada"]
  }

  assert {
    condition = jsondecode(aws_iam_role.break_glass[0].assume_role_policy).Statement == [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = ["arn:aws:iam::123456789012:user/ada"] }
      Condition = {
        Bool            = { "aws:MultiFactorAuthPresent" = "true" }
        NumericLessThan = { "aws:MultiFactorAuthAge" = "3600" }
      }
    }]
    error_message = aws_iam_role.break_glass[0].assume_role_policy
  }

  assert {
    condition     = keys(aws_iam_role_policy_attachment.break_glass) == keys(aws_iam_role_policy_attachment.apply)
    error_message = jsonencode(keys(aws_iam_role_policy_attachment.break_glass))
  }
}

run "nobody_repairs_by_hand_unless_somebody_is_named" {
  command = plan

  assert {
    condition     = output.break_glass_role_arns == {}
    error_message = jsonencode(output.break_glass_role_arns)
  }
}

run "a_whole_account_cannot_repair" {
  command = plan

  variables {
    break_glass_arns = ["arn:aws:iam::123456789012:root"]
  }

  expect_failures = [var.break_glass_arns]
}

run "alarms_tell_an_address_or_a_topic" {
  command = plan

  variables {
    alarm_subscriber = "arn:aws:sns:us-east-1:123456789012:on-call.fifo"
  }

  expect_failures = [var.alarm_subscriber]
}
