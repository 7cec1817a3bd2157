# Applies one environment, and touches nothing else: every right names the environment's
# own resources where AWS knows names for it.

locals {
  # Its role, policies and boundary begin with this.
  function_name = "${var.name}-${var.environment}"
  # What is deployed does, too. The name of a numbered one never is that of this role.
  deployed = var.is_numbered ? "${local.function_name}-pr*" : local.function_name
  path     = "${var.name}/${var.environment}${var.is_numbered ? "-pr*" : ""}"

  regional       = "${var.region}:${var.account_id}"
  function_arn   = "arn:${var.partition}:lambda:${local.regional}:function:${local.deployed}"
  parameters_arn = "arn:${var.partition}:ssm:${local.regional}:parameter/${local.path}/*"
  log_group_arn  = "arn:${var.partition}:logs:${local.regional}:log-group:/aws/lambda/${local.deployed}"
  topic_arn      = "arn:${var.partition}:sns:${local.regional}:${local.deployed}-alarms"
  role_arn       = "arn:${var.partition}:iam::${var.account_id}:role/${local.deployed}"
}

resource "aws_iam_role" "apply" {
  name                 = "${local.function_name}-apply"
  description          = "Applies ${local.function_name}${var.oidc_provider_arn == null ? "" : " for workflows in the GitHub environment ${var.environment}"}"
  max_session_duration = 3600
  assume_role_policy   = module.trust.policy
}

module "trust" {
  source = "../trust"

  account_id        = var.account_id
  partition         = var.partition
  oidc_provider_arn = var.oidc_provider_arn
  subjects          = var.subjects
}

# Managed policies, because all inline ones of a role together may have 10,240 characters.
resource "aws_iam_policy" "apply" {
  for_each = local.rights

  name        = "${aws_iam_role.apply.name}-${each.key}"
  description = "What ${aws_iam_role.apply.name} may do: ${each.key}"
  policy      = jsonencode({ Version = "2012-10-17", Statement = each.value })
}

resource "aws_iam_role_policy_attachment" "apply" {
  for_each = aws_iam_policy.apply

  role       = aws_iam_role.apply.name
  policy_arn = each.value.arn
}
