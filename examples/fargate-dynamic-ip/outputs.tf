output "cluster" {
  description = "Name of the cluster."
  value       = aws_ecs_cluster.this.name
}

output "service" {
  description = "Name of the service."
  value       = aws_ecs_service.this.name
}

output "image_repository" {
  description = "Where to push the image of the server."
  value       = aws_ecr_repository.this.repository_url
}

output "log_group" {
  description = "Name of the log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "port" {
  description = "Port that clients call, on the address of a task."
  value       = var.port
}
