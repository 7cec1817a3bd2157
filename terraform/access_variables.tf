# Access: keys, sign-in, IAM, browsers and limits. docs/how-to/access.md describes them.

variable "function_url_auth" {
  description = "How the live Function URL is guarded: NONE (the server itself demands a credential) or AWS_IAM (SigV4)."
  type        = string
  default     = "NONE"
  nullable    = false

  validation {
    condition     = contains(["NONE", "AWS_IAM"], var.function_url_auth)
    error_message = "function_url_auth is \"${var.function_url_auth}\"; use NONE (API keys, access tokens) or AWS_IAM (SigV4)."
  }
}

variable "allow_unauthenticated" {
  description = "Let anyone who knows the live Function URL use the server without a credential. Only with function_url_auth NONE."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !(var.allow_unauthenticated && var.function_url_auth == "AWS_IAM")
    error_message = "allow_unauthenticated is true, but function_url_auth AWS_IAM demands SigV4 of everyone: set one of them back."
  }
}

variable "api_keys" {
  description = "Take API keys. False only with oauth_issuer: then an access token is the one way in."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.api_keys || var.oauth_issuer != null || var.function_url_auth == "AWS_IAM"
    error_message = "api_keys is false and oauth_issuer is null: nobody could call the server. Set one of them."
  }
}

variable "oauth_issuer" {
  description = "Take access tokens of this OAuth issuer, exactly as it stands in them, such as https://PROJECT.supabase.co/auth/v1. Null takes none."
  type        = string
  default     = null

  validation {
    condition     = var.oauth_issuer == null ? true : can(regex("^(https://[^ /@]+|http://(127\\.0\\.0\\.1|localhost)(:[0-9]+)?)(/[^ #]*)?$", var.oauth_issuer))
    error_message = "oauth_issuer is \"${coalesce(var.oauth_issuer, "null")}\"; give the issuer's https address, as its tokens have it in \"iss\"."
  }

  validation {
    condition     = var.oauth_issuer == null || (var.function_url_auth == "NONE" && !var.allow_unauthenticated)
    error_message = "oauth_issuer is set, but function_url_auth AWS_IAM takes the Authorization header for SigV4, and allow_unauthenticated asks nobody: use function_url_auth NONE without it."
  }
}

variable "oauth_audiences" {
  description = "What an access token may be made for, its aud. Empty means this server's own address, which no other server's token has."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for audience in var.oauth_audiences : can(regex("^[^ ,]+$", audience))])
    error_message = "oauth_audiences is ${jsonencode(var.oauth_audiences)}; each must be a word without spaces or commas."
  }

  validation {
    condition     = length(var.oauth_audiences) == 0 || var.oauth_issuer != null
    error_message = "oauth_audiences is set and oauth_issuer is null, so no token would be looked at: set it too."
  }
}

variable "oauth_client_ids" {
  description = "Clients whose access tokens are taken although they name no audience, as those of Amazon Cognito. Such a token must say that it is an access token (token_use or typ)."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.oauth_client_ids : can(regex("^[^ ,]+$", id))])
    error_message = "oauth_client_ids is ${jsonencode(var.oauth_client_ids)}; each must be a word without spaces or commas."
  }

  validation {
    condition     = length(var.oauth_client_ids) == 0 || var.oauth_issuer != null
    error_message = "oauth_client_ids is set and oauth_issuer is null, so no token would be looked at: set it too."
  }
}

variable "oauth_public_client_id" {
  description = "Id of a public client at the issuer that everybody's MCP client may use; the page's snippets name it. Null where clients register themselves."
  type        = string
  default     = null

  validation {
    condition     = var.oauth_public_client_id == null ? true : can(regex("^[!-~]+$", var.oauth_public_client_id))
    error_message = "oauth_public_client_id is \"${coalesce(var.oauth_public_client_id, "null")}\"; give one word without spaces."
  }

  validation {
    condition     = var.oauth_public_client_id == null || var.oauth_issuer != null
    error_message = "oauth_public_client_id is set and oauth_issuer is null, so nobody would sign in with it: set it too."
  }
}

