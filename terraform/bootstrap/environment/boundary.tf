# The most that the function's role may ever do, whatever a policy of it says: who may
# write policies for a role and run code as it could otherwise give itself everything.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html

resource "aws_iam_policy" "boundary" {
  name        = "${local.function_name}-boundary"
  description = "The most that the function ${local.function_name} may do"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadOwnParameters"
        Effect   = "Allow"
        Action   = ["ssm:GetParameter", "ssm:GetParameters"]
        Resource = local.parameters_arn
      },
      {
        Sid      = "WriteOwnLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${local.log_group_arn}:*"
      },
      {
        # X-Ray knows no resources for these.
        Sid      = "WriteTraces"
        Effect   = "Allow"
        Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
        Resource = "*"
      },
    ]
  })
}
