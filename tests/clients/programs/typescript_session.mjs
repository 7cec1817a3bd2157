// Connect, list, call, read, get, and be refused twice: with both generations, in Node.js and in a page.
export async function talk(client, transport, protocol) {
  await client.connect(transport);
  const { tools } = await client.listTools();
  const call = (query) => client.callTool({ name: "search_knowledge", arguments: { query } });
  const found = await call("Terraform");
  const health = await client.readResource({ uri: "aoma://health" });
  const prompt = await client.getPrompt({
    name: "triage_incident",
    arguments: { symptoms: "uploads fail", severity: "high" },
  });
  const refused = await call(" ");
  let unknown = null;
  try {
    await client.readResource({ uri: "aoma://docs/nothing" });
  } catch (error) {
    unknown = error.code;
  }
  const seen = {
    protocol: protocol(),
    tools: tools.map((tool) => tool.name),
    found: found.content[0].text,
    resource: health.contents[0].text,
    prompt: prompt.messages[0].content.text,
    refused: refused.isError ? refused.content[0].text : null,
    unknown,
  };
  await client.close();
  return seen;
}
