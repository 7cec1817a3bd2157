"""`/mcp` and `/rpc`: MCP over HTTP, without sessions."""
