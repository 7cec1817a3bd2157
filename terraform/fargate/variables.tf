# Name and place, and what runs.

variable "name" {
  description = "Name of the server; begins the name of every resource."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.name)) && length("${var.name}-${var.environment}") <= 32
    error_message = "name is \"${var.name}\". Use lower-case letters, digits and single hyphens, a letter first. A load balancer takes 32 characters for name and environment together."
  }

  validation {
    condition     = !startswith(var.name, "aws") && !startswith(var.name, "ssm") && !startswith(var.name, "internal-")
    error_message = "name is \"${var.name}\". Systems Manager refuses names that start with \"aws\" or \"ssm\", and load balancers refuse \"internal-\": choose another."
  }
}

variable "environment" {
  description = "Name of the environment, such as staging or production."
  type        = string
  default     = "dev"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.environment)) && length(var.environment) <= 20
    error_message = "environment is \"${var.environment}\". Use at most 20 lower-case letters, digits and single hyphens, a letter first."
  }
}

variable "region" {
  description = "AWS region of everything."
  type        = string
  default     = "us-east-1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is \"${var.region}\". Give a region's code, such as us-east-1 or eu-central-1."
  }
}

variable "tags" {
  description = "More tags for every resource that can have tags."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "image" {
  description = "Image of the server with its tag or digest, built from web.Dockerfile as `mesh build --container` says."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9./_-]*(:[A-Za-z0-9._-]+|@sha256:[0-9a-f]{64}|:[0-9]+/[a-z0-9./_-]+(:[A-Za-z0-9._-]+|@sha256:[0-9a-f]{64}))$", var.image))
    error_message = "image is \"${var.image}\". Give an image with its tag or digest, such as 123456789012.dkr.ecr.us-east-1.amazonaws.com/weather:1."
  }
}

variable "architecture" {
  description = "Processor of the tasks, for which the image was built: arm64 or x86_64."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is \"${var.architecture}\". Use arm64 or x86_64."
  }
}

variable "cpu_units" {
  description = "CPU of a task in units, of which one vCPU has 1024."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096], var.cpu_units)
    error_message = "cpu_units is ${var.cpu_units}. Use 256, 512, 1024, 2048 or 4096."
  }
}

# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
variable "memory_mb" {
  description = "Memory of a task in MB: two to eight times cpu_units."
  type        = number
  default     = 1024
  nullable    = false

  validation {
    condition     = var.memory_mb >= 2 * var.cpu_units && var.memory_mb <= (var.cpu_units == 256 ? 2048 : var.cpu_units == 4096 ? 30720 : 8 * var.cpu_units) && (var.memory_mb % 1024 == 0 || (var.cpu_units == 256 && var.memory_mb == 512))
    error_message = "memory_mb is ${var.memory_mb}. With cpu_units ${var.cpu_units}, Fargate takes ${2 * var.cpu_units} to ${var.cpu_units == 256 ? 2048 : var.cpu_units == 4096 ? 30720 : 8 * var.cpu_units} in steps of 1024."
  }
}

variable "min_tasks" {
  description = "Least number of tasks. With two, one can fail while the other answers."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.min_tasks >= 1 && floor(var.min_tasks) == var.min_tasks
    error_message = "min_tasks is ${var.min_tasks}. Use a whole number from 1."
  }
}

variable "max_tasks" {
  description = "Largest number of tasks that autoscaling may start."
  type        = number
  default     = 6
  nullable    = false

  validation {
    condition     = var.max_tasks >= var.min_tasks && floor(var.max_tasks) == var.max_tasks
    error_message = "max_tasks is ${var.max_tasks}. Use a whole number, at least min_tasks, which is ${var.min_tasks}."
  }
}

variable "cpu_target_percent" {
  description = "Average CPU use in percent that autoscaling keeps."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.cpu_target_percent >= 10 && var.cpu_target_percent <= 90
    error_message = "cpu_target_percent is ${var.cpu_target_percent}. Use 10 to 90."
  }
}

variable "requests_per_task" {
  description = "Requests in a minute for each task that autoscaling keeps."
  type        = number
  default     = 1000
  nullable    = false

  validation {
    condition     = var.requests_per_task >= 1
    error_message = "requests_per_task is ${var.requests_per_task}. Use 1 or more."
  }
}

variable "timeout_seconds" {
  description = "How long one request may take, in seconds."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900
    error_message = "timeout_seconds is ${var.timeout_seconds}. Use 1 to 900."
  }
}

variable "log_level" {
  description = "Least level of log lines: DEBUG, INFO, WARNING, ERROR or CRITICAL."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], var.log_level)
    error_message = "log_level is \"${var.log_level}\". Use DEBUG, INFO, WARNING, ERROR or CRITICAL."
  }
}

variable "log_retention_days" {
  description = "Days that log events are kept: a number that CloudWatch takes, such as 7, 30, 90 or 365."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}. Use a number that CloudWatch takes, such as 7, 30, 90 or 365."
  }
}
