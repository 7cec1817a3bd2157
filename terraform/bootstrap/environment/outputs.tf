output "function_arn" {
  description = "ARN of the environment's function, whether or not it is there yet."
  value       = local.function_arn
}

output "apply_role_arn" {
  description = "ARN of the role that applies."
  value       = aws_iam_role.apply.arn
}

output "permissions_boundary" {
  description = "Name of the policy that bounds the function's role."
  value       = aws_iam_policy.boundary.name
}

output "reading_rights" {
  description = "Statements of a policy that allow what a refresh of the environment reads."
  value       = local.reading_rights
}

output "break_glass_role_arn" {
  description = "ARN of the role with which people repair the environment; null when nobody may."
  value       = one(aws_iam_role.break_glass[*].arn)
}
