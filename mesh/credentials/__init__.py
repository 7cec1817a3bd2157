"""API keys, secrets and origin secrets of a deployment, in SSM."""
