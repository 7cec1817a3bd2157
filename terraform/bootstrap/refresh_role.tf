# Plans with a refresh: for the plans that reviewers see, and for the search for drift each night.
# It reads the environments' secrets, since the provider decrypts each SecureString that it
# refreshes, so only code on the release branch may be this role. It writes nothing.

resource "aws_iam_role" "refresh" {
  name                 = "${var.name}-refresh"
  description          = "Refreshes ${var.name}${var.github_repository == null ? "" : " for releases from ${var.release_branch} and for the search for drift"}"
  max_session_duration = 3600
  assume_role_policy   = module.refresh_trust.policy
}

module "refresh_trust" {
  source = "./trust"

  account_id        = local.account_id
  partition         = local.partition
  oidc_provider_arn = local.oidc_provider_arn
  subjects          = [for repository in local.repositories : "${repository}:ref:refs/heads/${var.release_branch}"]
}

# One for each environment: a policy may have 6,144 characters, and a role ten policies.
resource "aws_iam_policy" "refresh" {
  for_each = module.environment

  name        = "${aws_iam_role.refresh.name}-${each.key}"
  description = "What ${aws_iam_role.refresh.name} may read of ${each.key}"
  policy      = jsonencode({ Version = "2012-10-17", Statement = each.value.reading_rights })
}

resource "aws_iam_role_policy_attachment" "refresh" {
  for_each = aws_iam_policy.refresh

  role       = aws_iam_role.refresh.name
  policy_arn = each.value.arn
}
