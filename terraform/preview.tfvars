# What previews of pull requests set apart from the defaults. Each is an environment of its own,
# preview-prNUMBER, with these values: .github/workflows/preview.yml writes its name here.
environment = "preview"

# Made by `mesh bootstrap --environment preview`.
permissions_boundary = "aoma-mesh-preview-boundary"

# Nobody has a key for a preview: its callers sign with AWS credentials.
function_url_auth = "AWS_IAM"

# Nobody is called at night for a preview.
alarms = false
