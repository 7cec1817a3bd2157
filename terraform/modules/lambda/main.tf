# The function, a version of it for every change, and the two aliases.

locals {
  in_vpc       = length(var.vpc.subnet_ids) > 0
  live_version = var.live_version == null ? aws_lambda_function.this.version : tostring(var.live_version)

  auth        = var.environment_variables["MESH_AUTH"]
  pinned_auth = one(data.aws_lambda_function.pinned[*].environment[0].variables["MESH_AUTH"])

  pinned_dead_letter_arn = try(data.aws_lambda_function.pinned[0].dead_letter_config[0].target_arn, "none")

  # Whether requests must prove that they came through a domain; null without a pin.
  domain_only        = contains(keys(var.environment_variables), "MESH_ORIGIN_SECRET_PARAMETER")
  pinned_domain_only = one([for pinned in data.aws_lambda_function.pinned : contains(keys(pinned.environment[0].variables), "MESH_ORIGIN_SECRET_PARAMETER")])
}

# Lambda takes 50 MB in a request, and more only from S3.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
resource "aws_s3_object" "zip" {
  count = var.zip_bucket == null ? 0 : 1

  bucket      = var.zip_bucket
  key         = "zips/${var.name}.zip"
  source      = var.zip_path
  source_hash = var.code_sha256

  # Tags of objects would need rights of their own.
  override_provider {
    default_tags {
      tags = {}
    }
  }
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_116:Callers wait for the answer of a Function URL; only asynchronous events can be lost
  #checkov:skip=CKV_AWS_117:It needs nothing that is in a VPC, and would need a NAT gateway to reach what it does
  #checkov:skip=CKV_AWS_173:The environment holds no secret, only names of parameters
  #checkov:skip=CKV_AWS_272:Who may write code is decided by IAM; a profile for signing is a choice of the account's
  function_name = var.name
  description   = var.description
  role          = aws_iam_role.this.arn

  filename          = var.zip_bucket == null ? var.zip_path : null
  s3_bucket         = one(aws_s3_object.zip[*].bucket)
  s3_key            = one(aws_s3_object.zip[*].key)
  s3_object_version = one(aws_s3_object.zip[*].version_id)
  source_code_hash  = var.code_sha256
  handler           = var.handler
  layers            = var.layers
  runtime           = var.runtime
  architectures     = [var.architecture]

  memory_size                    = var.memory_mb
  timeout                        = var.timeout_seconds
  reserved_concurrent_executions = var.reserved_concurrency == null ? -1 : var.reserved_concurrency

  # A version is what an alias can point to and go back to: code and configuration, frozen.
  publish = true

  environment {
    variables = var.environment_variables
  }

  # Encrypts the environment, and snapshots of SnapStart.
  kms_key_arn             = var.kms_key_arn
  code_signing_config_arn = var.code_signing_config_arn

  ephemeral_storage {
    size = var.ephemeral_storage_mb
  }

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  # The blocks below are left out when nobody asks for them: Lambda gives none back then.
  dynamic "snap_start" {
    for_each = var.snap_start ? ["PublishedVersions"] : []

    content {
      apply_on = snap_start.value
    }
  }

  dynamic "vpc_config" {
    for_each = local.in_vpc ? [var.vpc] : []

    content {
      subnet_ids                  = vpc_config.value.subnet_ids
      security_group_ids          = vpc_config.value.security_group_ids
      ipv6_allowed_for_dual_stack = vpc_config.value.ipv6
    }
  }

  dynamic "dead_letter_config" {
    for_each = var.dead_letter_arn == null ? [] : [var.dead_letter_arn]

    content {
      target_arn = dead_letter_config.value
    }
  }

  # Lambda creates a missing log group itself at the first invocation, without retention,
  # and Terraform's creation then fails with ResourceAlreadyExistsException. The policies
  # come first because the first requests would find reading parameters denied.
  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy.this, aws_iam_role_policy.statements]

  lifecycle {
    # It carries the address, which never comes back.
    prevent_destroy = true

    precondition {
      condition     = fileexists(var.zip_path)
      error_message = "There is no zip at ${var.zip_path}. Build it with: python build.py --architecture ${var.architecture}"
    }

    # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    precondition {
      condition     = length(jsonencode(var.environment_variables)) <= 4096
      error_message = "The environment has ${length(jsonencode(var.environment_variables))} characters as JSON; Lambda takes at most 4096. Shorten the values in environment_variables, or keep them in a file of the server."
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
  function_version = local.live_version

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
    # The live address is on it.
    prevent_destroy = true

    # A version keeps the environment it was published with, and the guard of a URL is
    # half in there: an open version must not come back behind a URL that says closed.
    precondition {
      condition     = local.pinned_auth == null || local.pinned_auth == local.auth
      error_message = "live_version ${coalesce(var.live_version, 0)} was published for callers authenticated by \"${coalesce(local.pinned_auth, "?")}\", these settings are for \"${local.auth}\". Pin a version that fits, or set function_url_auth, allow_unauthenticated, api_keys and oauth_issuer to what they were for it."
    }

    # The other half is what the server takes requests from: one that demands the way through
    # a domain answers nobody without it, and one that does not lets everybody around it.
    precondition {
      condition     = local.pinned_domain_only == null || local.pinned_domain_only == local.domain_only
      error_message = "live_version ${coalesce(var.live_version, 0)} ${coalesce(local.pinned_domain_only, false) ? "answers only what comes through its domain" : "answers what does not come through a domain too"}, and these settings are for one that does not. Pin a version that fits, or set domain_name and domain_only to what they were for it."
    }

    # Lambda: InvalidParameterValueException, two weights for one version.
    precondition {
      condition     = var.canary_weight == 0 || aws_lambda_function.this.version != tostring(var.live_version)
      error_message = "canary_weight is ${var.canary_weight}, and live_version is the newest version itself: there is nothing to try. Set canary_weight to 0."
    }

    # https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
    precondition {
      condition     = var.canary_weight == 0 || local.pinned_dead_letter_arn == coalesce(var.dead_letter_arn, "none")
      error_message = "canary_weight is ${var.canary_weight}, and Lambda shares requests only between versions with the same dead-letter queue: live_version ${coalesce(var.live_version, 0)} has ${local.pinned_dead_letter_arn}, the newest will have ${coalesce(var.dead_letter_arn, "none")}. Release this change without a canary."
    }
  }

  # Instances of a new version are ready before requests come to it, and a version whose
  # instances do not start never gets any.
  depends_on = [aws_lambda_provisioned_concurrency_config.live]
}

# On the version, not on the alias: an alias with a canary's weights can have none, and one
# that moves has none for a while. A version that goes live gets its own first, the one
# before keeps its until then.
# https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
resource "aws_lambda_provisioned_concurrency_config" "live" {
  count = var.provisioned_concurrency > 0 ? 1 : 0

  function_name                     = aws_lambda_function.this.function_name
  qualifier                         = local.live_version
  provisioned_concurrent_executions = var.provisioned_concurrency

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lambda_alias" "candidate" {
  name             = "candidate"
  description      = "The newest version"
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:CloudWatch Logs encrypts it with a key of its own; no secret and no question of a caller is in it
  #checkov:skip=CKV_AWS_338:How long is for whoever deploys to say, log_retention_days; a year is not asked of an MCP server's log
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}
