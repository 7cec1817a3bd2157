"""The usual server behind Mangum."""

from mangum import Mangum
from usual import mcp


def handler(event, context):
    """Answer a Function URL event.

    The application is made for each one: Mangum enters its lifespan every time, and the
    session manager's can be entered only once.
    """
    app = mcp.http_app(path="/mcp", stateless_http=True, json_response=True)
    return Mangum(app)(event, context)
