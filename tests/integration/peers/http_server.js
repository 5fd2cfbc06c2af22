// A Node HTTP backend: http_server.js NAME PORT [MS]. Every answer says who gave it, after so many milliseconds.
'use strict';
const http = require('http');
const [name, port, delay] = process.argv.slice(2);

const server = http.createServer((request, response) => {
  request.resume();
  response.setHeader('x-server', name);
  const answer = () => response.end(request.url === '/health' ? 'ok' : name);
  if (delay) {
    setTimeout(answer, Number(delay));
  } else {
    answer();
  }
});
server.keepAliveTimeout = 60000;
server.listen(Number(port), '127.0.0.1', 1024);
