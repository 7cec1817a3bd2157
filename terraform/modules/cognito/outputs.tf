output "oauth_issuer" {
  description = "Value of oauth_issuer."
  value       = "https://${aws_cognito_user_pool.this.endpoint}"
}

output "oauth_client_ids" {
  description = "Value of oauth_client_ids: the public client, then further_client_ids."
  value       = concat([aws_cognito_user_pool_client.public.id], var.further_client_ids)
}

output "oauth_scopes" {
  description = "Value of oauth_scopes."
  value       = concat(["openid"], local.scopes)
}

output "oauth_required_scopes" {
  description = "Value of oauth_required_scopes: the server's scopes, which no other application of the pool has. With several scopes, require those that every call needs."
  value       = local.scopes
}

output "client_id" {
  description = "Value of oauth_public_client_id: the public client, which people give to their MCP clients."
  value       = aws_cognito_user_pool_client.public.id
}

output "sign_in_url" {
  description = "Address of the sign-in pages and of the token endpoint."
  value       = "https://${aws_cognito_user_pool_domain.this.domain}.auth.${split(".", aws_cognito_user_pool.this.endpoint)[1]}.amazoncognito.com"
}

output "user_pool_id" {
  description = "Id of the user pool, to which an administrator adds people."
  value       = aws_cognito_user_pool.this.id
}
