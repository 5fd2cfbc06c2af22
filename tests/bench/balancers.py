"""The programs of the bench: steelyardd, its peers, the raw relay and the backends; configuration, start, CPU time, end.

Fair rules: one worker each, keep-alive on both sides and room for every backend connection, round robin over the same
backends, X-Forwarded-For added by all, access log off for all (or on), nothing buffered to disk."""

import os
import resource
import shutil
import socket
import subprocess
import time
from pathlib import Path

PATIENCE = 15.0
DESCRIPTORS = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
USER = "root" if os.geteuid() == 0 else ""


def free_ports(count):
    """Ports that are free now; held together, so that they differ."""
    holders = [socket.socket() for _ in range(count)]
    try:
        for holder in holders:
            holder.bind(("127.0.0.1", 0))
        return [holder.getsockname()[1] for holder in holders]
    finally:
        for holder in holders:
            holder.close()


def find_program(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def tree(pid):
    """A process and all below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += tree(int(child))
    return found


def thread_ns(task):
    """CPU time of one thread, user and system; the scheduler's own count is exact, ticks are 10 ms coarse."""
    try:
        return int((task / "schedstat").read_text().split()[0])
    except (OSError, IndexError):
        fields = (task / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def raise_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))


class Program:
    """A process of the bench, pinned to a core. `command()` names its program and writes its configuration."""

    access_log = False
    max_connections = 8000  # of clients, where there is such a limit

    def __init__(self, program):
        self.program = program
        self.port = 0
        self.home = None
        self.process = None

    def start(self, directory, core, backends):
        self.port = self.port or free_ports(1)[0]
        number = 0
        while (Path(directory) / f"{type(self).__name__}-{number}").exists():
            number += 1
        self.home = Path(directory) / f"{type(self).__name__}-{number}"
        self.home.mkdir()
        command = ["taskset", "-c", str(core), *self.command(self.home, backends)]
        # Appending, so that trim_logs() holds.
        with open(self.home / "stdout.log", "ab") as out, open(self.home / "stderr.log", "ab") as err:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                            env={**os.environ, "HOME": str(self.home)}, preexec_fn=raise_descriptors)
        self.await_port()

    def await_port(self):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                words = (self.home / "stderr.log").read_text() + (self.home / "stdout.log").read_text()
                raise RuntimeError(f"{self.process.args} ended with {self.process.returncode}: {words}")
            if self.is_ready():
                return
            time.sleep(0.02)  # lint: polls with a deadline
        raise RuntimeError(f"{self.process.args} does not listen on {self.port}")

    def is_ready(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def command(self, home, backends):
        raise NotImplementedError

    def threads(self):
        """{thread id: (name, ns of CPU so far)}, of the process and what it started."""
        found = {}
        for pid in tree(self.process.pid):
            for task in Path(f"/proc/{pid}/task").iterdir():
                try:
                    found[int(task.name)] = ((task / "comm").read_text().strip(), thread_ns(task))
                except OSError:
                    pass  # ended meanwhile
        return found

    def cpu_ns(self):
        return sum(ns for _, ns in self.threads().values())

    def memory(self):
        """Bytes of the process and what it started: {"rss", "anonymous"}; the last is heap and stacks."""
        names = {"Rss": "rss", "Anonymous": "anonymous"}
        sums = dict.fromkeys(names.values(), 0)
        for pid in tree(self.process.pid):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                key, _, value = line.partition(":")
                if key in names:
                    sums[names[key]] += int(value.split()[0]) * 1024
        return sums

    def descriptors(self):
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in tree(self.process.pid))

    def trim_logs(self):
        """Logs of long runs would fill the disk."""
        for log in self.home.glob("*.log"):
            os.truncate(log, 0)

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


class Backends(Program):
    """Four servers, as four ports of one load_server."""

    def __init__(self, program):
        super().__init__(program)
        self.ports = []

    def command(self, home, backends):
        self.ports = [self.port, *free_ports(3)]
        return [self.program, *map(str, self.ports)]


class Direct:
    """No balancer: the load goes to a backend. It has a port and no process to be measured."""

    port = 0

    def start(self, directory, core, backends):
        self.port = backends[0]

    def cpu_ns(self):
        return 0

    def trim_logs(self):
        pass

    def stop(self):
        pass


class Nginx(Program):
    method = ""  # a line of the upstream block such as "least_conn;"; none: round robin

    def command(self, home, backends):
        servers = " ".join(f"server 127.0.0.1:{port};" for port in backends)
        log = f"{home}/access.log combined buffer=64k flush=1s" if self.access_log else "off"
        config = home / "nginx.conf"
        config.write_text(f"""daemon off; worker_processes 1; worker_rlimit_nofile {DESCRIPTORS}; pid {home}/pid;
error_log stderr crit; {f"user {USER};" if USER else ""}
events {{ worker_connections {max(2 * self.max_connections, 16000)}; }}
http {{
  access_log {log}; keepalive_requests 1000000000; keepalive_timeout 3600s; tcp_nodelay on;
  client_body_temp_path {home}; proxy_temp_path {home}; fastcgi_temp_path {home}; uwsgi_temp_path {home};
  scgi_temp_path {home};
  upstream pool {{ {self.method} {servers} keepalive 4096; keepalive_requests 1000000000; keepalive_timeout 3600s; }}
  server {{
    listen 127.0.0.1:{self.port} backlog=4096;
    location / {{
      proxy_pass http://pool; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_request_buffering off; client_body_buffer_size 128k;
      proxy_max_temp_file_size 0; proxy_buffer_size 16k; proxy_buffers 16 16k;
    }}
  }}
}}
""")
        return [self.program, "-p", str(home), "-c", str(config), "-e", "stderr"]