variable "oauth_callback_port" {
  description = "Port of the address http://localhost:PORT/callback that the issuer has for oauth_public_client_id; the snippets name it. Null where the issuer takes any port."
  type        = number
  default     = null

  validation {
    condition     = var.oauth_callback_port == null ? true : var.oauth_callback_port >= 1 && var.oauth_callback_port <= 65535 && floor(var.oauth_callback_port) == var.oauth_callback_port
    error_message = "oauth_callback_port is ${coalesce(var.oauth_callback_port, 0)}; give a port from 1 to 65535."
  }

  validation {
    condition     = var.oauth_callback_port == null || var.oauth_public_client_id != null
    error_message = "oauth_callback_port is set and oauth_public_client_id is null, so no snippet would name it: set it too."
  }
}

variable "oauth_scopes" {
  description = "Scopes that clients ask the issuer for when they sign in. Empty means those of oauth_required_scopes. Microsoft Entra ID is asked for api://APP/mcp.use and grants mcp.use."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for scope in var.oauth_scopes : can(regex("^[!#-\\[\\]-~]+$", scope))])
    error_message = "oauth_scopes is ${jsonencode(var.oauth_scopes)}; a scope has no space, quote or backslash."
  }

  validation {
    condition     = length(var.oauth_scopes) == 0 || var.oauth_issuer != null
    error_message = "oauth_scopes is set and oauth_issuer is null, so no client would ask for them: set it too."
  }
}

variable "oauth_scope_claims" {
  description = "Claims of a token that grant scopes besides scope and scp, such as roles (Microsoft Entra ID) or permissions (Auth0). Only claims that the issuer's administrators alone can set."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for claim in var.oauth_scope_claims : can(regex("^[^ ,]+$", claim))])
    error_message = "oauth_scope_claims is ${jsonencode(var.oauth_scope_claims)}; each must be a word without spaces or commas."
  }

  validation {
    condition     = length(var.oauth_scope_claims) == 0 || var.oauth_issuer != null
    error_message = "oauth_scope_claims is set and oauth_issuer is null, so no token would be looked at: set it too."
  }
}

variable "oauth_jwks_url" {
  description = "Where the issuer's public keys are. Null asks its metadata, one request more at an instance's first token."
  type        = string
  default     = null

  validation {
    condition     = var.oauth_jwks_url == null ? true : can(regex("^(https://[^ /@]+|http://(127\\.0\\.0\\.1|localhost)(:[0-9]+)?)(/[^ #]*)?$", var.oauth_jwks_url))
    error_message = "oauth_jwks_url is \"${coalesce(var.oauth_jwks_url, "null")}\"; give an https address."
  }
}

variable "oauth_issuer_ca" {
  description = "Certificates (PEM) of a private authority that the issuer's certificate comes from. Public authorities stay trusted. Null adds none."
  type        = string
  default     = null

  validation {
    condition = var.oauth_issuer_ca == null ? true : (
      can(regex("^\\s*(-----BEGIN CERTIFICATE-----\\s+MI[A-Za-z0-9+/=\\s]+-----END CERTIFICATE-----\\s*)+$", var.oauth_issuer_ca)) &&
      alltrue([
        for body in flatten(regexall("-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\\s]+)-----END", var.oauth_issuer_ca)) :
        can(textdecodebase64(replace(body, "/\\s/", ""), "ISO-8859-1"))
      ])
    )
    error_message = "oauth_issuer_ca is no PEM text of certificates alone: give the authority's own certificate, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, and never a private key."
  }

  validation {
    condition     = var.oauth_issuer_ca == null || var.oauth_issuer != null
    error_message = "oauth_issuer_ca is set and oauth_issuer is null, so no issuer would be asked: set it too."
  }
}

variable "oauth_sources_claim" {
  description = "Claim of an access token that names the only sources its user may see, such as `documents:handbook`. With `scope`, those are the scopes that begin with `source:`. A user whose token lacks it sees none. Null means that every user sees every source."
  type        = string
  default     = null

  validation {
    condition     = var.oauth_sources_claim == null || var.oauth_issuer != null
    error_message = "oauth_sources_claim is set and oauth_issuer is null, so no token would be looked at: set it too."
  }
}

variable "oauth_required_scopes" {
  description = "Scopes that every access token must have been granted."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for scope in var.oauth_required_scopes : can(regex("^[!#-\\[\\]-~]+$", scope))])
    error_message = "oauth_required_scopes is ${jsonencode(var.oauth_required_scopes)}; a scope has no space, quote or backslash."
  }

  validation {
    condition     = length(var.oauth_required_scopes) == 0 || var.oauth_issuer != null
    error_message = "oauth_required_scopes is set and oauth_issuer is null, so no token would be looked at: set it too."
  }
}

