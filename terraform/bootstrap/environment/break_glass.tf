# For people, when the pipeline cannot help: a lock that is left, a state that is lost, live that
# is down. It has the rights of the apply role and one more, earlier states, and lets in nobody
# who did not prove a second factor within the last hour.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html

resource "aws_iam_role" "break_glass" {
  count = length(var.break_glass_arns) > 0 ? 1 : 0

  name                 = "${local.function_name}-break-glass"
  description          = "Repairs ${local.function_name} by hand, with a second factor; docs/how-to/runbook.md says when"
  max_session_duration = 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = sort(var.break_glass_arns) }
      Condition = {
        Bool            = { "aws:MultiFactorAuthPresent" = "true" }
        NumericLessThan = { "aws:MultiFactorAuthAge" = "3600" }
      }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "break_glass" {
  for_each = { for kind, policy in aws_iam_policy.apply : kind => policy if length(var.break_glass_arns) > 0 }

  role       = aws_iam_role.break_glass[0].name
  policy_arn = each.value.arn
}

resource "aws_iam_role_policy" "break_glass" {
  count = length(var.break_glass_arns) > 0 ? 1 : 0

  name = "earlier-states"
  role = aws_iam_role.break_glass[0].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "ReadEarlierStates"
      Effect   = "Allow"
      Action   = "s3:GetObjectVersion"
      Resource = "${var.state_bucket_arn}/${var.state_key}"
    }]
  })
}
