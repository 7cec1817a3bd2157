# Terraform makes each place for a secret and never learns its value: README.md shows how to
# store one. The first value only says so.
locals {
  no_value_yet = "not set yet"
}

resource "aws_ssm_parameter" "openai_api_key" {
  name             = "/${var.name}/openai-api-key"
  type             = "SecureString"
  value_wo         = local.no_value_yet
  value_wo_version = 1
}

resource "aws_ssm_parameter" "openai_vector_store_id" {
  name             = "/${var.name}/openai-vector-store-id"
  type             = "SecureString"
  value_wo         = local.no_value_yet
  value_wo_version = 1
}

resource "aws_secretsmanager_secret" "supabase" {
  name                    = "${var.name}/supabase-service-role-key"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "supabase" {
  secret_id                = aws_secretsmanager_secret.supabase.id
  secret_string_wo         = local.no_value_yet
  secret_string_wo_version = 1
}

resource "aws_secretsmanager_secret" "jira" {
  name                    = "${var.name}/jira"
  recovery_window_in_days = 0
}

# One secret may hold several values, as JSON.
resource "aws_secretsmanager_secret_version" "jira" {
  secret_id                = aws_secretsmanager_secret.jira.id
  secret_string_wo         = jsonencode({ user = "mcp-server@example.com", token = local.no_value_yet })
  secret_string_wo_version = 1
}
