# What the server asks for knowledge, and how long a call may take. Secrets are parameters
# whose values are put there by `mesh secrets`; the function is told their names alone.

locals {
  uses_supabase = var.backend == "supabase"

  secrets = local.uses_supabase ? {
    openai-api-key = "OpenAI API key of ${local.function_name}; written by `mesh secrets`"
    supabase-key   = "Supabase publishable key of ${local.function_name}; written by `mesh secrets`"
    supabase-token = "Token of the role mesh_server of ${local.function_name}; written by `mesh secrets`"
  } : {}

  # Ends before the function does, so that callers are told what was too slow.
  deadline_seconds = var.timeout_seconds - min(5, 0.2 * var.timeout_seconds)

  thresholds = join(",", [
    for name, value in var.similarity_thresholds : "${name}=${value}" if value != null
  ])

  knowledge_environment = merge(
    { MESH_DEADLINE_SECONDS = tostring(local.deadline_seconds) },
    local.uses_supabase ? {
      MESH_SUPABASE_URL             = var.supabase_url
      MESH_SUPABASE_KEY_PARAMETER   = module.parameters.names["supabase-key"]
      MESH_SUPABASE_TOKEN_PARAMETER = module.parameters.names["supabase-token"]
      MESH_OPENAI_API_KEY_PARAMETER = module.parameters.names["openai-api-key"]
      MESH_OPENAI_BASE_URL          = var.openai_base_url
      MESH_EMBEDDING_MODEL          = var.embedding_model
      MESH_ANSWER_MODEL             = var.answer_model == null ? "" : var.answer_model
      MESH_VECTOR_STORE_ID          = var.openai_vector_store_id == null ? "" : var.openai_vector_store_id
      MESH_SOURCES                  = join(",", var.sources)
      MESH_THRESHOLDS               = local.thresholds
      MESH_PRELOAD                  = var.preload_clients ? "mcp_app.preloading" : ""
    } : {},
  )
}
