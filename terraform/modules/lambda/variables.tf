variable "name" {
  description = "Name of the function, its role and its log group's last part."
  type        = string
}

variable "description" {
  description = "What the function is, for the console."
  type        = string
}

variable "zip_path" {
  description = "Path of the zip to deploy."
  type        = string
}

variable "zip_bucket" {
  description = "Bucket through which the zip goes to Lambda; null uploads it with the function, as far as 50 MB."
  type        = string
  default     = null
}

variable "code_sha256" {
  description = "SHA-256 of the zip in base64, as Lambda's CodeSha256; null when there is no zip."
  type        = string
}

variable "handler" {
  description = "What Lambda's runtime runs: a module and a function, or the program that an exec wrapper starts."
  type        = string
}

variable "layers" {
  description = "ARNs of layer versions."
  type        = list(string)
}

variable "runtime" {
  description = "Lambda's Python runtime."
  type        = string
}

variable "architecture" {
  description = "arm64 or x86_64."
  type        = string
}

variable "memory_mb" {
  description = "Memory in MB."
  type        = number
}

variable "timeout_seconds" {
  description = "Longest time for one invocation, in seconds."
  type        = number
}

variable "reserved_concurrency" {
  description = "Most invocations at one time; null for no limit of its own."
  type        = number
}

variable "live_version" {
  description = "Version of the alias live; null for the newest."
  type        = number
}

variable "canary_weight" {
  description = "Share of live's requests, from 0 to below 1, that the newest version answers beside live_version."
  type        = number
  default     = 0
}

variable "live_version_parameter" {
  description = "Name of the Systems Manager parameter that keeps which version is and was live."
  type        = string
}

variable "log_retention_days" {
  description = "Days for which logs are kept."
  type        = number
}

variable "tracing" {
  description = "Trace invocations with X-Ray."
  type        = bool
}

variable "snap_start" {
  description = "Start instances from a snapshot of each published version."
  type        = bool
  default     = false
}

variable "provisioned_concurrency" {
  description = "Instances of the live version that are kept ready; 0 for none."
  type        = number
  default     = 0
}

variable "ephemeral_storage_mb" {
  description = "Size of /tmp in MB."
  type        = number
  default     = 512
}

variable "vpc" {
  description = "Subnets and security groups that the function's own requests go out through; no subnets for none."
  type        = object({ subnet_ids = list(string), security_group_ids = list(string), ipv6 = bool })
  default     = { subnet_ids = [], security_group_ids = [], ipv6 = false }
}

variable "kms_key_arn" {
  description = "ARN of the customer's KMS key for environment, snapshots, log and parameters; null for AWS's own keys."
  type        = string
  default     = null
}

variable "code_signing_config_arn" {
  description = "ARN of the code signing configuration that the zip has to pass; null for none."
  type        = string
  default     = null
}

variable "dead_letter_arn" {
  description = "ARN of the queue or topic for events that every retry failed; null for none."
  type        = string
  default     = null
}

variable "asynchronous" {
  description = "Where records of asynchronous invocations of the alias live go, by ARN, null for nowhere; and how often a failed one is tried again."
  type        = object({ on_failure_arn = string, on_success_arn = string, retries = number })
  default     = { on_failure_arn = null, on_success_arn = null, retries = 2 }
}

variable "permissions_boundary_arn" {
  description = "ARN of the policy that bounds the function's role; null for none."
  type        = string
  default     = null
}

variable "parameter_arns" {
  description = "ARNs of the Systems Manager parameters that the function may read."
  type        = list(string)
}

variable "policy_statements" {
  description = "What the function's code may do in AWS besides."
  type = list(object({
    sid        = optional(string)
    effect     = optional(string, "Allow")
    actions    = list(string)
    resources  = list(string)
    conditions = optional(list(object({ test = string, variable = string, values = list(string) })), [])
  }))
  default = []
}

variable "environment_variables" {
  description = "The function's environment. Never a secret: it is readable in the console, the state and the plan."
  type        = map(string)
}
