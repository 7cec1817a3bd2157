variable "path" {
  description = "What the parameters' names begin with, a slash first and none last."
  type        = string
}

variable "kms_key_arn" {
  description = "ARN of the customer's KMS key that new parameters are encrypted with; null for the account's aws/ssm."
  type        = string
  default     = null
}

variable "parameters" {
  description = "Last part of each parameter's name, and what the parameter is for."
  type        = map(string)
}
