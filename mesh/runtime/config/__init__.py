"""What a deployment is told: environment variables, and what the build recorded."""
