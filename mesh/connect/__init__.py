"""A server in a client's own configuration file: `mesh connect`.

`places` says where each client's file is, `formats` changes one text without touching what else
stands in it, `change` does that to a file, and `target` finds out about the server.
"""
