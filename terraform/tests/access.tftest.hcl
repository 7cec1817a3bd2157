# Who may call: what the server demands, and what lets callers through to it.

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

run "none_means_that_the_server_demands_an_api_key_and_the_candidate_sigv4" {
  command = plan

  assert {
    condition     = output.function_name == "aoma-mesh-dev"
    error_message = "The function is ${output.function_name}."
  }

  assert {
    condition     = local.auth == "api_key"
    error_message = "The server is told ${local.auth}."
  }

  assert {
    condition     = output.live_invoke_policy_arn == null && output.live_invoke_policy == null
    error_message = "A policy for SigV4 callers exists although the URL is public."
  }

  assert {
    condition     = output.candidate_invoke_policy_arn != null
    error_message = "The candidate URL must demand SigV4 whatever the live one does."
  }
}

run "open_only_when_said_and_then_with_a_warning" {
  command = plan

  variables {
    allow_unauthenticated = true
  }

  expect_failures = [check.live_url_demands_a_credential]

  assert {
    condition     = local.auth == "none" && startswith(output.access, "OPEN")
    error_message = "The server is told ${local.auth}; the output says: ${output.access}"
  }
}

run "aws_iam_needs_no_api_key" {
  command = plan

  variables {
    function_url_auth = "AWS_IAM"
  }

  assert {
    condition     = local.auth == "iam"
    error_message = "The server is told ${local.auth}."
  }

  assert {
    condition     = output.live_invoke_policy_arn != null
    error_message = "Nothing that callers could attach."
  }
}

run "an_issuer_makes_access_tokens_a_way_in_beside_api_keys" {
  command = plan

  variables {
    oauth_issuer     = "https://abc.supabase.co/auth/v1"
    oauth_audiences  = ["authenticated", "https://mesh.example.com/mcp"]
    oauth_client_ids = ["one", "two"]
    oauth_scopes     = ["api://app/mesh", "email"]

    oauth_public_client_id = "everybody"
    oauth_callback_port    = 8088

    oauth_scope_claims    = ["roles"]
    oauth_required_scopes = ["mesh", "email"]
    oauth_sources_claim   = "mesh_sources"
    tool_scopes           = { search_code_files = ["code:read"] }
    rate_limit_per_minute = 60
  }

  assert {
    condition = local.access_environment == {
      MESH_AUTH                       = "both"
      MESH_API_KEYS_PARAMETER         = "/aoma-mesh/dev/api-keys"
      MESH_RATE_LIMIT_PER_MINUTE      = "60"
      MESH_OAUTH_ISSUER               = "https://abc.supabase.co/auth/v1"
      MESH_OAUTH_AUDIENCES            = "authenticated,https://mesh.example.com/mcp"
      MESH_OAUTH_CLIENT_IDS           = "one,two"
      MESH_OAUTH_PUBLIC_CLIENT_ID     = "everybody"
      MESH_OAUTH_CALLBACK_PORT        = "8088"
      MESH_OAUTH_SCOPES               = "api://app/mesh email"
      MESH_OAUTH_SCOPE_CLAIMS         = "roles"
      MESH_OAUTH_REQUIRED_SCOPES      = "mesh email"
      MESH_OAUTH_SOURCES_CLAIM        = "mesh_sources"
      MESH_OAUTH_MAX_LIFETIME_SECONDS = "86400"
      MESH_TOOL_SCOPES                = "{\"search_code_files\":[\"code:read\"]}"
    }
    error_message = jsonencode(local.access_environment)
  }

  assert {
    condition     = strcontains(output.access, "https://abc.supabase.co/auth/v1")
    error_message = output.access
  }
}

run "warns_of_an_audience_that_may_be_a_clients_id" {
  command = plan

  variables {
    oauth_issuer    = "https://login.microsoftonline.com/tenant/v2.0"
    oauth_audiences = ["https://mesh.example.com/mcp", "11112222-3333-4444-5555-666677778888"]
  }

  expect_failures = [check.audiences_are_addresses]

  assert {
    condition     = local.access_environment.MESH_OAUTH_AUDIENCES == "https://mesh.example.com/mcp,11112222-3333-4444-5555-666677778888"
    error_message = "It is a warning: the audiences are still taken."
  }
}

run "does_not_warn_of_audiences_that_are_addresses" {
  command = plan

  variables {
    oauth_issuer    = "https://login.microsoftonline.com/tenant/v2.0"
    oauth_audiences = ["https://mesh.example.com/mcp", "api://11112222-3333-4444-5555-666677778888"]
  }

  assert {
    condition     = local.auth == "both"
    error_message = "The server is told ${local.auth}."
  }
}

run "tools_that_ask_back_share_a_key" {
  command = plan

  variables {
    tools_ask_back = true
  }

  assert {
    condition     = local.access_environment.MESH_STATE_KEY_PARAMETER == "/aoma-mesh/dev/state-key"
    error_message = jsonencode(local.access_environment)
  }

  assert {
    condition     = output.state_key_parameter == "/aoma-mesh/dev/state-key"
    error_message = output.state_key_parameter
  }
}

