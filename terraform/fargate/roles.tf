locals {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      # Tasks of this account only.
      # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cross-service-confused-deputy-prevention.html
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

# What ECS does to start a task: pull the image and write the log. It reads no secret.
resource "aws_iam_role" "execution" {
  name               = "${local.full_name}-execution"
  description        = "How ECS starts tasks of ${local.full_name}"
  assume_role_policy = local.assume_role_policy
}

resource "aws_iam_role_policy_attachment" "execution" {
  role       = aws_iam_role.execution.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

# What the server and its tools may do.
resource "aws_iam_role" "task" {
  name               = "${local.full_name}-task"
  description        = "What the tasks of ${local.full_name} may do"
  assume_role_policy = local.assume_role_policy
}

resource "aws_iam_role_policy" "parameters" {
  name = "parameters"
  role = aws_iam_role.task.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "ReadOwnParameters"
      Effect   = "Allow"
      Action   = ["ssm:GetParameter", "ssm:GetParameters"]
      Resource = local.parameter_arns
    }]
  })
}

data "aws_iam_policy_document" "statements" {
  dynamic "statement" {
    for_each = var.policy_statements

    content {
      sid       = statement.value.sid
      effect    = statement.value.effect
      actions   = statement.value.actions
      resources = statement.value.resources

      dynamic "condition" {
        for_each = statement.value.conditions

        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }
}

resource "aws_iam_role_policy" "statements" {
  count = length(var.policy_statements) > 0 ? 1 : 0

  name   = "policy-statements"
  role   = aws_iam_role.task.name
  policy = data.aws_iam_policy_document.statements.json
}
