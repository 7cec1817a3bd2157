"""How tools, resources and prompts come into the server."""
