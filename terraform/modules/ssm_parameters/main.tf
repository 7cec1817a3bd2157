# Terraform owns the parameters' names, types and who reads them; never their values.

resource "aws_ssm_parameter" "this" {
  #checkov:skip=CKV_AWS_337:Encrypted with the account's aws/ssm key, which costs nothing; who may read is decided by IAM alike
  for_each = var.parameters

  name        = "${var.path}/${each.key}"
  description = each.value
  type        = "SecureString"
  key_id      = var.kms_key_arn

  # A placeholder, written once at creation: write-only, so in neither state nor plan.
  # The version must stay 1 for ever. Raising it would overwrite the real value, which
  # was put there since then by `mesh keys` or by hand, and lock every client out.
  value_wo         = "{}"
  value_wo_version = 1

  lifecycle {
    # The provider writes an empty value when it updates any of these alone, because a
    # write-only value is known to it only while its version changes. So a parameter stays
    # under the key that it was made with; docs/how-to/function-options.md says how to move it.
    ignore_changes = [description, type, tier, key_id, data_type, allowed_pattern]
  }
}
