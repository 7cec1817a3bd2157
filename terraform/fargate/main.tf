# The server on Fargate: the image that also runs on Lambda, behind a load balancer.
# docs/how-to/fargate.md is the page for people.

locals {
  full_name = "${var.name}-${var.environment}"
  port      = 8080

  # arn:PARTITION:ecs:REGION:ACCOUNT:cluster/NAME
  cluster_arn = split(":", aws_ecs_cluster.this.arn)
  partition   = local.cluster_arn[1]
  account     = local.cluster_arn[4]

  parameters_path = coalesce(var.parameters_path, "/${var.name}/${var.environment}")
  # Terraform knows the parameter of each secret, never its value.
  secret_parameters   = { for name in var.secrets : name => "${local.parameters_path}/${lower(replace(name, "_", "-"))}" }
  api_keys_parameter  = "${local.parameters_path}/api-keys"
  readable_parameters = concat([local.api_keys_parameter], values(local.secret_parameters))
  parameter_arns = [
    for name in local.readable_parameters : "arn:${local.partition}:ssm:${var.region}:${local.account}:parameter${name}"
  ]

  auth = (
    var.allow_unauthenticated ? "none" :
    var.oauth_issuer == null ? "api_key" :
    var.api_keys ? "both" : "oauth"
  )

  # An empty variable says nothing to the server.
  environment = { for name, value in merge(var.environment_variables, {
    AWS_REGION                 = var.region
    MESH_NAME                  = var.name
    MESH_ENVIRONMENT           = var.environment
    MESH_AUTH                  = local.auth
    MESH_API_KEYS_PARAMETER    = local.api_keys_parameter
    MESH_SECRETS               = jsonencode(local.secret_parameters)
    MESH_OAUTH_ISSUER          = var.oauth_issuer == null ? "" : var.oauth_issuer
    MESH_OAUTH_REQUIRED_SCOPES = join(" ", var.oauth_required_scopes)
    MESH_ALLOWED_ORIGINS       = join(",", var.allowed_origins)
    MESH_RATE_LIMIT_PER_MINUTE = tostring(var.rate_limit_per_minute)
    MESH_PUBLIC_URL            = "https://${var.domain_name}/"
    MESH_LOG_LEVEL             = var.log_level
    MESH_DEADLINE_SECONDS      = tostring(var.timeout_seconds - min(5, 0.2 * var.timeout_seconds))
    # Whose word about a caller's address counts: the load balancer's, not that of callers.
    FORWARDED_ALLOW_IPS = join(",", [for subnet in data.aws_subnet.public : subnet.cidr_block])
  }) : name => value if value != "" }
}

module "parameters" {
  count  = var.parameters_path == null ? 1 : 0
  source = "../modules/ssm_parameters"

  path = local.parameters_path
  parameters = merge({
    for name, parameter in local.secret_parameters : trimprefix(parameter, "${local.parameters_path}/") => "Secret ${name} of ${local.full_name}; written by `mesh secrets`"
    }, {
    api-keys = "API keys of ${local.full_name}, as hashes; written by `mesh keys`"
  })
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:Encrypted by CloudWatch itself; no key to pay for and to lose
  #checkov:skip=CKV_AWS_338:How long lines are kept is for log_retention_days to say
  name              = "/ecs/${local.full_name}"
  retention_in_days = var.log_retention_days
}

resource "aws_ecs_cluster" "this" {
  name = local.full_name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_task_definition" "this" {
  family                   = local.full_name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu_units
  memory                   = var.memory_mb
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = upper(var.architecture)
  }

  container_definitions = jsonencode([{
    name        = "server"
    image       = var.image
    essential   = true
    stopTimeout = 30

    # Its own first process reaps what tools leave behind.
    linuxParameters = { initProcessEnabled = true }
    portMappings    = [{ containerPort = local.port, hostPort = local.port, protocol = "tcp" }]
    environment     = [for name in sort(keys(local.environment)) : { name = name, value = local.environment[name] }]

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = var.region
        awslogs-stream-prefix = "server"
      }
    }
  }])
}

resource "aws_ecs_service" "this" {
  #checkov:skip=CKV_AWS_333:Without a NAT gateway, a public address is the way to AWS; only the load balancer may call it
  name            = local.full_name
  cluster         = aws_ecs_cluster.this.id
  task_definition = aws_ecs_task_definition.this.arn
  desired_count   = var.min_tasks
  launch_type     = "FARGATE"

  # A release that does not come up goes back to the last that did, and the apply fails.
  wait_for_steady_state              = true
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 60

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = length(var.private_subnet_ids) > 0 ? var.private_subnet_ids : var.public_subnet_ids
    security_groups  = [aws_security_group.tasks.id]
    assign_public_ip = length(var.private_subnet_ids) == 0
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.this.arn
    container_name   = "server"
    container_port   = local.port
  }

  lifecycle {
    # It is autoscaling's to set.
    ignore_changes = [desired_count]
  }

  # ECS refuses a target group that no listener uses. Without its rights, a task could neither
  # be started nor read its keys.
  depends_on = [
    aws_lb_listener.https,
    aws_iam_role_policy.parameters,
    aws_iam_role_policy_attachment.execution,
  ]
}

# A warning in every plan and apply, not an error: open is a choice, never a surprise.
check "server_demands_a_credential" {
  assert {
    condition     = local.auth != "none"
    error_message = "The server is OPEN: anyone who knows its address can use every tool. Set allow_unauthenticated back to false to demand API keys."
  }
}
