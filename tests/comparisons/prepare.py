"""Lets each side ask the practice tenant once, makes sure that all ask the same, and writes down how to start them.

    python3 prepare.py SETTINGS SIDES REQUESTS

What `passcode explain --id` asks is read from the practice tenant's own journal. curl is told to ask exactly that, in one
process with one connection; the client of Microsoft's and CLI for Microsoft 365 ask it in their own ways.
"""

import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request

# An Android device that the organisation owns, for which nothing stands in the way.
DEVICE = "d0000001-0000-4000-8000-000000000001"
PLAIN = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}


class Tenant:
    def __init__(self, announced, key):
        self.http = announced["url"]
        # Microsoft's client takes a name and no address.
        self.https = "https://localhost:" + announced["https"].rsplit(":", 1)[1]
        self.ca = announced["ca"]
        self.environment = announced["environment"]
        self.key = key

    def control(self, method, what):
        request = urllib.request.Request(
            f"{self.http}/practice/{what}", method=method, headers={"x-practice-key": self.key}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or "null")

    def token(self, origin):
        known = self.environment
        form = {
            "grant_type": "client_credentials",
            "client_id": known["AZURE_CLIENT_ID"],
            "client_secret": known["AZURE_CLIENT_SECRET"],
            "scope": origin + "/.default",
        }
        body = urllib.parse.urlencode(form)
        url = f"{self.http}/{known['AZURE_TENANT_ID']}/oauth2/v2.0/token"
        with urllib.request.urlopen(url, data=body.encode(), timeout=10) as answer:
            return body, json.load(answer)["access_token"]

    def asked_by(self, side):
        """What reached the tenant while a side ran once: method, path and query, decoded."""
        self.control("DELETE", "journal")
        ran = subprocess.run(side["command"], env=side["environment"], capture_output=True, text=True)
        if ran.returncode != 0:
            sys.exit(f"{side['name']} ended with {ran.returncode}:\n{ran.stdout}{ran.stderr}")
        journal = [entry for entry in self.control("GET", "journal") if not entry["path"].startswith("/practice")]
        if any(entry["status"] != 200 for entry in journal):
            sys.exit(f"{side['name']} was refused: {[(e['path'], e['status']) for e in journal]}")
        return [(entry["method"], entry["path"], urllib.parse.unquote(entry["query"])) for entry in journal]


def ours(tenant, binary, scratch, origin):
    environment = PLAIN | tenant.environment | {"PASSCODE_HOME": f"{scratch}/home"}
    environment |= {"PASSCODE_GRAPH_URL": origin, "PASSCODE_AUTHORITY_URL": origin}
    if origin == tenant.https:
        # Nobody but the practice tenant's authority, as for the others.
        environment |= {"SSL_CERT_FILE": tenant.ca, "SSL_CERT_DIR": f"{scratch}/nobody"}
    return {
        "name": "passcode " + origin.split(":")[0],
        "command": [binary, "explain", "--id", DEVICE, "--output", "json"],
        "environment": environment,
        "times": 60,
    }


def curl(tenant, binary, scratch, origin, requests):
    """One process, one connection, one request after the other."""
    form, token = tenant.token(origin)
    blocks = []
    for method, path, query in requests:
        query = "?" + urllib.parse.quote(query, safe="$=&,") if query else ""
        lines = [f'url = "{origin}{path}{query}"', 'output = "/dev/null"', "fail", "silent", "show-error"]
        lines += ['header = "accept: application/json"', 'noproxy = "*"', f'cacert = "{tenant.ca}"']
        lines.append(f'data = "{form}"' if method == "POST" else f'header = "authorization: Bearer {token}"')
        blocks.append("\n".join(lines))
    name = "curl " + origin.split(":")[0]
    path = f"{scratch}/{name.replace(' ', '-')}.config"
    with open(path, "w") as file:
        file.write("\nnext\n".join(blocks))
    return {"name": name, "command": [binary, "--disable", "--config", path], "environment": PLAIN, "times": 60}