run "without_api_keys_an_access_token_is_the_one_way_in" {
  command = plan

  variables {
    oauth_issuer = "https://abc.supabase.co/auth/v1"
    api_keys     = false
  }

  assert {
    condition     = local.auth == "oauth"
    error_message = "The server is told ${local.auth}."
  }
}

run "refuses_what_would_let_nobody_in_or_looks_at_no_token" {
  command = plan

  variables {
    api_keys              = false
    oauth_audiences       = ["a b"]
    oauth_client_ids      = ["a b"]
    oauth_scopes          = ["a\"b"]
    oauth_scope_claims    = ["roles,groups"]
    oauth_jwks_url        = "http://example.com/keys"
    oauth_issuer_ca       = "/etc/ca.pem"
    oauth_callback_port   = 8088
    oauth_required_scopes = ["with space"]
    tool_scopes           = { search = ["a\"b"] }
    caller_account_ids    = ["12345"]
    rate_limit_per_minute = -1
  }

  expect_failures = [
    var.api_keys,
    var.oauth_audiences,
    var.oauth_client_ids,
    var.oauth_scopes,
    var.oauth_scope_claims,
    var.oauth_jwks_url,
    var.oauth_issuer_ca,
    var.oauth_callback_port,
    var.oauth_required_scopes,
    var.tool_scopes,
    var.caller_account_ids,
    var.rate_limit_per_minute,
  ]
}

run "takes_the_certificate_of_a_private_authority" {
  command = plan

  variables {
    oauth_issuer    = "https://id.internal"
    oauth_issuer_ca = <<-PEM
    -----BEGIN CERTIFICATE-----
    MIIBKzCB0qADAgECAgEBMAoGCCqGSM49BAMCMBUxEzARBgNVBAMMCkV4YW1wbGUg
    Q0EwHhcNMjYwMTAxMDAwMDAwWhcNMzYwMTAxMDAwMDAwWjAVMRMwEQYDVQQDDApF
    eGFtcGxlIENBMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqgk8ZzsEcHheP8uS
    dNB7SlqnBXksXxpY7Pv1+rmb7ARq/aVpGh2nRFAGRbtB780R3uz2V8BKtOEjpIKm
    tKD6s6MTMBEwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiBUtQtC
    FPgFn5bsoS4THP4BvMtVIatL5AuEn3ZgXQM2gAIhAN1atH6gobXmHQIal8KnAt5U
    N43qp09kmYdmxXyQ812+
    -----END CERTIFICATE-----
    PEM
  }

  assert {
    condition     = startswith(local.access_environment.MESH_OAUTH_ISSUER_CA, "-----BEGIN CERTIFICATE-----\nMI") && endswith(local.access_environment.MESH_OAUTH_ISSUER_CA, "\n-----END CERTIFICATE-----")
    error_message = local.access_environment.MESH_OAUTH_ISSUER_CA
  }
}

run "refuses_a_private_key_as_an_authority" {
  command = plan

  variables {
    oauth_issuer    = "https://id.internal"
    oauth_issuer_ca = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----"
  }

  expect_failures = [var.oauth_issuer_ca]
}

run "refuses_a_certificate_that_is_cut_off" {
  command = plan

  variables {
    oauth_issuer    = "https://id.internal"
    oauth_issuer_ca = "-----BEGIN CERTIFICATE-----\nMIIBx\n-----END CERTIFICATE-----"
  }

  expect_failures = [var.oauth_issuer_ca]
}

run "refuses_tokens_where_nobody_would_look_at_them" {
  command = plan

  variables {
    function_url_auth          = "AWS_IAM"
    oauth_issuer               = "https://abc.supabase.co/auth/v1"
    oauth_max_lifetime_seconds = 59
  }

  expect_failures = [var.oauth_issuer, var.oauth_max_lifetime_seconds]
}

run "refuses_an_issuer_without_https" {
  command = plan

  variables {
    oauth_issuer = "http://id.example.com"
  }

  expect_failures = [var.oauth_issuer]
}

run "other_accounts_are_granted_both_actions_each_with_its_condition" {
  command = plan

  variables {
    function_url_auth  = "AWS_IAM"
    caller_account_ids = ["111122223333", "444455556666"]
  }

  assert {
    condition = [for statement in jsondecode(output.live_invoke_policy).Statement : [statement.Action, statement.Condition]] == [
      ["lambda:InvokeFunctionUrl", { StringEquals = { "lambda:FunctionUrlAuthType" = "AWS_IAM" } }],
      ["lambda:InvokeFunction", { Bool = { "lambda:InvokedViaFunctionUrl" = "true" } }],
    ]
    error_message = output.live_invoke_policy
  }
}
