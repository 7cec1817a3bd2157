variable "server" {
  description = "Name of the server, its environment included; begins the names of what is made here."
  type        = string
}

variable "domain_name" {
  description = "Host name under which the server is reached, such as mesh.example.com."
  type        = string
}

variable "zone_id" {
  description = "Id of the public Route 53 hosted zone that the host name is in."
  type        = string
}

variable "function_url" {
  description = "The live Function URL, which everything is passed on to."
  type        = string
}

variable "requests_per_minute" {
  description = "Most requests of one IP address in a minute, 10 or more; 0 sets no limit and makes no web ACL."
  type        = number
}
