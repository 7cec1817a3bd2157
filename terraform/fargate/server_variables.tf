# Who may call the server, and what its tools need.

variable "parameters_path" {
  description = "Path of the SSM parameters of a Lambda deployment, such as /weather/production, to use its API keys and secrets. Null makes parameters of this deployment."
  type        = string
  default     = null

  validation {
    condition     = var.parameters_path == null || can(regex("^(/[A-Za-z0-9_.-]+)+$", var.parameters_path))
    error_message = "parameters_path is \"${var.parameters_path == null ? "" : var.parameters_path}\". Give a path with a slash first and none last, such as /weather/production."
  }
}

variable "allow_unauthenticated" {
  description = "Let anyone call every tool without a credential."
  type        = bool
  default     = false
  nullable    = false
}

variable "oauth_issuer" {
  description = "Issuer whose access tokens are taken, exactly as it stands in them. Null takes API keys only."
  type        = string
  default     = null

  validation {
    condition     = var.oauth_issuer == null || can(regex("^https://[^/\\s]+[^\\s]*$", var.oauth_issuer))
    error_message = "oauth_issuer is \"${var.oauth_issuer == null ? "" : var.oauth_issuer}\". Give an address that starts with https://."
  }
}

variable "oauth_required_scopes" {
  description = "Scopes that every access token needs."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "api_keys" {
  description = "Take API keys beside access tokens. Without oauth_issuer, keys are always taken."
  type        = bool
  default     = true
  nullable    = false
}

variable "allowed_origins" {
  description = "Web pages that may call, by their origin, such as https://app.example.com."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for origin in var.allowed_origins : can(regex("^https?://[a-z0-9.-]+(:[0-9]+)?$", origin))])
    error_message = "allowed_origins is ${jsonencode(var.allowed_origins)}. Give origins without a path, such as https://app.example.com."
  }
}

variable "rate_limit_per_minute" {
  description = "Calls that each caller may make in a minute at each task. 0 sets no limit."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.rate_limit_per_minute >= 0 && var.rate_limit_per_minute <= 1000000 && floor(var.rate_limit_per_minute) == var.rate_limit_per_minute
    error_message = "rate_limit_per_minute is ${var.rate_limit_per_minute}. Use a whole number from 0 to 1000000."
  }
}

variable "environment_variables" {
  description = "Environment variables for your tools. No secrets: the console, the state and every plan show them."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.environment_variables) : can(regex("^[A-Za-z][A-Za-z0-9_]+$", name)) && !startswith(name, "MESH_") && !startswith(name, "AWS_")])
    error_message = "environment_variables has ${jsonencode([for name in keys(var.environment_variables) : name if !can(regex("^[A-Za-z][A-Za-z0-9_]+$", name)) || startswith(name, "MESH_") || startswith(name, "AWS_")])}. Names have letters, digits and underscores, a letter first. Those that start with MESH_ or AWS_ belong to Mesh and AWS: rename yours."
  }
}

variable "secrets" {
  description = "Names of secrets for your tools, never their values. `mesh secrets set NAME --path PATH` stores a value, and mesh.secret(\"NAME\") reads it."
  type        = set(string)
  default     = []
  nullable    = false

  # Not even a name is shown here: what somebody took for one may be the secret itself.
  validation {
    condition     = alltrue([for name in var.secrets : can(regex("^[A-Za-z][A-Za-z0-9_]{0,99}$", name)) && lower(replace(name, "_", "-")) != "api-keys"])
    error_message = "secrets has what is no name of a secret. Give names only, each with at most 100 letters, digits and underscores and a letter first, such as WEATHER_API_KEY."
  }
}

variable "policy_statements" {
  description = "What your tools may do in AWS, as statements for the role of the tasks, in the form that the Lambda deployment takes."
  type = list(object({
    sid        = optional(string)
    effect     = optional(string, "Allow")
    actions    = list(string)
    resources  = list(string)
    conditions = optional(list(object({ test = string, variable = string, values = list(string) })), [])
  }))
  default  = []
  nullable = false

  validation {
    condition     = alltrue([for action in flatten(var.policy_statements[*].actions) : can(regex("^[a-z0-9-]+:[A-Za-z0-9*?]+$", action)) && !can(regex("^iam:[*?]+$", action))])
    error_message = "policy_statements has the actions ${jsonencode(flatten(var.policy_statements[*].actions))}. An action names one service and what is done there, such as dynamodb:GetItem; * for all services and iam:* are refused."
  }
}
