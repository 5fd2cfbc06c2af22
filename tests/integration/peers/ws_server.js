// Echoes WebSocket messages: ws_server.js MODULES PORT. "close CODE REASON" makes it close so.
'use strict';
const http = require('http');
const [modules, port] = process.argv.slice(2);
const { WebSocketServer } = require(modules + '/ws');

const server = http.createServer((request, response) => response.end('ok'));
const sockets = new WebSocketServer({ server, maxPayload: 64 * 1024 * 1024 });
sockets.on('connection', (socket) => {
  socket.on('error', () => {});
  socket.on('message', (data, binary) => {
    const text = binary ? '' : data.toString();
    if (text.startsWith('close ')) {
      const [, code, ...reason] = text.split(' ');
      socket.close(Number(code), reason.join(' '));
    } else {
      socket.send(data, { binary });
    }
  });
});
server.listen(Number(port), '127.0.0.1');
