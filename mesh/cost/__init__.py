"""What a server costs a month, on Lambda and on Fargate.

Prices are in one file, `terraform/modules/monitoring/prices.tf.json`, because the dashboard
reads it too. Nothing here changes anything in AWS.
"""
