"""A domain in front of the Function URL: redirects to it, and proof that a request passed it."""
