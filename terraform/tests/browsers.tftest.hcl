# Web pages that call the server from a browser.

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

run "without_origins_the_urls_have_no_cors" {
  command = plan

  module {
    source = "./modules/function_url"
  }

  variables {
    function_name = "mesh-test"
    alias         = "live"
    auth          = "NONE"
    invoke_mode   = "BUFFERED"
  }

  assert {
    condition     = length(aws_lambda_function_url.this.cors) == 0
    error_message = jsonencode(aws_lambda_function_url.this.cors)
  }
}

run "the_urls_let_exactly_these_pages_in" {
  command = plan

  module {
    source = "./modules/function_url"
  }

  variables {
    function_name   = "mesh-test"
    alias           = "live"
    auth            = "NONE"
    invoke_mode     = "BUFFERED"
    allowed_origins = ["https://app.example.com", "http://localhost:3000"]
  }

  assert {
    condition     = one(aws_lambda_function_url.this.cors).allow_origins == toset(["https://app.example.com", "http://localhost:3000"])
    error_message = jsonencode(aws_lambda_function_url.this.cors)
  }

  # Browsers hold that `*` does not include Authorization; Lambda refuses OPTIONS, of seven letters.
  assert {
    condition = !contains(one(aws_lambda_function_url.this.cors).allow_headers, "*") && alltrue([
      for method in one(aws_lambda_function_url.this.cors).allow_methods : length(method) <= 6 && method != "*"
    ])
    error_message = jsonencode(aws_lambda_function_url.this.cors)
  }

  # Lambda stores names of headers in lower case: any other plan would never be empty.
  assert {
    condition = alltrue([
      for name in concat(tolist(one(aws_lambda_function_url.this.cors).allow_headers), tolist(one(aws_lambda_function_url.this.cors).expose_headers)) : name == lower(name)
    ])
    error_message = jsonencode(aws_lambda_function_url.this.cors)
  }

  assert {
    condition     = one(aws_lambda_function_url.this.cors).allow_credentials == false
    error_message = "With cookies allowed, a page would act for whoever looks at it."
  }
}

run "refuses_more_than_lambda_takes" {
  command = plan

  variables {
    allowed_origins = [for number in range(101) : "https://${number}.example.com"]
  }

  expect_failures = [var.allowed_origins]
}

run "takes_ports_and_this_machine" {
  command = plan

  variables {
    allowed_origins = ["https://app.example.com:8443", "http://localhost:3000", "http://127.0.0.1:65535", "http://app.example.com:443"]
  }

  assert {
    condition     = local.access_environment.MESH_ALLOWED_ORIGINS == "https://app.example.com:8443,http://localhost:3000,http://127.0.0.1:65535,http://app.example.com:443"
    error_message = jsonencode(local.access_environment)
  }
}
