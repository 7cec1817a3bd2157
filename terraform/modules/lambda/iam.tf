# What the function may do: read its own parameters, write its own log and, if asked for, traces.
# Nothing else.

resource "aws_iam_role" "this" {
  name        = var.name
  description = "What the function ${var.name} may do"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "parameters-and-log"
  role = aws_iam_role.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        # SecureStrings under the account's aws/ssm key need no KMS grant: that key's own
        # policy lets everyone in the account decrypt through Systems Manager.
        Sid      = "ReadOwnParameters"
        Effect   = "Allow"
        Action   = ["ssm:GetParameter", "ssm:GetParameters"]
        Resource = var.parameter_arns
      },
      {
        # No logs:CreateLogGroup: a function that could would bring its log group back,
        # without retention, after `terraform destroy`.
        Sid      = "WriteOwnLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.this.arn}:*"
      },
      ], [for statement in [{
        # X-Ray knows no resources for these.
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
        Sid      = "WriteTraces"
        Effect   = "Allow"
        Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
        Resource = "*"
    }] : statement if var.tracing])
  })
}
