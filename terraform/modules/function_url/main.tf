# The Function URL of one alias, and who may call it.
# https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html

resource "aws_lambda_function_url" "this" {
  function_name      = var.function_name
  qualifier          = var.alias
  authorization_type = var.auth
  invoke_mode        = var.invoke_mode

  dynamic "cors" {
    for_each = length(var.allowed_origins) > 0 ? [local.cors] : []

    content {
      allow_origins  = var.allowed_origins
      allow_methods  = cors.value.methods
      allow_headers  = cors.value.request_headers
      expose_headers = cors.value.response_headers
      max_age        = cors.value.max_age_seconds
      # Cookies are no credential here, and without them no page acts for whoever looks at it.
      allow_credentials = false
    }
  }

  lifecycle {
    # The address itself: Lambda never gives it again.
    prevent_destroy = true
  }
}

# NONE: since October 2025 a caller needs two grants, and the second one's condition
# (InvokedViaFunctionUrl) is unknown to aws_lambda_permission before provider 6.28.
# CloudFormation knows it, whatever the provider. Without that condition the second
# grant would let any AWS account call Invoke with an event of its own making.
#
# Creating the URL with NONE makes the provider add the first grant (from 6.28 on both)
# a second time, under statement ids of its own, and it leaves them when auth becomes
# AWS_IAM. They open nothing then: the first one's condition demands NONE.
resource "aws_cloudformation_stack" "public_access" {
  count = var.auth == "NONE" ? 1 : 0

  name = "${var.function_name}-${var.alias}-public-access"

  template_body = jsonencode({
    Description = "Lets anyone call the Function URL of ${var.function_name}:${var.alias}"
    Resources = {
      CallFunctionUrl = {
        Type = "AWS::Lambda::Permission"
        Properties = {
          FunctionName        = "${var.function_name}:${var.alias}"
          Action              = "lambda:InvokeFunctionUrl"
          Principal           = "*"
          FunctionUrlAuthType = "NONE"
        }
      }
      InvokeThroughFunctionUrl = {
        Type = "AWS::Lambda::Permission"
        # One after the other: concurrent AddPermission calls on a function fail with
        # ResourceConflictException.
        DependsOn = "CallFunctionUrl"
        Properties = {
          FunctionName          = "${var.function_name}:${var.alias}"
          Action                = "lambda:InvokeFunction"
          Principal             = "*"
          InvokedViaFunctionUrl = true
        }
      }
    }
  })

  # For the same conflict: creating the URL adds a grant too. And when auth becomes
  # AWS_IAM the grants go before the URL changes, so it is closed in between, not open.
  depends_on = [aws_lambda_function_url.this]
}

# AWS_IAM: callers in the same account need the same two grants, in their own policy.
resource "aws_iam_policy" "invoke" {
  count = var.auth == "AWS_IAM" ? 1 : 0

  name        = "${var.function_name}-${var.alias}-invoke"
  description = "Call the Function URL of ${var.function_name}:${var.alias}"

  policy = local.invoke_policy
}

# AWS_IAM: callers in other accounts need both grants twice, in their own policy and here,
# on the alias. Through CloudFormation, for the second one's condition, as above.
resource "aws_cloudformation_stack" "accounts" {
  count = var.auth == "AWS_IAM" && length(var.accounts) > 0 ? 1 : 0

  name = "${var.function_name}-${var.alias}-accounts"

  template_body = jsonencode({
    Description = "Lets other accounts call the Function URL of ${var.function_name}:${var.alias}"
    Resources   = local.account_grants
  })

  depends_on = [aws_cloudformation_stack.public_access, aws_lambda_function_url.this]
}

locals {
  invoke_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "CallFunctionUrl"
        Effect    = "Allow"
        Action    = "lambda:InvokeFunctionUrl"
        Resource  = aws_lambda_function_url.this.function_arn
        Condition = { StringEquals = { "lambda:FunctionUrlAuthType" = "AWS_IAM" } }
      },
      {
        Sid       = "InvokeThroughFunctionUrl"
        Effect    = "Allow"
        Action    = "lambda:InvokeFunction"
        Resource  = aws_lambda_function_url.this.function_arn
        Condition = { Bool = { "lambda:InvokedViaFunctionUrl" = "true" } }
      },
    ]
  })

  grants = flatten([for account in distinct(var.accounts) : [
    { account = account, action = "lambda:InvokeFunctionUrl", condition = { FunctionUrlAuthType = "AWS_IAM" } },
    { account = account, action = "lambda:InvokeFunction", condition = { InvokedViaFunctionUrl = true } },
  ]])

  # A chain: concurrent AddPermission calls on a function fail.
  account_grants = { for index, grant in local.grants : "Grant${index}" => merge(
    {
      Type = "AWS::Lambda::Permission"
      Properties = merge(grant.condition, {
        FunctionName = "${var.function_name}:${var.alias}"
        Action       = grant.action
        Principal    = grant.account
      })
    },
    { for name, before in { DependsOn = "Grant${index - 1}" } : name => before if index > 0 },
  ) }
}
