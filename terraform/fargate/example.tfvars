# The server of examples/notes, in the account's default network.
name        = "notes"
environment = "production"
image       = "123456789012.dkr.ecr.us-east-1.amazonaws.com/notes:1"

vpc_id            = "vpc-0123456789abcdef0"
public_subnet_ids = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]

domain_name    = "notes.example.com"
domain_zone_id = "Z0123456789ABCDEFGHIJ"

environment_variables = { NOTES_TABLE = "notes" }
secrets               = ["SHARING_KEY"]

policy_statements = [{
  actions   = ["dynamodb:GetItem", "dynamodb:PutItem"]
  resources = ["arn:aws:dynamodb:us-east-1:123456789012:table/notes"]
}]
