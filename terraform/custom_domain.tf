# A host name of one's own for the live Function URL, with CloudFront in front of it.

locals {
  has_domain = var.domain_name != null

  domain_url = local.has_domain ? "https://${var.domain_name}/" : ""

  # What callers are told: the domain's address once there is one.
  public_url = local.has_domain ? local.domain_url : module.live_url.url

  # A header that proves the way through CloudFront; the server is told where its hashes are.
  origin_secret_parameter = local.has_domain ? module.parameters.names["origin-secret"] : null

  domain_environment = merge(
    local.has_domain ? { MESH_PUBLIC_URL = local.domain_url } : {},
    local.has_domain && var.domain_only ? { MESH_ORIGIN_SECRET_PARAMETER = local.origin_secret_parameter } : {},
  )
}

module "custom_domain" {
  source = "./modules/custom_domain"
  count  = local.has_domain ? 1 : 0

  server              = local.function_name
  domain_name         = var.domain_name
  zone_id             = var.domain_zone_id
  function_url        = module.live_url.url
  requests_per_minute = var.domain_requests_per_minute

  providers = { aws = aws.us_east_1 }
}
