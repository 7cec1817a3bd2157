"""What `mcp_app_lean` imports in place of modules that cost more than they give there."""
