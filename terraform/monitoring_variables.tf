# Monitoring: alarms, dashboard, metrics and budget. docs/how-to/runbook.md says what to do.

variable "alarms" {
  description = "Watch the live alias: alarms, a composite one and the topic that it notifies. About $4 a month, less what of the ten free alarm and custom metrics of an account is left."
  type        = bool
  default     = true
  nullable    = false
}

variable "alarm_email" {
  description = "Address that alarms and the budget write to; AWS asks it first. Null writes to nobody by mail: use the variable alarm_topic_arn, or subscribe to the output of that name."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_email == null ? true : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.alarm_email))
    error_message = "alarm_email is \"${var.alarm_email == null ? "null" : var.alarm_email}\"; give one e-mail address, or null."
  }
}

variable "alarm_topic_arn" {
  description = "ARN of an SNS topic of yours, in the same region, that alarms and the budget write to, such as one for the people on call. Its policy must let cloudwatch.amazonaws.com and, with budget_usd, budgets.amazonaws.com publish. Null for none."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_topic_arn == null ? true : can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$", var.alarm_topic_arn))
    error_message = "alarm_topic_arn is \"${var.alarm_topic_arn == null ? "null" : var.alarm_topic_arn}\"; give the ARN of a standard SNS topic, arn:aws:sns:REGION:ACCOUNT:NAME, or null."
  }

  validation {
    condition     = var.alarm_topic_arn == null ? true : try(split(":", var.alarm_topic_arn)[3], var.region) == var.region
    error_message = "alarm_topic_arn is in another region than ${var.region}; alarms write to topics of their own region only."
  }
}

variable "alarm_thresholds" {
  description = "From where on an alarm is raised. Each kind of failure has two numbers: its percent of all requests or calls, over 5 minutes and over an hour, and the least number in the hour. The duration_share is the part of timeout_seconds that the slowest hundredth of requests takes."
  type = object({
    errors          = optional(object({ percent = optional(number, 5), least = optional(number, 3) }), {})
    throttles       = optional(object({ percent = optional(number, 5), least = optional(number, 3) }), {})
    url_5xx         = optional(object({ percent = optional(number, 5), least = optional(number, 3) }), {})
    tool_errors     = optional(object({ percent = optional(number, 20), least = optional(number, 5) }), {})
    refusals        = optional(object({ percent = optional(number, 50), least = optional(number, 100) }), {})
    unexpected_full = optional(object({ percent = optional(number, 20), least = optional(number, 5) }), {})
    duration_share  = optional(number, 0.8)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name, kind in var.alarm_thresholds : kind.percent > 0 && kind.percent <= 100 && kind.least >= 1 && floor(kind.least) == kind.least if name != "duration_share"])
    error_message = "alarm_thresholds is ${jsonencode(var.alarm_thresholds)}; percent is above 0 and at most 100, and least is a whole number from 1."
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
  description = "Metrics that CloudWatch reads from the log: the duration of each tool's calls, failures, and what alarms watch. $0.60 a month for each tool that is used, and $1.50 for the others. Needs log_level INFO or DEBUG."
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

variable "opentelemetry_endpoint" {
  description = "Where an OpenTelemetry collector takes spans over HTTP: http://localhost:4318 for a collector's layer, which is named in layers, or http://HOST:PORT in the function's VPC. Null makes no spans. See docs/how-to/function-options.md."
  type        = string
  default     = null

  validation {
    condition     = var.opentelemetry_endpoint == null ? true : can(regex("^http://[A-Za-z0-9.-]+:[0-9]{1,5}$", var.opentelemetry_endpoint))
    error_message = "opentelemetry_endpoint is \"${var.opentelemetry_endpoint == null ? "null" : var.opentelemetry_endpoint}\"; give http://HOST:PORT without a path, such as http://localhost:4318, or null."
  }
}

variable "budget_usd" {
  description = "Budget of the whole account a month, in US dollars: alarm_email and alarm_topic_arn are told at 80 % of it, and when 100 % is foreseen. Null makes none."
  type        = number
  default     = null

  validation {
    condition     = var.budget_usd == null ? true : var.budget_usd > 0
    error_message = "budget_usd is ${var.budget_usd == null ? "null" : var.budget_usd}; give an amount above 0, or null for no budget."
  }

  validation {
    condition     = var.budget_usd == null || var.alarm_email != null || var.alarm_topic_arn != null
    error_message = "budget_usd is set, and alarm_email and alarm_topic_arn are null, so nobody would be told: set one of them too."
  }
}
