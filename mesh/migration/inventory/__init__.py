"""The service on ECS that is left: what AWS says of it, and of what shares things with it.

Reads, and changes nothing. What to make of it belongs to `mesh.migration`.
"""
