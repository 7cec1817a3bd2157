"""The usual server under uvicorn, as AWS's Lambda Web Adapter starts it."""

import os

import uvicorn
from usual import mcp

app = mcp.http_app(path="/mcp", stateless_http=True, json_response=True)
uvicorn.run(app, host="127.0.0.1", port=int(os.environ["AWS_LWA_PORT"]), access_log=False)
