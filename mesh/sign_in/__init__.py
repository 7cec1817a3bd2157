"""What an MCP client does to sign in, step by step, and who is responsible where a step fails.

Asks a server and its issuer over plain HTTP, as Claude, ChatGPT, VS Code and Cursor do. Nothing
here knows a deployment, AWS or a terminal.
https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization
"""
