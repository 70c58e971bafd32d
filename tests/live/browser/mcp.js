'use strict';
// mcp.js URL OPTION...: a client of Playwright's MCP server: it opens the page, and says what the answer says
const { spawn } = require('child_process');
const [url, ...options] = process.argv.slice(2);
const server = spawn('playwright-mcp', ['--executable-path', process.env.CHROMIUM || '/usr/bin/chromium', '--isolated', ...options],
    { stdio: ['pipe', 'pipe', 'inherit'] });
const send = (message) => server.stdin.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n');

require('readline').createInterface(server.stdout).on('line', (line) => {
    const message = JSON.parse(line);
    if (message.id === 1) {
        send({ method: 'notifications/initialized' });
        send({ id: 2, method: 'tools/call', params: { name: 'browser_navigate', arguments: { url } } });
    } else if (message.id === 2) {
        console.log(JSON.stringify(message.result));
        server.kill();
    }
});
send({ id: 1, method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } } });
