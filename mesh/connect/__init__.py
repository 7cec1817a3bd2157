"""A server in the hands of its clients: `mesh connect`, `mesh bundle` and `mesh server-json`.

`target` finds out about the server. `places`, `formats` and `change` put it into a client's own
file without touching what else stands there; `bundles` and `registry` make what is handed on.
"""
