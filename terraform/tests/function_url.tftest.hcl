# The Function URL module: both grants for NONE, none for AWS_IAM.

mock_provider "aws" {
  source = "./tests/mocks"

  # Known while planning.
  override_during = plan
}

variables {
  function_name = "mesh-test"
  alias         = "live"
  auth          = "NONE"
  invoke_mode   = "BUFFERED"
}

run "public_url_has_both_grants_each_with_its_condition" {
  command = plan

  module {
    source = "./modules/function_url"
  }

  assert {
    condition = jsondecode(aws_cloudformation_stack.public_access[0].template_body).Resources.CallFunctionUrl.Properties == {
      FunctionName        = "mesh-test:live"
      Action              = "lambda:InvokeFunctionUrl"
      Principal           = "*"
      FunctionUrlAuthType = "NONE"
    }
    error_message = aws_cloudformation_stack.public_access[0].template_body
  }

  assert {
    condition = jsondecode(aws_cloudformation_stack.public_access[0].template_body).Resources.InvokeThroughFunctionUrl.Properties == {
      FunctionName          = "mesh-test:live"
      Action                = "lambda:InvokeFunction"
      Principal             = "*"
      InvokedViaFunctionUrl = true
    }
    error_message = "lambda:InvokeFunction for everyone without the condition would let any AWS account forge events."
  }

  assert {
    condition     = jsondecode(aws_cloudformation_stack.public_access[0].template_body).Resources.InvokeThroughFunctionUrl.DependsOn == "CallFunctionUrl"
    error_message = "Concurrent AddPermission calls conflict: the grants must be made one after the other."
  }
}

run "sigv4_url_has_no_public_grant_and_a_policy_with_both_conditions" {
  command = plan

  module {
    source = "./modules/function_url"
  }

  variables {
    auth = "AWS_IAM"
  }

  assert {
    condition     = length(aws_cloudformation_stack.public_access) == 0
    error_message = "A public grant on a URL that demands SigV4."
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_policy.invoke[0].policy).Statement : statement.Action => statement.Condition } == {
      "lambda:InvokeFunctionUrl" = { StringEquals = { "lambda:FunctionUrlAuthType" = "AWS_IAM" } }
      "lambda:InvokeFunction"    = { Bool = { "lambda:InvokedViaFunctionUrl" = "true" } }
    }
    error_message = aws_iam_policy.invoke[0].policy
  }

  assert {
    condition     = alltrue([for statement in jsondecode(aws_iam_policy.invoke[0].policy).Statement : statement.Resource == aws_lambda_function_url.this.function_arn])
    error_message = aws_iam_policy.invoke[0].policy
  }
}

run "other_accounts_have_both_grants_one_after_the_other" {
  command = plan

  module {
    source = "./modules/function_url"
  }

  variables {
    auth     = "AWS_IAM"
    accounts = ["111122223333", "444455556666", "111122223333"]
  }

  assert {
    condition = jsondecode(aws_cloudformation_stack.accounts[0].template_body).Resources == {
      Grant0 = {
        Type = "AWS::Lambda::Permission"
        Properties = {
          FunctionName        = "mesh-test:live"
          Action              = "lambda:InvokeFunctionUrl"
          Principal           = "111122223333"
          FunctionUrlAuthType = "AWS_IAM"
        }
      }
      Grant1 = {
        Type      = "AWS::Lambda::Permission"
        DependsOn = "Grant0"
        Properties = {
          FunctionName          = "mesh-test:live"
          Action                = "lambda:InvokeFunction"
          Principal             = "111122223333"
          InvokedViaFunctionUrl = true
        }
      }
      Grant2 = {
        Type      = "AWS::Lambda::Permission"
        DependsOn = "Grant1"
        Properties = {
          FunctionName        = "mesh-test:live"
          Action              = "lambda:InvokeFunctionUrl"
          Principal           = "444455556666"
          FunctionUrlAuthType = "AWS_IAM"
        }
      }
      Grant3 = {
        Type      = "AWS::Lambda::Permission"
        DependsOn = "Grant2"
        Properties = {
          FunctionName          = "mesh-test:live"
          Action                = "lambda:InvokeFunction"
          Principal             = "444455556666"
          InvokedViaFunctionUrl = true
        }
      }
    }
    error_message = aws_cloudformation_stack.accounts[0].template_body
  }
}