class HaProxy(Program):
    balance = "roundrobin"
    options = ""  # a line of the defaults

    def command(self, home, backends):
        servers = "\n".join(f"  server s{i} 127.0.0.1:{port}" for i, port in enumerate(backends))
        log = "  log global\n  option httplog" if self.access_log else ""
        config = home / "haproxy.cfg"
        config.write_text(f"""global
  nbthread 1
  maxconn {self.max_connections}
  no strict-limits
  tune.pool-high-fd-ratio 99
  tune.pool-low-fd-ratio 95
  log stdout format raw local0
defaults
  mode http
{log}
{self.options}
  timeout connect 2s
  timeout client 1h
  timeout server 1h
  timeout http-keep-alive 1h
  option forwardfor
  http-reuse always
frontend web
  bind 127.0.0.1:{self.port} backlog 4096
  default_backend pool
backend pool
  balance {self.balance}
{servers}
""")
        return [self.program, "-db", "-f", str(config)]


class HaProxySplice(HaProxy):
    """Bodies by splice(): best for large ones. HAProxy's own guess (splice-auto) does not see them."""

    options = "  option splice-response\n  option splice-request"


class H2o(Program):
    """h2o 2.2 knows one server a path only: it uses the first of the backends, which are one process anyway. It adds Via
    and X-Forwarded-Proto too, which cannot be turned off alone."""

    def command(self, home, backends):
        log = f"access-log: {home}/access.log" if self.access_log else ""
        config = home / "h2o.yaml"
        config.write_text(f"""{f"user: {USER}" if USER else ""}
num-threads: 1
max-connections: {self.max_connections}
http1-request-timeout: 3600
http1-upgrade-to-http2: OFF
send-server-name: OFF
error-log: {home}/error.log
{log}
listen: {{ host: 127.0.0.1, port: {self.port} }}
hosts:
  default:
    paths:
      "/":
        proxy.reverse.url: "http://127.0.0.1:{backends[0]}/"
        proxy.preserve-host: ON
        proxy.timeout.keepalive: 3600000
""")
        return [self.program, "-c", str(config)]


class Caddy(Program):
    def command(self, home, backends):
        servers = " ".join(f"127.0.0.1:{port}" for port in backends)
        log = f"log {{\n output file {home}/access.log\n format json\n}}" if self.access_log else ""
        config = home / "Caddyfile"
        config.write_text(f"""{{
  admin off
  auto_https off
  log {{
    output discard
  }}
  servers {{
    timeouts {{
      idle 1h
    }}
  }}
}}
http://:{self.port} {{
  bind 127.0.0.1
  {log}
  reverse_proxy {servers} {{
    lb_policy round_robin
    transport http {{
      compression off
      keepalive 1h
      keepalive_idle_conns 4096
      keepalive_idle_conns_per_host 1024
    }}
  }}
}}
""")
        return [self.program, "run", "--config", str(config), "--adapter", "caddyfile"]


class RawRelay(Program):
    """The floor: bytes there and back, no HTTP."""

    def command(self, home, backends):
        return [self.program, str(self.port), *map(str, backends)]


class Steelyard(Program):
    algorithm = "round-robin"
    affinity = ""  # a key of the hash algorithms such as "client-ip"
    workers = 1
    extra_ports = ()  # more addresses of the listener
    reuse_port = False
    metrics_port = 0  # 0: off

    def is_ready(self):
        """By its word: where engines share a port, another may answer there."""
        return "ready " in (self.home / "stdout.log").read_text()

    def command(self, home, backends):
        servers = "\n".join(f"      - {{ name: s{i}, address: 127.0.0.1:{port} }}" for i, port in enumerate(backends))
        affinity = f"\n    affinity: {{ key: {self.affinity} }}" if self.affinity else ""
        log = f"access_log: {{ path: {home}/access.log }}" if self.access_log else ""
        metrics = f"admin: {{ http: 127.0.0.1:{self.metrics_port} }}" if self.metrics_port else ""
        binds = ", ".join(f'"127.0.0.1:{port}"' for port in (self.port, *self.extra_ports))
        config = home / "bench.yaml"
        # The forwarding fields that the others do not write are off; X-Forwarded-For is on by default.
        config.write_text(f"""version: 1
workers: {self.workers}
state_dir: {home}
{log}
{metrics}
listeners:
  - name: web
    bind: [ {binds} ]
    reuse_port: {str(self.reuse_port).lower()}
    headers: {{ x_forwarded_proto: false, via: false }}
    timeouts: {{ keep_alive: 1h }}
    routes:
      - name: everything
        pool: pool
pools:
  - name: pool
    algorithm: {self.algorithm}{affinity}
    keep_alive: {{ idle: 1h, max_idle: 1024 }}
    backends:
{servers}
""")
        return [self.program, "run", str(config), "--socket", str(home / "socket")]
