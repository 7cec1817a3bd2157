// A session with the official TypeScript SDK, 2.x: `typescript_sdk_2.mjs URL KEY`. Prints it.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { talk } from "./typescript_session.mjs";

const [url, key] = process.argv.slice(2);
const transport = new StreamableHTTPClientTransport(new URL(url), {
  requestInit: { headers: { Authorization: `Bearer ${key}` } },
});
const client = new Client(
  { name: "typescript-sdk-2", version: "1.0.0" },
  { versionNegotiation: { mode: "auto" } },
);
console.log(JSON.stringify(await talk(client, transport, () => client.getNegotiatedProtocolVersion())));
