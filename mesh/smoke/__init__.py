"""Checks a deployed server from outside."""
