# Your server: what its tools need. docs/how-to/secrets-and-permissions.md has an example of each.

variable "environment_variables" {
  description = "Environment variables for your tools, such as { NOTES_TABLE = \"notes\" }. No secrets: the console, the state and every plan show them."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.environment_variables) : can(regex("^[A-Za-z][A-Za-z0-9_]+$", name)) || contains(local.lambda_reserved_names, name)])
    error_message = "environment_variables has ${jsonencode([for name in keys(var.environment_variables) : name if !can(regex("^[A-Za-z][A-Za-z0-9_]+$", name))])}. Lambda takes names of at least two letters, digits and underscores, with a letter first: rename them."
  }

  validation {
    condition     = length(setintersection(keys(var.environment_variables), local.lambda_reserved_names)) == 0
    error_message = "environment_variables has ${jsonencode(setintersection(keys(var.environment_variables), local.lambda_reserved_names))}. Lambda sets these itself and refuses other values: rename them."
  }

  validation {
    condition     = alltrue([for name in keys(var.environment_variables) : !startswith(name, "MESH_")])
    error_message = "environment_variables has ${jsonencode([for name in keys(var.environment_variables) : name if startswith(name, "MESH_")])}. Names that start with MESH_ belong to Mesh, whose settings are variables of their own: rename yours."
  }

  validation {
    condition     = length(setintersection(keys(var.environment_variables), keys(local.runtime.environment))) == 0
    error_message = "environment_variables has ${jsonencode(setintersection(keys(var.environment_variables), keys(local.runtime.environment)))}. With invoke_mode RESPONSE_STREAM, these start the server: remove them, or use invoke_mode BUFFERED."
  }

  validation {
    condition     = alltrue([for value in values(var.environment_variables) : value != null])
    error_message = "environment_variables has no value for ${jsonencode([for name, value in var.environment_variables : name if value == null])}: give each a text, or remove it."
  }

  validation {
    condition     = alltrue([for name, value in var.environment_variables : contains(var.not_secrets, name) || !can(regex(local.secret_name, name)) || can(regex(local.reference_value, value))])
    error_message = "environment_variables has ${jsonencode([for name, value in var.environment_variables : name if !contains(var.not_secrets, name) && can(regex(local.secret_name, name)) && !can(regex(local.reference_value, value))])}, which by name are secrets. ${local.secret_advice}"
  }

  validation {
    condition     = alltrue([for name, value in var.environment_variables : contains(var.not_secrets, name) || alltrue([for form in values(local.secret_forms) : !can(regex(form, value))])])
    error_message = "environment_variables has secrets: ${join(", ", [for name, value in var.environment_variables : "the value of ${name} looks like ${join(" and ", [for what, form in local.secret_forms : what if can(regex(form, value))])}" if !contains(var.not_secrets, name) && anytrue([for form in values(local.secret_forms) : can(regex(form, value))])])}. ${local.secret_advice}"
  }

  # Here, because two variables cannot check each other.
  validation {
    condition     = length(setsubtract(var.not_secrets, keys(var.environment_variables))) == 0
    error_message = "not_secrets has ${jsonencode(setsubtract(var.not_secrets, keys(var.environment_variables)))}, and environment_variables has no such name: correct or remove it."
  }
}

variable "not_secrets" {
  description = "Names in environment_variables that look like secrets and are none, such as [\"PAGE_TOKEN\"]: their values may be seen."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "secrets" {
  description = "Names of secrets for your tools, such as [\"WEATHER_API_KEY\"], never their values. `mesh secrets set WEATHER_API_KEY` stores a value in an encrypted parameter, and mesh.secret(\"WEATHER_API_KEY\") reads it."
  type        = set(string)
  default     = []
  nullable    = false

  # Not even a name is shown here: what somebody took for one may be the secret itself.
  validation {
    condition     = alltrue([for name in var.secrets : can(regex("^[A-Za-z][A-Za-z0-9_]{0,99}$", name))])
    error_message = "secrets has ${length([for name in var.secrets : name if !can(regex("^[A-Za-z][A-Za-z0-9_]{0,99}$", name))])} of ${length(var.secrets)} that are no names. Give names only, each with at most 100 letters, digits and underscores and a letter first, such as WEATHER_API_KEY."
  }

  validation {
    condition     = alltrue([for name in var.secrets : alltrue([for form in values(local.secret_forms) : !can(regex(form, name))])])
    error_message = "secrets has what looks like ${join(", ", distinct(flatten([for name in var.secrets : [for what, form in local.secret_forms : what if can(regex(form, name))]])))}. Give names only, such as WEATHER_API_KEY, and store the value with `mesh secrets set WEATHER_API_KEY`."
  }

  validation {
    condition     = length(distinct([for name in var.secrets : lower(name)])) == length(var.secrets)
    error_message = "secrets has names that differ in upper and lower case only: ${join(", ", [for name in var.secrets : name if length([for other in var.secrets : other if lower(other) == lower(name)]) > 1])}. Rename them."
  }

  validation {
    condition     = alltrue([for name in var.secrets : !contains(local.own_parameters, lower(replace(name, "_", "-")))])
    error_message = "secrets has ${join(", ", [for name in var.secrets : name if contains(local.own_parameters, lower(replace(name, "_", "-")))])}, and Mesh has a parameter of that name itself: rename it."
  }
}

variable "preload_modules" {
  description = "Modules that an instance imports while it starts instead of in the first call that needs them, such as [\"mcp_app.preload\"]. It pays if about every third instance or more needs them. See docs/explanation/cold-starts.md."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.preload_modules : can(regex("^[A-Za-z_][A-Za-z0-9_]*([.][A-Za-z_][A-Za-z0-9_]*)*$", name))])
    error_message = "preload_modules is ${jsonencode(var.preload_modules)}; give names of modules, such as my_server.clients."
  }
}

