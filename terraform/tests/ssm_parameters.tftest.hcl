# The parameters module: names and types, never values.

mock_provider "aws" {
  source = "./tests/mocks"

  # Known while planning.
  override_during = plan
}

variables {
  path       = "/mesh/test"
  parameters = { api-keys = "Keys", other = "Another, by one line" }
}

run "a_parameter_for_each_line_encrypted_and_with_a_placeholder_written_once" {
  command = plan

  module {
    source = "./modules/ssm_parameters"
  }

  assert {
    condition     = output.names == { api-keys = "/mesh/test/api-keys", other = "/mesh/test/other" }
    error_message = jsonencode(output.names)
  }

  assert {
    condition     = alltrue([for parameter in aws_ssm_parameter.this : parameter.type == "SecureString" && parameter.value_wo_version == 1])
    error_message = "Another type, or a version other than 1, which would overwrite the value put there since."
  }
}
