# The Function URL under a name of one's own: CloudFront in front of it, which passes every
# request on, caches nothing, and proves with a secret header that a request came through it.
# The provider's region must be us-east-1: CloudFront takes certificates and web ACLs from there
# alone, and what else is here has no region.

locals {
  # As AWS documents them; the same in every account.
  # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
  caching_disabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
  # A Function URL is found by its own host name: the viewer's would be refused there.
  # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
  all_viewer_except_host_header = "b689b0a8-53d0-40ab-baf2-68738e2966ac"

  origin_id = "function-url"
}

resource "aws_cloudfront_distribution" "this" {
  #checkov:skip=CKV_AWS_86:The server logs each request with its caller; CloudFront's log would add addresses and paths of people
  #checkov:skip=CKV_AWS_374:Clients may be anywhere; what they need is a credential, which the server checks
  #checkov:skip=CKV_AWS_310:There is one Function URL, and Lambda runs it in several zones
  #checkov:skip=CKV_AWS_305:The server itself answers the root, with its page for people
  #checkov:skip=CKV2_AWS_32:The server sets the headers of its page; other answers are JSON and events
  #checkov:skip=CKV2_AWS_47:The server is Python, without Log4j; the web ACL counts requests
  comment         = "${var.server}: ${var.domain_name}"
  aliases         = [var.domain_name]
  enabled         = true
  is_ipv6_enabled = true
  http_version    = "http2and3"
  web_acl_id      = one(aws_wafv2_web_acl.this[*].arn)

  # No origin access control: it signs for AWS_IAM, but a POST must then come with the hash
  # of its body in x-amz-content-sha256, which MCP clients do not send.
  # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-lambda.html
  # No custom_header either: its value would be in the state. See origin_secret.tf.
  origin {
    origin_id   = local.origin_id
    domain_name = split("/", var.function_url)[2]

    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
      # For the first byte, and between two: the most that every account may set.
      origin_read_timeout = 60
    }
  }

  default_cache_behavior {
    target_origin_id         = local.origin_id
    cache_policy_id          = local.caching_disabled
    origin_request_policy_id = local.all_viewer_except_host_header

    # Not redirected: a client with http:// in its settings would send its key in clear
    # first, every time, and nobody would notice.
    viewer_protocol_policy = "https-only"

    # CloudFront knows three sets; only the largest has POST.
    allowed_methods = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
    cached_methods  = ["GET", "HEAD"]
    # What is compressed is collected first: events would come late.
    compress = false

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.viewer_request.arn
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    # Not before it is valid: CloudFront refuses one that is pending.
    acm_certificate_arn      = aws_acm_certificate_validation.this.certificate_arn
    minimum_protocol_version = "TLSv1.2_2021"
    ssl_support_method       = "sni-only"
  }
}
