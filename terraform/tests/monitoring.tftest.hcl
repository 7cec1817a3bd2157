# The monitoring module: what is watched, where the lines are, who is told.

mock_provider "aws" {
  source = "./tests/mocks"

  # Known while planning.
  override_during = plan
}

# Nothing of it is made here; unmocked it would ask for credentials.
mock_provider "aws" {
  alias = "us_east_1"
}

variables {
  function_name   = "mesh-test"
  alias           = "live"
  log_group_name  = "/aws/lambda/mesh-test"
  namespace       = "mesh"
  environment     = "test"
  region          = "us-east-1"
  architecture    = "arm64"
  memory_mb       = 512
  timeout_seconds = 30
  alarms          = true
  tool_metrics    = true
  thresholds = {
    errors          = { percent = 2, least = 10 }
    throttles       = { percent = 3, least = 11 }
    url_5xx         = { percent = 4, least = 12 }
    tool_errors     = { percent = 5, least = 13 }
    refusals        = { percent = 6, least = 14 }
    unexpected_full = { percent = 7, least = 15 }
    duration_share  = 0.5
  }
  no_traffic_minutes = null
  email              = null
  dashboard          = true
  budget_usd         = null
}

run "alarms_watch_the_live_alias_and_not_the_candidate" {
  command = plan

  module {
    source = "./modules/monitoring"
  }

  assert {
    condition = alltrue([for query in flatten([for alarm in aws_cloudwatch_metric_alarm.live : [for query in alarm.metric_query : query.metric if query.id != "rate"]]) :
      query.dimensions == (query.namespace == "mesh" ? tomap({ environment = "test", alias = "live" }) : tomap({ FunctionName = "mesh-test", Resource = "mesh-test:live" }))
    ])
    error_message = "A candidate that fails its smoke test would wake somebody up."
  }

  assert {
    condition = { for name, alarm in aws_cloudwatch_metric_alarm.live : name => alarm.threshold } == {
      errors      = 2, throttles = 3, url-5xx = 4, tool-errors = 5, refusals = 6, unexpected-full = 7
      errors-hour = 2, throttles-hour = 3, url-5xx-hour = 4, tool-errors-hour = 5, refusals-hour = 6, unexpected-full-hour = 7
    }
    error_message = jsonencode({ for name, alarm in aws_cloudwatch_metric_alarm.live : name => alarm.threshold })
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.duration[0].threshold == 15000
    error_message = "duration_share is a share of the timeout."
  }

  # One failure at night is 100 % of what was asked, and no reason to get up.
  assert {
    condition = { for name, alarm in aws_cloudwatch_metric_alarm.live : name => [for query in alarm.metric_query : query.expression if query.id == "rate"][0] if startswith(name, "errors") } == {
      errors      = "IF(failed >= 1, 100 * failed / all, 0)"
      errors-hour = "IF(failed >= 10, 100 * failed / all, 0)"
    }
    error_message = jsonencode({ for name, alarm in aws_cloudwatch_metric_alarm.live : name => alarm.metric_query })
  }

  assert {
    condition = { for name, alarm in aws_cloudwatch_metric_alarm.live : name => one(distinct([for query in alarm.metric_query : query.metric[0].period if query.id != "rate"])) if startswith(name, "errors") } == {
      errors      = 300
      errors-hour = 3600
    }
    error_message = "The two windows are 5 minutes and an hour."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.live : alarm.treat_missing_data == "notBreaching"])
    error_message = "A quiet night is not a failure."
  }

  assert {
    condition     = alltrue([for name, alarm in aws_cloudwatch_metric_alarm.live : endswith(alarm.alarm_description, "docs/how-to/runbook.md#${trimsuffix(name, "-hour")}")])
    error_message = "An alarm has to name its page."
  }
}

run "one_message_for_whatever_is_wrong" {
  command = plan

  module {
    source = "./modules/monitoring"
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.live : length(coalesce(alarm.alarm_actions, [])) == 0])
    error_message = "The composite alarm notifies for all of them."
  }

  assert {
    condition     = aws_cloudwatch_composite_alarm.unhealthy[0].alarm_rule == join(" OR ", concat([for name in ["errors", "refusals", "throttles", "tool-errors", "unexpected-full", "url-5xx"] : "(ALARM(\"mesh-test-${name}\") AND ALARM(\"mesh-test-${name}-hour\"))"], ["ALARM(\"mesh-test-duration\")"]))
    error_message = aws_cloudwatch_composite_alarm.unhealthy[0].alarm_rule
  }

  assert {
    condition     = aws_cloudwatch_composite_alarm.unhealthy[0].alarm_actions == toset([aws_sns_topic.alarms[0].arn])
    error_message = jsonencode(aws_cloudwatch_composite_alarm.unhealthy[0].alarm_actions)
  }

  assert {
    condition     = length(aws_sns_topic_subscription.email) == 0 && length(aws_budgets_budget.account) == 0
    error_message = "Nobody was named."
  }
}

