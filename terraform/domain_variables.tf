# Custom domain. docs/how-to/custom-domain.md describes it.

variable "domain_name" {
  description = "Host name of your own for the server, such as mesh.example.com: CloudFront passes its requests on to the live Function URL. Null makes none."
  type        = string
  default     = null

  validation {
    condition     = var.domain_name == null || can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain_name))
    error_message = "domain_name is \"${var.domain_name == null ? "" : var.domain_name}\"; give a host name in lower case, such as mesh.example.com, without https:// and without a path."
  }

  # CloudFront's own signature needs a header that MCP clients do not send with a POST.
  validation {
    condition     = var.domain_name == null || var.function_url_auth == "NONE"
    error_message = "A domain needs function_url_auth NONE: requests that come through CloudFront carry no SigV4 signature of their callers. The server demands keys or tokens, and the Function URL refuses what does not come through the domain."
  }

  validation {
    condition     = var.domain_name == null || var.invoke_mode == "RESPONSE_STREAM" || var.timeout_seconds <= 60
    error_message = "timeout_seconds is ${var.timeout_seconds}; CloudFront waits 60 seconds for an answer. Use at most 60, or invoke_mode RESPONSE_STREAM, where 60 seconds are the longest pause."
  }
}

variable "domain_zone_id" {
  description = "Id of the public Route 53 hosted zone that domain_name is in, such as Z0123456789ABCDEFGHIJ."
  type        = string
  default     = null

  validation {
    condition     = (var.domain_name == null) == (var.domain_zone_id == null)
    error_message = "domain_name and domain_zone_id belong together: give both, or neither."
  }

  validation {
    condition     = var.domain_zone_id == null || can(regex("^Z[A-Z0-9]{1,31}$", var.domain_zone_id))
    error_message = "domain_zone_id is \"${var.domain_zone_id == null ? "" : var.domain_zone_id}\"; give the zone's id, such as Z0123456789ABCDEFGHIJ, as `aws route53 list-hosted-zones` prints it after /hostedzone/."
  }
}

variable "domain_only" {
  description = "Refuse requests that reach the live Function URL without passing through the domain. False while clients move from the one to the other."
  type        = bool
  default     = true
  nullable    = false
}

variable "domain_requests_per_minute" {
  description = "Most requests of one IP address through the domain in a minute, counted by AWS WAF: $6 a month, and $0.60 per million requests. 0 sets no limit and costs nothing."
  type        = number
  default     = 3000
  nullable    = false

  validation {
    condition     = var.domain_requests_per_minute == 0 || (var.domain_requests_per_minute >= 10 && var.domain_requests_per_minute <= 2000000000 && floor(var.domain_requests_per_minute) == var.domain_requests_per_minute)
    error_message = "domain_requests_per_minute is ${var.domain_requests_per_minute}; use a whole number of 10 or more, the least that AWS WAF counts, or 0 for no limit."
  }
}
