# How the function answers: whole, through its handler, or streamed, through a runtime that
# an exec wrapper starts in place of AWS's own. Frozen into each version, like its code.
# https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper

locals {
  answering = var.invoke_mode == "BUFFERED" ? "buffered" : var.streaming_runtime

  # https://github.com/aws/aws-lambda-web-adapter, version 1.0.1; AWS's own account.
  web_adapter_layer = format(
    "arn:aws:lambda:%s:753240598075:layer:LambdaAdapterLayer%s:28",
    var.region, var.architecture == "arm64" ? "Arm64" : "X86",
  )

  runtimes = {
    buffered = {
      handler     = "mesh.runtime.handler.handler"
      layers      = []
      environment = {}
    }
    native = {
      handler     = "mesh.runtime.handler.handler"
      layers      = []
      environment = { AWS_LAMBDA_EXEC_WRAPPER = "/var/task/mesh/runtime/bootstrap" }
    }
    # The layer's /opt/bootstrap starts the handler as a program, a web server.
    web_adapter = {
      handler = "mesh/runtime/web_adapter"
      layers  = [local.web_adapter_layer]
      environment = {
        AWS_LAMBDA_EXEC_WRAPPER      = "/opt/bootstrap"
        AWS_LWA_INVOKE_MODE          = "response_stream"
        AWS_LWA_PORT                 = "8080"
        AWS_LWA_READINESS_CHECK_PATH = "/health"
      }
    }
  }
  runtime = local.runtimes[local.answering]
}
