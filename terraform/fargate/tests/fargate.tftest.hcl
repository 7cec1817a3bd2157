# The server on Fargate, with the provider mocked.

mock_provider "aws" {
  override_during = plan

  mock_resource "aws_ecs_cluster" {
    defaults = { arn = "arn:aws:ecs:us-east-1:123456789012:cluster/mock" }
  }

  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:us-east-1:123456789012:task-definition/mock:1" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }

  mock_resource "aws_lb" {
    defaults = {
      arn        = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/mock/0123456789abcdef"
      arn_suffix = "app/mock/0123456789abcdef"
      dns_name   = "mock.us-east-1.elb.amazonaws.com"
      zone_id    = "Z35SXDOTRQ7X7K"
    }
  }

  mock_resource "aws_lb_target_group" {
    defaults = {
      arn        = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/mock/0123456789abcdef"
      arn_suffix = "targetgroup/mock/0123456789abcdef"
    }
  }

  mock_resource "aws_lb_listener" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/mock/0123456789abcdef/0123456789abcdef" }
  }

  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:us-east-1:123456789012:certificate/mock"
      domain_validation_options = [{
        domain_name           = "weather.example.com"
        resource_record_name  = "_mock.weather.example.com."
        resource_record_type  = "CNAME"
        resource_record_value = "_mock.acm-validations.aws."
      }]
    }
  }

  mock_resource "aws_acm_certificate_validation" {
    defaults = { certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/mock" }
  }

  mock_data "aws_subnet" {
    defaults = { cidr_block = "10.0.1.0/24" }
  }

  mock_data "aws_route53_zone" {
    defaults = { name = "example.com." }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

variables {
  name              = "weather"
  image             = "123456789012.dkr.ecr.us-east-1.amazonaws.com/weather:1"
  vpc_id            = "vpc-0123456789abcdef0"
  public_subnet_ids = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  domain_name       = "weather.example.com"
  domain_zone_id    = "Z0123456789ABCDEFGHIJ"
}

run "closed_by_default_and_told_where_its_keys_are" {
  command = plan

  variables {
    secrets = ["WEATHER_KEY"]
  }

  assert {
    condition     = local.environment["MESH_AUTH"] == "api_key" && local.environment["MESH_API_KEYS_PARAMETER"] == "/weather/dev/api-keys"
    error_message = jsonencode(local.environment)
  }

  assert {
    condition     = local.environment["MESH_SECRETS"] == jsonencode({ WEATHER_KEY = "/weather/dev/weather-key" })
    error_message = jsonencode(local.environment)
  }

  assert {
    condition     = toset(keys(module.parameters[0].names)) == toset(["api-keys", "weather-key"])
    error_message = jsonencode(module.parameters[0].names)
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.parameters.policy).Statement[0].Resource == ["arn:aws:ssm:us-east-1:123456789012:parameter/weather/dev/api-keys", "arn:aws:ssm:us-east-1:123456789012:parameter/weather/dev/weather-key"]
    error_message = aws_iam_role_policy.parameters.policy
  }
}

run "uses_the_keys_of_a_lambda_deployment" {
  command = plan

  variables {
    parameters_path = "/weather/production"
  }

  assert {
    condition     = length(module.parameters) == 0 && output.api_keys_parameter == "/weather/production/api-keys"
    error_message = output.api_keys_parameter
  }
}

run "believes_only_the_load_balancer_about_callers_addresses" {
  command = plan

  assert {
    condition     = local.environment["FORWARDED_ALLOW_IPS"] == "10.0.1.0/24,10.0.1.0/24"
    error_message = local.environment["FORWARDED_ALLOW_IPS"]
  }
}

run "rolls_a_failed_release_back" {
  command = plan

  assert {
    condition     = aws_ecs_service.this.deployment_circuit_breaker[0].enable && aws_ecs_service.this.deployment_circuit_breaker[0].rollback && aws_ecs_service.this.wait_for_steady_state
    error_message = jsonencode(aws_ecs_service.this.deployment_circuit_breaker)
  }
}

run "only_https_reaches_the_server" {
  command = plan

  assert {
    condition     = aws_lb_listener.http.default_action[0].type == "redirect" && aws_lb_listener.https.protocol == "HTTPS"
    error_message = aws_lb_listener.http.default_action[0].type
  }
}

run "tasks_in_private_subnets_have_no_public_address" {
  command = plan

  variables {
    private_subnet_ids = ["subnet-0123456789abcdef2"]
  }

  assert {
    condition     = !aws_ecs_service.this.network_configuration[0].assign_public_ip && aws_ecs_service.this.network_configuration[0].subnets == toset(["subnet-0123456789abcdef2"])
    error_message = jsonencode(aws_ecs_service.this.network_configuration)
  }
}

run "takes_tokens_beside_keys" {
  command = plan

  variables {
    oauth_issuer = "https://abc.supabase.co/auth/v1"
  }

  assert {
    condition     = local.environment["MESH_AUTH"] == "both" && local.environment["MESH_PUBLIC_URL"] == "https://weather.example.com/"
    error_message = jsonencode(local.environment)
  }
}

run "warns_while_it_is_open" {
  command = plan

  variables {
    allow_unauthenticated = true
  }

  expect_failures = [check.server_demands_a_credential]
}

run "refuses_sizes_that_fargate_has_not" {
  command = plan

  variables {
    cpu_units = 256
    memory_mb = 4096
    max_tasks = 1
  }

  expect_failures = [var.memory_mb, var.max_tasks]
}

run "refuses_what_is_wrong_and_says_what_to_do" {
  command = plan

  variables {
    name                  = "Weather"
    image                 = "weather"
    min_tasks             = 0
    public_subnet_ids     = ["subnet-0123456789abcdef0"]
    vpc_id                = "10.0.0.0/16"
    domain_name           = "https://weather.example.com"
    environment_variables = { MESH_AUTH = "none" }
    secrets               = ["a secret"]
    policy_statements     = [{ actions = ["iam:*"], resources = ["*"] }]
  }

  expect_failures = [
    var.name, var.image, var.min_tasks, var.public_subnet_ids, var.vpc_id,
    var.domain_name, var.environment_variables, var.secrets, var.policy_statements,
  ]
}

run "refuses_a_domain_of_another_zone" {
  command = plan

  variables {
    domain_name = "weather.example.org"
  }

  expect_failures = [aws_route53_record.this]
}
