output "url" {
  description = "The Function URL, ending with a slash."
  value       = aws_lambda_function_url.this.function_url
}

output "invoke_policy_arn" {
  description = "ARN of the IAM policy that lets its holders call the URL; null when auth is NONE."
  value       = one(aws_iam_policy.invoke[*].arn)
}

output "invoke_mode" {
  description = "BUFFERED or RESPONSE_STREAM."
  value       = aws_lambda_function_url.this.invoke_mode
}

output "invoke_policy" {
  description = "That policy itself, as JSON, for callers in other accounts; null when auth is NONE."
  value       = var.auth == "AWS_IAM" ? local.invoke_policy : null
}
