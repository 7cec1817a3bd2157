"""`GET /`: what this is, for a person who opened the address in a browser."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from mcp_app.build_info import BuildInfo
from mcp_app.settings import WITH_API_KEYS, Settings

# No outside assets, no script: the page cannot be made to do more than show text.
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}

CREDENTIAL = {
    "api_key": "Every call needs an API key: <code>Authorization: Bearer &lt;key&gt;</code>.",
    "oauth": "Every call needs an access token; clients that speak OAuth ask you to sign in.",
    "both": "Every call needs an API key, <code>Authorization: Bearer &lt;key&gt;</code>, or an "
    "access token; clients that speak OAuth ask you to sign in.",
    "iam": "Every call must be signed with AWS SigV4, service <code>lambda</code>.",
    "none": "<strong>This server is open: anybody may call it.</strong>",
}

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name} · MCP server</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.55 system-ui, sans-serif; max-width: 44rem; margin: 0 auto;
  padding: 2.5rem 1.25rem; }}
h1 {{ font-size: 1.6rem; margin: 0 0 .25rem; }}
h2 {{ font-size: 1.05rem; margin: 2rem 0 .5rem; }}
pre, code {{ font: .875rem/1.5 ui-monospace, monospace; }}
pre {{ padding: .9rem 1rem; border: 1px solid #8886; border-radius: .5rem; overflow-x: auto; }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.25rem; margin: 0; }}
dt {{ opacity: .7; }} dd {{ margin: 0; overflow-wrap: anywhere; }}
.ok {{ color: light-dark(#17713a, #5fd38d); }}
</style>
</head>
<body>
<h1>{name}</h1>
<p>An <a href="https://modelcontextprotocol.io">MCP</a> server, and
<span class="ok">it is running</span>. {credential}</p>
<h2>Connect</h2>
<p>The address for every MCP client, over Streamable HTTP:</p>
<pre>{url}mcp</pre>
<p>Claude Code, for example:</p>
<pre>claude mcp add --transport http {name} {url}mcp{header}</pre>
<p>Clients without MCP post plain JSON-RPC to <code>{url}rpc</code>:</p>
<pre>curl {url}rpc{curl_header} \\
  -H 'content-type: application/json' \\
  -d '{{"method": "tools/list"}}'</pre>
<h2>What runs here</h2>
<dl>
<dt>Version</dt><dd>{version}</dd>
<dt>Commit</dt><dd>{commit}</dd>
<dt>Environment</dt><dd>{environment}</dd>
<dt>Function version</dt><dd>{function_version}</dd>
<dt>Knowledge</dt><dd>{backend}</dd>
<dt>Health</dt><dd><a href="health">{url}health</a></dd>
</dl>
</body>
</html>
"""


def home(settings: Settings, build: BuildInfo) -> Callable[[Request], Awaitable[Response]]:
    """The page, with the address under which it was asked for."""
    key = settings.auth in WITH_API_KEYS

    async def endpoint(request: Request) -> Response:
        values = {
            "name": settings.name,
            "url": str(request.base_url),
            "header": ' \\\n  --header "Authorization: Bearer $MESH_API_KEY"' if key else "",
            "curl_header": ' \\\n  -H "Authorization: Bearer $MESH_API_KEY"' if key else "",
            "version": build.version,
            "commit": (build.commit[:12] if build.commit else "not built from a commit")
            + (", with uncommitted changes" if build.dirty else ""),
            "environment": settings.environment,
            "function_version": settings.function_version,
            "backend": settings.backend,
        }
        page = PAGE.format(
            credential=CREDENTIAL[settings.auth],
            **{name: escape(value) for name, value in values.items()},
        )
        return HTMLResponse(page, headers=HEADERS)

    return endpoint
