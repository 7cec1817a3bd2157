# An MCP server on Fargate with nothing in front of it. AWS gives each new task another public
# address, so that every deployment breaks every client. README.md shows how to leave this.

resource "aws_ecr_repository" "this" {
  name         = var.name
  force_delete = true
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/ecs/${var.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_ecs_cluster" "this" {
  name = var.name
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu_units
  memory                   = var.memory_mb
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.architecture
  }

  container_definitions = jsonencode([{
    name      = "server"
    image     = "${aws_ecr_repository.this.repository_url}:${var.image_tag}"
    essential = true

    portMappings = [{ containerPort = var.port, hostPort = var.port, protocol = "tcp" }]

    environment = [
      { name = "LOG_LEVEL", value = "INFO" },
      { name = "MCP_SERVER_PORT", value = tostring(var.port) },
      { name = "JIRA_BASE_URL", value = "https://jira.example.com" },
    ]

    # The four ways to name a secret.
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html
    secrets = [
      { name = "OPENAI_API_KEY", valueFrom = aws_ssm_parameter.openai_api_key.name },
      { name = "OPENAI_VECTOR_STORE_ID", valueFrom = aws_ssm_parameter.openai_vector_store_id.arn },
      { name = "SUPABASE_SERVICE_ROLE_KEY", valueFrom = aws_secretsmanager_secret.supabase.arn },
      { name = "JIRA_API_TOKEN", valueFrom = "${aws_secretsmanager_secret.jira.arn}:token::" },
    ]

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
  name            = var.name
  cluster         = aws_ecs_cluster.this.id
  task_definition = aws_ecs_task_definition.this.arn
  desired_count   = var.desired_count
  launch_type     = "FARGATE"

  network_configuration {
    subnets          = data.aws_subnets.default.ids
    security_groups  = [aws_security_group.this.id]
    assign_public_ip = true
  }

  # Without its rights, a task of the service could neither read its secrets nor write its log.
  depends_on = [aws_iam_role_policy.secrets, aws_iam_role_policy_attachment.execution]
}
