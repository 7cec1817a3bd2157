variable "function_name" {
  description = "Name of the function; begins the name of everything here."
  type        = string
}

variable "alias" {
  description = "Alias that is watched."
  type        = string
}

variable "log_group_name" {
  description = "Log group of the function."
  type        = string
}

variable "namespace" {
  description = "CloudWatch namespace of the metrics by tool."
  type        = string
}

variable "environment" {
  description = "Value of the dimension environment of those metrics."
  type        = string
}

variable "region" {
  description = "Region of the metrics that the dashboard shows."
  type        = string
}

variable "architecture" {
  description = "arm64 or x86_64, for the estimated cost."
  type        = string
}

variable "memory_mb" {
  description = "Memory of the function in MB, for the estimated cost."
  type        = number
}

variable "timeout_seconds" {
  description = "Timeout of the function in seconds, which durations are compared with."
  type        = number
}

variable "alarms" {
  description = "Make alarms, and a topic that they notify."
  type        = bool
}

variable "thresholds" {
  description = "From where an alarm is on. Each kind of failure has a percent, over 5 minutes and over an hour, and the least number in the hour. duration_share is the share of the timeout that the 99th percentile of durations takes."
  type = object({
    errors          = object({ percent = number, least = number })
    throttles       = object({ percent = number, least = number })
    url_5xx         = object({ percent = number, least = number })
    tool_errors     = object({ percent = number, least = number })
    refusals        = object({ percent = number, least = number })
    unexpected_full = object({ percent = number, least = number })
    duration_share  = number
  })
}

variable "tool_metrics" {
  description = "Whether the server writes metrics into its log, so that alarms can watch them."
  type        = bool
}

variable "no_traffic_minutes" {
  description = "Minutes without an invocation that are an alarm; null for none."
  type        = number
}

variable "email" {
  description = "Address that gets messages about alarms and the budget; null sends none."
  type        = string
}

variable "topic_arn" {
  description = "ARN of another SNS topic, in the same region, that gets messages about alarms and the budget; null for none."
  type        = string
  default     = null
}

variable "kms_key_arn" {
  description = "ARN of the customer's KMS key that the topic is encrypted with; its policy must let CloudWatch use it. Null for no encryption."
  type        = string
  default     = null
}

variable "dashboard" {
  description = "Make a dashboard."
  type        = bool
}

variable "budget_usd" {
  description = "Budget of the account a month in USD; null for none."
  type        = number
}
