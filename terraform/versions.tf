terraform {
  # 1.11: write-only arguments, which keep parameter values out of the state.
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # One configuration for both majors: nothing here is new in 6.x or gone from it.
      version = ">= 5.100.0, < 7.0.0"
    }
  }
}

# No endpoint, no credentials, no backend: AWS and local AWS differ by AWS_* environment
# variables only, and where the state lives is for whoever runs this to say.
provider "aws" {
  region = var.region

  default_tags {
    tags = local.tags
  }
}

# For what CloudFront takes from this one region: a domain's certificate and web ACL.
provider "aws" {
  alias  = "us_east_1"
  region = "us-east-1"

  default_tags {
    tags = local.tags
  }
}

locals {
  tags = merge({
    Project     = var.name
    Environment = var.environment
    ManagedBy   = "Terraform"
  }, var.tags)
}
