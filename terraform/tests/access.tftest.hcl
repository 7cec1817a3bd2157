# Who may call: what the server demands, and what lets callers through to it.

mock_provider "aws" {
  source = "./tests/mocks"

  # Known while planning.
  override_during = plan
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
    condition     = output.live_invoke_policy_arn == null
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
