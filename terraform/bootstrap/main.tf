# What has to be there before the root in terraform/ can be deployed by more than one
# person: a bucket for Terraform's states, and roles that GitHub Actions may be. Applied
# once, by somebody who may do such things: `mesh bootstrap`. docs/how-to/github-actions.md has the rest.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  account_id  = data.aws_caller_identity.current.account_id
  partition   = data.aws_partition.current.partition
  bucket_name = coalesce(var.state_bucket, "${var.name}-state-${local.account_id}")

  # One object for each environment, beside the one of this root itself.
  state_keys = { for name in var.environments : name => "${name}${name == local.preview ? "-pr*" : ""}.tfstate" }

  # Previews of pull requests, preview-prNUMBER: one role and one boundary for all of them.
  preview = "preview"
}

module "environment" {
  source   = "./environment"
  for_each = local.state_keys

  name              = var.name
  environment       = each.key
  is_numbered       = each.key == local.preview
  region            = var.region
  account_id        = local.account_id
  partition         = local.partition
  oidc_provider_arn = local.oidc_provider_arn
  subjects          = [for repository in local.repositories : "${repository}:environment:${each.key}"]
  state_bucket_arn  = aws_s3_bucket.state.arn
  state_key         = each.value
  kms_key_arns      = var.kms_key_arns
  target_arns       = var.target_arns
  vpc               = var.vpc
  domain_zone_ids   = var.domain_zone_ids
  layer_arns        = var.layer_arns
  break_glass_arns  = var.break_glass_arns
  policy_statements = [
    for statement in var.policy_statements : statement
    if try(contains(statement.environments, each.key), true)
  ]
}
