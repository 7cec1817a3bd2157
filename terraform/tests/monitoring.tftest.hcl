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
  function_name      = "mesh-test"
  alias              = "live"
  log_group_name     = "/aws/lambda/mesh-test"
  namespace          = "mesh"
  environment        = "test"
  region             = "us-east-1"
  architecture       = "arm64"
  memory_mb          = 512
  timeout_seconds    = 30
  alarms             = true
  thresholds         = { errors = 2, throttles = 3, url_5xx = 4, duration_share = 0.5 }
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
    condition = alltrue([for alarm in aws_cloudwatch_metric_alarm.live :
    alarm.dimensions == tomap({ FunctionName = "mesh-test", Resource = "mesh-test:live" })])
    error_message = "A candidate that fails its smoke test would wake somebody up."
  }

  assert {
    condition = { for name, alarm in aws_cloudwatch_metric_alarm.live : name => alarm.threshold } == {
      duration = 15000, errors = 2, throttles = 3, url-5xx = 4
    }
    error_message = jsonencode({ for name, alarm in aws_cloudwatch_metric_alarm.live : name => alarm.threshold })
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.live : alarm.treat_missing_data == "notBreaching"])
    error_message = "A quiet night is not a failure."
  }

  assert {
    condition     = alltrue([for name, alarm in aws_cloudwatch_metric_alarm.live : endswith(alarm.alarm_description, "docs/how-to/runbook.md#${name}")])
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
    condition     = aws_cloudwatch_composite_alarm.unhealthy[0].alarm_rule == "ALARM(\"mesh-test-duration\") OR ALARM(\"mesh-test-errors\") OR ALARM(\"mesh-test-throttles\") OR ALARM(\"mesh-test-url-5xx\")"
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
