// Speaks MCP by standard input and output, and passes each message on to one server.
// The address comes from MCP_URL and the key from MCP_API_KEY, which Claude keeps as a secret.
import { createInterface } from "node:readline";

const url = process.env.MCP_URL;
const key = process.env.MCP_API_KEY;
const VERSION = "io.modelcontextprotocol/protocolVersion";
let negotiated;

const write = message => process.stdout.write(JSON.stringify(message) + "\n");

const headersFor = message => {
  const headers = {
    "content-type": "application/json",
    "accept": "application/json, text/event-stream",
  };
  if (key) headers.authorization = `Bearer ${key}`;
  // The newest revision has no handshake: each request says what it is.
  const own = message.params?._meta?.[VERSION];
  const version = own ?? negotiated;
  if (version) headers["mcp-protocol-version"] = version;
  if (own) {
    headers["mcp-method"] = message.method;
    const name = message.params.name ?? message.params.uri;
    if (name) headers["mcp-name"] = name;
  }
  return headers;
};

// The messages of an answer: one, or those of an event stream as they come.
async function* messages(reply) {
  if (!reply.headers.get("content-type")?.includes("event-stream")) {
    const text = await reply.text();
    if (text) yield JSON.parse(text);
    return;
  }
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of reply.body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
    rest = lines.pop();
    for (const line of lines) if (line.startsWith("data:")) yield JSON.parse(line.slice(5));
  }
}

const pass = async message => {
  let words;
  try {
    const reply = await fetch(url, {
      method: "POST", headers: headersFor(message), body: JSON.stringify(message),
    });
    let answered = false;
    for await (const answer of messages(reply)) {
      if (answer.id === null && answer.error) {
        words = answer.error.message;
        continue;
      }
      if (message.method === "initialize") negotiated = answer.result?.protocolVersion;
      answered ||= answer.id === message.id;
      write(answer);
    }
    if (answered) return;
    words ??= `The server answered with status ${reply.status}.`;
  } catch (error) {
    words = `The server at ${url} did not answer: ${error.cause?.message ?? error.message}`;
  }
  if (message.id !== undefined) {
    write({ jsonrpc: "2.0", id: message.id, error: { code: -32603, message: words } });
  }
};

// A handshake ends before anything else begins.
let before = Promise.resolve();
for await (const line of createInterface({ input: process.stdin })) {
  if (!line.trim()) continue;
  const message = JSON.parse(line);
  const passed = before.then(() => pass(message));
  if (message.method === "initialize") before = passed;
}
