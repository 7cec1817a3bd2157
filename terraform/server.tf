# What the author of a server gives their tools: environment variables, secrets, rights in
# AWS and layers. Nothing here is about one particular server. docs/how-to/secrets-and-permissions.md has examples.

locals {
  # Lambda sets these itself and refuses them in a function's configuration.
  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
  lambda_reserved_names = [
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "AWS_LAMBDA_METADATA_API",
    "AWS_LAMBDA_METADATA_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
  ]

  # A setting holds a secret if its name ends so, unless its value only says where something
  # is: an ARN, a path, a parameter. Only the end counts: TOKEN_URL and API_KEY_HEADER hold
  # none, and MAX_TOKENS is a number.
  secret_name     = "(?i)(PASSWORD|PASSWD|PASSPHRASE|SECRET|SECRET_STRING|TOKEN|API_?KEY|SECRET_?KEY|PRIVATE_?KEY|ACCESS_?KEY|SIGNING_?KEY|CREDENTIALS?)$"
  reference_value = "^(arn:|/|alias/)"

  # What credentials look like, whatever they are called. The plan guard looks for the same.
  secret_forms = {
    "an API key of this server"  = "\\bmesh_[A-Za-z0-9_-]{40,}"
    "an OpenAI key"              = "\\bsk-[A-Za-z0-9_-]{20,}"
    "a secret key of Supabase"   = "\\bsb_secret_[A-Za-z0-9_-]{10,}"
    "an access key of AWS"       = "\\b(AKIA|ASIA)[A-Z0-9]{16}\\b"
    "a token of GitHub"          = "\\b(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\\w{30,})"
    "a token of Slack"           = "\\bxox[abprs]-[A-Za-z0-9-]{10,}"
    "a signed token (JWT)"       = "\\beyJ[\\w-]{8,}\\.eyJ[\\w-]{8,}\\.[\\w-]{8,}"
    "a private key"              = "-----BEGIN [A-Z ]*PRIVATE KEY-----"
    "an address with a password" = "\\b[a-z][a-z0-9+.-]*://[^\\s/:@]+:[^\\s/@]+@"
  }

  # The way to pass a secret, for error messages.
  secret_advice = "The console, the state and every plan show environment variables. For a secret, add its name to secrets, store it with `mesh secrets set NAME`, and read it with mesh.secret(\"NAME\"). For a value that is no secret, add its name to not_secrets."

  # Terraform knows the parameter of each secret, never its value.
  secret_parameters = { for name in var.secrets : name => lower(replace(name, "_", "-")) }

  # Parameters beside them that are not for `mesh secrets`.
  own_parameters = ["api-keys", "live-version", "origin-secret", "state-key"]

  # Left out when there are none, so that servers without secrets keep their environment.
  secrets_environment = length(var.secrets) == 0 ? {} : {
    MESH_SECRETS = jsonencode({ for name, key in local.secret_parameters : name => module.parameters.names[key] })
  }
}
