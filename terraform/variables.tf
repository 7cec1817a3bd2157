# Name and place. Changing one of these three makes a new server at a new address.

variable "name" {
  description = "Name of the server; begins the name of every resource. Changing it changes the Function URLs."
  type        = string
  default     = "aoma-mesh"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.name)) && length(var.name) <= 40
    error_message = "name is \"${var.name}\"; use at most 40 lower-case letters, digits and single hyphens, a letter first."
  }

  validation {
    condition     = !startswith(var.name, "aws") && !startswith(var.name, "ssm")
    error_message = "name is \"${var.name}\"; Systems Manager refuses parameter names that begin with \"aws\" or \"ssm\": choose another."
  }
}

variable "environment" {
  description = "Name of the environment, such as dev, staging or production. Changing it changes the Function URLs."
  type        = string
  default     = "dev"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.environment)) && length(var.environment) <= 20
    error_message = "environment is \"${var.environment}\"; use at most 20 lower-case letters, digits and single hyphens, a letter first."
  }
}

variable "region" {
  description = "AWS region of everything. Changing it changes the Function URLs."
  type        = string
  default     = "us-east-1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is \"${var.region}\"; give a region's code, such as us-east-1 or eu-central-1."
  }
}
