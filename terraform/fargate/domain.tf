# The name: who may use it (the certificate), and where it leads (the record).

locals {
  # One name, so one record proves that it is ours.
  validation = one(aws_acm_certificate.this.domain_validation_options)
}

data "aws_route53_zone" "this" {
  zone_id = var.domain_zone_id
}

resource "aws_acm_certificate" "this" {
  domain_name       = var.domain_name
  validation_method = "DNS"

  lifecycle {
    # A certificate in use cannot be deleted.
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  zone_id = var.domain_zone_id
  name    = local.validation.resource_record_name
  type    = local.validation.resource_record_type
  records = [local.validation.resource_record_value]
  ttl     = 300

  # ACM asks for the same record for every certificate of a name in this account: it may be
  # there from an earlier one.
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "this" {
  certificate_arn         = aws_acm_certificate.this.arn
  validation_record_fqdns = [aws_route53_record.validation.fqdn]
}

resource "aws_route53_record" "this" {
  zone_id = var.domain_zone_id
  name    = var.domain_name
  type    = "A"

  alias {
    name                   = aws_lb.this.dns_name
    zone_id                = aws_lb.this.zone_id
    evaluate_target_health = false
  }

  lifecycle {
    # Route 53 would take mesh.example.org into example.com, as mesh.example.org.example.com.
    precondition {
      condition     = endswith(".${var.domain_name}", ".${trimsuffix(data.aws_route53_zone.this.name, ".")}")
      error_message = "domain_name is ${var.domain_name}, and zone ${var.domain_zone_id} is of ${data.aws_route53_zone.this.name}: give the zone that the name is in."
    }
  }
}
