variable "path" {
  description = "What the parameters' names begin with, a slash first and none last."
  type        = string
}

variable "parameters" {
  description = "Last part of each parameter's name, and what the parameter is for."
  type        = map(string)
}
