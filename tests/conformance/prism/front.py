"""Our host sees one Graph; two Prisms stand behind it, one for each version.

Prism's paths have no /v1.0 or /beta: the prefix is cut here, and the practice tenant's origin in an answer
becomes this one, as any reverse proxy does it. What Prism finds wrong with a request or its answer is kept.
"""

import base64
import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

# Of the connection, not of the message; `host` and the length are written anew.
HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "host", "content-length"}
# What Prism says where its document has no such route; it passes the request on all the same.
UNKNOWN = "Selected route not found"


class Exchange:
    """One request, and what Prism found in it and in its answer."""

    def __init__(self, method, target, status, headers, body):
        parts = urlsplit(target)
        self.method = method
        self.version, _, rest = parts.path.removeprefix("/").partition("/")
        self.path, self.query = "/" + rest, parts.query
        self.status = status
        said = violations(headers)
        self.covered = all(one["message"] != UNKNOWN for one in said)
        self.violations = [one for one in said if one["message"] != UNKNOWN]
        for violation in self.violations:
            violation["value"] = value_at(body, violation["location"])

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
    """What Prism says in its header, as far as it is there: of very much it says only the beginning."""
    found = []
    for name, text in headers:
        if name.lower() != "sl-violations":
            continue
        at = text.find("[") + 1
        while at < len(text) and text[at] != "]":
            try:
                one, at = json.JSONDecoder().raw_decode(text, at)
            except json.JSONDecodeError:
                found.append({"location": ["cut"], "code": "cut", "message": "there are more"})
                break
            found.append(one)
            at += text[at : at + 1] == ","
    return found


def value_at(body, location):
    """The value in an answer that a violation speaks of."""
    if location[:2] != ["response", "body"]:
        return None
    try:
        value = json.loads(body)
        for step in location[2:]:
            value = value[int(step) if isinstance(value, list) else step]
        return value
    except (ValueError, LookupError, TypeError):
        return None


class Front:
    """A front on a free port, until it is closed."""

    def __init__(self, prisms, tenant):
        self.prisms, self.tenant = prisms, tenant
        self.exchanges = []
        self.tokens = {}
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

    def token(self, real):
        """A token that says it is for this origin, for a host that looks; what goes on is the real one."""
        head, claims, signature = real.split(".")
        carried = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        carried["aud"] = self.url
        claims = base64.urlsafe_b64encode(json.dumps(carried).encode()).decode().rstrip("=")
        shown = f"{head}.{claims}.{signature}"
        self.tokens[f"Bearer {shown}"] = f"Bearer {real}"
        return shown

    def carry(self, method, target, headers, body=None):
        headers = {name: self.tokens.get(value, value) for name, value in headers.items()}
        version, _, rest = target.removeprefix("/").partition("/")
        if version not in self.prisms:
            return ask(self.tenant, method, target, headers, body)
        status, fields, answer = ask(self.prisms[version], method, "/" + rest, headers, body)
        self.exchanges.append(Exchange(method, target, status, fields, answer))
        return status, fields, answer.replace(self.tenant.encode(), self.url.encode())

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
