variable "name" {
  description = "Name of the user pool and of its app client."
  type        = string
}

variable "domain_prefix" {
  description = "First part of the sign-in page's host name, DOMAIN_PREFIX.auth.REGION.amazoncognito.com; nobody else in the region may have it."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.domain_prefix)) && !can(regex("aws|amazon|cognito", var.domain_prefix))
    error_message = "domain_prefix is \"${var.domain_prefix}\"; use lower-case letters, digits and hyphens, without aws, amazon or cognito."
  }
}

variable "mcp_url" {
  description = "The server's mcp_url, which clients ask tokens for (RFC 8707). Null before it is known: tokens then name their client alone."
  type        = string
  default     = null

  validation {
    condition     = var.mcp_url == null ? true : can(regex("^https://[^ /]+/[^ ]*[^ /]$", var.mcp_url))
    error_message = "mcp_url is \"${coalesce(var.mcp_url, "null")}\"; give the output mcp_url, https://HOST/mcp."
  }
}

variable "scopes" {
  description = "Scopes of the server and what each lets its holder do, which the consent of an administrator reads."
  type        = map(string)
  default     = { use = "Use the MCP server" }
  nullable    = false

  validation {
    condition     = length(var.scopes) > 0 && alltrue([for name in keys(var.scopes) : can(regex("^[!#-.0-\\[\\]-~]+$", name))])
    error_message = "scopes is ${jsonencode(var.scopes)}; give at least one, each without a space, quote, slash or backslash."
  }
}

variable "callback_urls" {
  description = "Where clients may send their users back to, exactly. ChatGPT shows an address for each of its connectors: add yours."
  type        = list(string)
  default = [
    # Claude, on the web and on desktops.
    "https://claude.ai/api/mcp/auth_callback",
    "https://claude.com/api/mcp/auth_callback",
    # Claude Code with --callback-port 8088.
    "http://localhost:8088/callback",
    # ChatGPT, where it shows no address of its own.
    "https://chatgpt.com/connector_platform_oauth_redirect",
    # VS Code.
    "https://vscode.dev/redirect",
    "http://127.0.0.1:33418/",
    # Cursor, now and before.
    "http://localhost:8787/callback",
    "cursor://anysphere.cursor-mcp/oauth/callback",
    # The MCP Inspector.
    "http://localhost:6274/oauth/callback",
    # mesh doctor auth --port 8400.
    "http://127.0.0.1:8400/callback",
  ]
  nullable = false

  validation {
    condition     = length(var.callback_urls) > 0 && length(var.callback_urls) <= 100 && alltrue([for url in var.callback_urls : can(regex("^(https://|http://(localhost|127\\.0\\.0\\.1)[:/]|[a-z][a-z0-9+.-]+://)[^ #]+$", url)) && !can(regex("^http://(?:[^l1]|l[^o]|1[^2])", url))])
    error_message = "callback_urls is ${jsonencode(var.callback_urls)}; give 1 to 100 addresses with https, with http on this machine, or with an application's own scheme."
  }
}

variable "access_token_minutes" {
  description = "How long an access token works; nothing revokes one before."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.access_token_minutes >= 5 && var.access_token_minutes <= 1440
    error_message = "access_token_minutes is ${var.access_token_minutes}; give 5 to 1440, a day."
  }
}

variable "refresh_token_days" {
  description = "After how many days people sign in again."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.refresh_token_days >= 1 && var.refresh_token_days <= 3650
    error_message = "refresh_token_days is ${var.refresh_token_days}; give 1 to 3650."
  }
}

variable "further_client_ids" {
  description = "Ids of app clients that are made elsewhere, such as those of programs with a secret, which Terraform would keep in its state."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "deletion_protection" {
  description = "Refuse to delete the pool, and everybody in it."
  type        = bool
  default     = true
  nullable    = false
}

variable "tags" {
  description = "Tags of the user pool."
  type        = map(string)
  default     = {}
  nullable    = false
}
