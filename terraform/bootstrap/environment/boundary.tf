# The most that the function's role may ever do, whatever a policy of it says: who may
# write policies for a role and run code as it could otherwise give itself everything.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html

resource "aws_iam_policy" "boundary" {
  name        = "${local.function_name}-boundary"
  description = "The most that the function ${local.function_name} may do"

  policy = local.boundary_policy

  lifecycle {
    precondition {
      condition     = length(distinct(local.bound_sids)) == length(local.bound_sids)
      error_message = "policy_statements has a sid that ${local.function_name}-boundary uses itself: ${jsonencode([for sid in distinct(local.bound_sids) : sid if length([for other in local.bound_sids : other if other == sid]) > 1])}. Choose another, or leave it out."
    }

    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    precondition {
      condition     = length(local.boundary_policy) <= 6144
      error_message = "With policy_statements, ${local.function_name}-boundary has ${length(local.boundary_policy)} characters; AWS takes at most 6144. Join statements, shorten their lists with wildcards, or name the environments that each is for."
    }
  }
}

locals {
  bounds = concat(local.option_bounds, local.statement_bounds, [
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
  ])
  boundary_policy = jsonencode({ Version = "2012-10-17", Statement = local.bounds })
  bound_sids      = compact([for bound in local.bounds : try(bound.Sid, null)])

  # As modules/lambda in terraform/ writes them into the role's policy.
  statement_bounds = [for statement in var.policy_statements : {
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

  network_interfaces = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
  ]

  # Options of terraform/ that bootstrap was told of; without them the boundary has none.
  option_bounds = concat(
    [for keys in length(var.kms_key_arns) == 0 ? [] : [var.kms_key_arns] : {
      Sid      = "DecryptThroughServices"
      Effect   = "Allow"
      Action   = "kms:Decrypt"
      Resource = keys
      Condition = { StringEquals = { "kms:ViaService" = [
        "lambda.${var.region}.amazonaws.com",
        "ssm.${var.region}.amazonaws.com",
      ] } }
    }],
    [for targets in length(var.target_arns) == 0 ? [] : [var.target_arns] : {
      Sid      = "SendToTargets"
      Effect   = "Allow"
      Action   = ["events:PutEvents", "lambda:InvokeFunction", "sns:Publish", "sqs:SendMessage"]
      Resource = targets
    }],
    [for actions in var.vpc ? [local.network_interfaces] : [] : {
      # Lambda makes the interfaces before there is anything to name.
      Sid      = "LetLambdaMakeNetworkInterfaces"
      Effect   = "Allow"
      Action   = actions
      Resource = "*"
    }],
    [for actions in var.vpc ? [concat(local.network_interfaces, ["ec2:DetachNetworkInterface"])] : [] : {
      # Lambda does that itself; the function's code, which has the same role, may not.
      Sid       = "KeepTheCodeFromNetworkInterfaces"
      Effect    = "Deny"
      Action    = actions
      Resource  = "*"
      Condition = { ArnEquals = { "lambda:SourceFunctionArn" = [local.function_arn] } }
    }],
  )
}
