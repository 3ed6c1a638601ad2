"""Our host sees one Graph; two Prisms stand behind it, one for each version.

Prism's paths have no /v1.0 or /beta: the prefix is cut here, and the practice tenant's origin in an answer
becomes this one, as any reverse proxy does it. What Prism finds wrong with a request or its answer is kept. A route
that is not in Prism's document goes to the practice tenant past Prism, and that is kept, too.
"""

import http.client
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

# Of the connection, not of the message; `host` and the length are written anew.
HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "host", "content-length"}
UNKNOWN = re.compile(rb"prism/errors#NO_(PATH|METHOD)_MATCHED_ERROR")


class Exchange:
    """One request, and what Prism found in it and in its answer."""

    def __init__(self, method, target, status, covered, violations):
        self.method = method
        self.version, _, rest = urlsplit(target).path.removeprefix("/").partition("/")
        self.path = "/" + rest
        self.query = urlsplit(target).query
        self.status = status
        self.covered = covered
        self.violations = violations

    def __repr__(self):
        return f"{self.method} /{self.version}{self.path} {self.status} {self.violations or ''}"


def ask(origin, method, target, headers, body=None):
    """Status, headers and body of an answer; no redirect is followed."""
    connection = http.client.HTTPConnection(urlsplit(origin).netloc, timeout=60)
    try:
        connection.request(method, target, body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()
    finally:
        connection.close()


def violations(headers):
    """What Prism says in its header; where it says that it is too much, it is still all there."""
    found = []
    for name, value in headers:
        if name.lower() == "sl-violations":
            start = value.find("[")
            try:
                found += json.loads(value[start:])
            except json.JSONDecodeError:
                found.append({"location": ["unreadable"], "severity": "Error", "code": "cut", "message": value})
    return found


class Front:
    """A front on a free port, until it is closed."""

    def __init__(self, prisms, tenant):
        self.prisms, self.tenant = prisms, tenant
        self.exchanges = []
        front = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self):
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length) if length else None
                headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
                # A body that may be read as it is.
                headers["accept-encoding"] = "identity"
                status, fields, answer = front.carry(self.command, self.path, headers, body)
                self.send_response_only(status)
                for name, value in fields:
                    if name.lower() not in HOP and name.lower() != "sl-violations":
                        self.send_header(name, value)
                if status != 204:
                    self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_DELETE = do_PATCH = do_PUT = pass_on

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def carry(self, method, target, headers, body=None):
        version, _, rest = target.removeprefix("/").partition("/")
        if version not in self.prisms:
            return ask(self.tenant, method, target, headers, body)
        status, fields, answer = ask(self.prisms[version], method, "/" + rest, headers, body)
        covered = not (status in (404, 405) and UNKNOWN.search(answer))
        found = violations(fields)
        if not covered:
            status, fields, answer = ask(self.tenant, method, target, headers, body)
        self.exchanges.append(Exchange(method, target, status, covered, found))
        return status, fields, answer.replace(self.tenant.encode(), self.url.encode())

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
