# A user pool for the people who use one MCP server. README.md says in which order to apply it.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 7.0.0"
    }
  }
}

provider "aws" {
  region = var.region
}

variable "region" {
  description = "AWS region of the pool."
  type        = string
  default     = "us-east-1"
}

variable "name" {
  description = "Name of the pool; that of the server is a good one."
  type        = string
  default     = "mesh"
}

variable "domain_prefix" {
  description = "First part of the sign-in page's host name; nobody else in the region may have it."
  type        = string
}

variable "mcp_url" {
  description = "The server's output mcp_url; null until it is deployed."
  type        = string
  default     = null
}

variable "further_client_ids" {
  description = "Ids of app clients that README.md makes with the AWS CLI."
  type        = list(string)
  default     = []
}

variable "deletion_protection" {
  description = "Refuse to delete the pool, and everybody in it."
  type        = bool
  default     = true
}

module "cognito" {
  source = "../../terraform/modules/cognito"

  name                = var.name
  domain_prefix       = var.domain_prefix
  mcp_url             = var.mcp_url
  further_client_ids  = var.further_client_ids
  deletion_protection = var.deletion_protection
}

output "settings" {
  description = "Values for the server's own Terraform."
  value = {
    oauth_issuer          = module.cognito.oauth_issuer
    oauth_client_ids      = module.cognito.oauth_client_ids
    oauth_scopes          = module.cognito.oauth_scopes
    oauth_required_scopes = module.cognito.oauth_required_scopes
    # The page's snippets name both; callback_urls has the port.
    oauth_public_client_id = module.cognito.client_id
    oauth_callback_port    = 8088
  }
}

output "client_id" {
  description = "Id that people give to their MCP clients."
  value       = module.cognito.client_id
}

output "sign_in_url" {
  description = "Address of the sign-in pages."
  value       = module.cognito.sign_in_url
}

output "user_pool_id" {
  description = "Id of the pool."
  value       = module.cognito.user_pool_id
}
