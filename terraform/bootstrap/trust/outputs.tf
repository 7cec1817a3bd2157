output "policy" {
  description = "The role's trust policy, in JSON."
  value       = var.oidc_provider_arn == null ? local.account : local.github
}
