// tests/proxy/mcp_auth.mjs CERTIFICATE KEY PORT: an MCP server of the SDK's version 1 with the SDK's own authorization server
// beside it, over TLS.
import { readFileSync } from "node:fs";
import https from "node:https";
import express from "express";
import { DemoInMemoryAuthProvider } from "@modelcontextprotocol/sdk/examples/server/demoInMemoryOAuthProvider.js";
import { requireBearerAuth } from "@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js";
import { getOAuthProtectedResourceMetadataUrl, mcpAuthRouter } from "@modelcontextprotocol/sdk/server/auth/router.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";

const [certificate, key, port] = process.argv.slice(2);
const issuerUrl = new URL(`https://localhost:${port}`), resourceServerUrl = new URL("/mcp", issuerUrl);
const provider = new DemoInMemoryAuthProvider((resource) => String(resource) === String(resourceServerUrl));
const app = express();
app.use(mcpAuthRouter({ provider, issuerUrl, resourceServerUrl, scopesSupported: ["mcp:tools"] }));
const bearer = requireBearerAuth({ verifier: provider, requiredScopes: ["mcp:tools"], resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resourceServerUrl) });
app.post("/mcp", bearer, async (request, response) => {
  const server = new McpServer({ name: "locked", version: "1.0.0" });
  server.registerTool("search", {}, async () => ({ content: [{ type: "text", text: "did search" }] }));
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
  await server.connect(transport);
  await transport.handleRequest(request, response);
});
https.createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, app).listen(Number(port), "127.0.0.1", () => console.log("ready"));
