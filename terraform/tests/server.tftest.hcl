# What the author of a server gives their tools: environment variables, secrets, rights, layers.

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

run "without_them_nothing_changes" {
  command = plan

  assert {
    condition = keys(module.lambda.environment_variables) == tolist([
      "MESH_API_KEYS_PARAMETER", "MESH_AUTH", "MESH_DEADLINE_SECONDS", "MESH_ENVIRONMENT", "MESH_FAST_PATH",
      "MESH_LOG_LEVEL", "MESH_METRICS_NAMESPACE", "MESH_NAME", "MESH_RATE_LIMIT_PER_MINUTE", "MESH_SECRETS_TTL_SECONDS",
    ])
    error_message = jsonencode(module.lambda.environment_variables)
  }

  assert {
    condition     = module.parameters.names == { api-keys = "/aoma-mesh/dev/api-keys" } && length(output.secrets) == 0
    error_message = jsonencode(module.parameters.names)
  }

  assert {
    condition     = length(module.lambda.layers) == 0
    error_message = jsonencode(module.lambda.layers)
  }
}

run "environment_variables_are_added_to_those_of_mesh" {
  command = plan

  variables {
    environment_variables = {
      NOTES_TABLE           = "notes"
      EMPTY                 = ""
      AWS_USE_FIPS_ENDPOINT = "true"
      # Lambda starts a wrapper of a layer with it.
      AWS_LAMBDA_EXEC_WRAPPER = "/opt/otel-instrument"
      # None of these is a secret.
      TOKEN_URL                      = "https://login.example.com/token"
      MAX_TOKENS                     = "4096"
      API_KEY_HEADER                 = "x-api-key"
      DB_PASSWORD                    = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db"
      GOOGLE_APPLICATION_CREDENTIALS = "/var/task/service.json"
      PAGE_TOKEN                     = "next"
      DEMO_DATABASE                  = "postgresql://reader:reader@demo.example.com/db"
    }
    not_secrets = ["PAGE_TOKEN", "DEMO_DATABASE"]
  }

  assert {
    condition     = alltrue([for name, value in var.environment_variables : module.lambda.environment_variables[name] == value])
    error_message = jsonencode(module.lambda.environment_variables)
  }

  assert {
    condition     = module.lambda.environment_variables["MESH_AUTH"] == "api_key" && length(module.lambda.environment_variables) == 10 + length(var.environment_variables)
    error_message = jsonencode(module.lambda.environment_variables)
  }
}

run "secrets_are_told_by_their_names" {
  command = plan

  variables {
    name        = "weather"
    environment = "staging"
    secrets     = ["WEATHER_API_KEY", "mailToken2"]
  }

  assert {
    condition = output.secrets == {
      WEATHER_API_KEY = "/weather/staging/weather-api-key"
      mailToken2      = "/weather/staging/mailtoken2"
    }
    error_message = jsonencode(output.secrets)
  }

  assert {
    condition     = jsondecode(module.lambda.environment_variables["MESH_SECRETS"]) == output.secrets
    error_message = module.lambda.environment_variables["MESH_SECRETS"]
  }

  # Other parameters keep their names.
  assert {
    condition     = module.parameters.names == { for key in ["api-keys", "weather-api-key", "mailtoken2"] : key => "/weather/staging/${key}" }
    error_message = jsonencode(module.parameters.names)
  }
}

run "layers_come_before_the_web_adapter_s_own" {
  command = plan

  variables {
    invoke_mode       = "RESPONSE_STREAM"
    streaming_runtime = "web_adapter"
    layers            = [for number in range(1, 5) : "arn:aws:lambda:us-east-1:123456789012:layer:fonts-${number}:7"]
    # The collector in one of them.
    opentelemetry_endpoint = "http://localhost:4318"
  }

  assert {
    condition     = module.lambda.environment_variables["MESH_OTLP_ENDPOINT"] == "http://localhost:4318"
    error_message = jsonencode(module.lambda.environment_variables)
  }

  # A later layer's files replace an earlier one's, and /opt/bootstrap has to be the adapter's.
  assert {
    condition     = module.lambda.layers == tolist(concat(var.layers, ["arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayerArm64:28"]))
    error_message = jsonencode(module.lambda.layers)
  }
}

