// A WebSocket client steered by lines of JSON: ws_client.js MODULES URL.
//   in:   {"text": "..."} {"binary": SIZE} {"close": CODE, "reason": "..."} {"ping": true}
//   out:  {"open": true} {"text": "..."} {"binary": SIZE, "sha256": "...", "sent": "..."} {"pong": true}
//         {"closed": CODE, "reason": "..."} {"error": "..."}
'use strict';
const crypto = require('crypto');
const readline = require('readline');
const [modules, url] = process.argv.slice(2);
const WebSocket = require(modules + '/ws');

const say = (what) => process.stdout.write(JSON.stringify(what) + '\n');
const digest = (data) => crypto.createHash('sha256').update(data).digest('hex');
let sent = '';

const socket = new WebSocket(url, { maxPayload: 64 * 1024 * 1024 });
socket.on('open', () => say({ open: true }));
socket.on('pong', () => say({ pong: true }));
socket.on('error', (error) => say({ error: error.message }));
socket.on('message', (data, binary) => {
  say(binary ? { binary: data.length, sha256: digest(data), sent } : { text: data.toString() });
});
socket.on('close', (code, reason) => {
  say({ closed: code, reason: reason.toString() });
  process.exit(0);
});

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const order = JSON.parse(line);
  if (order.text !== undefined) {
    socket.send(order.text);
  } else if (order.binary !== undefined) {
    const data = crypto.randomBytes(order.binary);
    sent = digest(data);
    socket.send(data);
  } else if (order.ping) {
    socket.ping();
  } else {
    socket.close(order.close, order.reason || '');
  }
});
