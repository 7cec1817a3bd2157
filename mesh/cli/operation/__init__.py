"""Commands for a server that runs, here or on AWS: its log, checks, keys, secrets and domain."""
