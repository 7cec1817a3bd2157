# What the function may have besides: nothing of it by default, and each with its right alone.

mock_provider "aws" {
  source = "./tests/mocks"

  # Known while planning.
  override_during = plan
}

variables {
  name                   = "mesh-test"
  description            = "Test"
  zip_path               = "versions.tf"
  code_sha256            = "c2hh"
  handler                = "mesh.runtime.handler.handler"
  layers                 = []
  runtime                = "python3.13"
  architecture           = "arm64"
  memory_mb              = 512
  timeout_seconds        = 30
  reserved_concurrency   = null
  live_version           = null
  log_retention_days     = 30
  tracing                = false
  live_version_parameter = "/mesh/test/live-version"
  parameter_arns         = ["arn:aws:ssm:us-east-1:123456789012:parameter/mesh/test/api-keys"]
  environment_variables  = { MESH_AUTH = "api_key" }
}

run "nothing_of_it_by_default" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  assert {
    condition     = length(aws_lambda_function.this.snap_start) == 0 && length(aws_lambda_function.this.vpc_config) == 0 && length(aws_lambda_function.this.dead_letter_config) == 0
    error_message = jsonencode(aws_lambda_function.this)
  }

  assert {
    condition     = aws_lambda_function.this.kms_key_arn == null && aws_lambda_function.this.code_signing_config_arn == null && aws_cloudwatch_log_group.this.kms_key_id == null
    error_message = "A key or a code signing configuration that nobody asked for."
  }

  assert {
    condition     = aws_lambda_function.this.ephemeral_storage[0].size == 512
    error_message = "/tmp has ${aws_lambda_function.this.ephemeral_storage[0].size} MB."
  }

  assert {
    condition     = length(aws_lambda_provisioned_concurrency_config.live) == 0 && length(aws_lambda_function_event_invoke_config.live) == 0
    error_message = "Instances or destinations that nobody asked for."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.this.policy).Statement[*].Sid == ["ReadOwnParameters", "WriteOwnLog"]
    error_message = aws_iam_role_policy.this.policy
  }
}

run "snapshots_are_of_published_versions" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  variables {
    snap_start = true
  }

  assert {
    condition     = aws_lambda_function.this.snap_start[0].apply_on == "PublishedVersions" && aws_lambda_function.this.publish
    error_message = jsonencode(aws_lambda_function.this.snap_start)
  }
}

run "instances_are_kept_ready_for_the_version_that_is_live" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  variables {
    provisioned_concurrency = 2
  }

  assert {
    condition     = aws_lambda_provisioned_concurrency_config.live[0].qualifier == "7" && aws_lambda_provisioned_concurrency_config.live[0].provisioned_concurrent_executions == 2
    error_message = jsonencode(aws_lambda_provisioned_concurrency_config.live[0])
  }
}

run "and_not_for_the_candidate_or_the_canary" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  variables {
    provisioned_concurrency = 2
    live_version            = 3
    canary_weight           = 0.1
  }

  # On the version and not on the alias, whose weights would be refused.
  assert {
    condition     = aws_lambda_provisioned_concurrency_config.live[0].qualifier == "3"
    error_message = aws_lambda_provisioned_concurrency_config.live[0].qualifier
  }
}

run "a_canary_between_versions_with_different_dead_letter_queues_is_refused" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  variables {
    live_version    = 3
    canary_weight   = 0.1
    dead_letter_arn = "arn:aws:sqs:us-east-1:123456789012:lost"
  }

  expect_failures = [aws_lambda_alias.live]
}

run "in_a_vpc_lambda_makes_network_interfaces_and_the_code_cannot" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  variables {
    vpc = { subnet_ids = ["subnet-0123456789abcdef0"], security_group_ids = ["sg-0123456789abcdef0"], ipv6 = true }
  }

  assert {
    condition     = aws_lambda_function.this.vpc_config[0].subnet_ids == toset(["subnet-0123456789abcdef0"]) && aws_lambda_function.this.vpc_config[0].security_group_ids == toset(["sg-0123456789abcdef0"]) && aws_lambda_function.this.vpc_config[0].ipv6_allowed_for_dual_stack
    error_message = jsonencode(aws_lambda_function.this.vpc_config)
  }

  assert {
    condition     = slice(jsondecode(aws_iam_role_policy.this.policy).Statement[*].Sid, 2, 4) == ["LetLambdaMakeNetworkInterfaces", "KeepTheCodeFromNetworkInterfaces"]
    error_message = aws_iam_role_policy.this.policy
  }

  assert {
    condition = alltrue([
      contains(jsondecode(aws_iam_role_policy.this.policy).Statement[2].Action, "ec2:CreateNetworkInterface"),
      contains(jsondecode(aws_iam_role_policy.this.policy).Statement[2].Action, "ec2:DeleteNetworkInterface"),
      jsondecode(aws_iam_role_policy.this.policy).Statement[3].Effect == "Deny",
      length(setsubtract(jsondecode(aws_iam_role_policy.this.policy).Statement[2].Action, jsondecode(aws_iam_role_policy.this.policy).Statement[3].Action)) == 0,
      jsondecode(aws_iam_role_policy.this.policy).Statement[3].Condition == { ArnEquals = { "lambda:SourceFunctionArn" = ["arn:aws:lambda:us-east-1:123456789012:function:mesh-test"] } },
    ])
    error_message = aws_iam_role_policy.this.policy
  }
}

