# Values for `mesh up`. For AWS, write them into production.tfvars, with your account's number.
environment_variables = {
  NOTES_TABLE = "notes"
}

secrets = ["SHARING_KEY"]

policy_statements = [{
  actions   = ["dynamodb:GetItem", "dynamodb:PutItem"]
  resources = ["arn:aws:dynamodb:us-east-1:000000000000:table/notes"]
}]
