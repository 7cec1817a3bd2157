# The function, a version of it for every change, and the two aliases.

resource "aws_lambda_function" "this" {
  function_name = var.name
  description   = var.description
  role          = aws_iam_role.this.arn

  filename         = var.zip_path
  source_code_hash = var.code_sha256
  handler          = var.handler
  runtime          = var.runtime
  architectures    = [var.architecture]

  memory_size                    = var.memory_mb
  timeout                        = var.timeout_seconds
  reserved_concurrent_executions = var.reserved_concurrency == null ? -1 : var.reserved_concurrency

  # A version is what an alias can point to and go back to: code and configuration, frozen.
  publish = true

  environment {
    variables = var.environment_variables
  }

  # Lambda creates a missing log group itself at the first invocation, without retention,
  # and Terraform's creation then fails with ResourceAlreadyExistsException. The policy
  # comes first because the first requests would find reading parameters denied.
  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy.this]

  lifecycle {
    precondition {
      condition     = fileexists(var.zip_path)
      error_message = "There is no zip at ${var.zip_path}. Build it with: python build.py --architecture ${var.architecture}"
    }
  }
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "What the live URL serves"
  function_name    = aws_lambda_function.this.function_name
  function_version = var.live_version == null ? aws_lambda_function.this.version : tostring(var.live_version)
}

resource "aws_lambda_alias" "candidate" {
  name             = "candidate"
  description      = "The newest version"
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
}
