output "url" {
  description = "Address of the server. It stays while the domain is yours."
  value       = "https://${var.domain_name}/"
}

output "load_balancer" {
  description = "Name of the load balancer in DNS, to which the domain leads."
  value       = aws_lb.this.dns_name
}

output "api_keys_parameter" {
  description = "SSM parameter with the API keys, for `mesh keys --parameter`."
  value       = local.api_keys_parameter
}

output "parameters_path" {
  description = "What the SSM parameters begin with, for `mesh secrets --path`."
  value       = local.parameters_path
}

output "access" {
  description = "What the server demands of its callers: api_key, oauth, both or none."
  value       = local.auth
}

output "cluster" {
  description = "Name of the cluster."
  value       = aws_ecs_cluster.this.name
}

output "service" {
  description = "Name of the service."
  value       = aws_ecs_service.this.name
}

output "log_group" {
  description = "Name of the log group."
  value       = aws_cloudwatch_log_group.this.name
}
