# policy_statements: what tools may do in AWS, in a policy of its own of the function's role.

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
  handler                = "mcp_app.handler.handler"
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

run "without_statements_there_is_no_second_policy" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  assert {
    condition     = length(aws_iam_role_policy.statements) == 0 && aws_iam_role_policy.this.name == "parameters-and-log"
    error_message = jsonencode(aws_iam_role_policy.statements)
  }
}

run "statements_become_a_policy_of_their_own" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  variables {
    policy_statements = [
      {
        sid       = "ReadNotes"
        actions   = ["dynamodb:GetItem", "dynamodb:Query"]
        resources = ["arn:aws:dynamodb:us-east-1:123456789012:table/notes"]
        conditions = [
          { test = "ForAllValues:StringEquals", variable = "dynamodb:LeadingKeys", values = ["public"] },
          { test = "StringEquals", variable = "aws:ResourceTag/Team", values = ["mesh"] },
          { test = "StringEquals", variable = "aws:RequestedRegion", values = ["us-east-1", "us-west-2"] },
        ]
      },
      { actions = ["translate:TranslateText"], resources = ["*"] },
      { effect = "Deny", actions = ["dynamodb:*"], resources = ["arn:aws:dynamodb:us-east-1:123456789012:table/people"] },
    ]
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.statements[0].policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid      = "ReadNotes"
          Effect   = "Allow"
          Action   = ["dynamodb:GetItem", "dynamodb:Query"]
          Resource = ["arn:aws:dynamodb:us-east-1:123456789012:table/notes"]
          Condition = {
            "ForAllValues:StringEquals" = { "dynamodb:LeadingKeys" = ["public"] }
            StringEquals                = { "aws:ResourceTag/Team" = ["mesh"], "aws:RequestedRegion" = ["us-east-1", "us-west-2"] }
          }
        },
        { Effect = "Allow", Action = ["translate:TranslateText"], Resource = ["*"] },
        { Effect = "Deny", Action = ["dynamodb:*"], Resource = ["arn:aws:dynamodb:us-east-1:123456789012:table/people"] },
      ]
    }
    error_message = aws_iam_role_policy.statements[0].policy
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.this.policy).Statement[*].Sid == ["ReadOwnParameters", "WriteOwnLog"]
    error_message = aws_iam_role_policy.this.policy
  }
}

run "refuses_more_than_a_role_can_have" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  variables {
    policy_statements = [{ actions = ["s3:GetObject"], resources = [for number in range(200) : "arn:aws:s3:::a-bucket-with-a-rather-long-name-${number}/*"] }]
  }

  expect_failures = [aws_iam_role_policy.statements[0]]
}

run "refuses_more_than_a_function_s_environment_can_have" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  variables {
    environment_variables = { MESH_AUTH = "api_key", NOTES = join("", [for number in range(1024) : "more"]) }
  }

  expect_failures = [aws_lambda_function.this]
}
