"""Commands that deploy a server to AWS, and move, guard, repair and remove the deployment."""
