# What tells that the live address is not well. Each alarm's page is in docs/how-to/runbook.md,
# under the last part of the alarm's name; a test holds that there is one.

locals {
  # What Lambda counts for the alias, and so for whatever versions it serves.
  # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html
  live = {
    FunctionName = var.function_name
    Resource     = "${var.function_name}:${var.alias}"
  }
  # What the server counts: mesh/runtime/observability/metrics.py.
  own = {
    environment = var.environment
    alias       = var.alias
  }

  # Shares of all that was asked. Each is watched over two windows, and only both together
  # notify: the hour says that it matters, the five minutes that it still goes on.
  # https://sre.google/workbook/alerting-on-slos/#6-multiwindow-multi-burn-rate-alerts
  rates = {
    errors = {
      failed    = { namespace = "AWS/Lambda", metric = "Errors" }
      all       = { namespace = "AWS/Lambda", metric = "Invocations", stat = "Sum" }
      threshold = var.thresholds.errors
      means     = "of invocations failed"
    }
    throttles = {
      failed    = { namespace = "AWS/Lambda", metric = "Throttles" }
      all       = { namespace = "AWS/Lambda", metric = "UrlRequestCount", stat = "Sum" } # a throttled request is no invocation
      threshold = var.thresholds.throttles
      means     = "of requests were turned away for want of concurrency"
    }
    url-5xx = {
      failed    = { namespace = "AWS/Lambda", metric = "Url5xxCount" }
      all       = { namespace = "AWS/Lambda", metric = "UrlRequestCount", stat = "Sum" }
      threshold = var.thresholds.url_5xx
      means     = "of requests were answered with 5xx"
    }
    tool-errors = {
      failed    = { namespace = var.namespace, metric = "tool_errors" }
      all       = { namespace = var.namespace, metric = "tool_errors", stat = "SampleCount" }
      threshold = var.thresholds.tool_errors
      means     = "of calls of tools ended in an error"
    }
    refusals = {
      failed    = { namespace = var.namespace, metric = "refused" }
      all       = { namespace = var.namespace, metric = "refused", stat = "SampleCount" }
      threshold = var.thresholds.refusals
      means     = "of requests were refused with 401, 403 or 429"
    }
    unexpected-full = {
      failed    = { namespace = var.namespace, metric = "unexpected_full" }
      all       = { namespace = var.namespace, metric = "unexpected_full", stat = "SampleCount" }
      threshold = var.thresholds.unexpected_full
      means     = "of requests needed FastMCP although the build made the fast path for them"
    }
  }
  # Those that the server counts, where it counts.
  counted = ["tool-errors", "refusals", "unexpected-full"]
  watched = var.alarms ? {
    for name, rate in local.rates : name => rate
    if !contains(local.counted, name) || var.tool_metrics
  } : {}

  windows = {
    ""      = { seconds = 300, least = false, over = "5 minutes" }
    "-hour" = { seconds = 3600, least = true, over = "an hour" }
  }
  alarms = merge([
    for name, rate in local.watched : {
      for suffix, window in local.windows : "${name}${suffix}" => {
        page    = name
        rate    = rate
        seconds = window.seconds
        means = format(
          "%s %% %s over %s%s.", rate.threshold.percent, rate.means, window.over,
          window.least ? ", and at least ${rate.threshold.least} in all" : ""
        )
        expression = "IF(failed >= ${window.least ? rate.threshold.least : 1}, 100 * failed / all, 0)"
      }
    }
  ]...)
}

resource "aws_cloudwatch_metric_alarm" "live" {
  for_each = local.alarms

  alarm_name        = "${var.function_name}-${each.key}"
  alarm_description = "${each.value.means} What to do: docs/how-to/runbook.md#${each.value.page}"

  metric_query {
    id          = "rate"
    expression  = each.value.expression
    label       = "%"
    return_data = true
  }

  metric_query {
    id = "failed"

    metric {
      namespace   = each.value.rate.failed.namespace
      metric_name = each.value.rate.failed.metric
      dimensions  = each.value.rate.failed.namespace == var.namespace ? local.own : local.live
      stat        = "Sum"
      period      = each.value.seconds
    }
  }

  metric_query {
    id = "all"

    metric {
      namespace   = each.value.rate.all.namespace
      metric_name = each.value.rate.all.metric
      dimensions  = each.value.rate.all.namespace == var.namespace ? local.own : local.live
      stat        = each.value.rate.all.stat
      period      = each.value.seconds
    }
  }

  evaluation_periods  = 1
  threshold           = each.value.rate.threshold.percent
  comparison_operator = "GreaterThanOrEqualToThreshold"

  # Nothing is counted while nobody asks, and that is a good time.
  treat_missing_data = "notBreaching"

  # CloudWatch refuses to delete an alarm that a composite one names: this makes Terraform
  # update the composite one first.
  lifecycle {
    create_before_destroy = true
  }
}

moved {
  from = aws_cloudwatch_metric_alarm.live["duration"]
  to   = aws_cloudwatch_metric_alarm.duration[0]
}

resource "aws_cloudwatch_metric_alarm" "duration" {
  count = var.alarms ? 1 : 0

  alarm_name        = "${var.function_name}-duration"
  alarm_description = "One request in a hundred took ${100 * var.thresholds.duration_share} % of the timeout of ${var.timeout_seconds} s or longer, in two of three periods of 5 minutes. What to do: docs/how-to/runbook.md#duration"

  namespace  = "AWS/Lambda"
  dimensions = local.live

  metric_name         = "Duration"
  extended_statistic  = "p99"
  period              = 300
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  threshold           = var.thresholds.duration_share * var.timeout_seconds * 1000
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
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

locals {
  topic_arns = var.topic_arn == null ? [] : [var.topic_arn]
}

# The only one that notifies: a failure that raises three alarms sends one message.
resource "aws_cloudwatch_composite_alarm" "unhealthy" {
  count = var.alarms ? 1 : 0

  alarm_name        = "${var.function_name}-unhealthy"
  alarm_description = "${var.function_name} fails; the reason names an alarm that says how. What to do: docs/how-to/runbook.md#unhealthy"

  alarm_rule = join(" OR ", concat(
    [
      for name in keys(local.watched) : format(
        "(ALARM(\"%s\") AND ALARM(\"%s\"))",
        aws_cloudwatch_metric_alarm.live[name].alarm_name,
        aws_cloudwatch_metric_alarm.live["${name}-hour"].alarm_name,
      )
    ],
    [
      for alarm in concat(aws_cloudwatch_metric_alarm.duration, aws_cloudwatch_metric_alarm.no_traffic) :
      "ALARM(\"${alarm.alarm_name}\")"
    ],
  ))

  alarm_actions = concat(aws_sns_topic.alarms[*].arn, local.topic_arns)
  ok_actions    = concat(aws_sns_topic.alarms[*].arn, local.topic_arns)
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
