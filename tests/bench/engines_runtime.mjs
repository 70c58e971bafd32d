// The HTTP proxy of npm's @anthropic-ai/sandbox-runtime without its sandbox: its file is what the package starts, too.
//
//     node engines_runtime.mjs PACKAGE ADDRESS AUTHORITY CA-FILE     prints its port
//
// ADDRESS is what every name is found at, AUTHORITY what servers' certificates are verified against. CA-FILE gets the
// proxy's own; "" has it pass tunnels on as they are, which is what it does unless it is told otherwise.
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, address, authority, caFile] = process.argv.slice(2);
const part = (name) => import(pathToFileURL(join(folder, "dist", "sandbox", name)));
const { createHttpProxyServer } = await part("http-proxy.js");
const options = {
  filter: (_port, host) => host.endsWith(".bench.test"),
  lookupFor: () => (_host, asked, answer) =>
    asked.all ? answer(null, [{ address, family: 4 }]) : answer(null, address, 4),
};
if (caFile) {
  const { createMitmCA } = await part("mitm-ca.js");
  options.mitmCA = createMitmCA({});
  copyFileSync(options.mitmCA.certPath, caFile);
  options.tlsTerminateUpstreamCA = readFileSync(authority);
}
const server = createHttpProxyServer(options);
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
