# Terraform's states. Whoever writes here decides what the next apply does; whoever reads
# learns everything but the secrets' values, which are in no state.

resource "aws_s3_bucket" "state" {
  #checkov:skip=CKV_AWS_18:A log needs a second bucket, kept for ever; CloudTrail tells who read a state where that is asked for
  #checkov:skip=CKV_AWS_144:States can be imported anew from what is deployed; versions guard against what does happen, a bad write
  #checkov:skip=CKV_AWS_145:S3's own key, as said at the encryption below
  #checkov:skip=CKV2_AWS_62:Nothing waits for a change of a state
  bucket = local.bucket_name

  # Without its state a deployment can neither be changed nor destroyed by Terraform.
  lifecycle {
    prevent_destroy = true
  }
}

# An earlier state is how a broken one is repaired.
resource "aws_s3_bucket_versioning" "state" {
  bucket = aws_s3_bucket.state.id

  versioning_configuration {
    status = "Enabled"
  }
}

# With S3's own key: a key of KMS would be one more thing that can lock everybody out, and
# there is no secret to guard with it.
resource "aws_s3_bucket_server_side_encryption_configuration" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "state" {
  bucket = aws_s3_bucket.state.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_policy" "state" {
  bucket = aws_s3_bucket.state.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.state.arn, "${aws_s3_bucket.state.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  # S3 refuses a policy while it still applies the block: OperationAborted.
  depends_on = [aws_s3_bucket_public_access_block.state]
}

resource "aws_s3_bucket_lifecycle_configuration" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    id     = "earlier-states"
    status = "Enabled"

    filter {}

    # The newest earlier ones stay however old they are.
    noncurrent_version_expiration {
      noncurrent_days           = var.state_history_days
      newer_noncurrent_versions = 10
    }

    # Each lock leaves a marker where its object was.
    expiration {
      expired_object_delete_marker = true
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  # A function keeps its own copy of the code: an earlier zip is of no use to anybody.
  rule {
    id     = "earlier-zips"
    status = "Enabled"

    filter {
      prefix = "zips/"
    }

    noncurrent_version_expiration {
      noncurrent_days = 1
    }
  }

  # Rules on versions are refused for a bucket that has none yet.
  depends_on = [aws_s3_bucket_versioning.state]
}
