# What it is called. Changing one of these three makes a new server at a new address.

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

# What runs.

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

# What it may have besides; docs/options.md has a part for each.

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
  description = "ARN of a KMS key of yours that encrypts the environment, snapshots, the log, new parameters and the alarms' topic; its policy has to let them (docs/options.md). Null leaves AWS's own keys."
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

# Who may use it.

variable "function_url_auth" {
  description = "How the live Function URL is guarded: NONE (the server itself demands a credential) or AWS_IAM (SigV4)."
  type        = string
  default     = "NONE"
  nullable    = false

  validation {
    condition     = contains(["NONE", "AWS_IAM"], var.function_url_auth)
    error_message = "function_url_auth is \"${var.function_url_auth}\"; use NONE (API keys, access tokens) or AWS_IAM (SigV4)."
  }
}

variable "allow_unauthenticated" {
  description = "Let anyone who knows the live Function URL use the server without a credential. Only with function_url_auth NONE."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !(var.allow_unauthenticated && var.function_url_auth == "AWS_IAM")
    error_message = "allow_unauthenticated is true, but function_url_auth AWS_IAM demands SigV4 of everyone: set one of them back."
  }
}

variable "api_keys" {
  description = "Take API keys. False only with oauth_issuer: then an access token is the one way in."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.api_keys || var.oauth_issuer != null || var.function_url_auth == "AWS_IAM"
    error_message = "api_keys is false and oauth_issuer is null: nobody could call the server. Set one of them."
  }
}

variable "oauth_issuer" {
  description = "Take access tokens of this OAuth issuer, exactly as it stands in them, such as https://PROJECT.supabase.co/auth/v1. Null takes none."
  type        = string
  default     = null

  validation {
    condition     = var.oauth_issuer == null ? true : can(regex("^(https://[^ /@]+|http://(127\\.0\\.0\\.1|localhost)(:[0-9]+)?)(/[^ #]*)?$", var.oauth_issuer))
    error_message = "oauth_issuer is \"${coalesce(var.oauth_issuer, "null")}\"; give the issuer's https address, as its tokens have it in \"iss\"."
  }

  validation {
    condition     = var.oauth_issuer == null || (var.function_url_auth == "NONE" && !var.allow_unauthenticated)
    error_message = "oauth_issuer is set, but function_url_auth AWS_IAM takes the Authorization header for SigV4, and allow_unauthenticated asks nobody: use function_url_auth NONE without it."
  }
}

variable "oauth_audiences" {
  description = "What an access token may be made for, its aud. Empty means this server's own address, which no other server's token has."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for audience in var.oauth_audiences : can(regex("^[^ ,]+$", audience))])
    error_message = "oauth_audiences is ${jsonencode(var.oauth_audiences)}; each must be a word without spaces or commas."
  }

  validation {
    condition     = length(var.oauth_audiences) == 0 || var.oauth_issuer != null
    error_message = "oauth_audiences is set and oauth_issuer is null, so no token would be looked at: set it too."
  }
}

variable "oauth_jwks_url" {
  description = "Where the issuer's public keys are. Null asks its metadata, one request more at an instance's first token."
  type        = string
  default     = null

  validation {
    condition     = var.oauth_jwks_url == null ? true : can(regex("^(https://[^ /@]+|http://(127\\.0\\.0\\.1|localhost)(:[0-9]+)?)(/[^ #]*)?$", var.oauth_jwks_url))
    error_message = "oauth_jwks_url is \"${coalesce(var.oauth_jwks_url, "null")}\"; give an https address."
  }
}

variable "oauth_required_scopes" {
  description = "Scopes that every access token must have been granted."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for scope in var.oauth_required_scopes : can(regex("^[!#-\\[\\]-~]+$", scope))])
    error_message = "oauth_required_scopes is ${jsonencode(var.oauth_required_scopes)}; a scope has no space, quote or backslash."
  }

  validation {
    condition     = length(var.oauth_required_scopes) == 0 || var.oauth_issuer != null
    error_message = "oauth_required_scopes is set and oauth_issuer is null, so no token would be looked at: set it too."
  }
}

