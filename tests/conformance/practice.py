"""The practice tenant's controls over HTTP, and what it is known by."""

import base64
import json
import os
import urllib.error
import urllib.request

TENANT = "7e4a0000-0000-4000-8000-00000000c0de"
CLIENT = "c11e0000-0000-4000-8000-00000000c0de"
SECRET = "practice-secret-opens-nothing"


def device_id(number):
    """The id of the shipped device with this number in its name."""
    return f"d00000{number:02d}-0000-4000-8000-0000000000{number:02d}"


def claims(token):
    """What a token says."""
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


class Tenant:
    def __init__(self):
        self.http = os.environ["CONFORMANCE_HTTP"]
        # Microsoft's clients take a name and no address.
        self.https = "https://localhost:" + os.environ["CONFORMANCE_HTTPS"].rsplit(":", 1)[1]
        self.key = os.environ["CONFORMANCE_KEY"]
        self.state = self.control("GET", "state")

    def control(self, method, what, body=None):
        request = urllib.request.Request(
            f"{self.http}/practice/{what}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"x-practice-key": self.key, "content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def begin_anew(self):
        self.control("PUT", "state", self.state)
        self.control("DELETE", "faults")
        self.control("DELETE", "journal")
        self.control("POST", "time", {"pace": 0, "clock_offset_seconds": 0})

    def inject(self, *faults):
        self.control("POST", "faults", {"faults": list(faults)})

    def pace(self, factor):
        self.control("POST", "time", {"pace": factor})

    def person(self):
        """A token of the help desk's person."""
        return self.control("POST", "tokens", {})["token"]

    def journal(self, route=None):
        entries = self.control("GET", "journal")
        return [entry for entry in entries if route in (None, entry["route"])]

    def count(self, number, action="resetPasscode"):
        for row in self.control("GET", "counts"):
            if row["device"] == device_id(number) and row["action"] == action:
                return row["received"], row["accepted"]
        return 0, 0
