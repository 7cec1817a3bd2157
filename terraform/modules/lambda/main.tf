# The function, a version of it for every change, and the two aliases.

locals {
  auth        = var.environment_variables["MESH_AUTH"]
  pinned_auth = one(data.aws_lambda_function.pinned[*].environment[0].variables["MESH_AUTH"])
}

resource "aws_lambda_function" "this" {
  function_name = var.name
  description   = var.description
  role          = aws_iam_role.this.arn

  filename         = var.zip_path
  source_code_hash = var.code_sha256
  handler          = var.handler
  layers           = var.layers
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

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
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

# By name, not by reference: read while planning, so that a version which does not exist
# or does not fit fails there, before the new one is published.
data "aws_lambda_function" "pinned" {
  count = var.live_version == null ? 0 : 1

  function_name = var.name
  qualifier     = tostring(var.live_version)
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "What the live URL serves"
  function_name    = aws_lambda_function.this.function_name
  function_version = var.live_version == null ? aws_lambda_function.this.version : tostring(var.live_version)

  # No block at all without a canary: one that is there and empty is a difference in every
  # plan, because Lambda gives none back. Left out, the provider sends an empty map, which
  # takes the weights away.
  dynamic "routing_config" {
    for_each = var.canary_weight > 0 ? [var.canary_weight] : []

    content {
      additional_version_weights = { (aws_lambda_function.this.version) = routing_config.value }
    }
  }

  lifecycle {
    # A version keeps the environment it was published with, and the guard of a URL is
    # half in there: an open version must not come back behind a URL that says closed.
    precondition {
      condition     = local.pinned_auth == null || local.pinned_auth == local.auth
      error_message = "live_version ${coalesce(var.live_version, 0)} was published for callers authenticated by \"${coalesce(local.pinned_auth, "?")}\", these settings are for \"${local.auth}\". Pin a version that fits, or set function_url_auth, allow_unauthenticated, api_keys and oauth_issuer to what they were for it."
    }

    # Lambda: InvalidParameterValueException, two weights for one version.
    precondition {
      condition     = var.canary_weight == 0 || aws_lambda_function.this.version != tostring(var.live_version)
      error_message = "canary_weight is ${var.canary_weight}, and live_version is the newest version itself: there is nothing to try. Set canary_weight to 0."
    }
  }
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
