# What is watched, who is told, and where to look. docs/how-to/runbook.md says what to do.

locals {
  # Not set, the server writes no metrics into its log.
  monitoring_environment = merge(
    var.tool_metrics ? { MESH_METRICS_NAMESPACE = var.name } : {},
    var.opentelemetry_endpoint == null ? {} : { MESH_OTLP_ENDPOINT = var.opentelemetry_endpoint },
  )
}

module "monitoring" {
  source = "./modules/monitoring"

  function_name      = module.lambda.function_name
  alias              = module.lambda.live_alias
  log_group_name     = module.lambda.log_group_name
  namespace          = var.name
  environment        = var.environment
  region             = var.region
  architecture       = var.architecture
  memory_mb          = var.memory_mb
  timeout_seconds    = var.timeout_seconds
  alarms             = var.alarms
  thresholds         = var.alarm_thresholds
  tool_metrics       = var.tool_metrics && contains(["DEBUG", "INFO"], var.log_level)
  no_traffic_minutes = var.alarm_no_traffic_minutes
  email              = var.alarm_email
  topic_arn          = var.alarm_topic_arn
  dashboard          = var.dashboard
  budget_usd         = var.budget_usd
  kms_key_arn        = var.kms_key_arn
}
