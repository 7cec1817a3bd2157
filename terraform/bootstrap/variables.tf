variable "name" {
  description = "Name of the server, the same as in terraform/; begins the name of every resource."
  type        = string
  default     = "aoma-mesh"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.name)) && length(var.name) <= 40
    error_message = "name is \"${var.name}\"; use at most 40 lower-case letters, digits and single hyphens, a letter first."
  }
}

variable "region" {
  description = "AWS region of the state bucket and of what is deployed, the same as in terraform/."
  type        = string
  default     = "us-east-1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is \"${var.region}\"; give a region's code, such as us-east-1 or eu-central-1."
  }
}

variable "environments" {
  description = "Environments that the pipeline deploys; each gets an apply role, a permissions boundary and a state of its own."
  type        = set(string)
  default     = ["staging", "production"]
  nullable    = false

  validation {
    condition     = length(var.environments) > 0 && alltrue([for name in var.environments : can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", name)) && length(name) <= 20])
    error_message = "environments is ${jsonencode(var.environments)}; name at least one, each with at most 20 lower-case letters, digits and single hyphens, a letter first."
  }

  validation {
    condition     = length(setintersection(var.environments, ["bootstrap", "plan", "refresh", "state"])) == 0
    error_message = "environments is ${jsonencode(var.environments)}; bootstrap, plan, refresh and state are names of this root's own: choose others."
  }

  # What belongs to an environment is told by what its name begins with.
  validation {
    condition     = alltrue([for one in var.environments : alltrue([for other in var.environments : !startswith(other, "${one}-")])])
    error_message = "environments is ${jsonencode(var.environments)}; one begins with another and a hyphen, so its resources would count as the other's: rename one, such as staging-eu to eu-staging."
  }
}

variable "state_bucket" {
  description = "Name of the state bucket. Null means <name>-state-<account id>."
  type        = string
  default     = null

  validation {
    condition     = var.state_bucket == null ? true : can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.state_bucket))
    error_message = "state_bucket is \"${var.state_bucket == null ? "null" : var.state_bucket}\"; give 3 to 63 lower-case letters, digits and hyphens, or null for a name made of the account's number."
  }
}

variable "state_history_days" {
  description = "Days for which earlier states are kept; the ten newest of them always stay."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.state_history_days >= 1 && floor(var.state_history_days) == var.state_history_days
    error_message = "state_history_days is ${var.state_history_days}; give a whole number from 1."
  }
}

variable "github_repository" {
  description = "GitHub repository whose workflows deploy, as OWNER/NAME. No wildcard. Null makes nothing for GitHub: people deploy by hand."
  type        = string
  default     = null

  validation {
    condition     = var.github_repository == null ? true : can(regex("^[A-Za-z0-9](-?[A-Za-z0-9])*/[A-Za-z0-9._-]+$", var.github_repository))
    error_message = "github_repository is \"${var.github_repository == null ? "null" : var.github_repository}\"; give OWNER/NAME, such as my-company/weather, without a wildcard and without an address."
  }
}

variable "github_owner_id" {
  description = "Number of the repository's owner, for repositories whose tokens carry it (all made since 15 July 2026). Null trusts the form with names only."
  type        = number
  default     = null

  validation {
    condition     = (var.github_owner_id == null) == (var.github_repository_id == null)
    error_message = "give github_owner_id and github_repository_id both, or neither: gh api repos/OWNER/NAME --jq '.owner.id,.id'"
  }

  validation {
    condition     = var.github_owner_id == null || var.github_repository != null
    error_message = "github_owner_id is given without github_repository: give the repository, too."
  }

  validation {
    condition     = var.github_owner_id == null ? true : var.github_owner_id > 0 && floor(var.github_owner_id) == var.github_owner_id
    error_message = "github_owner_id is ${var.github_owner_id == null ? "null" : var.github_owner_id}; give the whole number that gh api repos/OWNER/NAME --jq .owner.id prints."
  }
}

variable "github_repository_id" {
  description = "Number of the repository, with github_owner_id."
  type        = number
  default     = null

  validation {
    condition     = var.github_repository_id == null ? true : var.github_repository_id > 0 && floor(var.github_repository_id) == var.github_repository_id
    error_message = "github_repository_id is ${var.github_repository_id == null ? "null" : var.github_repository_id}; give the whole number that gh api repos/OWNER/NAME --jq .id prints."
  }
}

variable "github_oidc_provider_arn" {
  description = "ARN of the account's OIDC provider for GitHub, when it has one; null makes it."
  type        = string
  default     = null

  validation {
    condition     = var.github_oidc_provider_arn == null ? true : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/token\\.actions\\.githubusercontent\\.com$", var.github_oidc_provider_arn))
    error_message = "github_oidc_provider_arn is \"${var.github_oidc_provider_arn == null ? "null" : var.github_oidc_provider_arn}\"; give the ARN that aws iam list-open-id-connect-providers shows for token.actions.githubusercontent.com, or null to make it."
  }
}

