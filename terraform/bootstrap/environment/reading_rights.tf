# What the apply role may read: all that a plan with a refresh asks, and no write.

locals {
  # Names of actions begin with what they do. A refresh decrypts parameters, and reads no log.
  reads = "^(kms:(Decrypt|DescribeKey)|[a-z0-9-]+:(Describe|Get|List|View)[A-Za-z]*)$"

  reading_rights = [
    for statement in flatten(values(local.rights)) : merge(
      { for name, value in statement : name => value if name != "Action" && name != "Sid" },
      { Action = [for action in flatten([statement.Action]) : action if can(regex(local.reads, action))] },
    )
    if anytrue([for action in flatten([statement.Action]) : can(regex(local.reads, action))])
  ]
}
