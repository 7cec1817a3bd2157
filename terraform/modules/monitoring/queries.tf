# Saved queries of Logs Insights, in a folder named for the function. The fields are those
# of mesh/runtime/observability/request_log.py and of Lambda's own REPORT lines.

locals {
  queries = {
    # Tracebacks are in the log and nowhere else. What no logger wrote is a plain line: Lambda's
    # of an unhandled exception, and what Python prints itself.
    errors           = <<-EOT
      fields @timestamp, logger, coalesce(message, errorMessage, @message) as told, exception, request_id
      | filter level in ["ERROR", "CRITICAL"] or log_level in ["ERROR", "CRITICAL"] or record.status in ["error", "failure", "timeout"] or @message like /^\[(ERROR|CRITICAL)\]|^Traceback|Task timed out|Runtime\.\w+|Runtime exited|Status: (error|timeout)/
      | sort @timestamp desc
      | limit 100
    EOT
    slowest-requests = <<-EOT
      fields @timestamp, duration_ms, tool, path, outcome, cold, request_id
      | filter logger = "mesh.request"
      | sort duration_ms desc
      | limit 50
    EOT
    tools            = <<-EOT
      filter ispresent(tool)
      | stats count(*) as calls, sum(tool_errors) as failed, pct(tool_duration_ms, 50) as p50_ms, pct(tool_duration_ms, 99) as p99_ms by tool
      | sort calls desc
    EOT
    # How many requests FastMCP had to be started or asked for, and why; docs/explanation/fast-path.md.
    ways             = <<-EOT
      filter logger = "mesh.request"
      | stats count(*) as requests, pct(duration_ms, 50) as p50_ms, sum(cold) as cold by way, reason
      | sort requests desc
    EOT
    callers          = <<-EOT
      filter logger = "mesh.request"
      | stats count(*) as requests, sum(outcome = "refused") as refused by caller
      | sort requests desc
      | limit 50
    EOT
    refused-requests = <<-EOT
      fields @timestamp, status, caller, method, path, request_id
      | filter logger = "mesh.request" and outcome = "refused"
      | sort @timestamp desc
      | limit 100
    EOT
    cold-starts      = <<-EOT
      filter @type = "REPORT"
      | stats count(*) as invocations, count(@initDuration) as cold, max(@initDuration) as slowest_ms, max(@maxMemoryUsed / 1000 / 1000) as memory_mb by bin(1h)
    EOT
  }
}

resource "aws_cloudwatch_query_definition" "this" {
  for_each = local.queries

  name            = "${var.function_name}/${each.key}"
  log_group_names = [var.log_group_name]
  query_string    = trimspace(each.value)
}
