variable "account_id" {
  description = "Account of the role."
  type        = string
}

variable "partition" {
  description = "Partition of AWS, such as aws."
  type        = string
}

variable "oidc_provider_arn" {
  description = "ARN of GitHub's OIDC provider. Null trusts the account instead."
  type        = string
}

variable "subjects" {
  description = "Subjects of GitHub's tokens that may be the role."
  type        = list(string)
}