variable "tool_scopes" {
  description = "Scopes that an access token needs besides for a tool, by the tool's name. Who lacks them does not see the tool. API keys are limited by `mesh keys create --tool`."
  type        = map(list(string))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for scope in flatten(values(var.tool_scopes)) : can(regex("^[!#-\\[\\]-~]+$", scope))])
    error_message = "tool_scopes is ${jsonencode(var.tool_scopes)}; a scope has no space, quote or backslash."
  }

  validation {
    condition     = length(var.tool_scopes) == 0 || var.oauth_issuer != null
    error_message = "tool_scopes is set and oauth_issuer is null, so no token would be looked at: set it too."
  }
}

variable "oauth_max_lifetime_seconds" {
  description = "Longest time for which an access token may have been made, in seconds. None can be revoked before it ends."
  type        = number
  default     = 86400
  nullable    = false

  validation {
    condition     = var.oauth_max_lifetime_seconds >= 60 && var.oauth_max_lifetime_seconds <= 604800
    error_message = "oauth_max_lifetime_seconds is ${var.oauth_max_lifetime_seconds}; give 60 to 604800, a week."
  }
}

variable "caller_account_ids" {
  description = "Other AWS accounts whose callers may use the live URL with function_url_auth AWS_IAM, if their own policy lets them too."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for account in var.caller_account_ids : can(regex("^[0-9]{12}$", account))])
    error_message = "caller_account_ids is ${jsonencode(var.caller_account_ids)}; an account's id has 12 digits."
  }

  validation {
    condition     = length(var.caller_account_ids) == 0 || var.function_url_auth == "AWS_IAM"
    error_message = "caller_account_ids is set, but with function_url_auth NONE nobody signs requests: use AWS_IAM."
  }
}

variable "rate_limit_per_minute" {
  description = "Calls that one caller may make in a minute, on each instance: with three instances, three times as many. 0 sets no limit; reserved_concurrency caps all callers together."
  type        = number
  default     = 600
  nullable    = false

  validation {
    condition     = var.rate_limit_per_minute >= 0 && var.rate_limit_per_minute <= 1000000 && floor(var.rate_limit_per_minute) == var.rate_limit_per_minute
    error_message = "rate_limit_per_minute is ${var.rate_limit_per_minute}; give a whole number from 0 to 1000000."
  }
}

variable "allowed_origins" {
  description = "Origins of web pages that may call the server from a browser, such as https://app.example.com. Clients that are not browsers need none. See docs/access.md."
  type        = list(string)
  default     = []
  nullable    = false

  # As browsers write them in Origin; written otherwise, they would let nobody in.
  validation {
    condition = alltrue([for origin in var.allowed_origins : (
      can(regex("^https?://[a-z0-9._-]+(:[1-9][0-9]{0,4})?$", origin)) &&
      !can(regex("^(http://.*:80|https://.*:443)$", origin)) &&
      try(tonumber(split(":", origin)[2]), 0) <= 65535
    )])
    error_message = "allowed_origins is ${jsonencode(var.allowed_origins)}; write each as browsers send it: http:// or https://, the host in lower case, a port other than the usual one, and no path or wildcard, such as https://app.example.com."
  }

  validation {
    condition     = length(var.allowed_origins) <= 100 && alltrue([for origin in var.allowed_origins : length(origin) <= 253])
    error_message = "allowed_origins has ${length(var.allowed_origins)} origins; Lambda takes at most 100, of at most 253 characters each."
  }
}

variable "tools_ask_back" {
  description = "Whether tools of yours ask callers back in the middle of a call. Instances then seal what such a tool remembers with the key in the parameter state-key."
  type        = bool
  default     = false
  nullable    = false
}

variable "secrets_ttl_seconds" {
  description = "Seconds for which an instance keeps what it read from Systems Manager: how long a revoked API key may still work."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.secrets_ttl_seconds >= 1 && var.secrets_ttl_seconds <= 3600 && floor(var.secrets_ttl_seconds) == var.secrets_ttl_seconds
    error_message = "secrets_ttl_seconds is ${var.secrets_ttl_seconds}; give a whole number from 1 to 3600."
  }
}

# Under which name it is reached.

