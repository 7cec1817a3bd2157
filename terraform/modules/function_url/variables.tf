variable "function_name" {
  description = "Name of the function."
  type        = string
}

variable "alias" {
  description = "Alias that the URL is on."
  type        = string
}

variable "auth" {
  description = "NONE or AWS_IAM."
  type        = string
}

variable "accounts" {
  description = "Other AWS accounts that may call the URL; only with auth AWS_IAM."
  type        = list(string)
  default     = []
}

variable "invoke_mode" {
  description = "BUFFERED or RESPONSE_STREAM."
  type        = string
}

variable "allowed_origins" {
  description = "Origins of web pages that may call the URL from a browser. Empty leaves CORS off."
  type        = list(string)
  default     = []
}
