"""awslabs' mcp-lambda-handler, as its README shows it."""

from awslabs.mcp_lambda_handler import MCPLambdaHandler

mcp = MCPLambdaHandler(name="awslabs", version="1.0.0")


@mcp.tool()
def echo(text: str) -> str:
    """Give the text back.

    Args:
        text: The text.
    """
    return text


def handler(event, context):
    """Answer a Function URL event."""
    return mcp.handle_request(event, context)
