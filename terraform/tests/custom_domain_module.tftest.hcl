# The module: everything is passed on as it came, nothing is kept, nothing is a secret.

mock_provider "aws" {
  source = "./tests/mocks"

  # Known while planning.
  override_during = plan
}

variables {
  server              = "mesh-test"
  domain_name         = "mesh.example.com"
  zone_id             = "Z0123456789ABCDEFGHIJ"
  function_url        = "https://abc.lambda-url.eu-central-1.on.aws/"
  requests_per_minute = 600
}

run "requests_go_on_to_the_function_url_as_they_came" {
  command = plan

  module {
    source = "./modules/custom_domain"
  }

  assert {
    condition     = one(aws_cloudfront_distribution.this.origin).domain_name == "abc.lambda-url.eu-central-1.on.aws"
    error_message = jsonencode(aws_cloudfront_distribution.this.origin)
  }

  assert {
    condition = [for key in ["origin_protocol_policy", "origin_ssl_protocols", "origin_read_timeout"] :
      jsonencode(one(one(aws_cloudfront_distribution.this.origin).custom_origin_config)[key])
    ] == ["\"https-only\"", "[\"TLSv1.2\"]", "60"]
    error_message = jsonencode(aws_cloudfront_distribution.this.origin)
  }

  # Managed-CachingDisabled and Managed-AllViewerExceptHostHeader.
  assert {
    condition = [
      aws_cloudfront_distribution.this.default_cache_behavior[0].cache_policy_id,
      aws_cloudfront_distribution.this.default_cache_behavior[0].origin_request_policy_id,
    ] == ["4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "b689b0a8-53d0-40ab-baf2-68738e2966ac"]
    error_message = jsonencode(aws_cloudfront_distribution.this.default_cache_behavior)
  }

  assert {
    condition     = contains(aws_cloudfront_distribution.this.default_cache_behavior[0].allowed_methods, "POST")
    error_message = "MCP is a POST."
  }

  assert {
    condition     = aws_cloudfront_distribution.this.default_cache_behavior[0].compress == false
    error_message = "Compression would hold streamed events back."
  }

  assert {
    condition     = aws_cloudfront_distribution.this.default_cache_behavior[0].viewer_protocol_policy == "https-only"
    error_message = "A redirect lets keys pass in clear first."
  }
}

run "viewers_need_a_current_tls_and_may_use_http_3" {
  command = plan

  module {
    source = "./modules/custom_domain"
  }

  assert {
    condition     = aws_cloudfront_distribution.this.http_version == "http2and3" && aws_cloudfront_distribution.this.is_ipv6_enabled
    error_message = aws_cloudfront_distribution.this.http_version
  }

  assert {
    condition = [
      aws_cloudfront_distribution.this.viewer_certificate[0].minimum_protocol_version,
      aws_cloudfront_distribution.this.viewer_certificate[0].acm_certificate_arn,
      aws_cloudfront_distribution.this.viewer_certificate[0].ssl_support_method,
    ] == ["TLSv1.2_2021", "arn:aws:acm:us-east-1:123456789012:certificate/mock", "sni-only"]
    error_message = jsonencode(aws_cloudfront_distribution.this.viewer_certificate)
  }
}

run "the_name_is_proved_and_leads_to_the_distribution" {
  command = plan

  module {
    source = "./modules/custom_domain"
  }

  assert {
    condition     = aws_cloudfront_distribution.this.aliases == toset(["mesh.example.com"])
    error_message = jsonencode(aws_cloudfront_distribution.this.aliases)
  }

  assert {
    condition     = [aws_route53_record.validation.name, aws_route53_record.validation.type] == ["_mock.mesh.example.com.", "CNAME"]
    error_message = aws_route53_record.validation.name
  }

  assert {
    condition = { for type, record in aws_route53_record.this : type => [record.name, record.alias[0].name] } == {
      A    = ["mesh.example.com", "mock.cloudfront.net"]
      AAAA = ["mesh.example.com", "mock.cloudfront.net"]
    }
    error_message = jsonencode(aws_route53_record.this)
  }
}

run "the_origin_secret_is_in_nothing_that_terraform_knows" {
  command = plan

  module {
    source = "./modules/custom_domain"
  }

  assert {
    condition     = length(one(aws_cloudfront_distribution.this.origin).custom_header) == 0
    error_message = "A custom header's value is in plan and state in clear."
  }

  assert {
    condition     = strcontains(aws_cloudfront_function.viewer_request.code, "store.get('origin-secret')")
    error_message = "The function must read the secret from the key value store."
  }

  assert {
    condition     = aws_cloudfront_function.viewer_request.key_value_store_associations == toset([aws_cloudfront_key_value_store.this.arn])
    error_message = "Without its store the function has no secret."
  }

  assert {
    condition = [for one in aws_cloudfront_distribution.this.default_cache_behavior[0].function_association :
      [one.event_type, one.function_arn]
    ] == [["viewer-request", aws_cloudfront_function.viewer_request.arn]]
    error_message = "Nothing puts the secret into requests."
  }
}

run "an_address_that_asks_too_much_is_refused_at_the_edge" {
  command = plan

  module {
    source = "./modules/custom_domain"
  }

  assert {
    condition     = aws_wafv2_web_acl.this[0].scope == "CLOUDFRONT" && aws_cloudfront_distribution.this.web_acl_id == aws_wafv2_web_acl.this[0].arn
    error_message = "The web ACL is not the distribution's."
  }

  assert {
    condition = one([for rule in aws_wafv2_web_acl.this[0].rule : [
      rule.statement[0].rate_based_statement[0].limit,
      rule.statement[0].rate_based_statement[0].evaluation_window_sec,
      rule.action[0].block[0].custom_response[0].response_code,
    ]]) == [600, 60, 429]
    error_message = jsonencode(aws_wafv2_web_acl.this[0].rule)
  }

  # Sampled requests show their headers, callers' keys among them, to who may see the console.
  assert {
    condition = !aws_wafv2_web_acl.this[0].visibility_config[0].sampled_requests_enabled && alltrue([
      for rule in aws_wafv2_web_acl.this[0].rule : !rule.visibility_config[0].sampled_requests_enabled
    ])
    error_message = "Requests are sampled, with their keys."
  }
}

run "no_limit_makes_no_web_acl" {
  command = plan

  module {
    source = "./modules/custom_domain"
  }

  variables {
    requests_per_minute = 0
  }

  assert {
    condition     = length(aws_wafv2_web_acl.this) == 0 && aws_cloudfront_distribution.this.web_acl_id == null
    error_message = "A web ACL costs $5 a month."
  }
}

run "refuses_a_zone_that_the_name_is_not_in" {
  command = plan

  module {
    source = "./modules/custom_domain"
  }

  variables {
    domain_name = "mesh.example.org"
  }

  expect_failures = [aws_route53_record.this]
}
