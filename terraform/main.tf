# The server: its function, parameters and, in access.tf, its two addresses. Applied alike
# on AWS and on local AWS; nothing here knows which. Cloud resources live in modules/, what
# people decide in the files *variables.tf. docs/how-to/deploy.md is the page for people.

locals {
  function_name = "${var.name}-${var.environment}"
  zip_path      = coalesce(var.zip_path, "${path.root}/../dist/mesh-${var.architecture}.zip")

  # Null without a zip, so that destroying needs none; the function itself refuses to be
  # planned then, and says what to run.
  code_sha256 = fileexists(local.zip_path) ? filebase64sha256(local.zip_path) : null

  # The caller's ARN begins with the partition.
  permissions_boundary_arn = one([
    for caller in data.aws_caller_identity.current :
    "arn:${split(":", caller.arn)[1]}:iam::${caller.account_id}:policy/${var.permissions_boundary}"
  ])
}

data "aws_caller_identity" "current" {
  count = var.permissions_boundary == null ? 0 : 1
}

module "parameters" {
  source = "./modules/ssm_parameters"

  path        = "/${var.name}/${var.environment}"
  kms_key_arn = var.kms_key_arn
  parameters = merge({
    for name, key in local.secret_parameters : key => "Secret ${name} of ${local.function_name}; written by `mesh secrets`"
    }, {
    api-keys = "API keys of ${local.function_name}, as hashes; written by `mesh keys`"
    }, var.tools_ask_back ? {
    state-key = "Key that seals what tools of ${local.function_name} remember while they ask back"
    } : {}, local.has_domain ? {
    origin-secret = "Origin secrets of ${local.function_name}, as hashes; written by `mesh domain`"
  } : {})
}

module "lambda" {
  source = "./modules/lambda"

  name                   = local.function_name
  description            = "MCP server ${var.name}, environment ${var.environment}"
  zip_path               = local.zip_path
  zip_bucket             = var.zip_bucket
  code_sha256            = local.code_sha256
  handler                = local.runtime.handler
  layers                 = concat(var.layers, local.runtime.layers)
  runtime                = var.runtime
  architecture           = var.architecture
  memory_mb              = var.memory_mb
  timeout_seconds        = var.timeout_seconds
  reserved_concurrency   = var.reserved_concurrency
  live_version           = var.live_version
  canary_weight          = var.canary_weight
  log_retention_days     = var.log_retention_days
  tracing                = var.tracing
  live_version_parameter = "/${var.name}/${var.environment}/live-version"
  parameter_arns         = values(module.parameters.arns)
  policy_statements      = var.policy_statements

  snap_start              = var.snap_start
  provisioned_concurrency = var.provisioned_concurrency
  ephemeral_storage_mb    = var.ephemeral_storage_mb
  kms_key_arn             = var.kms_key_arn
  code_signing_config_arn = var.code_signing_config_arn
  dead_letter_arn         = var.dead_letter_arn

  vpc = {
    subnet_ids         = var.vpc_subnet_ids
    security_group_ids = var.vpc_security_group_ids
    ipv6               = var.vpc_ipv6
  }
  asynchronous = {
    on_failure_arn = var.async_on_failure_arn
    on_success_arn = var.async_on_success_arn
    retries        = var.async_retries
  }

  permissions_boundary_arn = local.permissions_boundary_arn

  environment_variables = merge(var.environment_variables, local.runtime.environment, local.secrets_environment, local.access_environment, local.monitoring_environment, local.domain_environment, {
    MESH_NAME                = var.name
    MESH_ENVIRONMENT         = var.environment
    MESH_SECRETS_TTL_SECONDS = tostring(var.secrets_ttl_seconds)
    MESH_LOG_LEVEL           = var.log_level
    MESH_FAST_PATH           = var.fast_path ? "on" : "off"
    # Ends before the function does, so that callers are told what was too slow.
    MESH_DEADLINE_SECONDS = tostring(var.timeout_seconds - min(5, 0.2 * var.timeout_seconds))
    }, length(var.preload_modules) == 0 ? {} : {
    MESH_PRELOAD = join(",", var.preload_modules)
  })
}
