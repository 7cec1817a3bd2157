output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "live_alias" {
  description = "Name of the alias that the live URL is on."
  value       = aws_lambda_alias.live.name
}

output "candidate_alias" {
  description = "Name of the alias of the newest version."
  value       = aws_lambda_alias.candidate.name
}

output "live_version" {
  description = "Version that the alias live points to."
  value       = aws_lambda_alias.live.function_version
}

output "candidate_version" {
  description = "Newest version."
  value       = aws_lambda_alias.candidate.function_version
}

output "live_version_parameter" {
  description = "Name of the parameter whose history is the versions that were live."
  value       = aws_ssm_parameter.live_version.name
}

output "log_group_name" {
  description = "Name of the log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "environment_variables" {
  description = "Environment variables of the function."
  value       = aws_lambda_function.this.environment[0].variables
}

output "handler" {
  description = "What the function's runtime runs."
  value       = aws_lambda_function.this.handler
}

output "layers" {
  description = "ARNs of the function's layers."
  value       = aws_lambda_function.this.layers
}
