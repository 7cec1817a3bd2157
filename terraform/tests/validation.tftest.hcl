# What the root refuses, each with a message that says what to do.

mock_provider "aws" {
  source = "./tests/mocks"

  # Known while planning.
  override_during = plan
}

# Nothing of it is made here; unmocked it would ask for credentials.
mock_provider "aws" {
  alias = "us_east_1"
}

variables {
  # Any file that exists: nothing is uploaded here.
  zip_path = "versions.tf"
}

# Several variables to a run: every run loads the provider again, which takes a second.

run "refuses_what_is_too_small" {
  command = plan

  variables {
    memory_mb            = 127
    timeout_seconds      = 0
    reserved_concurrency = -1
    live_version         = 0
    secrets_ttl_seconds  = 0
    allowed_origins      = ["http://app.example.com:80"]

    alarm_thresholds         = { duration_share = 0 }
    alarm_no_traffic_minutes = 0
    alarm_email              = "ops@example.com"
    opentelemetry_endpoint   = "https://collector.example.com/v1/traces"
    budget_usd               = 0
  }

  expect_failures = [
    var.memory_mb,
    var.timeout_seconds,
    var.reserved_concurrency,
    var.live_version,
    var.secrets_ttl_seconds,
    var.allowed_origins,
    var.alarm_thresholds,
    var.alarm_no_traffic_minutes,
    var.opentelemetry_endpoint,
    var.budget_usd,
  ]
}

run "refuses_what_is_too_large" {
  command = plan

  variables {
    name                = "a23456789-123456789-123456789-123456789-1"
    environment         = "abcdefghijklmnopqrstu"
    memory_mb           = 10241
    timeout_seconds     = 901
    secrets_ttl_seconds = 3601
    allowed_origins     = ["https://app.example.com:65536"]
    canary_weight       = 1

    alarm_thresholds         = { duration_share = 1.1 }
    alarm_no_traffic_minutes = 1441
  }

  expect_failures = [
    var.alarm_thresholds,
    var.alarm_no_traffic_minutes,
    var.allowed_origins,
    var.canary_weight,
    var.name,
    var.environment,
    var.memory_mb,
    var.timeout_seconds,
    var.secrets_ttl_seconds,
  ]
}

run "refuses_parts_of_a_whole" {
  command = plan

  variables {
    memory_mb            = 512.5
    timeout_seconds      = 1.5
    reserved_concurrency = 0.5
    live_version         = 1.5
    secrets_ttl_seconds  = 1.5
    allowed_origins      = ["https://a.example,https://b.example"]

    alarm_thresholds         = { errors = { least = 1.5 } }
    alarm_no_traffic_minutes = 1.5
    alarm_topic_arn          = "arn:aws:sns:us-east-1:123456789012:on-call.fifo"
  }

  expect_failures = [
    var.alarm_thresholds,
    var.alarm_topic_arn,
    var.alarm_no_traffic_minutes,
    var.allowed_origins,
    var.memory_mb,
    var.timeout_seconds,
    var.reserved_concurrency,
    var.live_version,
    var.secrets_ttl_seconds,
  ]
}

run "refuses_words_that_nobody_understands" {
  command = plan

  variables {
    name               = "Mesh"
    environment        = "dev/one"
    region             = "us-east-1a"
    architecture       = "amd64"
    runtime            = "python"
    function_url_auth  = "OAUTH"
    allowed_origins    = ["https://app.example.com", "https://App.example.com"]
    invoke_mode        = "STREAM"
    streaming_runtime  = "layer"
    log_level          = "VERBOSE"
    log_retention_days = 31
    tags               = { "aws:team" = "mesh" }
    alarm_email        = "ops at example.com"
  }

  expect_failures = [
    var.name,
    var.environment,
    var.region,
    var.architecture,
    var.runtime,
    var.function_url_auth,
    var.allowed_origins,
    var.invoke_mode,
    var.streaming_runtime,
    var.log_level,
    var.log_retention_days,
    var.tags,
    var.alarm_email,
  ]
}

run "refuses_what_looks_right_and_is_not" {
  command = plan

  variables {
    name                  = "aws-mesh"
    runtime               = "python3.11"
    allowed_origins       = ["https://app.example.com:443"]
    function_url_auth     = "AWS_IAM"
    allow_unauthenticated = true
    # Nobody would be told, and nothing would watch.
    budget_usd               = 20
    alarms                   = false
    alarm_no_traffic_minutes = 30
  }

  expect_failures = [
    var.budget_usd,
    var.alarm_no_traffic_minutes,
    var.name,
    var.runtime,
    var.allowed_origins,
    var.allow_unauthenticated,
  ]
}

run "accepts_every_variable_set" {
  command = plan

  variables {
    name                 = "mesh2"
    environment          = "pull-request-7"
    region               = "us-gov-west-1"
    architecture         = "x86_64"
    runtime              = "python3.12"
    memory_mb            = 10240
    timeout_seconds      = 900
    reserved_concurrency = 0
    function_url_auth    = "AWS_IAM"
    allowed_origins      = ["https://app.example.com", "http://localhost:3000"]
    secrets_ttl_seconds  = 1
    invoke_mode          = "RESPONSE_STREAM"
    streaming_runtime    = "web_adapter"
    log_level            = "DEBUG"
    log_retention_days   = 3653
    tags                 = { Team = "mesh" }

    alarm_email              = "ops@example.com"
    alarm_thresholds         = { errors = { percent = 100 }, duration_share = 1 }
    alarm_no_traffic_minutes = 1440
    tool_metrics             = false
    tracing                  = true
    budget_usd               = 20.5
  }

  assert {
    condition     = output.api_keys_parameter == "/mesh2/pull-request-7/api-keys" && output.log_group_name == "/aws/lambda/mesh2-pull-request-7"
    error_message = "${output.api_keys_parameter}, ${output.log_group_name}"
  }
}
