# What tells the server that a request came through the distribution: a secret header. Its
# value is in a key value store, put there by `mesh domain rotate`, and the function below
# puts it into each request. So it is in no state, plan, code or distribution: whatever
# Terraform knows of a distribution or function, its state holds in clear.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/kvs-with-functions.html

resource "aws_cloudfront_key_value_store" "this" {
  name    = var.server
  comment = "Origin secret of ${var.server}; written by mesh domain rotate"
}

resource "aws_cloudfront_function" "viewer_request" {
  name                         = "${var.server}-viewer-request"
  comment                      = "Proves to ${var.server} that a request came through CloudFront"
  runtime                      = "cloudfront-js-2.0"
  publish                      = true
  code                         = local.viewer_request
  key_value_store_associations = [aws_cloudfront_key_value_store.this.arn]
}
