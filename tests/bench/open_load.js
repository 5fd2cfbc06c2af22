// Open-loop load: open_load.js PORT RATE WARM_UP_SECONDS SECONDS. Requests start at fixed times, whatever became of those
// before, and are timed from when they were due: no coordinated omission. Prints, for those due after the warm-up:
//   {"sent": N, "failed": N, "served": {SERVER: N}, "p50": MS, "p99": MS}
// 40 client addresses and a parameter uid, so that hashes have keys. The server's name is taken from x-server.
'use strict';
const http = require('http');
const [port, rate, warmUp, seconds] = process.argv.slice(2).map(Number);

const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });
const times = [];
const served = {};
let failed = 0;
let open = 0;
let next = 0;
const total = Math.round(rate * (warmUp + seconds));
const start = performance.now() + 50;

function finish(due, measured, server) {
  open -= 1;
  if (measured && server) {
    served[server] = (served[server] || 0) + 1;
    times.push(performance.now() - due);
  } else if (measured) {
    failed += 1;
  }
  if (next === total && open === 0) {
    report();
  }
}

function send(due, measured) {
  open += 1;
  const number = Math.floor(Math.random() * 1e6);
  const request = http.get({
    agent, host: '127.0.0.1', port, path: `/?uid=${number}`, localAddress: `127.0.0.${1 + (number % 40)}`,
  }, (response) => {
    response.resume();
    response.on('end', () => finish(due, measured, response.statusCode === 200 && response.headers['x-server']));
  });
  request.on('error', () => finish(due, measured, null));
}

function report() {
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))];
  console.log(JSON.stringify({ sent: times.length + failed, failed, served, p50: at(0.5), p99: at(0.99) }));
  process.exit(0);
}

const pace = setInterval(() => {
  const now = performance.now();
  while (next < total && start + (next * 1000) / rate <= now) {
    send(start + (next * 1000) / rate, next >= rate * warmUp);
    next += 1;
  }
  if (next === total) {
    clearInterval(pace);
  }
}, 1);
