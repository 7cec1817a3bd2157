"""Commands for a server on this machine: make one, configure, build and run it."""