variable "release_branch" {
  description = "Branch whose workflows may plan releases, besides pull requests."
  type        = string
  default     = "main"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._/-]*$", var.release_branch))
    error_message = "release_branch is \"${var.release_branch}\"; give one branch's name, such as main, without a wildcard."
  }
}

variable "break_glass_arns" {
  description = "IAM users and roles of people who may repair an environment by hand, with a second factor; each environment gets a role for them. None makes none."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.break_glass_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(user|role)/[A-Za-z0-9+=,.@_/-]+$", arn))])
    error_message = "break_glass_arns is ${jsonencode(var.break_glass_arns)}; give ARNs of IAM users or roles, such as arn:aws:iam::123456789012:user/ada, no whole account and no wildcard."
  }
}

# Nothing here uses it: it is asked for once, and kept among the settings.
variable "alarm_subscriber" {
  description = "Who is told when an alarm goes off: an e-mail address, or the ARN of an SNS topic in the same region. `mesh bootstrap` writes it into each environment's file of values, as alarm_email or alarm_topic_arn. Null tells no one."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_subscriber == null ? true : can(regex("^([^@\\s]+@[^@\\s]+\\.[^@\\s]+|arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256})$", var.alarm_subscriber))
    error_message = "alarm_subscriber is \"${var.alarm_subscriber == null ? "null" : var.alarm_subscriber}\"; give one e-mail address, or the ARN of a standard SNS topic, arn:aws:sns:REGION:ACCOUNT:NAME."
  }
}

variable "kms_key_arns" {
  description = "KMS keys that deployments may use, for kms_key_arn in terraform/."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.kms_key_arns : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", arn))])
    error_message = "kms_key_arns is ${jsonencode(var.kms_key_arns)}; give ARNs of keys, such as arn:aws:kms:us-east-1:123456789012:key/1234abcd-..., no alias and no wildcard."
  }
}

variable "target_arns" {
  description = "Queues, topics, functions and event buses that functions may send to, for dead_letter_arn and async_on_*_arn in terraform/."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.target_arns : can(regex("^arn:aws[a-z-]*:(sqs|sns|lambda|events):[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9._:/-]+$", arn))])
    error_message = "target_arns is ${jsonencode(var.target_arns)}; give ARNs of queues, topics, functions or event buses, without a wildcard."
  }
}

variable "vpc" {
  description = "Let functions be in a VPC, for vpc_subnet_ids in terraform/."
  type        = bool
  default     = false
  nullable    = false
}

variable "domain_zone_ids" {
  description = "Public Route 53 hosted zones in which deployments may have a domain, for domain_zone_id in terraform/."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.domain_zone_ids : can(regex("^Z[A-Z0-9]{1,31}$", id))])
    error_message = "domain_zone_ids is ${jsonencode(var.domain_zone_ids)}; give ids of hosted zones, such as Z0123456789ABCDEFGHIJ, without /hostedzone/ and without a wildcard."
  }
}

variable "layer_arns" {
  description = "Layers that functions may use, for layers in terraform/, without their version, such as [\"arn:aws:lambda:us-east-1:123456789012:layer:fonts\"]."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.layer_arns : can(regex("^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:layer:[A-Za-z0-9_-]{1,140}$", arn))])
    error_message = "layer_arns is ${jsonencode(var.layer_arns)}; give ARNs of layers without a version and without a wildcard, such as arn:aws:lambda:us-east-1:123456789012:layer:fonts."
  }
}

# The same rules as in ../server_variables.tf.
variable "policy_statements" {
  description = "What functions may do in AWS, the same list as policy_statements in terraform/. A statement is for every environment, or for those that it names, such as environments = [\"staging\"]."
  type = list(object({
    sid        = optional(string)
    effect     = optional(string, "Allow")
    actions    = list(string)
    resources  = list(string)
    conditions = optional(list(object({ test = string, variable = string, values = list(string) })), [])

    environments = optional(set(string))
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

  validation {
    condition     = length(setsubtract(flatten([for statement in var.policy_statements : statement.environments == null ? [] : tolist(statement.environments)]), var.environments)) == 0
    error_message = "policy_statements has statements for ${jsonencode(setsubtract(flatten([for statement in var.policy_statements : statement.environments == null ? [] : tolist(statement.environments)]), var.environments))}, which environments does not have: ${jsonencode(var.environments)}."
  }
}

variable "tags" {
  description = "Tags for every resource, besides Project and ManagedBy."
  type        = map(string)
  default     = {}
  nullable    = false
}
