# invoke_mode and streaming_runtime: the URLs, and what answers behind them.

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

run "buffered_answers_need_no_wrapper_and_no_layer" {
  command = plan

  assert {
    condition     = module.live_url.invoke_mode == "BUFFERED" && module.candidate_url.invoke_mode == "BUFFERED"
    error_message = "live is ${module.live_url.invoke_mode}, candidate ${module.candidate_url.invoke_mode}."
  }

  assert {
    condition     = local.runtime == { handler = "mesh.runtime.handler.handler", layers = [], environment = {} }
    error_message = jsonencode(local.runtime)
  }
}

run "native_streaming_starts_the_runtime_in_the_zip" {
  command = plan

  variables {
    invoke_mode = "RESPONSE_STREAM"
  }

  assert {
    condition     = module.live_url.invoke_mode == "RESPONSE_STREAM" && module.candidate_url.invoke_mode == "RESPONSE_STREAM"
    error_message = "live is ${module.live_url.invoke_mode}, candidate ${module.candidate_url.invoke_mode}."
  }

  assert {
    condition     = module.lambda.environment_variables["AWS_LAMBDA_EXEC_WRAPPER"] == "/var/task/mesh/runtime/bootstrap" && module.lambda.environment_variables["MESH_AUTH"] == "api_key"
    error_message = jsonencode(module.lambda.environment_variables)
  }

  assert {
    condition     = module.lambda.handler == "mesh.runtime.handler.handler" && length(module.lambda.layers) == 0
    error_message = "The handler is ${module.lambda.handler}, layers are ${jsonencode(module.lambda.layers)}."
  }
}

run "web_adapter_takes_the_layer_of_the_region_and_the_architecture" {
  command = plan

  variables {
    invoke_mode       = "RESPONSE_STREAM"
    streaming_runtime = "web_adapter"
    region            = "eu-central-1"
  }

  assert {
    condition     = module.lambda.layers == tolist(["arn:aws:lambda:eu-central-1:753240598075:layer:LambdaAdapterLayerArm64:28"])
    error_message = jsonencode(module.lambda.layers)
  }

  assert {
    condition     = module.lambda.handler == "mesh/runtime/web_adapter"
    error_message = module.lambda.handler
  }

  assert {
    condition = { for name, value in module.lambda.environment_variables : name => value if startswith(name, "AWS_") } == {
      AWS_LAMBDA_EXEC_WRAPPER      = "/opt/bootstrap"
      AWS_LWA_INVOKE_MODE          = "response_stream"
      AWS_LWA_PORT                 = "8080"
      AWS_LWA_READINESS_CHECK_PATH = "/health"
    }
    error_message = jsonencode(module.lambda.environment_variables)
  }
}

run "web_adapter_has_a_layer_for_x86_64" {
  command = plan

  variables {
    invoke_mode       = "RESPONSE_STREAM"
    streaming_runtime = "web_adapter"
    architecture      = "x86_64"
  }

  assert {
    condition     = module.lambda.layers == tolist(["arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayerX86:28"])
    error_message = jsonencode(module.lambda.layers)
  }
}

run "streaming_runtime_alone_changes_nothing" {
  command = plan

  variables {
    streaming_runtime = "web_adapter"
  }

  assert {
    condition     = length(module.lambda.layers) == 0 && !contains(keys(module.lambda.environment_variables), "AWS_LAMBDA_EXEC_WRAPPER")
    error_message = jsonencode(module.lambda.environment_variables)
  }
}
