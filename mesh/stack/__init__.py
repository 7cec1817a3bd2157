"""A deployment of the Terraform root: where its state lies, and Terraform itself."""
