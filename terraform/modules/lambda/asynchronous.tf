# What becomes of invocations that nobody waits for: `aws lambda invoke --invocation-type Event`,
# a schedule, a topic. Calls through a Function URL are never among them.
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html

locals {
  # What the function's role needs to send a record there.
  send_actions = {
    sqs    = "sqs:SendMessage"
    sns    = "sns:Publish"
    lambda = "lambda:InvokeFunction"
    events = "events:PutEvents"
  }

  targets = sort(distinct([
    for arn in [var.dead_letter_arn, var.asynchronous.on_failure_arn, var.asynchronous.on_success_arn] : arn if arn != null
  ]))
}

resource "aws_lambda_function_event_invoke_config" "live" {
  # Without one, Lambda's own defaults hold.
  count = var.asynchronous.on_failure_arn == null && var.asynchronous.on_success_arn == null && var.asynchronous.retries == 2 ? 0 : 1

  function_name          = aws_lambda_function.this.function_name
  qualifier              = aws_lambda_alias.live.name
  maximum_retry_attempts = var.asynchronous.retries
  # Lambda's own six hours, said because it says them when asked.
  maximum_event_age_in_seconds = 21600

  dynamic "destination_config" {
    for_each = var.asynchronous.on_failure_arn == null && var.asynchronous.on_success_arn == null ? [] : [var.asynchronous]

    content {
      dynamic "on_failure" {
        for_each = destination_config.value.on_failure_arn == null ? [] : [destination_config.value.on_failure_arn]

        content {
          destination = on_failure.value
        }
      }

      dynamic "on_success" {
        for_each = destination_config.value.on_success_arn == null ? [] : [destination_config.value.on_success_arn]

        content {
          destination = on_success.value
        }
      }
    }
  }
}
