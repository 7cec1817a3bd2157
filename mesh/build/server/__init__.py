"""The author's server in the build: imported in processes of its own, checked and explained.

What is wrong with a server, and how its author mends it, belongs here. What goes into the zip does
not; see `bundle`.
"""
