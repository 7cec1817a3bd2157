# Options of the function. docs/how-to/function-options.md describes each.

# Snapshots need python3.12 or newer, which is what `runtime` takes.
variable "snap_start" {
  description = "Start instances from a snapshot that is taken of each published version, instead of initialising them. About $2 a month for each version that is kept, at 512 MB."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.snap_start || var.provisioned_concurrency == 0
    error_message = "snap_start is true and provisioned_concurrency is ${var.provisioned_concurrency}; Lambda has one or the other: set snap_start to false, or provisioned_concurrency to 0."
  }

  validation {
    condition     = !var.snap_start || var.ephemeral_storage_mb <= 512
    error_message = "snap_start is true and ephemeral_storage_mb is ${var.ephemeral_storage_mb}; a snapshot takes at most 512: set it to 512, or snap_start to false."
  }

  validation {
    condition     = !var.snap_start || var.invoke_mode == "BUFFERED" || var.streaming_runtime == "native"
    error_message = "snap_start is true, and with streaming_runtime \"${var.streaming_runtime}\" nothing could be done before a snapshot and after it: use streaming_runtime native."
  }
}

variable "provisioned_concurrency" {
  description = "Instances of the live version that are kept ready, so that no request up to so many at one time waits for a start; 0 keeps none. At 512 MB and arm64 about $4.40 a month for each."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.provisioned_concurrency >= 0 && floor(var.provisioned_concurrency) == var.provisioned_concurrency
    error_message = "provisioned_concurrency is ${var.provisioned_concurrency}; give a whole number from 0."
  }

  # Those of the version that goes live and of the one before are there at the same time.
  validation {
    condition     = var.reserved_concurrency == null ? true : 2 * var.provisioned_concurrency <= var.reserved_concurrency
    error_message = "provisioned_concurrency is ${var.provisioned_concurrency} and reserved_concurrency is ${var.reserved_concurrency == null ? "null" : var.reserved_concurrency}; while a version goes live two of them have theirs, so reserve at least ${2 * var.provisioned_concurrency}, or set reserved_concurrency to null."
  }
}

variable "ephemeral_storage_mb" {
  description = "Size of /tmp in MB, for tools of yours that write files; 512 cost nothing."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.ephemeral_storage_mb >= 512 && var.ephemeral_storage_mb <= 10240 && floor(var.ephemeral_storage_mb) == var.ephemeral_storage_mb
    error_message = "ephemeral_storage_mb is ${var.ephemeral_storage_mb}; Lambda takes whole numbers from 512 to 10240."
  }
}

variable "vpc_subnet_ids" {
  description = "Private subnets that the function's own requests go out through. They need a NAT gateway, or endpoints, for Systems Manager and what else is asked. Empty means no VPC."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.vpc_subnet_ids : can(regex("^subnet-[0-9a-f]{8,17}$", id))]) && length(var.vpc_subnet_ids) <= 16
    error_message = "vpc_subnet_ids is ${jsonencode(var.vpc_subnet_ids)}; give at most 16 ids, such as subnet-0123456789abcdef0."
  }

  validation {
    condition     = (length(var.vpc_subnet_ids) == 0) == (length(var.vpc_security_group_ids) == 0)
    error_message = "vpc_subnet_ids is ${jsonencode(var.vpc_subnet_ids)} and vpc_security_group_ids is ${jsonencode(var.vpc_security_group_ids)}; set both, or neither."
  }
}

variable "vpc_security_group_ids" {
  description = "Security groups of those requests; they need rules for going out only."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.vpc_security_group_ids : can(regex("^sg-[0-9a-f]{8,17}$", id))]) && length(var.vpc_security_group_ids) <= 5
    error_message = "vpc_security_group_ids is ${jsonencode(var.vpc_security_group_ids)}; give at most 5 ids, such as sg-0123456789abcdef0."
  }
}

variable "vpc_ipv6" {
  description = "Let those requests use IPv6 too; every one of the subnets must be dual-stack."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.vpc_ipv6 || length(var.vpc_subnet_ids) > 0
    error_message = "vpc_ipv6 is true and vpc_subnet_ids is empty: outside of a VPC there is nothing to allow. Set it to false, or name the subnets."
  }
}

