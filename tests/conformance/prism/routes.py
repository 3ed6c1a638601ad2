"""What our component may ever ask of Graph: the routes of its manifest, each in its versions."""

import os
import re
import tomllib

from practice import device_id

FILLED = {
    "device": device_id(1),
    "via-device": device_id(2),
    "user": "adele@contoso.example",
}


def manifest():
    """Where the manifest is. It has a grant's form, so it is also the widest grant there is."""
    return os.path.join(os.environ["CONFORMANCE_ROOT"], "component", "skin", "manifest.toml")


def ours():
    """(version, method, path with its parameters) of every route.

    Where a path names no device, the door reads it without its last segment, so that counts as well.
    """
    with open(manifest(), "rb") as file:
        routes = tomllib.load(file)["route"]
    found = set()
    for route in routes:
        versions = ["v1.0", "beta"] if "{version}" in route["path"] else [route["path"].split("/")[1]]
        path = "/" + route["path"].split("/", 2)[2]
        for version in versions:
            found.add((version, route["method"], path))
            if not route.get("names-device", True):
                found.add((version, "GET", path.rsplit("/", 1)[0]))
    return found


def filled(path):
    return re.sub(r"\{([^}]+)\}", lambda match: FILLED.get(match[1], "00000000-0000-4000-8000-000000000009"), path)


def of(exchange):
    """Which of our routes an exchange was, if one."""
    for version, method, path in ours():
        pattern = re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(path))
        if (version, method) == (exchange.version, exchange.method) and re.fullmatch(pattern, exchange.path):
            return version, method, path
    return None
