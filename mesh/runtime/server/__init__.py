"""What is added to FastMCP: argument errors, completions, state that is sealed, exits caught."""
