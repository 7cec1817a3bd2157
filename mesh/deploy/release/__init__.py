"""Releases: the newest version tried, put live, and taken back, at one address.

Everything that moves is moved by Terraform, applied to the root in `terraform/`; each plan
passes the plan guard first. Nothing here keeps state of its own: what was live is the
history of a parameter that Terraform writes with every apply.
"""