variable "tool_scopes" {
  description = "Scopes that an access token needs besides for a tool, by the tool's name. Who lacks them does not see the tool. API keys are limited by `mesh keys create --tool`."
  type        = map(list(string))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for scope in flatten(values(var.tool_scopes)) : can(regex("^[!#-\\[\\]-~]+$", scope))])
    error_message = "tool_scopes is ${jsonencode(var.tool_scopes)}; a scope has no space, quote or backslash."
  }

  validation {
    condition     = length(var.tool_scopes) == 0 || var.oauth_issuer != null
    error_message = "tool_scopes is set and oauth_issuer is null, so no token would be looked at: set it too."
  }
}

variable "oauth_max_lifetime_seconds" {
  description = "Longest time for which an access token may have been made, in seconds. None can be revoked before it ends."
  type        = number
  default     = 86400
  nullable    = false

  validation {
    condition     = var.oauth_max_lifetime_seconds >= 60 && var.oauth_max_lifetime_seconds <= 604800
    error_message = "oauth_max_lifetime_seconds is ${var.oauth_max_lifetime_seconds}; give 60 to 604800, a week."
  }
}

variable "caller_account_ids" {
  description = "Other AWS accounts whose callers may use the live URL with function_url_auth AWS_IAM, if their own policy lets them too."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for account in var.caller_account_ids : can(regex("^[0-9]{12}$", account))])
    error_message = "caller_account_ids is ${jsonencode(var.caller_account_ids)}; an account's id has 12 digits."
  }

  validation {
    condition     = length(var.caller_account_ids) == 0 || var.function_url_auth == "AWS_IAM"
    error_message = "caller_account_ids is set, but with function_url_auth NONE nobody signs requests: use AWS_IAM."
  }
}

variable "rate_limit_per_minute" {
  description = "Calls that one caller may make in a minute, on each instance: with three instances, three times as many. 0 sets no limit; reserved_concurrency caps all callers together."
  type        = number
  default     = 600
  nullable    = false

  validation {
    condition     = var.rate_limit_per_minute >= 0 && var.rate_limit_per_minute <= 1000000 && floor(var.rate_limit_per_minute) == var.rate_limit_per_minute
    error_message = "rate_limit_per_minute is ${var.rate_limit_per_minute}; give a whole number from 0 to 1000000."
  }
}

variable "allowed_origins" {
  description = "Origins of web pages that may call the server from a browser, such as https://app.example.com. Clients that are not browsers need none. See docs/how-to/access.md."
  type        = list(string)
  default     = []
  nullable    = false

  # As browsers write them in Origin; written otherwise, they would let nobody in.
  validation {
    condition = alltrue([for origin in var.allowed_origins : (
      can(regex("^https?://[a-z0-9._-]+(:[1-9][0-9]{0,4})?$", origin)) &&
      !can(regex("^(http://.*:80|https://.*:443)$", origin)) &&
      try(tonumber(split(":", origin)[2]), 0) <= 65535
    )])
    error_message = "allowed_origins is ${jsonencode(var.allowed_origins)}; write each as browsers send it: http:// or https://, the host in lower case, a port other than the usual one, and no path or wildcard, such as https://app.example.com."
  }

  validation {
    condition     = length(var.allowed_origins) <= 100 && alltrue([for origin in var.allowed_origins : length(origin) <= 253])
    error_message = "allowed_origins has ${length(var.allowed_origins)} origins; Lambda takes at most 100, of at most 253 characters each."
  }
}

variable "tools_ask_back" {
  description = "Whether tools of yours ask callers back in the middle of a call. Instances then seal what such a tool remembers with the key in the parameter state-key."
  type        = bool
  default     = false
  nullable    = false
}

variable "secrets_ttl_seconds" {
  description = "Seconds for which an instance keeps what it read from Systems Manager: how long a revoked API key may still work."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.secrets_ttl_seconds >= 1 && var.secrets_ttl_seconds <= 3600 && floor(var.secrets_ttl_seconds) == var.secrets_ttl_seconds
    error_message = "secrets_ttl_seconds is ${var.secrets_ttl_seconds}; give a whole number from 1 to 3600."
  }
}
