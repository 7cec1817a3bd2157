# What staging sets apart from the defaults. It is deployed before production, to try there
# what production will get.
environment = "staging"

# Made by `mesh bootstrap`. Without that, where nobody but you deploys, leave it out.
permissions_boundary = "aoma-mesh-staging-boundary"
