output "state_bucket" {
  description = "Name of the state bucket: the repository's variable TF_STATE_BUCKET."
  value       = aws_s3_bucket.state.bucket
}

output "state_keys" {
  description = "Object with the state of each environment, by its name."
  value       = local.state_keys
}

output "region" {
  description = "Region of the bucket and of what is deployed: the repository's variable AWS_REGION."
  value       = var.region
}

output "plan_role_arn" {
  description = "Role that plans: the repository's secret AWS_PLAN_ROLE_ARN."
  value       = aws_iam_role.plan.arn
}

output "refresh_role_arn" {
  description = "Role that plans with a refresh: the repository's secret AWS_REFRESH_ROLE_ARN."
  value       = aws_iam_role.refresh.arn
}

output "apply_role_arns" {
  description = "Role that applies, by environment: the secret AWS_APPLY_ROLE_ARN of each GitHub environment."
  value       = { for name, environment in module.environment : name => environment.apply_role_arn }
}

output "break_glass_role_arns" {
  description = "Role with which people repair an environment by hand, by environment; {} without break_glass_arns."
  value       = { for name, environment in module.environment : name => environment.break_glass_role_arn if environment.break_glass_role_arn != null }
}

output "permissions_boundaries" {
  description = "Name of the policy that bounds the function's role, by environment: the variable permissions_boundary in terraform/."
  value       = { for name, environment in module.environment : name => environment.permissions_boundary }
}

output "settings" {
  description = "What this was applied with; `mesh bootstrap` keeps it when it is run again."
  value = {
    name                     = var.name
    environments             = var.environments
    state_bucket             = var.state_bucket
    state_history_days       = var.state_history_days
    github_repository        = var.github_repository
    github_owner_id          = var.github_owner_id
    github_repository_id     = var.github_repository_id
    github_oidc_provider_arn = var.github_oidc_provider_arn
    release_branch           = var.release_branch
    break_glass_arns         = var.break_glass_arns
    alarm_subscriber         = var.alarm_subscriber
    kms_key_arns             = var.kms_key_arns
    target_arns              = var.target_arns
    vpc                      = var.vpc
    domain_zone_ids          = var.domain_zone_ids
    layer_arns               = var.layer_arns
    policy_statements        = var.policy_statements
    tags                     = var.tags
  }
}
