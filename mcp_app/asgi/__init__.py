"""The HTTP side: routes, access control, JSON-RPC, errors. No knowledge, no AWS calls."""
