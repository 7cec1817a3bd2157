"""Environments and releases: bootstrap, plan guard, release, rollback."""
