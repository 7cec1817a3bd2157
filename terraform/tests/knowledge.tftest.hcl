# What the function is told of where knowledge is, and which secrets it may read.

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

run "the_embedded_backend_has_no_secrets" {
  command = plan

  assert {
    condition     = output.secret_parameters == {} && length(local.knowledge_environment) == 1
    error_message = jsonencode([output.secret_parameters, keys(local.knowledge_environment)])
  }

  assert {
    condition     = local.knowledge_environment["MESH_DEADLINE_SECONDS"] == "25"
    error_message = local.knowledge_environment["MESH_DEADLINE_SECONDS"]
  }
}

run "supabase_is_told_names_of_secrets_and_may_read_them_alone" {
  command = plan

  variables {
    environment            = "production"
    backend                = "supabase"
    supabase_url           = "https://abc.supabase.co"
    answer_model           = "gpt-5.5"
    openai_vector_store_id = "vs_1"
    preload_clients        = true
    sources                = ["documents", "tickets"]
    similarity_thresholds  = { focused = 0.55, rapid = 0.7 }
    timeout_seconds        = 3
  }

  assert {
    condition = output.secret_parameters == {
      openai-api-key = "/aoma-mesh/production/openai-api-key"
      supabase-key   = "/aoma-mesh/production/supabase-key"
      supabase-token = "/aoma-mesh/production/supabase-token"
    }
    error_message = jsonencode(output.secret_parameters)
  }

  assert {
    condition     = toset(keys(module.parameters.names)) == toset(["api-keys", "openai-api-key", "supabase-key", "supabase-token"])
    error_message = jsonencode(module.parameters.names)
  }

  assert {
    condition = local.knowledge_environment == {
      MESH_DEADLINE_SECONDS         = "2.4"
      MESH_SUPABASE_URL             = "https://abc.supabase.co"
      MESH_SUPABASE_KEY_PARAMETER   = "/aoma-mesh/production/supabase-key"
      MESH_SUPABASE_TOKEN_PARAMETER = "/aoma-mesh/production/supabase-token"
      MESH_OPENAI_API_KEY_PARAMETER = "/aoma-mesh/production/openai-api-key"
      MESH_OPENAI_BASE_URL          = "https://api.openai.com/v1"
      MESH_EMBEDDING_MODEL          = "text-embedding-3-small"
      MESH_ANSWER_MODEL             = "gpt-5.5"
      MESH_VECTOR_STORE_ID          = "vs_1"
      MESH_SOURCES                  = "documents,tickets"
      MESH_THRESHOLDS               = "focused=0.55,rapid=0.7"
      MESH_PRELOAD                  = "mcp_app.preloading"
    }
    error_message = jsonencode(local.knowledge_environment)
  }
}

run "what_is_not_set_is_the_servers_own" {
  command = plan

  variables {
    backend      = "supabase"
    supabase_url = "http://127.0.0.1:54321/"
  }

  assert {
    condition     = local.knowledge_environment["MESH_THRESHOLDS"] == "" && local.knowledge_environment["MESH_ANSWER_MODEL"] == "" && local.knowledge_environment["MESH_VECTOR_STORE_ID"] == ""
    error_message = jsonencode(local.knowledge_environment)
  }
}