run "knows_secrets_by_their_names_and_by_what_credentials_look_like" {
  command = plan

  assert {
    condition = [for name in [
      "PASSWORD", "DB_PASSWORD", "PGPASSWORD", "dbPassword", "CLIENT_SECRET", "JWT_SECRET", "GITHUB_TOKEN", "accessToken", "API_KEY",
      "WEATHER_API_KEY", "APIKEY", "openaiApiKey", "STRIPE_SECRET_KEY", "PRIVATE_KEY", "SSH_PASSPHRASE", "AWS_CREDENTIALS",
    ] : name if !can(regex(local.secret_name, name))] == []
    error_message = "A secret's name is taken for an ordinary one."
  }

  assert {
    condition = [for name in [
      "NOTES_TABLE", "TOKEN_URL", "MAX_TOKENS", "API_KEY_HEADER", "PASSWORD_LENGTH", "SECRET_NAME", "SECRETS_PATH", "PARTITION_KEY",
      "SORT_KEY", "CACHE_KEY", "PUBLIC_KEY", "TOKENIZER", "KEYWORDS", "AUTHOR", "LOG_LEVEL", "PASS_THROUGH",
    ] : name if can(regex(local.secret_name, name))] == []
    error_message = "An ordinary name is taken for a secret's."
  }

  # Joined here, so that no scanner takes this file for a leak.
  assert {
    condition = [for value in [
      join("", ["mesh_", "0123456789abcdef0123456789abcdef01234567"]),
      join("", ["key: sk-", "proj-0123456789abcdef0123"]),
      join("", ["sb_secret_", "0123456789abcdef"]),
      join("", ["AKIA", "IOSFODNN7EXAMPLE"]),
      join("", ["ghp_", "0123456789abcdef0123456789abcdef0123"]),
      join("", ["xoxb-", "0123456789-abc"]),
      join("", ["eyJhbGciOiJIUzI1NiJ9", ".", "eyJzdWIiOiIxIn0xyz", ".", "c2lnbmF0dXJl"]),
      join("", ["-----BEGIN RSA ", "PRIVATE KEY-----"]),
      join("", ["postgresql://mesh:", "correct-horse@db.example.com/mesh"]),
    ] : value if !anytrue([for form in values(local.secret_forms) : can(regex(form, value))])] == []
    error_message = "A credential is not known as one."
  }

  assert {
    condition = [for value in [
      "notes", "https://api.example.com/v1?limit=10", "https://example.com/@team:all", "postgresql://db.example.com:5432/mesh",
      "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "2026-11-01T10:00:00Z", "{\"a\": [1, 2]}", "user@example.com",
      "task-4711-more-than-twenty-letters", "arn:aws:dynamodb:us-east-1:123456789012:table/notes",
    ] : value if anytrue([for form in values(local.secret_forms) : can(regex(form, value))])] == []
    error_message = "An ordinary value is taken for a credential."
  }
}

# tests/acceptance/terraform/test_server_settings.py sees every reason, and what is said about it.
run "refuses_what_cannot_be" {
  command = plan

  variables {
    environment_variables = { WEATHER_API_KEY = "0123456789" }
    secrets               = ["WEATHER-API-KEY"]
    policy_statements     = [{ actions = ["*"], resources = ["*"] }]
    layers                = [for number in range(6) : "arn:aws:lambda:us-east-1:123456789012:layer:fonts-${number}:7"]
  }

  expect_failures = [var.environment_variables, var.secrets, var.policy_statements, var.layers]
}

run "refuses_secrets_that_would_share_a_parameter" {
  command = plan

  variables {
    secrets = ["Mail_Token", "MAIL_TOKEN"]
  }

  expect_failures = [var.secrets]
}

run "refuses_secrets_with_the_name_of_a_parameter_of_mesh" {
  command = plan

  variables {
    secrets = ["API_KEYS"]
  }

  expect_failures = [var.secrets]
}

run "modules_to_preload_and_the_deadline_are_told_to_the_runtime" {
  command = plan

  variables {
    preload_modules = ["my_server.clients", "models"]
    timeout_seconds = 3
  }

  assert {
    condition     = module.lambda.environment_variables["MESH_PRELOAD"] == "my_server.clients,models" && module.lambda.environment_variables["MESH_DEADLINE_SECONDS"] == "2.4"
    error_message = jsonencode(module.lambda.environment_variables)
  }
}

run "refuses_modules_to_preload_that_are_no_names" {
  command = plan

  variables {
    preload_modules = ["clients.py; rm"]
  }

  expect_failures = [var.preload_modules]
}
