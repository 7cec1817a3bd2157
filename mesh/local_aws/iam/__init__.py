"""IAM's part of local AWS: signatures of requests, and the credentials of functions' roles.

Only who asks and which right a request needs. Who may call a Function URL is decided in
`function_url`.
"""
