# The function: its zip, its size and its versions.

variable "architecture" {
  description = "Processor of the function and of the zip: arm64 (a fifth cheaper) or x86_64."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is \"${var.architecture}\"; use arm64 or x86_64, and build the zip for the same."
  }
}

variable "runtime" {
  description = "Lambda's Python runtime. The zip must be built for the same version (`python build.py --python`); provider 5.100 knows up to python3.13."
  type        = string
  default     = "python3.13"
  nullable    = false

  validation {
    condition     = can(regex("^python3\\.(1[2-9]|[2-9][0-9])$", var.runtime))
    error_message = "runtime is \"${var.runtime}\"; use python3.12 or newer, and build the zip for it: python build.py --python 3.12."
  }
}

variable "zip_path" {
  description = "The zip made by build.py, relative to where Terraform runs. Null means ../dist/mesh-<architecture>.zip beside this folder."
  type        = string
  default     = null
}

variable "zip_bucket" {
  description = "Bucket through which the zip goes to Lambda, for zips over 50 MB: the one that `mesh bootstrap` makes. Null uploads the zip directly."
  type        = string
  default     = null

  validation {
    condition     = var.zip_bucket == null ? true : can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.zip_bucket))
    error_message = "zip_bucket is \"${var.zip_bucket == null ? "null" : var.zip_bucket}\"; give the name of a bucket, such as bootstrap's output state_bucket, or null."
  }
}

variable "memory_mb" {
  description = "Memory in MB; the share of a processor grows with it."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240 && floor(var.memory_mb) == var.memory_mb
    error_message = "memory_mb is ${var.memory_mb}; Lambda takes whole numbers from 128 to 10240."
  }
}

variable "timeout_seconds" {
  description = "Longest time for one request, in seconds."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900 && floor(var.timeout_seconds) == var.timeout_seconds
    error_message = "timeout_seconds is ${var.timeout_seconds}; Lambda takes whole numbers from 1 to 900."
  }
}

variable "reserved_concurrency" {
  description = "Most requests at one time; caps rate (10 times this a second) and bill. 0 turns the server off; null sets no limit of its own."
  type        = number
  default     = null

  validation {
    condition     = var.reserved_concurrency == null ? true : var.reserved_concurrency >= 0 && floor(var.reserved_concurrency) == var.reserved_concurrency
    error_message = "reserved_concurrency is ${var.reserved_concurrency == null ? "null" : var.reserved_concurrency}; give a whole number from 0, or null for no limit."
  }
}

variable "live_version" {
  description = "Version that the live URL serves; null means the newest. Set it to an earlier number to roll back, or to hold live while the candidate is tried."
  type        = number
  default     = null

  validation {
    condition     = var.live_version == null ? true : var.live_version >= 1 && floor(var.live_version) == var.live_version
    error_message = "live_version is ${var.live_version == null ? "null" : var.live_version}; give the number of a published version, from 1, or null for the newest."
  }
}

variable "canary_weight" {
  description = "Share of the live URL's requests, from 0 to below 1, that the newest version answers while live_version holds an earlier one. 0 sends it none."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.canary_weight >= 0 && var.canary_weight < 1
    error_message = "canary_weight is ${var.canary_weight}; give a share from 0 to below 1, such as 0.1. For all requests leave live_version out."
  }

  validation {
    condition     = var.canary_weight == 0 || var.live_version != null
    error_message = "canary_weight is ${var.canary_weight} and live_version is null, so the newest version has all requests already: set live_version to the version that keeps the rest."
  }
}