run "without_metrics_nothing_is_watched_that_nobody_counts" {
  command = plan

  module {
    source = "./modules/monitoring"
  }

  variables {
    tool_metrics = false
  }

  assert {
    condition     = toset([for name in keys(aws_cloudwatch_metric_alarm.live) : trimsuffix(name, "-hour")]) == toset(["errors", "throttles", "url-5xx"])
    error_message = jsonencode(keys(aws_cloudwatch_metric_alarm.live))
  }
}

run "silence_is_an_alarm_where_it_is_asked_for" {
  command = plan

  module {
    source = "./modules/monitoring"
  }

  variables {
    no_traffic_minutes = 30
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.no_traffic[0].period == 1800 && aws_cloudwatch_metric_alarm.no_traffic[0].treat_missing_data == "breaching"
    error_message = "period is ${aws_cloudwatch_metric_alarm.no_traffic[0].period}"
  }

  assert {
    condition     = endswith(aws_cloudwatch_composite_alarm.unhealthy[0].alarm_rule, " OR ALARM(\"mesh-test-no-traffic\")")
    error_message = aws_cloudwatch_composite_alarm.unhealthy[0].alarm_rule
  }
}

run "an_address_is_told_of_alarms_and_of_the_budget" {
  command = plan

  module {
    source = "./modules/monitoring"
  }

  variables {
    email      = "ops@example.com"
    topic_arn  = "arn:aws:sns:us-east-1:123456789012:on-call"
    budget_usd = 20
  }

  assert {
    condition     = aws_sns_topic_subscription.email[0].endpoint == "ops@example.com"
    error_message = aws_sns_topic_subscription.email[0].endpoint
  }

  assert {
    condition = { for told in aws_budgets_budget.account[0].notification : told.notification_type => told.threshold } == {
      ACTUAL = 80, FORECASTED = 100
    }
    error_message = "A budget that tells nobody is none."
  }

  assert {
    condition = alltrue(concat(
      [contains(aws_cloudwatch_composite_alarm.unhealthy[0].alarm_actions, "arn:aws:sns:us-east-1:123456789012:on-call")],
      [for told in aws_budgets_budget.account[0].notification : told.subscriber_sns_topic_arns == toset(["arn:aws:sns:us-east-1:123456789012:on-call"])],
    ))
    error_message = "A topic is told as an address is."
  }
}

run "without_alarms_and_dashboard_only_saved_queries_are_left" {
  command = plan

  module {
    source = "./modules/monitoring"
  }

  variables {
    alarms    = false
    dashboard = false
  }

  assert {
    condition     = length(output.alarm_names) == 0 && output.topic_arn == null && output.dashboard_name == null
    error_message = jsonencode(output.alarm_names)
  }

  assert {
    condition     = alltrue([for query in aws_cloudwatch_query_definition.this : startswith(query.name, "mesh-test/") && query.log_group_names == tolist(["/aws/lambda/mesh-test"])])
    error_message = "Saved queries look at this function's log."
  }
}

run "the_dashboard_shows_what_was_promised" {
  command = plan

  module {
    source = "./modules/monitoring"
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets) == 8
    error_message = aws_cloudwatch_dashboard.this[0].dashboard_body
  }

  # 512 MB for a second: half of $0.0000133334.
  assert {
    condition     = strcontains(aws_cloudwatch_dashboard.this[0].dashboard_body, "invocations * 0.0000002 + duration * 0.000000006667")
    error_message = aws_cloudwatch_dashboard.this[0].dashboard_body
  }

  assert {
    condition     = strcontains(aws_cloudwatch_dashboard.this[0].dashboard_body, "SEARCH('{\\\"mesh\\\",environment,tool} environment=\\\"test\\\" MetricName=\\\"tool_duration_ms\\\"', 'p99', 300)")
    error_message = aws_cloudwatch_dashboard.this[0].dashboard_body
  }
}
