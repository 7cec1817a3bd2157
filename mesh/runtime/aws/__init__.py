"""AWS's own interfaces, without an SDK: Parameter Store, credentials, the runtime API."""
