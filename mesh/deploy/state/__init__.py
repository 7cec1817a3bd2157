"""Terraform's state of a deployment: taken over again from AWS, and its lock.

Nothing here changes AWS, and nothing reads a key or a secret.
"""
