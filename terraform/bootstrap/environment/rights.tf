# What the apply role may do, by kind. Actions that AWS knows no resource for are in
# statements of their own, with "*".
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html

locals {
  rights = merge(
    {
      function   = local.function_rights
      identity   = local.identity_rights
      data       = local.data_rights
      monitoring = local.monitoring_rights
    },
    { for kind, statements in { domain = local.domain_rights } : kind => statements if length(var.domain_zone_ids) > 0 },
  )

  # Options of terraform/ that bootstrap was told of; each statement is there only then.
  option_rights = concat(
    [for layers in length(var.layer_arns) == 0 ? [] : [var.layer_arns] : {
      Sid      = "UseLayers"
      Effect   = "Allow"
      Action   = "lambda:GetLayerVersion"
      Resource = [for layer in layers : "${layer}:*"]
    }],
    [for keys in length(var.kms_key_arns) == 0 ? [] : [var.kms_key_arns] : {
      # The keys' own policies have to let the account's policies decide.
      Sid      = "UseKeys"
      Effect   = "Allow"
      Action   = ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"]
      Resource = keys
    }],
    # EC2 knows no resources for these; Lambda asks for them where a function is in a VPC.
    [for actions in var.vpc ? [["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"]] : [] : {
      Sid      = "FindNetwork"
      Effect   = "Allow"
      Action   = actions
      Resource = "*"
    }],
  )

  function_rights = concat(local.option_rights, [
    {
      Sid    = "Function"
      Effect = "Allow"
      Action = [
        "lambda:AddPermission",
        "lambda:CreateAlias",
        "lambda:CreateFunction",
        "lambda:CreateFunctionUrlConfig",
        "lambda:DeleteAlias",
        "lambda:DeleteFunction",
        "lambda:DeleteFunctionCodeSigningConfig",
        "lambda:DeleteFunctionConcurrency",
        "lambda:DeleteFunctionEventInvokeConfig",
        "lambda:DeleteFunctionUrlConfig",
        "lambda:DeleteProvisionedConcurrencyConfig",
        "lambda:GetAlias",
        "lambda:GetFunction",
        "lambda:GetFunctionCodeSigningConfig",
        "lambda:GetFunctionConcurrency",
        "lambda:GetFunctionConfiguration",
        "lambda:GetFunctionEventInvokeConfig",
        "lambda:GetFunctionUrlConfig",
        "lambda:GetPolicy",
        "lambda:GetProvisionedConcurrencyConfig",
        "lambda:ListAliases",
        "lambda:ListTags",
        "lambda:ListVersionsByFunction",
        "lambda:PublishVersion",
        "lambda:PutFunctionCodeSigningConfig",
        "lambda:PutFunctionConcurrency",
        "lambda:PutFunctionEventInvokeConfig",
        "lambda:PutProvisionedConcurrencyConfig",
        "lambda:RemovePermission",
        "lambda:TagResource",
        "lambda:UntagResource",
        "lambda:UpdateAlias",
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
        "lambda:UpdateFunctionEventInvokeConfig",
        "lambda:UpdateFunctionUrlConfig",
      ]
      Resource = [local.function_arn, "${local.function_arn}:*"]
    },
    {
      # The smoke test signs; a plain Invoke with an event of one's own making stays denied.
      Sid       = "CallFunctionUrls"
      Effect    = "Allow"
      Action    = "lambda:InvokeFunctionUrl"
      Resource  = ["${local.function_arn}:live", "${local.function_arn}:candidate"]
      Condition = { StringEquals = { "lambda:FunctionUrlAuthType" = "AWS_IAM" } }
    },
    {
      Sid       = "InvokeThroughFunctionUrls"
      Effect    = "Allow"
      Action    = "lambda:InvokeFunction"
      Resource  = ["${local.function_arn}:live", "${local.function_arn}:candidate"]
      Condition = { Bool = { "lambda:InvokedViaFunctionUrl" = "true" } }
    },
    {
      # AWS's own layer, with streaming_runtime = "web_adapter".
      Sid      = "UseWebAdapter"
      Effect   = "Allow"
      Action   = "lambda:GetLayerVersion"
      Resource = "arn:${var.partition}:lambda:${var.region}:753240598075:layer:LambdaAdapterLayer*:*"
    },
    {
      # With code_signing_config_arn.
      Sid      = "UseCodeSigning"
      Effect   = "Allow"
      Action   = "lambda:GetCodeSigningConfig"
      Resource = "arn:${var.partition}:lambda:${local.regional}:code-signing-config:*"
    },
    {
      # Stacks that grant the use of a Function URL; they act with this role's own rights.
      Sid    = "Stacks"
      Effect = "Allow"
      Action = [
        "cloudformation:CreateStack",
        "cloudformation:DeleteStack",
        "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStacks",
        "cloudformation:GetTemplate",
        "cloudformation:TagResource",
        "cloudformation:UntagResource",
        "cloudformation:UpdateStack",
      ]
      Resource = [
        for alias in ["live", "candidate"] :
        "arn:${var.partition}:cloudformation:${local.regional}:stack/${local.deployed}-${alias}-*/*"
      ]
    },
  ])

  identity_rights = [
    {
      Sid    = "Role"
      Effect = "Allow"
      Action = [
        "iam:DeleteRole",
        "iam:DeleteRolePolicy",
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListInstanceProfilesForRole",
        "iam:ListRolePolicies",
        "iam:TagRole",
        "iam:UntagRole",
        "iam:UpdateAssumeRolePolicy",
        "iam:UpdateRole",
        "iam:UpdateRoleDescription",
      ]
      Resource = local.role_arn
    },
    {
      # A role without the boundary can be neither made nor given rights, and nothing here
      # takes a boundary away or writes one.
      Sid       = "WriteBoundedRole"
      Effect    = "Allow"
      Action    = ["iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
      Resource  = local.role_arn
      Condition = { StringEquals = { "iam:PermissionsBoundary" = aws_iam_policy.boundary.arn } }
    },
    {
      Sid       = "PassRoleToLambda"
      Effect    = "Allow"
      Action    = "iam:PassRole"
      Resource  = local.role_arn
      Condition = { StringEquals = { "iam:PassedToService" = "lambda.amazonaws.com" } }
    },
    {
      # Policies for callers of the addresses. By whole names: the boundary begins alike.
      Sid    = "InvokePolicies"
      Effect = "Allow"
      Action = [
        "iam:CreatePolicy",
        "iam:CreatePolicyVersion",
        "iam:DeletePolicy",
        "iam:DeletePolicyVersion",
        "iam:GetPolicy",
        "iam:GetPolicyVersion",
        "iam:ListPolicyVersions",
        "iam:TagPolicy",
        "iam:UntagPolicy",
      ]
      Resource = [
        for alias in ["live", "candidate"] :
        "arn:${var.partition}:iam::${var.account_id}:policy/${local.deployed}-${alias}-invoke"
      ]
    },
  ]

  data_rights = [
    {
      # Names only; without it a state that is not there yet would be "access denied".
      Sid      = "FindState"
      Effect   = "Allow"
      Action   = ["s3:ListBucket", "s3:ListBucketVersions"]
      Resource = var.state_bucket_arn
    },
    {
      Sid      = "WriteState"
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:PutObject"]
      Resource = "${var.state_bucket_arn}/${var.state_key}"
    },
    {
      Sid      = "LockState"
      Effect   = "Allow"
      Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
      Resource = "${var.state_bucket_arn}/${var.state_key}.tflock"
    },
    {
      # A zip over 50 MB on its way to Lambda, which reads it with these rights. Destroying it
      # removes all of its versions.
      Sid    = "Zip"
      Effect = "Allow"
      Action = [
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:GetObject",
        "s3:GetObjectTagging",
        "s3:GetObjectVersion",
        "s3:PutObject",
      ]
      Resource = "${var.state_bucket_arn}/zips/${local.deployed}.zip"
    },
    {
      Sid    = "Parameters"
      Effect = "Allow"
      Action = [
        "ssm:AddTagsToResource",
        "ssm:DeleteParameter",
        "ssm:GetParameter",
        "ssm:GetParameterHistory",
        "ssm:ListTagsForResource",
        "ssm:PutParameter",
        "ssm:RemoveTagsFromResource",
      ]
      Resource = local.parameters_arn
    },
    {
      Sid      = "FindParameters"
      Effect   = "Allow"
      Action   = "ssm:DescribeParameters"
      Resource = "*"
    },
  ]

  monitoring_rights = [
    {
      Sid    = "Log"
      Effect = "Allow"
      Action = [
        "logs:CreateLogGroup",
        "logs:DeleteLogGroup",
        "logs:DeleteRetentionPolicy",
        "logs:FilterLogEvents",
        "logs:ListTagsForResource",
        "logs:PutRetentionPolicy",
        "logs:TagResource",
        "logs:UntagResource",
      ]
      Resource = [local.log_group_arn, "${local.log_group_arn}:*"]
    },
    {
      Sid    = "FindLogsAndSaveQueries"
      Effect = "Allow"
      Action = [
        "logs:DeleteQueryDefinition",
        "logs:DescribeLogGroups",
        "logs:DescribeQueryDefinitions",
        "logs:PutQueryDefinition",
      ]
      Resource = "*"
    },
    {
      Sid    = "Alarms"
      Effect = "Allow"
      Action = [
        "cloudwatch:DeleteAlarms",
        "cloudwatch:ListTagsForResource",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:TagResource",
        "cloudwatch:UntagResource",
      ]
      Resource = "arn:${var.partition}:cloudwatch:${local.regional}:alarm:${local.deployed}-*"
    },
    {
      # Composite alarms are made and found with these on "*" only.
      # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
      Sid      = "CompositeAlarms"
      Effect   = "Allow"
      Action   = ["cloudwatch:DescribeAlarms", "cloudwatch:PutCompositeAlarm"]
      Resource = "*"
    },
    {
      Sid      = "Dashboard"
      Effect   = "Allow"
      Action   = ["cloudwatch:DeleteDashboards", "cloudwatch:GetDashboard", "cloudwatch:PutDashboard"]
      Resource = "arn:${var.partition}:cloudwatch::${var.account_id}:dashboard/${local.deployed}"
    },
    {
      Sid    = "AlarmTopic"
      Effect = "Allow"
      Action = [
        "sns:CreateTopic",
        "sns:DeleteTopic",
        "sns:GetSubscriptionAttributes",
        "sns:GetTopicAttributes",
        "sns:ListSubscriptionsByTopic",
        "sns:ListTagsForResource",
        "sns:SetSubscriptionAttributes",
        "sns:SetTopicAttributes",
        "sns:Subscribe",
        "sns:TagResource",
        "sns:Unsubscribe",
        "sns:UntagResource",
      ]
      Resource = [local.topic_arn, "${local.topic_arn}:*"]
    },
    {
      Sid    = "Budget"
      Effect = "Allow"
      Action = [
        "budgets:ListTagsForResource",
        "budgets:ModifyBudget",
        "budgets:TagResource",
        "budgets:UntagResource",
        "budgets:ViewBudget",
      ]
      Resource = "arn:${var.partition}:budgets::${var.account_id}:budget/${local.deployed}"
    },
  ]
}
