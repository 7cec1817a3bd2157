output "names" {
  description = "Full name of each parameter."
  value       = { for key, parameter in aws_ssm_parameter.this : key => parameter.name }
}

output "arns" {
  description = "ARN of each parameter."
  value       = { for key, parameter in aws_ssm_parameter.this : key => parameter.arn }
}
