"""Who may call, and how often: API keys, signatures, tokens, web pages, limits."""
