# Options of the function that the root refuses, each with a message that says what to do.

mock_provider "aws" {
  source = "./tests/mocks"

  # Known while planning.
  override_during = plan
}

# Nothing of it is made here; unmocked it would ask for credentials.
mock_provider "aws" {
  alias = "us_east_1"
}

variables {
  # Any file that exists: nothing is uploaded here.
  zip_path = "versions.tf"
}

run "snapshots_and_provisioned_instances_exclude_each_other" {
  command = plan

  variables {
    snap_start              = true
    provisioned_concurrency = 1
  }

  expect_failures = [var.snap_start]
}

run "a_snapshot_takes_no_large_storage" {
  command = plan

  variables {
    snap_start           = true
    ephemeral_storage_mb = 513
  }

  expect_failures = [var.snap_start]
}

run "snapshots_need_a_runtime_that_has_them" {
  command = plan

  variables {
    snap_start = true
    runtime    = "python3.11"
  }

  expect_failures = [var.runtime]
}

run "the_web_adapter_has_no_hooks_and_no_signature_of_yours" {
  command = plan

  variables {
    snap_start              = true
    code_signing_config_arn = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0123456789abcdef0"
    invoke_mode             = "RESPONSE_STREAM"
    streaming_runtime       = "web_adapter"
  }

  expect_failures = [var.snap_start, var.code_signing_config_arn]
}

run "two_versions_have_their_instances_while_one_goes_live" {
  command = plan

  variables {
    provisioned_concurrency = 3
    reserved_concurrency    = 5
    # Another rule, in a run that it does not disturb.
    vpc_security_group_ids = ["default"]
  }

  expect_failures = [var.provisioned_concurrency, var.vpc_security_group_ids]
}

run "half_a_vpc_is_none" {
  command = plan

  variables {
    vpc_subnet_ids = ["subnet-0123456789abcdef0"]
  }

  expect_failures = [var.vpc_subnet_ids]
}

run "refuses_what_is_too_small_or_nowhere" {
  command = plan

  variables {
    ephemeral_storage_mb    = 511
    provisioned_concurrency = -1
    async_retries           = 3
    vpc_ipv6                = true
    kms_key_arn             = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  }

  expect_failures = [
    var.ephemeral_storage_mb,
    var.provisioned_concurrency,
    var.async_retries,
    var.vpc_ipv6,
    var.kms_key_arn,
  ]
}

run "refuses_what_is_no_such_id_or_arn" {
  command = plan

  variables {
    ephemeral_storage_mb    = 600.5
    provisioned_concurrency = 1.5
    vpc_subnet_ids          = ["10.0.0.0/24"]
    vpc_security_group_ids  = ["sg-0123456789abcdef0"]
    kms_key_arn             = "alias/mesh"
    code_signing_config_arn = "csc-0123456789abcdef0"
    dead_letter_arn         = "arn:aws:sqs:us-east-1:123456789012:lost.fifo"
    async_on_failure_arn    = "arn:aws:s3:::bucket"
    async_on_success_arn    = "queue"
  }

  expect_failures = [
    var.ephemeral_storage_mb,
    var.provisioned_concurrency,
    var.vpc_subnet_ids,
    var.kms_key_arn,
    var.code_signing_config_arn,
    var.dead_letter_arn,
    var.async_on_failure_arn,
    var.async_on_success_arn,
  ]
}

run "accepts_every_option_that_goes_with_the_others" {
  command = plan

  variables {
    provisioned_concurrency = 2
    reserved_concurrency    = 4
    ephemeral_storage_mb    = 10240
    vpc_subnet_ids          = ["subnet-0123456789abcdef0", "subnet-01234567"]
    vpc_security_group_ids  = ["sg-0123456789abcdef0"]
    vpc_ipv6                = true
    kms_key_arn             = "arn:aws:kms:us-east-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef"
    code_signing_config_arn = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0123456789abcdef0"
    dead_letter_arn         = "arn:aws:sqs:us-east-1:123456789012:lost"
    async_on_failure_arn    = "arn:aws:lambda:us-east-1:123456789012:function:look:live"
    async_on_success_arn    = "arn:aws:events:us-east-1:123456789012:event-bus/done"
    async_retries           = 0
  }

  assert {
    condition     = output.function_name == "aoma-mesh-dev"
    error_message = output.function_name
  }
}

run "snapshots_go_with_the_rest" {
  command = plan

  variables {
    snap_start        = true
    invoke_mode       = "RESPONSE_STREAM"
    streaming_runtime = "native"
    kms_key_arn       = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    dead_letter_arn   = "arn:aws:sns:us-east-1:123456789012:lost"
  }

  assert {
    condition     = output.function_name == "aoma-mesh-dev"
    error_message = output.function_name
  }
}
