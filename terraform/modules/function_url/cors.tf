# Which web pages may call the URL from a browser. Lambda answers their preflights without an
# invocation, and adds the CORS headers to every response; the function must send none of its own.
# https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors

locals {
  # All in lower case: Lambda stores them so, and every plan would show a change otherwise.
  cors = {
    # HEAD is for everyone. OPTIONS is not taken here: Lambda answers it by itself.
    methods = ["DELETE", "GET", "POST"]

    # By name: for browsers, `*` does not include Authorization.
    # https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name
    request_headers = [
      "accept", "content-type",
      # Credentials: keys and tokens, OAuth's DPoP, and what SigV4 signs.
      "authorization", "dpop", "x-api-key",
      "x-amz-content-sha256", "x-amz-date", "x-amz-security-token",
      # MCP's own, of all protocol versions.
      "last-event-id", "mcp-method", "mcp-name", "mcp-protocol-version", "mcp-session-id",
      # Traces: https://www.w3.org/TR/trace-context/ and https://www.w3.org/TR/baggage/
      "baggage", "traceparent", "tracestate", "x-amzn-trace-id",
    ]

    # Function URLs rename WWW-Authenticate. The request's id is what finds it in the log.
    response_headers = [
      "allow", "mcp-protocol-version", "mcp-session-id", "retry-after", "www-authenticate",
      "x-amzn-errortype", "x-amzn-remapped-www-authenticate", "x-amzn-requestid", "x-amzn-trace-id",
    ]

    # The longest that Chromium heeds. An origin that is taken off the list is refused at once:
    # the server checks it too.
    max_age_seconds = 7200
  }
}
