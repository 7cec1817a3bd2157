output "topic_arn" {
  description = "ARN of the topic that alarms notify; null without alarms."
  value       = one(aws_sns_topic.alarms[*].arn)
}

output "alarm_names" {
  description = "Names of all alarms, the composite one last."
  value = concat(
    values(aws_cloudwatch_metric_alarm.live)[*].alarm_name,
    aws_cloudwatch_metric_alarm.duration[*].alarm_name,
    aws_cloudwatch_metric_alarm.no_traffic[*].alarm_name,
    aws_cloudwatch_composite_alarm.unhealthy[*].alarm_name,
  )
}

output "dashboard_name" {
  description = "Name of the dashboard; null without."
  value       = one(aws_cloudwatch_dashboard.this[*].dashboard_name)
}
