"""The whole deployment on this machine: `mesh up` and `mesh down`."""
