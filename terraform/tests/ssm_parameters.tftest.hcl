# The parameters module: names and types, never values.

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
  path       = "/mesh/test"
  parameters = { api-keys = "Keys", other = "Another, by one line" }
}

run "a_parameter_for_each_line_encrypted_and_with_a_placeholder_written_once" {
  command = plan

  module {
    source = "./modules/ssm_parameters"
  }

  assert {
    condition     = output.names == { api-keys = "/mesh/test/api-keys", other = "/mesh/test/other" }
    error_message = jsonencode(output.names)
  }

  assert {
    condition     = alltrue([for parameter in aws_ssm_parameter.this : parameter.type == "SecureString" && parameter.value_wo_version == 1])
    error_message = "Another type, or a version other than 1, which would overwrite the value put there since."
  }
}
