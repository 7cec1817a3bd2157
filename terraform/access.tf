locals {
  # What the server itself demands: with NONE in front of it, it is the only guard.
  auth = (
    var.function_url_auth == "AWS_IAM" ? "iam" :
    var.allow_unauthenticated ? "none" : "api_key"
  )

  access = {
    api_key = "An API key is demanded by the server on every route but / and /health."
    iam     = "SigV4 is demanded by the Function URL on every route."
    none    = "OPEN: anyone who knows the URL can use every tool without a credential."
  }
}

# A warning in every plan and apply, not an error: open is a choice, never a surprise.
check "live_url_demands_a_credential" {
  assert {
    condition     = local.auth != "none"
    error_message = "The live Function URL is OPEN: anyone who knows it can use every tool and run up the bill. Set allow_unauthenticated back to false to demand API keys; at least set reserved_concurrency."
  }
}

# The address that is handed out. It belongs to the function's and the alias's names:
# code, memory, architecture, runtime and auth change behind it.
module "live_url" {
  source = "./modules/function_url"

  function_name = module.lambda.function_name
  alias         = module.lambda.live_alias
  auth          = var.function_url_auth
  invoke_mode   = var.invoke_mode
}

# For whoever releases, to try a version before it is live: never public.
module "candidate_url" {
  source = "./modules/function_url"

  function_name = module.lambda.function_name
  alias         = module.lambda.candidate_alias
  auth          = "AWS_IAM"
  invoke_mode   = var.invoke_mode
}
