# Reads states and what a plan looks up; writes nothing, not even a lock, and reads no
# parameter: the provider decrypts each SecureString that it refreshes, so plans by this
# role leave refreshing out (-refresh=false). Pull requests run what nobody reviewed yet.

resource "aws_iam_role" "plan" {
  name                 = "${var.name}-plan"
  description          = "Plans ${var.name}${var.github_repository == null ? "" : " for pull requests and for releases from ${var.release_branch}"}"
  max_session_duration = 3600
  assume_role_policy   = module.plan_trust.policy
}

module "plan_trust" {
  source = "./trust"

  account_id        = local.account_id
  partition         = local.partition
  oidc_provider_arn = local.oidc_provider_arn
  subjects = flatten([for repository in local.repositories : [
    "${repository}:pull_request",
    "${repository}:ref:refs/heads/${var.release_branch}",
  ]])
}

resource "aws_iam_role_policy" "plan" {
  name = "states-and-versions"
  role = aws_iam_role.plan.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(local.plan_domain_rights, [
      {
        # Names only; without it a state that is not there yet would be "access denied".
        Sid      = "FindStates"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = aws_s3_bucket.state.arn
      },
      {
        Sid      = "ReadStates"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = [for key in values(local.state_keys) : "${aws_s3_bucket.state.arn}/${key}"]
      },
      {
        # A plan that pins live looks at that version, and asks the alias which one it is.
        Sid    = "ReadVersions"
        Effect = "Allow"
        Action = [
          "lambda:GetAlias",
          "lambda:GetFunction",
          "lambda:GetFunctionCodeSigningConfig",
          "lambda:GetFunctionConcurrency",
          "lambda:GetFunctionConfiguration",
          "lambda:ListVersionsByFunction",
        ]
        Resource = flatten([for environment in module.environment : [
          environment.function_arn, "${environment.function_arn}:*"
        ]])
      },
    ])
  })
}

locals {
  # A plan looks the zone up, to see that the domain is in it.
  plan_domain_rights = [for ids in length(var.domain_zone_ids) == 0 ? [] : [var.domain_zone_ids] : {
    Sid      = "ReadZones"
    Effect   = "Allow"
    Action   = ["route53:GetHostedZone", "route53:ListTagsForResource"]
    Resource = [for id in ids : "arn:${local.partition}:route53:::hostedzone/${id}"]
  }]
}
