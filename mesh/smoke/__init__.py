"""Checks a deployed server from outside, and tells clients how to connect to it."""
