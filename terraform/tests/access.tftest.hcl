# Who may call: what the server demands, and what lets callers through to it.

mock_provider "aws" {
  # Values that the provider's own checks accept, known while planning.
  override_during = plan

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }

  mock_resource "aws_ssm_parameter" {
    defaults = { arn = "arn:aws:ssm:us-east-1:123456789012:parameter/mock" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:mock" }
  }

  mock_resource "aws_lambda_function" {
    defaults = { version = "7" }
  }

  mock_resource "aws_lambda_function_url" {
    defaults = {
      function_arn = "arn:aws:lambda:us-east-1:123456789012:function:mock:alias"
      function_url = "https://mock.lambda-url.us-east-1.on.aws/"
    }
  }

  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/mock" }
  }
}

variables {
  # Any file that exists: nothing is uploaded here.
  zip_path = "versions.tf"
}

run "none_means_that_the_server_demands_an_api_key_and_the_candidate_sigv4" {
  command = plan

  assert {
    condition     = output.function_name == "aoma-mesh-dev"
    error_message = "The function is ${output.function_name}."
  }

  assert {
    condition     = local.auth == "api_key"
    error_message = "The server is told ${local.auth}."
  }

  assert {
    condition     = output.live_invoke_policy_arn == null
    error_message = "A policy for SigV4 callers exists although the URL is public."
  }

  assert {
    condition     = output.candidate_invoke_policy_arn != null
    error_message = "The candidate URL must demand SigV4 whatever the live one does."
  }
}

run "open_only_when_said_and_then_with_a_warning" {
  command = plan

  variables {
    allow_unauthenticated = true
  }

  expect_failures = [check.live_url_demands_a_credential]

  assert {
    condition     = local.auth == "none" && startswith(output.access, "OPEN")
    error_message = "The server is told ${local.auth}; the output says: ${output.access}"
  }
}

run "aws_iam_needs_no_api_key" {
  command = plan

  variables {
    function_url_auth = "AWS_IAM"
  }

  assert {
    condition     = local.auth == "iam"
    error_message = "The server is told ${local.auth}."
  }

  assert {
    condition     = output.live_invoke_policy_arn != null
    error_message = "Nothing that callers could attach."
  }
}
