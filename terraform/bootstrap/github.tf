# Who GitHub Actions is here. A workflow's token says where it runs, `sub`; a role trusts
# exact subjects, never a pattern.
# https://docs.github.com/en/actions/reference/security/oidc

locals {
  issuer = "token.actions.githubusercontent.com"

  oidc_provider_arn = coalesce(var.github_oidc_provider_arn, one(aws_iam_openid_connect_provider.github[*].arn))

  # Repositories made, renamed or opted in since 15 July 2026 send their numbers too. Both
  # forms are trusted, for an opt-in must not lock the pipeline out; numbers are never
  # given to somebody else, and a name that is taken over comes with other numbers.
  owner_and_name = split("/", var.github_repository)
  repositories = concat(
    ["repo:${var.github_repository}"],
    var.github_owner_id == null ? [] : [
      "repo:${local.owner_and_name[0]}@${var.github_owner_id}/${local.owner_and_name[1]}@${var.github_repository_id}"
    ],
  )
}

# An account has one for all repositories at most.
resource "aws_iam_openid_connect_provider" "github" {
  count = var.github_oidc_provider_arn == null ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}
