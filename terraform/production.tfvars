# What production sets apart from the defaults; the pipeline's and the hand's alike.
# The region is the repository's AWS_REGION there, -var region=... by hand.
environment = "production"
