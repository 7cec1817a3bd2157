terraform {
  # 1.11: write-only arguments, which keep parameter values out of the state.
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

  default_tags {
    tags = merge({
      Project     = var.name
      Environment = var.environment
      ManagedBy   = "Terraform"
    }, var.tags)
  }
}
