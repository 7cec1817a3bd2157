# What production sets apart from the defaults; the pipeline's and the hand's alike.
# The region is the repository's AWS_REGION there, -var region=... by hand.
environment = "production"

# Made by `mesh bootstrap`. Without that, where nobody but you deploys, leave it out.
permissions_boundary = "aoma-mesh-production-boundary"
