# The network, which is there already, and the address.

variable "vpc_id" {
  description = "VPC of the load balancer and the tasks."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^vpc-[0-9a-f]+$", var.vpc_id))
    error_message = "vpc_id is \"${var.vpc_id}\". Give a VPC's id, such as vpc-0123456789abcdef0."
  }
}

variable "public_subnet_ids" {
  description = "Public subnets of the load balancer, in two zones or more. The tasks are there too, unless private_subnet_ids says where else."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(distinct(var.public_subnet_ids)) >= 2 && alltrue([for id in var.public_subnet_ids : can(regex("^subnet-[0-9a-f]+$", id))])
    error_message = "public_subnet_ids is ${jsonencode(var.public_subnet_ids)}. A load balancer needs two subnets or more, such as subnet-0123456789abcdef0."
  }
}

variable "private_subnet_ids" {
  description = "Private subnets for the tasks, with a NAT gateway. Without any, the tasks have public addresses that only the load balancer may call."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.private_subnet_ids : can(regex("^subnet-[0-9a-f]+$", id))])
    error_message = "private_subnet_ids is ${jsonencode(var.private_subnet_ids)}. Give ids of subnets, such as subnet-0123456789abcdef0."
  }
}

variable "allowed_cidr_blocks" {
  description = "Networks that may call the server."
  type        = list(string)
  default     = ["0.0.0.0/0"]
  nullable    = false

  validation {
    condition     = length(var.allowed_cidr_blocks) > 0 && alltrue([for block in var.allowed_cidr_blocks : can(cidrnetmask(block))])
    error_message = "allowed_cidr_blocks is ${jsonencode(var.allowed_cidr_blocks)}. Give IPv4 networks, such as 203.0.113.0/24."
  }
}

variable "domain_name" {
  description = "Host name of your own for the server, such as mesh.example.com."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain_name))
    error_message = "domain_name is \"${var.domain_name}\". Give a host name in lower case, such as mesh.example.com, without https:// and without a path."
  }
}

variable "domain_zone_id" {
  description = "Id of the public Route 53 hosted zone that domain_name is in, such as Z0123456789ABCDEFGHIJ."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^Z[A-Z0-9]{1,31}$", var.domain_zone_id))
    error_message = "domain_zone_id is \"${var.domain_zone_id}\". Give the zone's id, such as Z0123456789ABCDEFGHIJ, as `aws route53 list-hosted-zones` prints it after /hostedzone/."
  }
}

variable "deletion_protection" {
  description = "Whether the load balancer refuses to be deleted. Set it to false and apply before you destroy."
  type        = bool
  default     = true
  nullable    = false
}
