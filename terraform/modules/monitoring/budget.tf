# The account's bill, not this server's share of it: AWS tells a share by tag only where
# somebody activated the tag for cost allocation, and counts 0 otherwise.

resource "aws_budgets_budget" "account" {
  count = var.budget_usd == null ? 0 : 1

  name         = var.function_name
  budget_type  = "COST"
  limit_amount = tostring(var.budget_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  dynamic "notification" {
    for_each = { ACTUAL = 80, FORECASTED = 100 }

    content {
      notification_type          = notification.key
      comparison_operator        = "GREATER_THAN"
      threshold                  = notification.value
      threshold_type             = "PERCENTAGE"
      subscriber_email_addresses = var.email == null ? [] : [var.email]
      subscriber_sns_topic_arns  = local.topic_arns
    }
  }
}
