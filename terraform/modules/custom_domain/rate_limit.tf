# What one address may ask for in a minute, at the edge: what is beyond it never reaches the
# function, and is not billed as an invocation.

resource "aws_wafv2_web_acl" "this" {
  #checkov:skip=CKV_AWS_192:The server is Python, without Log4j; this counts requests
  #checkov:skip=CKV2_AWS_31:A log of requests holds headers, callers' keys among them; metrics say how many are refused
  count = var.requests_per_minute > 0 ? 1 : 0

  name        = "${var.server}-domain"
  description = "Requests to ${var.domain_name}"
  scope       = "CLOUDFRONT"

  default_action {
    allow {}
  }

  custom_response_body {
    key          = "too-many-requests"
    content_type = "APPLICATION_JSON"
    content = jsonencode({
      jsonrpc = "2.0"
      id      = null
      error   = { code = -32000, message = "Too many requests from this address: wait a minute." }
    })
  }

  rule {
    name     = "requests-per-minute"
    priority = 0

    action {
      block {
        custom_response {
          response_code            = 429
          custom_response_body_key = "too-many-requests"

          response_header {
            name  = "retry-after"
            value = "60"
          }
        }
      }
    }

    statement {
      rate_based_statement {
        aggregate_key_type    = "IP"
        evaluation_window_sec = 60
        limit                 = var.requests_per_minute
      }
    }

    visibility_config {
      metric_name                = "${var.server}-domain-requests-per-minute"
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = false
    }
  }

  # No samples of requests: they show headers, callers' keys among them.
  visibility_config {
    metric_name                = "${var.server}-domain"
    cloudwatch_metrics_enabled = true
    sampled_requests_enabled   = false
  }
}
