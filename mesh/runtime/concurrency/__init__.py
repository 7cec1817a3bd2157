"""The event loop and the worker thread that the fast path and FastMCP share."""
