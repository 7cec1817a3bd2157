variable "name" {
  description = "Name of the server."
  type        = string
}

variable "environment" {
  description = "Name of the environment."
  type        = string
}

variable "is_numbered" {
  description = "Whether it stands for any number of deployments, each called like it with -pr and a number."
  type        = bool
  default     = false
  nullable    = false
}

variable "region" {
  description = "Region of what is deployed."
  type        = string
}

variable "account_id" {
  description = "Account of what is deployed."
  type        = string
}

variable "partition" {
  description = "Partition of AWS, such as aws."
  type        = string
}

variable "oidc_provider_arn" {
  description = "ARN of GitHub's OIDC provider. Null lets the account assume the apply role."
  type        = string
}

variable "subjects" {
  description = "Subjects of tokens that may be the apply role."
  type        = list(string)
}

variable "state_bucket_arn" {
  description = "ARN of the state bucket."
  type        = string
}

variable "state_key" {
  description = "Object with this environment's state."
  type        = string
}

variable "kms_key_arns" {
  description = "Customers' KMS keys that deployments may use."
  type        = list(string)
  default     = []
}

variable "target_arns" {
  description = "Where the function may send records and events."
  type        = list(string)
  default     = []
}

variable "domain_zone_ids" {
  description = "Hosted zones in which the environment may have a domain."
  type        = list(string)
  default     = []
}

variable "vpc" {
  description = "Whether the function may be in a VPC."
  type        = bool
  default     = false
}

variable "layer_arns" {
  description = "Layers that the function may use, without their version."
  type        = list(string)
  default     = []
}

variable "policy_statements" {
  description = "What the function may do in AWS besides."
  type = list(object({
    sid        = optional(string)
    effect     = optional(string, "Allow")
    actions    = list(string)
    resources  = list(string)
    conditions = optional(list(object({ test = string, variable = string, values = list(string) })), [])
  }))
  default = []
}

variable "break_glass_arns" {
  description = "IAM users and roles of people who may repair the environment by hand."
  type        = list(string)
  default     = []
}
