"use strict";
const said = document.getElementById("said");
const shown = new WeakMap();

const tell = (button, words) => {
  const text = button.firstChild;
  clearTimeout(shown.get(button));
  text.data = words;
  said.textContent = words;
  shown.set(button, setTimeout(() => { text.data = "Copy"; said.textContent = ""; }, 2000));
};

for (const button of document.querySelectorAll("button.copy")) {
  const code = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      tell(button, "Copied");
    } catch {
      getSelection().selectAllChildren(code);
      tell(button, "Selected");
    }
  });
}

// The address names the chosen client, so that it can be handed on: .../#cursor.
const choose = () => {
  const choice = document.getElementById("pick-" + location.hash.slice(1));
  if (choice) choice.checked = true;
};
addEventListener("hashchange", choose);
choose();
for (const choice of document.querySelectorAll("input[name=client]")) {
  choice.addEventListener("change", () => {
    history.replaceState(null, "", "#" + choice.id.slice(5));
  });
}

// The test of the connection. The key is read from its field for each test, and goes nowhere else.
const test = document.getElementById("test");
const key = document.getElementById("key");
const outcome = document.getElementById("outcome");

const ask = async (method, params) => {
  const headers = {
    "content-type": "application/json",
    "accept": "application/json, text/event-stream",
    "mcp-protocol-version": "2025-06-18",
  };
  const given = key ? key.value.trim() : "";
  if (given) headers.authorization = "Bearer " + given;
  let reply, text;
  try {
    reply = await fetch("mcp", {
      method: "POST", headers, cache: "no-store", credentials: "omit", redirect: "error",
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    text = await reply.text();
  } catch {
    throw Error("The server did not answer. Is this device online, and is the address right?");
  }
  // A streamed answer has the message after the notifications.
  const messages = /event-stream/.test(reply.headers.get("content-type"))
    ? text.split(/\r?\n/).filter(line => line.startsWith("data:")).map(line => line.slice(5))
    : [text];
  let answer = {};
  try { answer = JSON.parse(messages.at(-1)); } catch { /* no JSON: told by its status */ }
  const words = answer.error?.message || answer.message || answer.Message;
  if (reply.status === 429) {
    const wait = reply.headers.get("retry-after");
    throw Error("Too many calls. Try again " + (wait ? `in ${wait} seconds.` : "later."));
  }
  if (!answer.result) throw Error(words || `The server answered with status ${reply.status}.`);
  return answer.result;
};

const connect = async () => {
  // A header takes no other characters, and so no key has any.
  if (key && /[^\x21-\x7e]/.test(key.value.trim())) {
    throw Error("A credential has no spaces and no special letters. Is all of this one copied?");
  }
  const { serverInfo } = await ask("initialize", {
    protocolVersion: "2025-06-18", capabilities: {},
    clientInfo: { name: "connection-test", version: "1" },
  });
  let count = 0, cursor;
  do {
    const page = await ask("tools/list", cursor ? { cursor } : {});
    count += page.tools.length;
    cursor = page.nextCursor;
  } while (cursor);
  return `Connected to ${serverInfo.name}: ${count} ${count === 1 ? "tool" : "tools"}.`;
};

if (test) {
  const button = document.getElementById("try");
  const run = async () => {
    button.disabled = true;
    outcome.className = "";
    outcome.textContent = "Connecting …";
    try {
      outcome.textContent = await connect();
      outcome.className = "good";
    } catch (error) {
      outcome.textContent = "Not connected. " + error.message;
      outcome.className = "bad";
    }
    button.disabled = false;
  };
  test.hidden = false;
  button.addEventListener("click", run);
  key?.addEventListener("keydown", event => { if (event.key === "Enter") run(); });
  addEventListener("pagehide", () => { if (key) key.value = ""; });
}
