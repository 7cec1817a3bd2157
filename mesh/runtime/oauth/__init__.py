"""Access tokens of an OAuth issuer: whose they are, and whether they were made for this server.

Nothing of HTTP's incoming side lives here. Both ways of an instance verify with this code and
these keys. Beside the metadata's documents, nothing is imported before the first token.
"""
