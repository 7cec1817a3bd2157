variable "region" {
  description = "AWS region of the service."
  type        = string
  default     = "us-east-1"
  nullable    = false
}

variable "name" {
  description = "Name of the cluster, the service and everything that belongs to them."
  type        = string
  default     = "mcp-server"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name is ${jsonencode(var.name)}. Use 3 to 32 lower-case letters, digits and hyphens, with a letter first and no hyphen last."
  }
}

variable "image_tag" {
  description = "Tag of the image in the repository that this configuration makes."
  type        = string
  default     = "latest"
  nullable    = false
}

variable "port" {
  description = "Port that the server listens on, and that clients call."
  type        = number
  default     = 3333
  nullable    = false

  validation {
    condition     = var.port >= 1 && var.port <= 65535 && floor(var.port) == var.port
    error_message = "port is ${var.port}. Use a whole number from 1 to 65535."
  }
}

variable "cpu_units" {
  description = "CPU of a task in units: 1024 are one vCPU. Fargate takes certain pairs of CPU and memory only."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096], var.cpu_units)
    error_message = "cpu_units is ${var.cpu_units}. Use 256, 512, 1024, 2048 or 4096."
  }
}

variable "memory_mb" {
  description = "Memory of a task in MB."
  type        = number
  default     = 1024
  nullable    = false

  validation {
    condition     = var.memory_mb >= 2 * var.cpu_units && var.memory_mb <= 8 * var.cpu_units
    error_message = "memory_mb is ${var.memory_mb}. With ${var.cpu_units} units of CPU, Fargate takes ${2 * var.cpu_units} to ${8 * var.cpu_units} MB."
  }
}

variable "architecture" {
  description = "Processor of the tasks: X86_64 or ARM64."
  type        = string
  default     = "X86_64"
  nullable    = false

  validation {
    condition     = contains(["X86_64", "ARM64"], var.architecture)
    error_message = "architecture is ${jsonencode(var.architecture)}. Use X86_64 or ARM64."
  }
}

variable "desired_count" {
  description = "Number of tasks. Each has an address of its own."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.desired_count >= 0 && floor(var.desired_count) == var.desired_count
    error_message = "desired_count is ${var.desired_count}. Use a whole number from 0."
  }
}

variable "allowed_cidr_blocks" {
  description = "Networks that may call the server."
  type        = list(string)
  default     = ["0.0.0.0/0"]
  nullable    = false

  validation {
    condition     = alltrue([for block in var.allowed_cidr_blocks : can(cidrhost(block, 0))])
    error_message = "allowed_cidr_blocks is ${jsonencode(var.allowed_cidr_blocks)}. Give networks such as 203.0.113.0/24."
  }
}

variable "log_retention_days" {
  description = "Days that log events are kept."
  type        = number
  default     = 30
  nullable    = false
}
