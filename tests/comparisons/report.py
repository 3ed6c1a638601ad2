"""Puts the figures into words, and into the documentation.

    python3 report.py SETTINGS REQUESTS RESULTS IN_PROCESS DOCUMENT
"""

import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys

BEGIN = "<!-- measured by tests/comparisons/run: begin -->"
END = "<!-- measured by tests/comparisons/run: end -->"
MEGABYTE = 1_000_000

# At most so many times as long, and so many bytes.
OVER_CURL = 2.0
OF_SDK = 0.1
RESIDENT = 40 * MEGABYTE


def table(heads, rows):
    lines = ["| " + " | ".join(row) + " |" for row in (heads, ["---"] * len(heads), *rows)]
    return "\n".join(lines)


def verdict(figure, most):
    return "ok" if figure <= most else "OVER"


def size(path):
    """Bytes on disk, each file once."""
    if os.path.isfile(path):
        return os.path.getsize(path)
    seen = {}
    for folder, _, files in os.walk(path):
        for file in files:
            about = os.lstat(os.path.join(folder, file))
            seen[about.st_ino] = about.st_size
    return sum(seen.values())


def said(command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().splitlines()[0]


def machine():
    model = "unknown processor"
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    return f"{len(os.sched_getaffinity(0))} × {model}, {memory:.0f} GiB, {system}"


def whole_process(known, measured, own):
    sides = {
        name: (statistics.median(side["seconds"]), min(side["seconds"]), max(side["seconds"]), max(side["bytes"]))
        for name, side in measured.items()
    }

    def took(name):
        median, least, most, held = sides[name]
        held = f"{held / MEGABYTE:.1f} MB" if held > own * 1.02 else f"under {own / MEGABYTE:.0f} MB"
        return [f"{median * 1e3:.1f} ms", f"{least * 1e3:.1f}", f"{most * 1e3:.1f}", held]

    disk = {
        "passcode": size(known["passcode"]),
        "msgraph-sdk": size(known["site_packages"]),
        "m365": size(known["m365_folder"]),
    }
    rows = []
    for name, what, kept in [
        ("passcode http", "`passcode explain --id`, http", "passcode"),
        ("curl http", "`curl`, the same requests, http", None),
        ("passcode https", "`passcode explain --id`, TLS", "passcode"),
        ("curl https", "`curl`, the same requests, TLS", None),
        ("msgraph-sdk https", "Python on `msgraph-sdk`, the same requests, TLS", "msgraph-sdk"),
        ("m365 request", "`m365 request`, one of the two reads, signed in before, http", "m365"),
        ("m365 version", "`m365 version`", "m365"),
    ]:
        rows.append([what, *took(name), f"{disk[kept] / MEGABYTE:.0f} MB" if kept else ""])
    figures = table(["a whole process", "median", "least", "most", "resident at most", "on disk"], rows)

    def ratio(one, other, place):
        return sides[one][place] / sides[other][place]

    judged = []
    for one, other, most in [
        ("passcode http", "curl http", OVER_CURL),
        ("passcode https", "curl https", OVER_CURL),
        ("passcode https", "msgraph-sdk https", OF_SDK),
    ]:
        median = ratio(one, other, 0)
        judged.append(
            [f"{one} / {other}", f"{median:.3g}", f"{ratio(one, other, 1):.3g}", f"{most:g}", verdict(median, most)]
        )
    held = max(sides["passcode http"][3], sides["passcode https"][3])
    judged.append(
        ["passcode, resident", f"{held / MEGABYTE:.1f} MB", "", f"{RESIDENT / MEGABYTE:.0f} MB", verdict(held, RESIDENT)]
    )
    return figures, table(["limit", "of the medians", "of the least", "at most", ""], judged)


def main(settings, requests, results, in_process, document):
    with open(settings) as file:
        known = json.load(file)
    with open(requests) as file:
        asked = json.load(file)
    with open(results) as file:
        results = json.load(file)
    with open(in_process) as file:
        in_process = "\n".join(line.rstrip() for line in file if line.startswith("|"))
    figures, judged = whole_process(known, results["sides"], results["own_bytes"])
    versions = ", ".join(
        [
            said(["rustc", "--version"]).split(" (")[0],
            " ".join(said([known["curl"], "--version"]).split()[:2]),
            f"Python {platform.python_version()}",
            f"msgraph-sdk {known['sdk_version']}",
            f"Node {said([known['node'], '--version'])}",
            f"CLI for Microsoft 365 {known['m365_version']}",
        ]
    )
    requests = "\n".join(
        f"{number}. `{method} {re.sub(r'[0-9a-f]{8}-[0-9a-f-]{27}', '{id}', path)}`"
        + (f" with {len(query.split(','))} properties selected" if query else "")
        for number, (method, path, query) in enumerate(asked["requests"], 1)
    )
    beyond = [re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "{id}", one) for one in asked["beyond"]["msgraph-sdk https"]]
    beyond = ", ".join(f"`{one}`" for one in beyond) or "nothing"
    rounds = {name: len(side["seconds"]) for name, side in results["sides"].items()}
    text = f"""{BEGIN}
{datetime.date.today().isoformat()}, {machine()}.
{versions}.

{in_process}

{figures}

{judged}

The requests, from the practice tenant's journal:

{requests}

Beyond these, `msgraph-sdk` with `azure-identity` asks {beyond}. Runs in turns: {rounds["passcode http"]} each of `passcode` and `curl`,
{rounds["msgraph-sdk https"]} of `msgraph-sdk`, {rounds["m365 request"]} of `m365`.
{END}"""
    with open(document) as file:
        whole = file.read()
    before, found, rest = whole.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not found or not closed:
        sys.exit(f"{document} has no place for the figures: {BEGIN} … {END}")
    with open(document, "w") as file:
        file.write(before + text + after)
    print(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