variable "domain_name" {
  description = "Host name of your own for the server, such as mesh.example.com: CloudFront passes its requests on to the live Function URL. Null makes none."
  type        = string
  default     = null

  validation {
    condition     = var.domain_name == null || can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain_name))
    error_message = "domain_name is \"${var.domain_name == null ? "" : var.domain_name}\"; give a host name in lower case, such as mesh.example.com, without https:// and without a path."
  }

  # CloudFront's own signature needs a header that MCP clients do not send with a POST.
  validation {
    condition     = var.domain_name == null || var.function_url_auth == "NONE"
    error_message = "A domain needs function_url_auth NONE: requests that come through CloudFront carry no SigV4 signature of their callers. The server demands keys or tokens, and the Function URL refuses what does not come through the domain."
  }

  validation {
    condition     = var.domain_name == null || var.invoke_mode == "RESPONSE_STREAM" || var.timeout_seconds <= 60
    error_message = "timeout_seconds is ${var.timeout_seconds}; CloudFront waits 60 seconds for an answer. Use at most 60, or invoke_mode RESPONSE_STREAM, where 60 seconds are the longest pause."
  }
}

variable "domain_zone_id" {
  description = "Id of the public Route 53 hosted zone that domain_name is in, such as Z0123456789ABCDEFGHIJ."
  type        = string
  default     = null

  validation {
    condition     = (var.domain_name == null) == (var.domain_zone_id == null)
    error_message = "domain_name and domain_zone_id belong together: give both, or neither."
  }

  validation {
    condition     = var.domain_zone_id == null || can(regex("^Z[A-Z0-9]{1,31}$", var.domain_zone_id))
    error_message = "domain_zone_id is \"${var.domain_zone_id == null ? "" : var.domain_zone_id}\"; give the zone's id, such as Z0123456789ABCDEFGHIJ, as `aws route53 list-hosted-zones` prints it after /hostedzone/."
  }
}

variable "domain_only" {
  description = "Refuse requests that reach the live Function URL without passing through the domain. False while clients move from the one to the other."
  type        = bool
  default     = true
  nullable    = false
}

variable "domain_requests_per_minute" {
  description = "Most requests of one IP address through the domain in a minute, counted by AWS WAF: $6 a month, and $0.60 per million requests. 0 sets no limit and costs nothing."
  type        = number
  default     = 3000
  nullable    = false

  validation {
    condition     = var.domain_requests_per_minute == 0 || (var.domain_requests_per_minute >= 10 && var.domain_requests_per_minute <= 2000000000 && floor(var.domain_requests_per_minute) == var.domain_requests_per_minute)
    error_message = "domain_requests_per_minute is ${var.domain_requests_per_minute}; use a whole number of 10 or more, the least that AWS WAF counts, or 0 for no limit."
  }
}

# How it answers, and what it tells.

variable "invoke_mode" {
  description = "How the Function URLs pass answers on: BUFFERED (whole, up to 6 MB) or RESPONSE_STREAM (as they are made, up to 200 MB)."
  type        = string
  default     = "BUFFERED"
  nullable    = false

  validation {
    condition     = contains(["BUFFERED", "RESPONSE_STREAM"], var.invoke_mode)
    error_message = "invoke_mode is \"${var.invoke_mode}\"; use BUFFERED or RESPONSE_STREAM."
  }
}

variable "streaming_runtime" {
  description = "What streams with invoke_mode RESPONSE_STREAM: native (the runtime in the zip) or web_adapter (the AWS Lambda Web Adapter, a layer of AWS's)."
  type        = string
  default     = "native"
  nullable    = false

  validation {
    condition     = contains(["native", "web_adapter"], var.streaming_runtime)
    error_message = "streaming_runtime is \"${var.streaming_runtime}\"; use native or web_adapter."
  }
}

variable "fast_path" {
  description = "Whether what needs no FastMCP is answered without it, so that instances start like a bare handler. See docs/fast-path.md."
  type        = bool
  default     = true
  nullable    = false
}

variable "log_level" {
  description = "Least severity that the server logs: DEBUG, INFO, WARNING or ERROR."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.log_level)
    error_message = "log_level is \"${var.log_level}\"; use DEBUG, INFO, WARNING or ERROR."
  }
}

variable "log_retention_days" {
  description = "Days for which logs are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}; CloudWatch Logs takes 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "permissions_boundary" {
  description = "Name of the IAM policy that bounds the function's role, such as aoma-mesh-production-boundary, which `mesh bootstrap` makes and its apply role insists on. Null sets none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null ? true : can(regex("^[A-Za-z0-9+=,.@_-]{1,128}$", var.permissions_boundary))
    error_message = "permissions_boundary is \"${var.permissions_boundary == null ? "null" : var.permissions_boundary}\"; give the name of a policy in this account, not its ARN, or null for none."
  }
}