# The same rules as in bootstrap/variables.tf.
variable "policy_statements" {
  description = "What your tools may do in AWS, as statements for the role of the function, such as [{ actions = [\"dynamodb:GetItem\"], resources = [\"arn:aws:dynamodb:us-east-1:123456789012:table/notes\"] }]. With permissions_boundary, bootstrap needs the same list."
  type = list(object({
    sid        = optional(string)
    effect     = optional(string, "Allow")
    actions    = list(string)
    resources  = list(string)
    conditions = optional(list(object({ test = string, variable = string, values = list(string) })), [])
  }))
  default  = []
  nullable = false

  validation {
    condition     = alltrue([for sid in var.policy_statements[*].sid : sid == null || can(regex("^[A-Za-z0-9]{1,100}$", sid))]) && length(distinct([for sid in var.policy_statements[*].sid : sid if sid != null])) == length([for sid in var.policy_statements[*].sid : sid if sid != null])
    error_message = "policy_statements has the sids ${jsonencode([for sid in var.policy_statements[*].sid : sid if sid != null])}. A sid has at most 100 letters and digits, and no two are the same: change them, or leave them out."
  }

  validation {
    condition     = alltrue([for statement in var.policy_statements : contains(["Allow", "Deny"], statement.effect)])
    error_message = "policy_statements has the effects ${jsonencode(distinct(var.policy_statements[*].effect))}; use Allow or Deny."
  }

  validation {
    condition     = alltrue([for statement in var.policy_statements : length(statement.actions) > 0 && length(statement.resources) > 0])
    error_message = "policy_statements has a statement without actions or without resources: ${jsonencode([for statement in var.policy_statements : statement if length(statement.actions) == 0 || length(statement.resources) == 0])}. Give at least one of each."
  }

  validation {
    condition     = alltrue([for action in flatten(var.policy_statements[*].actions) : can(regex("^[a-z0-9-]+:[A-Za-z0-9*?]+$", action))])
    error_message = "policy_statements has the actions ${jsonencode([for action in flatten(var.policy_statements[*].actions) : action if !can(regex("^[a-z0-9-]+:[A-Za-z0-9*?]+$", action))])}. An action names one service and what is done there, such as dynamodb:GetItem; * for all services is refused."
  }

  # Whoever may do everything in IAM may do everything.
  validation {
    condition     = alltrue([for action in flatten(var.policy_statements[*].actions) : !can(regex("^iam:[*?]+$", action))])
    error_message = "policy_statements has iam:*, with which a tool could give itself every right there is. Name the actions, such as iam:GetRole."
  }

  validation {
    condition     = alltrue([for resource in flatten(var.policy_statements[*].resources) : can(regex("^(\\*|arn:[^:]+:[^:]+:[^:]*:[^:]*:.+)$", resource))])
    error_message = "policy_statements has the resources ${jsonencode([for resource in flatten(var.policy_statements[*].resources) : resource if !can(regex("^(\\*|arn:[^:]+:[^:]+:[^:]*:[^:]*:.+)$", resource))])}. Give ARNs, such as arn:aws:dynamodb:us-east-1:123456789012:table/notes, or * for actions that AWS knows no resource for."
  }

  validation {
    condition     = alltrue([for condition in flatten(var.policy_statements[*].conditions) : can(regex("^[A-Za-z:]+$", condition.test)) && can(regex("^[A-Za-z0-9-]+:.+$", condition.variable)) && length(condition.values) > 0])
    error_message = "policy_statements has the conditions ${jsonencode([for condition in flatten(var.policy_statements[*].conditions) : condition if !(can(regex("^[A-Za-z:]+$", condition.test)) && can(regex("^[A-Za-z0-9-]+:.+$", condition.variable)) && length(condition.values) > 0)])}. Give test, variable and values, such as { test = \"StringEquals\", variable = \"aws:ResourceTag/Team\", values = [\"mesh\"] }."
  }

  validation {
    condition     = alltrue([for statement in var.policy_statements : length(distinct([for condition in statement.conditions : "${condition.test} ${condition.variable}"])) == length(statement.conditions)])
    error_message = "policy_statements has a statement with two conditions of the same test and variable. Give that condition once, with all its values."
  }
}

variable "layers" {
  description = "ARNs of Lambda layer versions for the function, such as [\"arn:aws:lambda:us-east-1:123456789012:layer:fonts:3\"]: at most 5, with streaming_runtime web_adapter at most 4."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.layers : can(regex("^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:layer:[A-Za-z0-9_-]{1,140}:[0-9]+$", arn))])
    error_message = "layers is ${jsonencode(var.layers)}; give ARNs of layer versions, arn:aws:lambda:REGION:ACCOUNT:layer:NAME:VERSION."
  }

  validation {
    condition     = alltrue([for arn in var.layers : try(split(":", arn)[3], var.region) == var.region])
    error_message = "layers is ${jsonencode(var.layers)}; Lambda takes layers of the function's own region only, ${var.region}."
  }

  validation {
    condition     = length(distinct([for arn in concat(var.layers, local.runtime.layers) : replace(arn, "/:[0-9]+$/", "")])) == length(concat(var.layers, local.runtime.layers))
    error_message = "layers is ${jsonencode(var.layers)}; Lambda takes one version of a layer: name each layer once."
  }

  validation {
    condition     = length(concat(var.layers, local.runtime.layers)) <= 5
    error_message = "layers has ${length(var.layers)}, and streaming needs ${length(local.runtime.layers)}; Lambda takes at most 5 in all: merge some."
  }
}
