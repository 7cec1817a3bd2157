"""Removing the old service: the plan, its steps, what it saves, and whose Terraform owns it.

Only things of the old service are touched. What shares them is found in `inventory`.
"""
