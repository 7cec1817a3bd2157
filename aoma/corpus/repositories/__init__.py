"""Reads git repositories: their commits, their code files, and where they are on the web."""
