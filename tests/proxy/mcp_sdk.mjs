// The SDK of MCP, of its version 1 (sessions, until 2025-11-25) and 2 (2026-07-28): `serve 1|2 HOST`, which says its port, and
// `ask 1|2 URL PROXY`, which lists and calls tools through a proxy and prints a line of JSON.
import http from "node:http";
import { randomUUID } from "node:crypto";

const [, , what, version, place, proxy] = process.argv;
const called = [];

async function tools(McpServer) {
  const server = new McpServer({ name: "tools", version: "1.0.0" });
  for (const name of ["read_page", "search", "delete_page"])
    server.registerTool(name, { description: name }, async () => {
      called.push(name);
      return { content: [{ type: "text", text: "did " + name }] };
    });
  return server;
}

async function serve() {
  const handle = version === "1" ? await first() : await second();
  const server = http.createServer((request, response) => {
    if (request.url === "/called") return response.end(JSON.stringify(called));
    handle(request, response);
  });
  server.listen(0, place, () => console.log(server.address().port));
}

async function first() {
  const { McpServer } = await import("@modelcontextprotocol/sdk/server/mcp.js");
  const { StreamableHTTPServerTransport } = await import("@modelcontextprotocol/sdk/server/streamableHttp.js");
  const sessions = {};
  return async (request, response) => {
    let transport = sessions[request.headers["mcp-session-id"]];
    if (!transport) {
      transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID, onsessioninitialized: (id) => (sessions[id] = transport) });
      await (await tools(McpServer)).connect(transport);
    }
    await transport.handleRequest(request, response);
  };
}

async function second() {
  const { McpServer, createMcpHandler } = await import("@modelcontextprotocol/server");
  const { toNodeHandler } = await import("@modelcontextprotocol/node");
  return toNodeHandler(createMcpHandler(() => tools(McpServer)));
}

// As fetch, by a proxy: in the absolute form.
function through(url, { method = "GET", headers, body, signal } = {}) {
  const { hostname, port } = new URL(proxy);
  return new Promise((resolve, reject) => {
    const asked = http.request({ host: hostname, port, path: String(url), method, signal, headers: { ...Object.fromEntries(new Headers(headers)), host: new URL(url).host } });
    asked.on("error", reject);
    asked.on("response", (answer) => {
      const stream = new ReadableStream({
        start(to) {
          answer.on("data", (data) => to.enqueue(data)).on("end", () => to.close()).on("error", () => to.error(new Error("broken off")));
        },
        cancel: () => answer.destroy(),
      });
      const empty = [204, 304].includes(answer.statusCode);
      resolve(new Response(empty ? null : stream, { status: answer.statusCode, headers: answer.headers }));
    });
    asked.end(body);
  });
}

async function ask() {
  const names = version === "1"
    ? ["@modelcontextprotocol/sdk/client/index.js", "@modelcontextprotocol/sdk/client/streamableHttp.js"]
    : ["@modelcontextprotocol/client", "@modelcontextprotocol/client"];
  const { Client } = await import(names[0]);
  const { StreamableHTTPClientTransport } = await import(names[1]);
  const client = new Client({ name: "asks", version: "1.0.0" }, version === "1" ? {} : { versionNegotiation: { mode: "auto" } });
  const transport = new StreamableHTTPClientTransport(new URL(place), { fetch: through });
  await client.connect(transport);
  const said = { tools: (await client.listTools()).tools.map((one) => one.name) };
  for (const name of ["search", "read_page", "delete_page", "search"])
    said[name] = await client.callTool({ name, arguments: {} }).then((result) => result.content[0].text, (error) => `${error.code}: ${error.message}`);
  if (transport.terminateSession) await transport.terminateSession().catch(() => {});
  await client.close();
  console.log(JSON.stringify(said));
  process.exit(0);
}

await (what === "serve" ? serve() : ask());
