# One page: what is asked, how long it takes, what fails, what it costs.

locals {
  # From prices.tf.json, which `mesh cost` reads and refreshes too. Regions that it lacks cost as the first.
  prices            = { for name, price in local.price_list.prices : name => lookup(price.usd, var.region, price.usd["us-east-1"]) }
  usd_per_request   = local.prices["lambda_requests"] / 1000000
  usd_per_gb_second = local.prices["lambda_duration_${var.architecture}"]
  usd_per_ms        = local.usd_per_gb_second * var.memory_mb / 1024 / 1000

  on_function = ["FunctionName", var.function_name]
  on_live     = flatten([for name, value in local.live : [name, value]])

  # By search, so that a new tool is on the page without an apply.
  by_tool = "{\"${var.namespace}\",environment,tool} environment=\"${var.environment}\""

  widgets = [
    {
      title   = "Requests at the live address"
      metrics = [for metric in ["UrlRequestCount", "Url4xxCount", "Url5xxCount"] : concat(["AWS/Lambda", metric], local.on_live)]
      stat    = "Sum"
    },
    {
      title   = "Errors and throttles of the live alias"
      metrics = [for metric in ["Errors", "Throttles"] : concat(["AWS/Lambda", metric], local.on_live)]
      stat    = "Sum"
    },
    {
      title   = "Duration of the live alias (ms)"
      metrics = [for stat in ["p50", "p90", "p99"] : concat(["AWS/Lambda", "Duration"], local.on_live, [{ stat = stat, label = stat }])]
      stat    = "p50"
    },
    {
      title   = "Duration by tool, half of the calls (ms)"
      metrics = [[{ expression = "SEARCH('${local.by_tool} MetricName=\"tool_duration_ms\"', 'p50', 300)", id = "p50", label = "$${PROP('Dim.tool')}" }]]
      stat    = "p50"
    },
    {
      title   = "Duration by tool, 99 of 100 calls (ms)"
      metrics = [[{ expression = "SEARCH('${local.by_tool} MetricName=\"tool_duration_ms\"', 'p99', 300)", id = "p99", label = "$${PROP('Dim.tool')}" }]]
      stat    = "p99"
    },
    {
      title   = "Calls that failed, by tool"
      metrics = [[{ expression = "SEARCH('${local.by_tool} MetricName=\"tool_errors\"', 'Sum', 300)", id = "failed", label = "$${PROP('Dim.tool')}" }]]
      stat    = "Sum"
    },
  ]

  graphs = [for widget in local.widgets : {
    type   = "metric"
    width  = 8
    height = 6
    properties = {
      title   = widget.title
      region  = var.region
      view    = "timeSeries"
      stat    = widget.stat
      period  = 300
      metrics = widget.metrics
    }
  }]

  cold_starts = {
    type   = "log"
    width  = 12
    height = 6
    properties = {
      title  = "Cold starts"
      region = var.region
      view   = "timeSeries"
      query  = "SOURCE '${var.log_group_name}' | filter @type = \"REPORT\" | stats count(@initDuration) as cold, count(*) as invocations by bin(5m)"
    }
  }

  cost = {
    type   = "metric"
    width  = 12
    height = 6
    properties = {
      title                = "Estimated cost of Lambda in the last 30 days, free tier left out (USD)"
      region               = var.region
      view                 = "singleValue"
      start                = "-P30D"
      setPeriodToTimeRange = true
      stat                 = "Sum"
      period               = 86400
      metrics = [
        concat(["AWS/Lambda", "Invocations"], local.on_function, [{ id = "invocations", visible = false }]),
        concat(["AWS/Lambda", "Duration"], local.on_function, [{ id = "duration", visible = false }]),
        [{ id = "cost", label = "USD", expression = format("invocations * %.7f + duration * %.12f", local.usd_per_request, local.usd_per_ms) }],
      ]
    }
  }
}

resource "aws_cloudwatch_dashboard" "this" {
  count = var.dashboard ? 1 : 0

  dashboard_name = var.function_name
  dashboard_body = jsonencode({ widgets = concat(local.graphs, [local.cold_starts, local.cost]) })
}
