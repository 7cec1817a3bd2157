"""Events in, answers out: the ASGI application, its routes, and Mangum."""
