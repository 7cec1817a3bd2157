// A session with the official TypeScript SDK, 1.x: `typescript_sdk_1.mjs URL KEY`. Prints it.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { talk } from "./typescript_session.mjs";

const [url, key] = process.argv.slice(2);
const transport = new StreamableHTTPClientTransport(new URL(url), {
  requestInit: { headers: { Authorization: `Bearer ${key}` } },
});
const client = new Client({ name: "typescript-sdk-1", version: "1.0.0" });
console.log(JSON.stringify(await talk(client, transport, () => transport.protocolVersion)));
