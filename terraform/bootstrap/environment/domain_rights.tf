# What the apply role may do for a domain of one's own (modules/custom_domain in terraform/),
# in the hosted zones that bootstrap was told of; without any there is no such policy.
# Tags tell an environment's own certificate and distribution, which AWS gives random ids.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_cloudfront.html
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscertificatemanager.html
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awswafv2.html

locals {
  # A domain's certificate and web ACL are there, wherever the server is.
  certificates_arn = "arn:${var.partition}:acm:us-east-1:${var.account_id}:certificate/*"
  web_acl_arn      = "arn:${var.partition}:wafv2:us-east-1:${var.account_id}:global/webacl/${local.deployed}-domain/*"

  # CloudFront has no regions.
  cloudfront        = "arn:${var.partition}:cloudfront::${var.account_id}"
  distributions_arn = "${local.cloudfront}:distribution/*"

  # As terraform/ tags everything.
  own_tags       = { Project = var.name, Environment = var.environment }
  requested_tags = { for key, value in local.own_tags : "aws:RequestTag/${key}" => value }
  resource_tags  = { for key, value in local.own_tags : "aws:ResourceTag/${key}" => value }

  domain_rights = [
    {
      # AWS knows no resource for it: a certificate gets its id by it.
      Sid       = "RequestCertificate"
      Effect    = "Allow"
      Action    = "acm:RequestCertificate"
      Resource  = "*"
      Condition = { StringEquals = merge(local.requested_tags, { "acm:ValidationMethod" = "DNS" }) }
    },
    {
      Sid      = "Certificate"
      Effect   = "Allow"
      Resource = local.certificates_arn
      Action = [
        "acm:AddTagsToCertificate",
        "acm:DeleteCertificate",
        "acm:DescribeCertificate",
        "acm:ListTagsForCertificate",
        "acm:RemoveTagsFromCertificate",
        "acm:UpdateCertificateOptions",
      ]
      Condition = { StringEquals = local.resource_tags }
    },
    {
      # CloudFront knows no condition for it; what is made without the tags is out of reach.
      Sid      = "CreateDistribution"
      Effect   = "Allow"
      Action   = "cloudfront:CreateDistribution"
      Resource = local.distributions_arn
    },
    {
      Sid      = "Distribution"
      Effect   = "Allow"
      Resource = local.distributions_arn
      Action = [
        "cloudfront:DeleteDistribution",
        "cloudfront:GetDistribution",
        "cloudfront:GetDistributionConfig",
        "cloudfront:ListTagsForResource",
        "cloudfront:TagResource",
        "cloudfront:UntagResource",
        "cloudfront:UpdateDistribution",
      ]
      Condition = { StringEquals = local.resource_tags }
    },
    {
      # What is made is tagged by a request of its own right, before it has tags. What has
      # another environment's tags cannot be taken over so.
      Sid      = "TagWhatIsMade"
      Effect   = "Allow"
      Action   = ["acm:AddTagsToCertificate", "cloudfront:TagResource"]
      Resource = [local.certificates_arn, local.distributions_arn]
      Condition = {
        StringEquals         = local.requested_tags
        StringEqualsIfExists = local.resource_tags
      }
    },
    {
      Sid      = "ViewerRequestFunction"
      Effect   = "Allow"
      Resource = "${local.cloudfront}:function/${local.deployed}-viewer-request"
      Action = [
        "cloudfront:CreateFunction",
        "cloudfront:DeleteFunction",
        "cloudfront:DescribeFunction",
        "cloudfront:GetFunction",
        "cloudfront:PublishFunction",
        "cloudfront:UpdateFunction",
      ]
    },
    {
      # The store, not what is in it: that takes rights of cloudfront-keyvaluestore.
      Sid      = "KeyValueStore"
      Effect   = "Allow"
      Resource = "${local.cloudfront}:key-value-store/${local.deployed}"
      Action = [
        "cloudfront:CreateKeyValueStore",
        "cloudfront:DeleteKeyValueStore",
        "cloudfront:DescribeKeyValueStore",
        "cloudfront:UpdateKeyValueStore",
      ]
    },
    {
      Sid      = "WebAcl"
      Effect   = "Allow"
      Resource = local.web_acl_arn
      Action = [
        "wafv2:CreateWebACL",
        "wafv2:DeleteWebACL",
        "wafv2:GetWebACL",
        "wafv2:ListTagsForResource",
        "wafv2:TagResource",
        "wafv2:UntagResource",
        "wafv2:UpdateWebACL",
      ]
    },
    {
      Sid      = "ReadZones"
      Effect   = "Allow"
      Action   = ["route53:GetHostedZone", "route53:ListResourceRecordSets", "route53:ListTagsForResource"]
      Resource = local.zone_arns
    },
    {
      # No mail, no delegation: the addresses, and the CNAME that proves the name to ACM.
      # https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-rrset-conditions.html
      Sid      = "WriteRecords"
      Effect   = "Allow"
      Action   = "route53:ChangeResourceRecordSets"
      Resource = local.zone_arns
      Condition = { "ForAllValues:StringEquals" = {
        "route53:ChangeResourceRecordSetsRecordTypes" = ["A", "AAAA", "CNAME"]
      } }
    },
    {
      # Whether a change has reached all name servers; its id is known afterwards.
      Sid      = "AwaitRecords"
      Effect   = "Allow"
      Action   = "route53:GetChange"
      Resource = "arn:${var.partition}:route53:::change/*"
    },
  ]

  zone_arns = [for id in var.domain_zone_ids : "arn:${var.partition}:route53:::hostedzone/${id}"]
}