run "a_key_of_the_customers_is_used_through_two_services_only" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  }

  assert {
    condition     = aws_lambda_function.this.kms_key_arn == var.kms_key_arn && aws_cloudwatch_log_group.this.kms_key_id == var.kms_key_arn
    error_message = "The environment or the log is under another key."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.this.policy).Statement[2] == {
      Sid       = "DecryptThroughServices"
      Effect    = "Allow"
      Action    = "kms:Decrypt"
      Resource  = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
      Condition = { StringEquals = { "kms:ViaService" = ["lambda.us-east-1.amazonaws.com", "ssm.us-east-1.amazonaws.com"] } }
    } && length(jsondecode(aws_iam_role_policy.this.policy).Statement) == 3
    error_message = aws_iam_role_policy.this.policy
  }
}

run "the_parameters_are_made_under_that_key" {
  command = plan

  module {
    source = "./modules/ssm_parameters"
  }

  variables {
    path        = "/mesh/test"
    parameters  = { api-keys = "Keys" }
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  }

  assert {
    condition     = aws_ssm_parameter.this["api-keys"].key_id == var.kms_key_arn
    error_message = aws_ssm_parameter.this["api-keys"].key_id
  }
}

run "each_target_may_be_sent_to_and_no_other" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  variables {
    dead_letter_arn = "arn:aws:sqs:us-east-1:123456789012:lost"
    asynchronous = {
      on_failure_arn = "arn:aws:sns:us-east-1:123456789012:failed"
      on_success_arn = "arn:aws:events:us-east-1:123456789012:event-bus/done"
      retries        = 0
    }
  }

  assert {
    condition     = aws_lambda_function.this.dead_letter_config[0].target_arn == "arn:aws:sqs:us-east-1:123456789012:lost"
    error_message = jsonencode(aws_lambda_function.this.dead_letter_config)
  }

  assert {
    condition = alltrue([
      aws_lambda_function_event_invoke_config.live[0].qualifier == "live",
      aws_lambda_function_event_invoke_config.live[0].maximum_retry_attempts == 0,
      aws_lambda_function_event_invoke_config.live[0].destination_config[0].on_failure[0].destination == "arn:aws:sns:us-east-1:123456789012:failed",
      aws_lambda_function_event_invoke_config.live[0].destination_config[0].on_success[0].destination == "arn:aws:events:us-east-1:123456789012:event-bus/done",
    ])
    error_message = jsonencode(aws_lambda_function_event_invoke_config.live)
  }

  assert {
    condition = [for statement in slice(jsondecode(aws_iam_role_policy.this.policy).Statement, 2, 5) : "${statement.Effect} ${statement.Action} ${statement.Resource}"] == [
      "Allow events:PutEvents arn:aws:events:us-east-1:123456789012:event-bus/done",
      "Allow sns:Publish arn:aws:sns:us-east-1:123456789012:failed",
      "Allow sqs:SendMessage arn:aws:sqs:us-east-1:123456789012:lost",
    ] && length(jsondecode(aws_iam_role_policy.this.policy).Statement) == 5
    error_message = aws_iam_role_policy.this.policy
  }
}

run "one_target_for_everything_needs_one_right" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  variables {
    dead_letter_arn = "arn:aws:sqs:us-east-1:123456789012:lost"
    asynchronous = {
      on_failure_arn = "arn:aws:sqs:us-east-1:123456789012:lost"
      on_success_arn = null
      retries        = 2
    }
  }

  assert {
    condition     = length(jsondecode(aws_iam_role_policy.this.policy).Statement) == 3 && length(aws_lambda_function_event_invoke_config.live[0].destination_config[0].on_success) == 0
    error_message = aws_iam_role_policy.this.policy
  }
}

run "an_end_of_retries_needs_no_destination" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  variables {
    asynchronous = { on_failure_arn = null, on_success_arn = null, retries = 1 }
  }

  assert {
    condition     = aws_lambda_function_event_invoke_config.live[0].maximum_retry_attempts == 1 && length(aws_lambda_function_event_invoke_config.live[0].destination_config) == 0
    error_message = jsonencode(aws_lambda_function_event_invoke_config.live)
  }
}

run "storage_and_a_signature_are_passed_on" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  variables {
    ephemeral_storage_mb    = 2048
    code_signing_config_arn = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0123456789abcdef0"
  }

  assert {
    condition     = aws_lambda_function.this.ephemeral_storage[0].size == 2048 && aws_lambda_function.this.code_signing_config_arn == var.code_signing_config_arn
    error_message = "${aws_lambda_function.this.ephemeral_storage[0].size} MB, ${aws_lambda_function.this.code_signing_config_arn}"
  }
}