def sdk(tenant, python, script, scratch, reads):
    devices = [read for read in reads if read[1].endswith(f"/managedDevices/{DEVICE}")]
    lists = [read for read in reads if read not in devices]
    asked = {
        "origin": tenant.https,
        "version": reads[0][1].split("/")[1],
        "device": DEVICE,
        "selects": [query.removeprefix("$select=").split(",") for _, _, query in devices],
        "lists": [path + ("?" + query if query else "") for _, path, query in lists],
    }
    environment = PLAIN | tenant.environment
    environment |= {"REQUESTS_CA_BUNDLE": tenant.ca, "SSL_CERT_FILE": tenant.ca, "NO_PROXY": "localhost,127.0.0.1"}
    environment |= {"HOME": scratch, "PYTHONPYCACHEPREFIX": f"{scratch}/pycache"}
    return {
        "name": "msgraph-sdk https",
        "command": [python, script, json.dumps(asked)],
        "environment": environment,
        "times": 12,
    }


def m365(tenant, node, program, scratch, read):
    """Signed in already, and one read: a call of it is one request."""
    home = f"{scratch}/m365"
    os.makedirs(f"{home}/.config/configstore", exist_ok=True)
    _, token = tenant.token(tenant.http)
    connection = {
        "active": True,
        "authType": "secret",
        "cloudType": "Public",
        "certificateType": 0,
        "accessTokens": {tenant.http: {"accessToken": token, "expiresOn": "2100-01-01T00:00:00.000Z"}},
        "name": "practice",
        "identityName": "practice",
        "identityId": tenant.environment["AZURE_CLIENT_ID"],
        "identityTenantId": tenant.environment["AZURE_TENANT_ID"],
        "tenant": tenant.environment["AZURE_TENANT_ID"],
        "appId": tenant.environment["AZURE_CLIENT_ID"],
    }
    with open(f"{home}/.cli-m365-connection.json", "w") as file:
        json.dump(connection, file)
    # Telemetry waits for a network that is not part of the comparison.
    with open(f"{home}/.config/configstore/cli-m365-config.json", "w") as file:
        json.dump({"disableTelemetry": True}, file)
    environment = PLAIN | {"HOME": home, "XDG_CONFIG_HOME": f"{home}/.config", "CLIMICROSOFT365_NOUPDATE": "1"}
    _, path, query = read
    command = [node, program, "request", "--url", f"{tenant.http}{path}?{query}", "--output", "json"]
    return [
        {"name": "m365 request", "command": command, "environment": environment, "times": 6},
        {"name": "m365 version", "command": [node, program, "version"], "environment": environment, "times": 6},
    ]


def main(settings, sides_file, requests_file):
    with open(settings) as file:
        known = json.load(file)
    with open(known["tenant"]) as file:
        tenant = Tenant(json.loads(file.readline()), known["key"])
    scratch = known["scratch"]
    os.mkdir(f"{scratch}/nobody")
    first = ours(tenant, known["passcode"], scratch, tenant.http)
    tenant.asked_by(first)
    requests = tenant.asked_by(first)
    reads = [request for request in requests if request[0] == "GET"]
    if [request[0] for request in requests] != ["POST"] + ["GET"] * len(reads) or not reads:
        sys.exit(f"not what was expected of `passcode explain`: {requests}")

    sides = [first]
    for origin in (tenant.http, tenant.https):
        if origin == tenant.https:
            sides.append(ours(tenant, known["passcode"], scratch, origin))
        sides.append(curl(tenant, known["curl"], scratch, origin, requests))
    microsofts = sdk(tenant, known["python"], known["script"], scratch, reads)
    sides.append(microsofts)
    sides += m365(tenant, known["node"], known["m365"], scratch, reads[0])

    notes = {}
    for side in sides:
        asked = tenant.asked_by(side)
        if side["name"] == "m365 version":
            expected = []
        elif side["name"] == "m365 request":
            expected = reads[:1]
        else:
            expected = requests
        # What a client asks beyond that is its own way of doing it, and is said.
        beyond = [request for request in asked if request not in expected]
        # What is asked at the same time arrives in any order.
        same = sorted(request for request in asked if request in expected) == sorted(expected)
        if not same or (beyond and side is not microsofts):
            sys.exit(f"{side['name']} does not ask the same:\n{asked}\ninstead of\n{expected}")
        notes[side["name"]] = [f"{method} {path}" for method, path, _ in beyond]
    with open(sides_file, "w") as file:
        json.dump(sides, file)
    with open(requests_file, "w") as file:
        json.dump({"requests": requests, "beyond": notes}, file)


main(*sys.argv[1:])
