"""Moving a server from a container service (ECS on Fargate) to Lambda.

`old_service` reads what runs, `proposal` says what Mesh needs for it, `comparison` and `callers`
watch old and new side by side, and `removal` ends the old one. Only `removal` and
`secret_copies` change anything in AWS.
"""
