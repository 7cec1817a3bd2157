"""Terraform's state of a deployment: taken over again from AWS, and its lock.

Nothing here changes AWS, and no key or secret comes into a state.
"""
