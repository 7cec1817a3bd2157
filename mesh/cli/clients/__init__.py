"""Commands that bring a server to its clients: their files, bundles, the registry."""
