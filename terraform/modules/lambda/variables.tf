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

variable "parameter_arns" {
  description = "ARNs of the Systems Manager parameters that the function may read."
  type        = list(string)
}

variable "environment_variables" {
  description = "The function's environment. Never a secret: it is readable in the console, the state and the plan."
  type        = map(string)
}
