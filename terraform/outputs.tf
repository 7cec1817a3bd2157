output "function_url" {
  description = "The live Function URL, ending with a slash; with domain_name and domain_only, for the domain's own requests alone."
  value       = module.live_url.url
}

output "mcp_url" {
  description = "What MCP clients are given: /mcp of the domain, or of the live Function URL where there is none."
  value       = "${local.public_url}mcp"
}

output "health_url" {
  description = "Status, version and commit of what is live, without a credential when function_url_auth is NONE."
  value       = "${local.public_url}health"
}

output "domain" {
  description = "What `mesh domain` works with, of a server with domain_name: its address, where the origin secret and its hashes are, how long instances keep what they read. Null without."
  value = one([for domain in module.custom_domain : {
    url                     = domain.url
    distribution_id         = domain.distribution_id
    key_value_store_arn     = domain.key_value_store_arn
    origin_secret_parameter = local.origin_secret_parameter
    secrets_ttl_seconds     = var.secrets_ttl_seconds
  }])
}

output "candidate_url" {
  description = "Function URL of the newest version, whether or not it is live. Always needs SigV4."
  value       = module.candidate_url.url
}

output "live_version" {
  description = "Version that the live URL serves."
  value       = module.lambda.live_version
}

output "candidate_version" {
  description = "Newest version; the one to pin as live_version when this release has to be undone later."
  value       = module.lambda.candidate_version
}

output "live_version_parameter" {
  description = "Systems Manager parameter whose history is the versions that were live, for `mesh rollback`."
  value       = module.lambda.live_version_parameter
}

output "function_name" {
  description = "Name of the Lambda function."
  value       = module.lambda.function_name
}

output "log_group_name" {
  description = "CloudWatch log group of the function."
  value       = module.lambda.log_group_name
}

output "api_keys_parameter" {
  description = "Systems Manager parameter with the hashes of the API keys, for `mesh keys`."
  value       = module.parameters.names["api-keys"]
}

output "state_key_parameter" {
  description = "Systems Manager parameter for the key with which tools that ask back seal what they remember; null without tools_ask_back."
  value       = var.tools_ask_back ? module.parameters.names["state-key"] : null
}

output "secrets" {
  description = "Systems Manager parameter of each secret in secrets, by its name; `mesh secrets set NAME` stores the value there."
  value       = { for name, key in local.secret_parameters : name => module.parameters.names[key] }
}

output "access" {
  description = "Who can use the live URL, in words."
  value       = local.access[local.auth]
}

output "live_invoke_policy_arn" {
  description = "IAM policy for callers of the live URL in this account; null when function_url_auth is NONE."
  value       = module.live_url.invoke_policy_arn
}

output "live_invoke_policy" {
  description = "That policy as JSON, for roles and users of the accounts in caller_account_ids; null when function_url_auth is NONE."
  value       = module.live_url.invoke_policy
}

output "candidate_invoke_policy_arn" {
  description = "IAM policy for callers of the candidate URL in this account, such as the pipeline's role."
  value       = module.candidate_url.invoke_policy_arn
}

output "alarm_topic_arn" {
  description = "ARN of the SNS topic that alarms notify, for other subscribers than alarm_email; null without alarms."
  value       = module.monitoring.topic_arn
}

output "alarm_names" {
  description = "Names of the alarms; the last one is the composite one, which notifies."
  value       = module.monitoring.alarm_names
}

output "dashboard_name" {
  description = "Name of the CloudWatch dashboard; null without."
  value       = module.monitoring.dashboard_name
}
