# Whom the roles trust. With a repository, they trust its workflows alone: a workflow's token says
# where it runs, `sub`, and a role trusts exact subjects, never a pattern. Without one, they trust
# this account, whose own policies then say who may assume them.
# https://docs.github.com/en/actions/reference/security/oidc
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html

locals {
  issuer = "token.actions.githubusercontent.com"

  oidc_provider_arn = var.github_repository == null ? null : coalesce(var.github_oidc_provider_arn, one(aws_iam_openid_connect_provider.github[*].arn))

  # Repositories made, renamed or opted in since 15 July 2026 send their numbers too. Both
  # forms are trusted, for an opt-in must not lock the pipeline out; numbers are never
  # given to somebody else, and a name that is taken over comes with other numbers.
  repositories = flatten([for repository in var.github_repository[*] : concat(
    ["repo:${repository}"],
    var.github_owner_id == null ? [] : [
      "repo:${split("/", repository)[0]}@${var.github_owner_id}/${split("/", repository)[1]}@${var.github_repository_id}"
    ],
  )])
}

# An account has one for all repositories at most.
resource "aws_iam_openid_connect_provider" "github" {
  count = var.github_repository != null && var.github_oidc_provider_arn == null ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}
