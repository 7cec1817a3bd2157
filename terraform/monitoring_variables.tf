# Monitoring: alarms, dashboard, metrics and budget. docs/how-to/runbook.md says what to do.

variable "alarms" {
  description = "Watch the live alias: alarms, a composite one and the topic that it notifies. About $0.90 a month, of which ten alarms of an account are free."
  type        = bool
  default     = true
  nullable    = false
}

variable "alarm_email" {
  description = "Address that alarms and the budget write to; AWS asks it first. Null writes to nobody: subscribe to alarm_topic_arn by other means."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_email == null ? true : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.alarm_email))
    error_message = "alarm_email is \"${var.alarm_email == null ? "null" : var.alarm_email}\"; give one e-mail address, or null."
  }
}

variable "alarm_thresholds" {
  description = "From where on an alarm is raised: errors, throttles and url_5xx a minute, and duration_share, the part of timeout_seconds that the slowest hundredth of requests takes."
  type = object({
    errors         = optional(number, 1)
    throttles      = optional(number, 1)
    url_5xx        = optional(number, 1)
    duration_share = optional(number, 0.8)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for value in [var.alarm_thresholds.errors, var.alarm_thresholds.throttles, var.alarm_thresholds.url_5xx] : value >= 1 && floor(value) == value])
    error_message = "alarm_thresholds is ${jsonencode(var.alarm_thresholds)}; errors, throttles and url_5xx are whole numbers from 1."
  }

  validation {
    condition     = var.alarm_thresholds.duration_share >= 0.05 && var.alarm_thresholds.duration_share <= 1
    error_message = "alarm_thresholds.duration_share is ${var.alarm_thresholds.duration_share}; give a part of timeout_seconds from 0.05 to 1, such as 0.8."
  }
}

variable "alarm_no_traffic_minutes" {
  description = "Minutes without a request that raise an alarm; only where somebody always asks. Null raises none."
  type        = number
  default     = null

  validation {
    condition     = var.alarm_no_traffic_minutes == null ? true : var.alarm_no_traffic_minutes >= 1 && var.alarm_no_traffic_minutes <= 1440 && floor(var.alarm_no_traffic_minutes) == var.alarm_no_traffic_minutes
    error_message = "alarm_no_traffic_minutes is ${var.alarm_no_traffic_minutes == null ? "null" : var.alarm_no_traffic_minutes}; give a whole number from 1 to 1440, a day, or null for no such alarm."
  }

  validation {
    condition     = var.alarm_no_traffic_minutes == null || var.alarms
    error_message = "alarm_no_traffic_minutes is set and alarms is false, so nothing would watch: set alarms to true."
  }
}

variable "dashboard" {
  description = "Make a dashboard: requests, durations by tool, cold starts, errors, estimated cost. $3 a month beyond an account's first three."
  type        = bool
  default     = true
  nullable    = false
}

variable "tool_metrics" {
  description = "Metrics of each tool: how long its calls took and how many failed, read by CloudWatch from the log. $0.60 a month for each tool that is used; needs log_level INFO or DEBUG."
  type        = bool
  default     = true
  nullable    = false
}

variable "tracing" {
  description = "Trace requests with AWS X-Ray: $5 per million traces beyond the first 100,000 a month. The log has each request's trace id either way."
  type        = bool
  default     = false
  nullable    = false
}

variable "budget_usd" {
  description = "Budget of the whole account a month, in US dollars: alarm_email is told at 80 % of it, and when 100 % is foreseen. Null makes none."
  type        = number
  default     = null

  validation {
    condition     = var.budget_usd == null ? true : var.budget_usd > 0
    error_message = "budget_usd is ${var.budget_usd == null ? "null" : var.budget_usd}; give an amount above 0, or null for no budget."
  }

  validation {
    condition     = var.budget_usd == null || var.alarm_email != null
    error_message = "budget_usd is set and alarm_email is null, so nobody would be told: set it too."
  }
}