variable "kms_key_arn" {
  description = "ARN of a KMS key of yours that encrypts the environment, snapshots, the log, new parameters and the alarms' topic; its policy has to let them (docs/how-to/function-options.md). Null leaves AWS's own keys."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null ? true : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn is \"${var.kms_key_arn == null ? "null" : var.kms_key_arn}\"; give a key's ARN, arn:aws:kms:REGION:ACCOUNT:key/ID, not an alias."
  }

  validation {
    condition     = var.kms_key_arn == null ? true : try(split(":", var.kms_key_arn)[3], "") == var.region
    error_message = "kms_key_arn is of region ${var.kms_key_arn == null ? "null" : try(split(":", var.kms_key_arn)[3], "none")} and the function of ${var.region}; use a key of ${var.region}."
  }
}

variable "code_signing_config_arn" {
  description = "ARN of a code signing configuration: Lambda then refuses a zip that AWS Signer has not signed. zip_path names the signed one. Null asks for no signature."
  type        = string
  default     = null

  validation {
    condition     = var.code_signing_config_arn == null ? true : can(regex("^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:code-signing-config:csc-[a-z0-9]{17}$", var.code_signing_config_arn))
    error_message = "code_signing_config_arn is \"${var.code_signing_config_arn == null ? "null" : var.code_signing_config_arn}\"; give arn:aws:lambda:REGION:ACCOUNT:code-signing-config:csc-ID."
  }

  validation {
    condition     = var.code_signing_config_arn == null || var.invoke_mode == "BUFFERED" || var.streaming_runtime == "native"
    error_message = "code_signing_config_arn is set, and Lambda would refuse the Web Adapter's layer, which your profile has not signed: use streaming_runtime native."
  }
}

variable "dead_letter_arn" {
  description = "ARN of a queue or topic for the events of asynchronous invocations that every retry failed. Null keeps none."
  type        = string
  default     = null

  validation {
    condition     = var.dead_letter_arn == null ? true : can(regex("^arn:aws[a-z-]*:(sqs|sns):[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", var.dead_letter_arn))
    error_message = "dead_letter_arn is \"${var.dead_letter_arn == null ? "null" : var.dead_letter_arn}\"; give the ARN of an SQS queue or SNS topic, and not a FIFO one."
  }
}

variable "async_on_failure_arn" {
  description = "ARN of a queue, topic, function or event bus that gets a record of each asynchronous invocation of live that failed, with its error. Null sends none."
  type        = string
  default     = null

  validation {
    condition     = var.async_on_failure_arn == null ? true : can(regex("^arn:aws[a-z-]*:((sqs|sns):[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+|lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_:-]+|events:[a-z0-9-]+:[0-9]{12}:event-bus/[A-Za-z0-9._/-]+)$", var.async_on_failure_arn))
    error_message = "async_on_failure_arn is \"${var.async_on_failure_arn == null ? "null" : var.async_on_failure_arn}\"; give the ARN of an SQS queue, SNS topic (not FIFO), Lambda function or event bus."
  }
}

variable "async_on_success_arn" {
  description = "The same for those that succeeded, with what was returned."
  type        = string
  default     = null

  validation {
    condition     = var.async_on_success_arn == null ? true : can(regex("^arn:aws[a-z-]*:((sqs|sns):[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+|lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_:-]+|events:[a-z0-9-]+:[0-9]{12}:event-bus/[A-Za-z0-9._/-]+)$", var.async_on_success_arn))
    error_message = "async_on_success_arn is \"${var.async_on_success_arn == null ? "null" : var.async_on_success_arn}\"; give the ARN of an SQS queue, SNS topic (not FIFO), Lambda function or event bus."
  }
}

variable "async_retries" {
  description = "How often Lambda tries an asynchronous invocation of live again that failed, 0 to 2."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = contains([0, 1, 2], var.async_retries)
    error_message = "async_retries is ${var.async_retries}; Lambda takes 0, 1 or 2."
  }
}
