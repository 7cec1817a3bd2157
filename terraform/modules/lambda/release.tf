# What was live before, for whoever has to go back: Systems Manager keeps the last hundred
# values of a parameter with their times. Written with every apply that moves live, whoever
# runs it, and after the move, so that it never names what did not happen.
# https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html

resource "aws_ssm_parameter" "live_version" {
  #checkov:skip=CKV2_AWS_34:A version's number is no secret, and is to be seen in plans
  name        = var.live_version_parameter
  description = "Version that the live URL of ${var.name} serves; its history is the releases"
  type        = "String"

  # No secret, so it may be in the state and shown in plans.
  insecure_value = aws_lambda_alias.live.function_version
}
