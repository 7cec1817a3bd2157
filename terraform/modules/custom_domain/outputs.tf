output "url" {
  description = "The server's address under its domain, ending with a slash."
  value       = "https://${var.domain_name}/"
}

output "distribution_id" {
  description = "Id of the CloudFront distribution."
  value       = aws_cloudfront_distribution.this.id
}

output "key_value_store_arn" {
  description = "ARN of the key value store that holds the origin secret."
  value       = aws_cloudfront_key_value_store.this.arn
}
