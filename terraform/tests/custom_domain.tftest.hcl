# The domain in front of the live Function URL: what leads to it, what proves the way through
# it, and what settings do not go with it.

mock_provider "aws" {
  source = "./tests/mocks"

  # Known while planning.
  override_during = plan
}

mock_provider "aws" {
  alias           = "us_east_1"
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  # Any file that exists: nothing is uploaded here.
  zip_path = "versions.tf"
}

run "without_a_name_nothing_of_it_is_made" {
  command = plan

  assert {
    condition     = length(module.custom_domain) == 0 && output.domain == null && local.domain_environment == {}
    error_message = "Something is made for a domain that nobody asked for."
  }

  assert {
    condition     = output.mcp_url == "${output.function_url}mcp" && output.health_url == "${output.function_url}health"
    error_message = output.mcp_url
  }
}

run "the_domain_is_the_address_that_callers_are_given" {
  command = plan

  variables {
    domain_name    = "mesh.example.com"
    domain_zone_id = "Z0123456789ABCDEFGHIJ"
  }

  assert {
    condition     = output.mcp_url == "https://mesh.example.com/mcp" && output.health_url == "https://mesh.example.com/health"
    error_message = output.mcp_url
  }

  assert {
    condition     = output.function_url == "https://mock.lambda-url.us-east-1.on.aws/"
    error_message = output.function_url
  }

  # The name of a parameter with hashes: the secret itself is nowhere here.
  assert {
    condition = local.domain_environment == tomap({
      MESH_PUBLIC_URL              = "https://mesh.example.com/"
      MESH_ORIGIN_SECRET_PARAMETER = "/aoma-mesh/dev/origin-secret"
    })
    error_message = jsonencode(local.domain_environment)
  }

  assert {
    condition = output.domain == {
      url                     = "https://mesh.example.com/"
      distribution_id         = output.domain.distribution_id
      key_value_store_arn     = "arn:aws:cloudfront::123456789012:key-value-store/mock"
      origin_secret_parameter = "/aoma-mesh/dev/origin-secret"
      secrets_ttl_seconds     = 60
    }
    error_message = jsonencode(output.domain)
  }
}

run "while_clients_move_both_addresses_answer" {
  command = plan

  variables {
    domain_name    = "mesh.example.com"
    domain_zone_id = "Z0123456789ABCDEFGHIJ"
    domain_only    = false
  }

  # The parameter is there, so that the secret can be set before it is demanded.
  assert {
    condition     = local.domain_environment == tomap({ MESH_PUBLIC_URL = "https://mesh.example.com/" }) && output.domain.origin_secret_parameter == "/aoma-mesh/dev/origin-secret"
    error_message = jsonencode(local.domain_environment)
  }
}

run "refuses_an_address_in_place_of_a_name_and_a_limit_that_waf_does_not_count" {
  command = plan

  variables {
    domain_name                = "https://mesh.example.com/"
    domain_zone_id             = "Z0123456789ABCDEFGHIJ"
    domain_requests_per_minute = 9
  }

  expect_failures = [var.domain_name, var.domain_requests_per_minute]
}

run "refuses_a_zone_by_its_name" {
  command = plan

  variables {
    domain_name    = "mesh.example.com"
    domain_zone_id = "example.com"
  }

  expect_failures = [var.domain_zone_id]
}

run "refuses_a_name_without_its_zone" {
  command = plan

  variables {
    domain_name = "mesh.example.com"
  }

  expect_failures = [var.domain_zone_id]
}

run "refuses_sigv4_which_does_not_pass_through_cloudfront" {
  command = plan

  variables {
    domain_name       = "mesh.example.com"
    domain_zone_id    = "Z0123456789ABCDEFGHIJ"
    function_url_auth = "AWS_IAM"
  }

  expect_failures = [var.domain_name]
}

run "refuses_answers_for_which_cloudfront_does_not_wait" {
  command = plan

  variables {
    domain_name     = "mesh.example.com"
    domain_zone_id  = "Z0123456789ABCDEFGHIJ"
    timeout_seconds = 61
  }

  expect_failures = [var.domain_name]
}

run "streams_may_take_longer" {
  command = plan

  variables {
    domain_name     = "mesh.example.com"
    domain_zone_id  = "Z0123456789ABCDEFGHIJ"
    timeout_seconds = 300
    invoke_mode     = "RESPONSE_STREAM"
  }

  assert {
    condition     = output.mcp_url == "https://mesh.example.com/mcp"
    error_message = output.mcp_url
  }
}
