# The lambda module: versions, aliases, and what the role may do.

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

run "every_change_publishes_a_version_and_both_aliases_take_it" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  assert {
    condition     = aws_lambda_function.this.publish
    error_message = "Without versions there is nothing to go back to."
  }

  assert {
    condition     = aws_lambda_alias.live.function_version == "7" && aws_lambda_alias.candidate.function_version == "7"
    error_message = "live is ${aws_lambda_alias.live.function_version}, candidate ${aws_lambda_alias.candidate.function_version}."
  }
}

run "a_zip_is_uploaded_with_the_function" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  assert {
    condition     = aws_lambda_function.this.filename == "versions.tf" && aws_lambda_function.this.s3_bucket == null
    error_message = "Without a bucket the zip must go to Lambda directly."
  }

  assert {
    condition     = length(aws_s3_object.zip) == 0
    error_message = "Nothing is put anywhere that nobody asked for."
  }
}

run "a_large_zip_goes_through_the_bucket" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  variables {
    zip_bucket = "mesh-state-123456789012"
  }

  assert {
    condition     = aws_lambda_function.this.filename == null && aws_lambda_function.this.s3_bucket == "mesh-state-123456789012" && aws_lambda_function.this.s3_key == "zips/mesh-test.zip"
    error_message = "Lambda must take the code from the bucket."
  }

  assert {
    condition     = aws_s3_object.zip[0].source == "versions.tf" && aws_s3_object.zip[0].source_hash == "c2hh" && aws_lambda_function.this.source_code_hash == "c2hh"
    error_message = "Another zip must lead to another object and another version of the function."
  }

  assert {
    condition     = aws_lambda_function.this.s3_object_version == aws_s3_object.zip[0].version_id
    error_message = "Lambda must take this object, not one that somebody else has put there since."
  }
}

run "a_pinned_version_holds_live_and_not_the_candidate" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  variables {
    live_version = 3
  }

  assert {
    condition     = aws_lambda_alias.live.function_version == "3" && aws_lambda_alias.candidate.function_version == "7"
    error_message = "live is ${aws_lambda_alias.live.function_version}, candidate ${aws_lambda_alias.candidate.function_version}."
  }
}

run "a_canary_has_its_share_and_the_pinned_version_the_rest" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  variables {
    live_version  = 3
    canary_weight = 0.1
  }

  assert {
    condition     = aws_lambda_alias.live.function_version == "3" && aws_lambda_alias.live.routing_config[0].additional_version_weights == tomap({ "7" = 0.1 })
    error_message = "live is ${jsonencode(aws_lambda_alias.live)}."
  }

  assert {
    condition     = aws_ssm_parameter.live_version.insecure_value == "3"
    error_message = "The release is recorded as ${aws_ssm_parameter.live_version.insecure_value}."
  }
}

run "a_canary_of_what_is_live_already_is_refused" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  variables {
    live_version  = 7
    canary_weight = 0.1
  }

  expect_failures = [aws_lambda_alias.live]
}

run "an_open_version_does_not_come_back_behind_a_url_that_says_closed" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  override_data {
    target = data.aws_lambda_function.pinned[0]
    values = {
      environment = [{ variables = { MESH_AUTH = "none" } }]
    }
  }

  variables {
    live_version = 3
  }

  expect_failures = [aws_lambda_alias.live]
}

run "a_version_that_answers_around_the_domain_does_not_come_back_behind_it" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  variables {
    live_version = 3
    environment_variables = {
      MESH_AUTH                    = "api_key"
      MESH_ORIGIN_SECRET_PARAMETER = "/mesh/test/origin-secret"
    }
  }

  expect_failures = [aws_lambda_alias.live]
}

run "a_version_that_demands_the_way_through_a_domain_does_not_come_back_without_one" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  override_data {
    target = data.aws_lambda_function.pinned[0]
    values = {
      environment = [{ variables = {
        MESH_AUTH                    = "api_key"
        MESH_ORIGIN_SECRET_PARAMETER = "/mesh/test/origin-secret"
      } }]
    }
  }

  variables {
    live_version = 3
  }

  expect_failures = [aws_lambda_alias.live]
}

run "the_role_reads_its_own_parameters_writes_its_own_log_and_nothing_else" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.this.policy).Statement == [
      {
        Sid      = "ReadOwnParameters"
        Effect   = "Allow"
        Action   = ["ssm:GetParameter", "ssm:GetParameters"]
        Resource = ["arn:aws:ssm:us-east-1:123456789012:parameter/mesh/test/api-keys"]
      },
      {
        Sid      = "WriteOwnLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:aws:logs:us-east-1:123456789012:log-group:mock:*"
      },
    ]
    error_message = aws_iam_role_policy.this.policy
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[*].Principal == [{ Service = "lambda.amazonaws.com" }]
    error_message = aws_iam_role.this.assume_role_policy
  }
}

run "zero_turns_the_server_off_and_logs_stay_for_the_days_asked_for" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  variables {
    reserved_concurrency = 0
  }

  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == 0
    error_message = "Zero was not passed on."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/lambda/mesh-test" && aws_cloudwatch_log_group.this.retention_in_days == 30
    error_message = "The log group is ${aws_cloudwatch_log_group.this.name}, ${aws_cloudwatch_log_group.this.retention_in_days} days."
  }
}

run "a_missing_zip_is_refused_before_anything_is_made" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  variables {
    zip_path    = "nowhere.zip"
    code_sha256 = null
  }

  expect_failures = [aws_lambda_function.this]
}

run "traces_are_written_only_when_asked_for" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "PassThrough" && !strcontains(aws_iam_role_policy.this.policy, "xray")
    error_message = "Nobody asked for traces."
  }
}

run "tracing_comes_with_the_right_to_write_traces_and_no_other" {
  command = plan

  module {
    source = "./modules/lambda"
  }

  variables {
    tracing = true
  }

  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "Active"
    error_message = aws_lambda_function.this.tracing_config[0].mode
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.this.policy).Statement[2].Action == ["xray:PutTraceSegments", "xray:PutTelemetryRecords"] && length(jsondecode(aws_iam_role_policy.this.policy).Statement) == 3
    error_message = aws_iam_role_policy.this.policy
  }
}
