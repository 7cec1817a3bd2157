"""Access tokens of an OAuth issuer: whose they are, and whether they were made for this server.

Nothing of HTTP's incoming side lives here, and nothing here is imported before the first
token: verifying needs a cryptography library, which a cold start should not pay for.
"""
