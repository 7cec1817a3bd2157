# What the function may do: read its own parameters, write its own log and, each only if asked
# for, write traces, decrypt with one key, send to named targets, be in a VPC; and what
# policy_statements says. Nothing else.

locals {
  # arn:PARTITION:logs:REGION:ACCOUNT:log-group:NAME
  log_group_arn = split(":", aws_cloudwatch_log_group.this.arn)
  partition     = local.log_group_arn[1]
  region        = local.log_group_arn[3]
  account       = local.log_group_arn[4]
  function_arn  = "arn:${local.partition}:lambda:${local.region}:${local.account}:function:${var.name}"

  optional_statements = concat(
    [for action in var.tracing ? [["xray:PutTraceSegments", "xray:PutTelemetryRecords"]] : [] : {
      # X-Ray knows no resources for these.
      # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
      Sid      = "WriteTraces"
      Effect   = "Allow"
      Action   = action
      Resource = "*"
    }],
    [for key in var.kms_key_arn == null ? [] : [var.kms_key_arn] : {
      # Through Systems Manager for the parameters, through Lambda for the environment; the
      # function's own code could not call KMS with it.
      # https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
      Sid      = "DecryptThroughServices"
      Effect   = "Allow"
      Action   = "kms:Decrypt"
      Resource = key
      Condition = { StringEquals = { "kms:ViaService" = [
        "lambda.${local.region}.amazonaws.com",
        "ssm.${local.region}.amazonaws.com",
      ] } }
    }],
    [for target in local.targets : {
      Sid      = "SendTo${title(split(":", target)[2])}${index(local.targets, target)}"
      Effect   = "Allow"
      Action   = local.send_actions[split(":", target)[2]]
      Resource = target
    }],
    # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
    [for actions in local.in_vpc ? [[
      "ec2:AssignPrivateIpAddresses",
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:UnassignPrivateIpAddresses",
      ]] : [] : {
      # Lambda makes the interfaces before there is anything to name.
      Sid      = "LetLambdaMakeNetworkInterfaces"
      Effect   = "Allow"
      Action   = actions
      Resource = "*"
    }],
    [for actions in local.in_vpc ? [[
      "ec2:AssignPrivateIpAddresses",
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:DetachNetworkInterface",
      "ec2:UnassignPrivateIpAddresses",
      ]] : [] : {
      # Lambda does that itself; the function's code, which has the same role, may not.
      Sid       = "KeepTheCodeFromNetworkInterfaces"
      Effect    = "Deny"
      Action    = actions
      Resource  = "*"
      Condition = { ArnEquals = { "lambda:SourceFunctionArn" = [local.function_arn] } }
    }],
  )
}

resource "aws_iam_role" "this" {
  name        = var.name
  description = "What the function ${var.name} may do"

  permissions_boundary = var.permissions_boundary_arn

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
        # SecureStrings under the account's aws/ssm key need no right to decrypt: that key's
        # own policy lets everyone in the account do so through Systems Manager.
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
    ], local.optional_statements)
  })
}

locals {
  statements_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for statement in var.policy_statements : {
      for key, value in {
        Sid      = statement.sid
        Effect   = statement.effect
        Action   = statement.actions
        Resource = statement.resources
        Condition = length(statement.conditions) == 0 ? null : {
          for test in distinct(statement.conditions[*].test) : test => {
            for condition in statement.conditions : condition.variable => condition.values if condition.test == test
          }
        }
      } : key => value if value != null
    }]
  })
}

# Apart from the policy above, so that either can be read and changed without the other.
resource "aws_iam_role_policy" "statements" {
  count = length(var.policy_statements) > 0 ? 1 : 0

  name   = "policy-statements"
  role   = aws_iam_role.this.name
  policy = local.statements_policy

  lifecycle {
    # Of all inline policies of a role together; LimitExceeded otherwise.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    precondition {
      condition     = length(local.statements_policy) + length(aws_iam_role_policy.this.policy) <= 10240
      error_message = "policy_statements has ${length(local.statements_policy)} characters as a policy. With the ${length(aws_iam_role_policy.this.policy)} that the function needs anyway, AWS takes at most 10240: join statements, or shorten their lists with wildcards."
    }
  }
}
