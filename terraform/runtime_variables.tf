# Answers and logs: streaming, the fast path, the log, tags.

variable "invoke_mode" {
  description = "How the Function URLs pass answers on: BUFFERED (whole, up to 6 MB) or RESPONSE_STREAM (as they are made, up to 200 MB)."
  type        = string
  default     = "BUFFERED"
  nullable    = false

  validation {
    condition     = contains(["BUFFERED", "RESPONSE_STREAM"], var.invoke_mode)
    error_message = "invoke_mode is \"${var.invoke_mode}\"; use BUFFERED or RESPONSE_STREAM."
  }
}

variable "streaming_runtime" {
  description = "What streams with invoke_mode RESPONSE_STREAM: native (the runtime in the zip) or web_adapter (the AWS Lambda Web Adapter, a layer of AWS's)."
  type        = string
  default     = "native"
  nullable    = false

  validation {
    condition     = contains(["native", "web_adapter"], var.streaming_runtime)
    error_message = "streaming_runtime is \"${var.streaming_runtime}\"; use native or web_adapter."
  }
}

variable "fast_path" {
  description = "Whether what needs no FastMCP is answered without it, so that instances start like a bare handler. See docs/explanation/fast-path.md."
  type        = bool
  default     = true
  nullable    = false
}

variable "log_level" {
  description = "Least severity that the server logs: DEBUG, INFO, WARNING or ERROR."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.log_level)
    error_message = "log_level is \"${var.log_level}\"; use DEBUG, INFO, WARNING or ERROR."
  }
}

variable "log_retention_days" {
  description = "Days for which logs are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}; CloudWatch Logs takes 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "permissions_boundary" {
  description = "Name of the IAM policy that bounds the function's role, such as weather-production-boundary, which `mesh bootstrap` makes and its apply role insists on. Null sets none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null ? true : can(regex("^[A-Za-z0-9+=,.@_-]{1,128}$", var.permissions_boundary))
    error_message = "permissions_boundary is \"${var.permissions_boundary == null ? "null" : var.permissions_boundary}\"; give the name of a policy in this account, not its ARN, or null for none."
  }
}

variable "tags" {
  description = "Tags for every resource, besides Project, Environment and ManagedBy."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:")])
    error_message = "tags has ${jsonencode(keys(var.tags))}; keys that begin with aws: are reserved by AWS: rename them."
  }
}
