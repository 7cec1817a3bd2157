# What tells that the live address is not well. Each alarm's page is in docs/how-to/runbook.md,
# under the last part of the alarm's name; a test holds that there is one.

locals {
  # What Lambda counts for the alias, and so for whatever versions it serves.
  # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html
  live = {
    FunctionName = var.function_name
    Resource     = "${var.function_name}:${var.alias}"
  }

  alarms = {
    errors = {
      metric    = "Errors"
      statistic = "Sum"
      seconds   = 60
      threshold = var.thresholds.errors
      means     = "Invocations failed: ${var.thresholds.errors} or more in a minute."
    }
    throttles = {
      metric    = "Throttles"
      statistic = "Sum"
      seconds   = 60
      threshold = var.thresholds.throttles
      means     = "Requests were turned away for want of concurrency: ${var.thresholds.throttles} or more in a minute."
    }
    duration = {
      metric    = "Duration"
      statistic = "p99"
      seconds   = 300
      threshold = var.thresholds.duration_share * var.timeout_seconds * 1000
      means     = "One request in a hundred took ${100 * var.thresholds.duration_share} % of the timeout of ${var.timeout_seconds} s or longer, over 5 minutes."
    }
    url-5xx = {
      metric    = "Url5xxCount"
      statistic = "Sum"
      seconds   = 60
      threshold = var.thresholds.url_5xx
      means     = "Callers were answered with 5xx: ${var.thresholds.url_5xx} or more in a minute."
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "live" {
  for_each = { for name, alarm in local.alarms : name => alarm if var.alarms }

  alarm_name        = "${var.function_name}-${each.key}"
  alarm_description = "${each.value.means} What to do: docs/how-to/runbook.md#${each.key}"

  namespace  = "AWS/Lambda"
  dimensions = local.live

  metric_name         = each.value.metric
  statistic           = startswith(each.value.statistic, "p") ? null : each.value.statistic
  extended_statistic  = startswith(each.value.statistic, "p") ? each.value.statistic : null
  period              = each.value.seconds
  evaluation_periods  = 1
  threshold           = each.value.threshold
  comparison_operator = "GreaterThanOrEqualToThreshold"

  # Lambda says nothing of a minute without requests, and that is a good minute.
  treat_missing_data = "notBreaching"
}

resource "aws_cloudwatch_metric_alarm" "no_traffic" {
  count = var.alarms && var.no_traffic_minutes != null ? 1 : 0

  alarm_name        = "${var.function_name}-no-traffic"
  alarm_description = "Nobody was answered for ${coalesce(var.no_traffic_minutes, 0)} minutes. What to do: docs/how-to/runbook.md#no-traffic"

  namespace  = "AWS/Lambda"
  dimensions = local.live

  metric_name         = "Invocations"
  statistic           = "Sum"
  period              = 60 * var.no_traffic_minutes
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "LessThanThreshold"

  # No request is no data here, not a zero.
  treat_missing_data = "breaching"

  # CloudWatch refuses to delete an alarm that a composite one names: this makes Terraform
  # update the composite one first.
  lifecycle {
    create_before_destroy = true
  }
}

# The only one that notifies: a failure that raises three alarms sends one message.
resource "aws_cloudwatch_composite_alarm" "unhealthy" {
  count = var.alarms ? 1 : 0

  alarm_name        = "${var.function_name}-unhealthy"
  alarm_description = "At least one alarm of ${var.function_name} is on; the reason names it. What to do: docs/how-to/runbook.md#unhealthy"

  alarm_rule = join(" OR ", [
    for alarm in concat(values(aws_cloudwatch_metric_alarm.live), aws_cloudwatch_metric_alarm.no_traffic) :
    "ALARM(\"${alarm.alarm_name}\")"
  ])

  alarm_actions = aws_sns_topic.alarms[*].arn
  ok_actions    = aws_sns_topic.alarms[*].arn
}

# Not encrypted without a key of the customer's: CloudWatch may not use the key aws/sns, and
# its messages would be lost without an error. They hold names and numbers of these alarms,
# nothing of a request.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
resource "aws_sns_topic" "alarms" {
  #checkov:skip=CKV_AWS_26:CloudWatch may not use the key aws/sns, as said above
  count = var.alarms ? 1 : 0

  name              = "${var.function_name}-alarms"
  kms_master_key_id = var.kms_key_arn
}

# AWS asks the address first; until the link in that mail is opened, nothing is sent.
resource "aws_sns_topic_subscription" "email" {
  count = var.alarms && var.email != null ? 1 : 0

  topic_arn = aws_sns_topic.alarms[0].arn
  protocol  = "email"
  endpoint  = var.email
}
