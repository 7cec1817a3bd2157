locals {
  # What the server itself demands: with NONE in front of it, it is the only guard.
  auth = (
    var.function_url_auth == "AWS_IAM" ? "iam" :
    var.allow_unauthenticated ? "none" :
    var.oauth_issuer == null ? "api_key" :
    var.api_keys ? "both" : "oauth"
  )

  # An empty variable says nothing to the server; left out, it takes no room.
  access_environment = { for name, value in {
    MESH_AUTH                       = local.auth
    MESH_API_KEYS_PARAMETER         = module.parameters.names["api-keys"]
    MESH_STATE_KEY_PARAMETER        = var.tools_ask_back ? module.parameters.names["state-key"] : ""
    MESH_ALLOWED_ORIGINS            = join(",", var.allowed_origins)
    MESH_RATE_LIMIT_PER_MINUTE      = tostring(var.rate_limit_per_minute)
    MESH_OAUTH_ISSUER               = var.oauth_issuer == null ? "" : var.oauth_issuer
    MESH_OAUTH_JWKS_URL             = var.oauth_jwks_url == null ? "" : var.oauth_jwks_url
    MESH_OAUTH_ISSUER_CA            = var.oauth_issuer_ca == null ? "" : trimspace(var.oauth_issuer_ca)
    MESH_OAUTH_AUDIENCES            = join(",", var.oauth_audiences)
    MESH_OAUTH_CLIENT_IDS           = join(",", var.oauth_client_ids)
    MESH_OAUTH_PUBLIC_CLIENT_ID     = var.oauth_public_client_id == null ? "" : var.oauth_public_client_id
    MESH_OAUTH_CALLBACK_PORT        = var.oauth_callback_port == null ? "" : tostring(var.oauth_callback_port)
    MESH_OAUTH_SCOPES               = join(" ", var.oauth_scopes)
    MESH_OAUTH_SCOPE_CLAIMS         = join(",", var.oauth_scope_claims)
    MESH_OAUTH_REQUIRED_SCOPES      = join(" ", var.oauth_required_scopes)
    MESH_OAUTH_SOURCES_CLAIM        = var.oauth_sources_claim == null ? "" : var.oauth_sources_claim
    MESH_OAUTH_MAX_LIFETIME_SECONDS = var.oauth_issuer == null ? "" : tostring(var.oauth_max_lifetime_seconds)
    MESH_TOOL_SCOPES                = length(var.tool_scopes) == 0 ? "" : jsonencode(var.tool_scopes)
  } : name => value if value != "" }

  access = {
    api_key = "An API key is demanded by the server on every route but / and /health."
    oauth   = "An access token of ${coalesce(var.oauth_issuer, "-")} is demanded by the server on every route but /, /health and OAuth's metadata."
    both    = "An API key or an access token of ${coalesce(var.oauth_issuer, "-")} is demanded by the server on every route but /, /health and OAuth's metadata."
    iam     = "SigV4 is demanded by the Function URL on every route."
    none    = "OPEN: anyone who knows the URL can use every tool without a credential."
  }
}

# A warning in every plan and apply, not an error: open is a choice, never a surprise.
check "live_url_demands_a_credential" {
  assert {
    condition     = local.auth != "none"
    error_message = "The live Function URL is OPEN: anyone who knows it can use every tool and run up the bill. Set allow_unauthenticated back to false to demand API keys; at least set reserved_concurrency."
  }
}

# An issuer signs ID tokens with the same keys, and their audience is a client's id. The server
# tells them apart by what they say, so this is a second line, for issuers that say little.
check "audiences_are_addresses" {
  assert {
    condition     = length(var.oauth_required_scopes) > 0 || alltrue([for audience in var.oauth_audiences : strcontains(audience, "://")])
    error_message = "oauth_audiences is ${jsonencode(var.oauth_audiences)} and oauth_required_scopes is empty. A name that is not an address is often the id of a client, and every token that the issuer makes for that client then opens this server. Set oauth_required_scopes to a scope of this server, or use audiences that are addresses (empty means this server's own)."
  }
}

# The address that is handed out. It belongs to the function's and the alias's names:
# code, memory, architecture, runtime and auth change behind it.
module "live_url" {
  source = "./modules/function_url"

  function_name = module.lambda.function_name
  alias         = module.lambda.live_alias
  auth          = var.function_url_auth
  invoke_mode   = var.invoke_mode
  accounts      = var.caller_account_ids

  allowed_origins = var.allowed_origins
}

# For whoever releases, to try a version before it is live: never public.
module "candidate_url" {
  source = "./modules/function_url"

  function_name = module.lambda.function_name
  alias         = module.lambda.candidate_alias
  auth          = "AWS_IAM"
  invoke_mode   = var.invoke_mode

  allowed_origins = var.allowed_origins
}