variable "tags" {
  description = "Tags for every resource, besides Project, Environment and ManagedBy."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:")])
    error_message = "tags has ${jsonencode(keys(var.tags))}; keys that begin with aws: are reserved by AWS: rename them."
  }
}

# What is watched, and who is told; docs/runbook.md says what to do then.

variable "alarms" {
  description = "Watch the live alias: alarms, a composite one and the topic that it notifies. About $0.90 a month, of which ten alarms of an account are free."
  type        = bool
  default     = true
  nullable    = false
}

variable "alarm_email" {
  description = "Address that alarms and the budget write to; AWS asks it first. Null writes to nobody: subscribe to alarm_topic_arn by other means."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_email == null ? true : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.alarm_email))
    error_message = "alarm_email is \"${var.alarm_email == null ? "null" : var.alarm_email}\"; give one e-mail address, or null."
  }
}

variable "alarm_thresholds" {
  description = "From where on an alarm is raised: errors, throttles and url_5xx a minute, and duration_share, the part of timeout_seconds that the slowest hundredth of requests takes."
  type = object({
    errors         = optional(number, 1)
    throttles      = optional(number, 1)
    url_5xx        = optional(number, 1)
    duration_share = optional(number, 0.8)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for value in [var.alarm_thresholds.errors, var.alarm_thresholds.throttles, var.alarm_thresholds.url_5xx] : value >= 1 && floor(value) == value])
    error_message = "alarm_thresholds is ${jsonencode(var.alarm_thresholds)}; errors, throttles and url_5xx are whole numbers from 1."
  }

  validation {
    condition     = var.alarm_thresholds.duration_share >= 0.05 && var.alarm_thresholds.duration_share <= 1
    error_message = "alarm_thresholds.duration_share is ${var.alarm_thresholds.duration_share}; give a part of timeout_seconds from 0.05 to 1, such as 0.8."
  }
}

variable "alarm_no_traffic_minutes" {
  description = "Minutes without a request that raise an alarm; only where somebody always asks. Null raises none."
  type        = number
  default     = null

  validation {
    condition     = var.alarm_no_traffic_minutes == null ? true : var.alarm_no_traffic_minutes >= 1 && var.alarm_no_traffic_minutes <= 1440 && floor(var.alarm_no_traffic_minutes) == var.alarm_no_traffic_minutes
    error_message = "alarm_no_traffic_minutes is ${var.alarm_no_traffic_minutes == null ? "null" : var.alarm_no_traffic_minutes}; give a whole number from 1 to 1440, a day, or null for no such alarm."
  }

  validation {
    condition     = var.alarm_no_traffic_minutes == null || var.alarms
    error_message = "alarm_no_traffic_minutes is set and alarms is false, so nothing would watch: set alarms to true."
  }
}

variable "dashboard" {
  description = "Make a dashboard: requests, durations by tool, cold starts, errors, estimated cost. $3 a month beyond an account's first three."
  type        = bool
  default     = true
  nullable    = false
}

variable "tool_metrics" {
  description = "Metrics of each tool: how long its calls took and how many failed, read by CloudWatch from the log. $0.60 a month for each tool that is used; needs log_level INFO or DEBUG."
  type        = bool
  default     = true
  nullable    = false
}

variable "tracing" {
  description = "Trace requests with AWS X-Ray: $5 per million traces beyond the first 100,000 a month. The log has each request's trace id either way."
  type        = bool
  default     = false
  nullable    = false
}

variable "budget_usd" {
  description = "Budget of the whole account a month, in US dollars: alarm_email is told at 80 % of it, and when 100 % is foreseen. Null makes none."
  type        = number
  default     = null

  validation {
    condition     = var.budget_usd == null ? true : var.budget_usd > 0
    error_message = "budget_usd is ${var.budget_usd == null ? "null" : var.budget_usd}; give an amount above 0, or null for no budget."
  }

  validation {
    condition     = var.budget_usd == null || var.alarm_email != null
    error_message = "budget_usd is set and alarm_email is null, so nobody would be told: set it too."
  }
}
