// A dev server of few lines: a page, and a WebSocket that says "reload".
//
//   dev_server.js PORT ADDRESS    serves
//   dev_server.js reload URL      a browser's half of the socket: prints its first message
'use strict';
const crypto = require('crypto');
const http = require('http');

function serve(port, address) {
    const server = http.createServer((request, response) => response.end('a page\n'));
    server.on('upgrade', (request, socket) => {
        const key = request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
        const proof = crypto.createHash('sha1').update(key).digest('base64');
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n' +
            `Connection: Upgrade\r\nSec-WebSocket-Accept: ${proof}\r\n\r\n`);
        setTimeout(() => socket.end(Buffer.from('\x81\x06reload', 'latin1')), 200);
    });
    server.listen(port, address, () => console.log('listening', server.address()));
}

function reload(url) {
    const headers = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': 13,
        'Sec-WebSocket-Key': crypto.randomBytes(16).toString('base64') };
    http.get(url, { headers, agent: false }).on('upgrade', (response, socket) =>
        socket.on('data', (frame) => console.log(frame.subarray(2).toString())));
}

const [, , first, second] = process.argv;
if (first === 'reload') {
    reload(second);
} else {
    serve(Number(first), second);
}
