"""Measures `passcode run` over a fleet beside a bare loop of the same requests and a script on Microsoft's client.

    python3 fleet.py SETTINGS DOCUMENT
"""

import datetime
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from report import MEGABYTE, machine, said, table, verdict

BEGIN = "<!-- measured by tests/comparisons/fleet: begin -->"
END = "<!-- measured by tests/comparisons/fleet: end -->"
PLAIN = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}

# At least such a share of the loop's rate, and at most so many bytes, whatever the number of devices.
OF_LOOP = 0.6
RESIDENT = 100 * MEGABYTE
# As many parts as a batch may have.
BATCH = 20
# Fewer devices at once, to show what that changes; the limit is for as many as a run file allows.
FEWER = [8, 64]
# What is shown beside is measured in so many of the rounds.
BESIDE = 3
# "Flat" leaves room for how a machine hands out memory.
GROWTH = 1.2


class Tenant:
    """A practice tenant of so many devices in a process of its own, fresh."""

    def __init__(self, program, count):
        self.process = subprocess.Popen(
            [program, "tenant", str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=PLAIN
        )
        self.count = count
        self.announced = json.loads(self.process.stdout.readline())
        self.environment = self.announced["environment"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def journal(self, method="GET"):
        request = urllib.request.Request(
            self.announced["url"] + "/practice/journal", method=method, headers={"x-practice-key": "fleet"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or "null")

    def cpu(self):
        """Seconds of a processor that it has used."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def all_reset_once(self):
        self.tell("resets")
        resets = json.loads(self.process.stdout.readline())
        if resets != {"once": self.count, "more": 0}:
            sys.exit(f"of {self.count} devices {resets} were reset")


class Ours:
    """A run file of all devices of a tenant, in a home of its own."""

    def __init__(self, known, tenant, concurrency):
        self.folder = tempfile.TemporaryDirectory(dir=known["scratch"])
        self.binary = known["passcode"]
        self.environment = PLAIN | tenant.environment | {"PASSCODE_HOME": f"{self.folder.name}/home"}
        self.file = f"{self.folder.name}/fleet.run.yaml"
        with open(f"{self.folder.name}/fleet.csv", "w") as file:
            file.write("Device ID,Serial number\n")
            for number in range(1, tenant.count + 1):
                file.write(f"{device(number)},SAMPLE-SCALE-{number:05}\n")
        with open(self.file, "w") as file:
            file.write(
                "schema: passcode/run/v1\ntitle: Every kiosk\naction: reset\n"
                "who: {csv: {file: fleet.csv, columns: {id: Device ID, serial: Serial number}}}\n"
                f"guards: {{maxDevices: {tenant.count}}}\n"
                f"ticket: INC-2041\nconcurrency: {concurrency}\nwait: 0s\n"
            )
        # The component is compiled when it is used for the first time, and kept.
        compiled = subprocess.run(
            [self.binary, "matrix", "--output", "json"], env=self.environment, stdout=subprocess.DEVNULL
        )
        if compiled.returncode != 0:
            sys.exit("the component cannot be compiled")

    def step(self, *arguments):
        """Runs the command to its end. How long that took, the most memory it held, and its processor's time."""
        command = [self.binary, *arguments, "--unpaced", "--output", "json", "--quiet"]
        began = time.perf_counter()
        child = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        most = [0]
        ended = threading.Event()

        def watch():
            while not ended.wait(0.05):
                try:
                    with open(f"/proc/{child.pid}/status") as file:
                        for line in file:
                            if line.startswith("VmHWM:"):
                                most[0] = max(most[0], int(line.split()[1]) * 1024)
                except OSError:
                    return

        watching = threading.Thread(target=watch)
        watching.start()
        before = os.times()
        out, errors = child.communicate()
        took = time.perf_counter() - began
        after = os.times()
        ended.set()
        watching.join()
        if child.returncode != 0:
            sys.exit(f"{' '.join(command)} ended with {child.returncode}:\n{out[:2000]}{errors[-2000:]}")
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        return {"seconds": took, "bytes": most[0], "cpu": cpu, "said": json.loads(out)}

    def plan(self):
        return self.step("run", "plan", self.file, "--run-key", "fleet")

    def start(self):
        return self.step("run", "start", self.file, "--run-key", "fleet", "--yes")


def device(number):
    return f"5ca1e000-0000-4000-8000-{number:012}"


def is_token(entry):
    return entry["path"].endswith("/token")


def of_one_device(entries, number):
    """What was asked for one device of a run that works on one after the other, and with which of it the next began."""
    at = [place for place, entry in enumerate(entries) if device(number) in entry["path"]]
    following = [place for place, entry in enumerate(entries) if device(number + 1) in entry["path"]]
    asked = [entry for entry in entries[at[0] : following[0]] if not is_token(entry)]
    requests = []
    for entry in asked:
        target = entry["path"].replace(device(number), "{id}") + ("?" + entry["query"] if entry["query"] else "")
        # What lists of policies say is asked for at the same time.
        policies = "managedDevices" not in entry["path"] or entry["path"].endswith("States")
        beside = policies and bool(requests) and requests[-1].pop("policies", False)
        requests.append({"method": entry["method"], "target": target, "beside": beside, "policies": policies})
    for request in requests:
        request.pop("policies", None)
    return requests


def sample(known):
    """The requests of one device, in both phases, from the practice tenant's own journal."""
    phases = []
    with Tenant(known["fleet"], 4) as tenant:
        ours = Ours(known, tenant, 1)
        tenant.tell("keep")
        for step in (ours.plan, ours.start):
            tenant.journal("DELETE")
            step()
            entries = [entry for entry in tenant.journal() if not entry["path"].startswith("/practice")]
            if any(entry["status"] not in (200, 204) for entry in entries):
                sys.exit(f"refused: {[(entry['path'], entry['status']) for entry in entries]}")
            phase = of_one_device(entries, 2)
            asked = [entry for entry in entries if not is_token(entry)]
            if len(asked) != tenant.count * len(phase):
                sys.exit(f"not the same for each of {tenant.count} devices: {len(asked)} requests, {len(phase)} for one")
            phases.append(phase)
        tenant.all_reset_once()
    posts = [request for phase in phases for request in phase if request["method"] == "POST"]
    if len(posts) != 1:
        sys.exit(f"not what was expected of a run: {phases}")
    return phases


def measure_ours(known, count, concurrency):
    with Tenant(known["fleet"], count) as tenant:
        ours = Ours(known, tenant, concurrency)
        began = tenant.cpu()
        steps = [ours.plan(), ours.start()]
        served = tenant.cpu() - began
        tenant.all_reset_once()
    return {
        "seconds": [step["seconds"] for step in steps],
        "cpu": [step["cpu"] for step in steps],
        "bytes": max(step["bytes"] for step in steps),
        "served": served,
    }


def measure_loop(known, phases, count, concurrency, joined=1):
    with Tenant(known["fleet"], count) as tenant:
        path = f"{known['scratch']}/requests.json"
        with open(path, "w") as file:
            asked = {"devices": count, "concurrency": concurrency, "joined": joined, "phases": phases}
            json.dump(tenant.announced | asked, file)
        began, before = tenant.cpu(), os.times()
        ran = subprocess.run([known["fleet"], "loop", path], env=PLAIN, stdout=subprocess.PIPE, text=True, check=True)
        after, served = os.times(), tenant.cpu() - began
        tenant.all_reset_once()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {"seconds": json.loads(ran.stdout)["seconds"], "cpu": cpu, "served": served}


def measure_sdk(known, count, concurrency):
    with Tenant(known["fleet"], count) as tenant:
        ca = f"{known['scratch']}/ca.pem"
        with open(ca, "w") as file:
            file.write(tenant.announced["ca"])
        origin = "https://localhost:" + tenant.announced["https"].rsplit(":", 1)[1]
        environment = PLAIN | tenant.environment | {"REQUESTS_CA_BUNDLE": ca, "SSL_CERT_FILE": ca}
        environment |= {"NO_PROXY": "localhost,127.0.0.1", "HOME": known["scratch"]}
        command = [known["python"], known["script"], origin, str(count), str(concurrency)]
        ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        answer = json.loads(ran.stdout)
        if answer["done"] != count:
            sys.exit(f"the script saw {answer['done']} results of {count}")
        tenant.all_reset_once()
    return answer["seconds"]


def main(settings, document):
    with open(settings) as file:
        known = json.load(file)
    count, many, few = known["devices"], known["many"], known["sdk_devices"]
    concurrency, rounds = known["concurrency"], known["rounds"]
    load = [os.getloadavg()[0]]
    phases = sample(known)
    ours, loops, joining, scripts = [], [], [], []
    fewer = {at_once: [] for at_once in FEWER}
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
        turns = [
            lambda: ours.append(measure_ours(known, count, concurrency)),
            lambda: loops.append(measure_loop(known, phases, count, concurrency)),
        ]
        # Who comes first in one round comes last in the next: machines get faster and slower.
        for turn in turns if number % 2 == 0 else reversed(turns):
            turn()
        print(json.dumps([ours[-1], loops[-1]]), file=sys.stderr, flush=True)
        if number >= BESIDE:
            continue
        joining.append(measure_loop(known, phases, count, concurrency, BATCH))
        scripts.append(measure_sdk(known, few, concurrency))
        for at_once, sides in fewer.items():
            sides.append((measure_ours(known, count, at_once), measure_loop(known, phases, count, at_once)))
    load.append(os.getloadavg()[0])
    print(f"{many} devices", file=sys.stderr, flush=True)
    large = measure_ours(known, many, concurrency)
    print(json.dumps(large), file=sys.stderr, flush=True)

    def rate(seconds, devices=count):
        return devices / seconds

    def median(values):
        return statistics.median(list(values))

    def compared(name, one, other, requests, limit=None):
        ratios = [a / b for a, b in zip(one, other, strict=True)]
        span = f"{min(ratios):.0%} to {max(ratios):.0%}"
        judged = (f"{limit:.0%}", verdict(-median(ratios), -limit)) if limit else ("", "")
        return [name, str(requests), f"{median(one):.0f}", f"{median(other):.0f}", f"{median(ratios):.0%}", span, *judged]

    def rates(sides, pick=sum):
        return [rate(pick(side["seconds"])) for side in sides]

    asked = sum(map(len, phases))
    rows = [
        compared("planning", rates(ours, lambda both: both[0]), rates(loops, lambda both: both[0]), len(phases[0])),
        compared("sending", rates(ours, lambda both: both[1]), rates(loops, lambda both: both[1]), len(phases[1])),
        compared("the whole", rates(ours), rates(loops), asked, OF_LOOP),
    ]
    for at_once, sides in fewer.items():
        one, other = (rates(own) for own in zip(*sides, strict=True))
        rows.append(compared(f"the whole, {at_once} at once", one, other, asked))
    heads = ["devices a second", "requests each", "`passcode run`", "the loop", "of the loop", "least to most", "at least", ""]
    figures = table(heads, rows)
    script = median(rate(seconds, few) for seconds in scripts)
    whole = median(rate(sum(side["seconds"])) for side in ours)
    held = max(side["bytes"] for side in ours)
    growth = large["bytes"] / held
    most = max(held, large["bytes"])
    judged = table(
        ["", "figure", "limit", ""],
        [
            [f"resident at most, {count:,} devices", f"{held / MEGABYTE:.1f} MB", "", ""],
            [f"resident at most, {many:,} devices", f"{large['bytes'] / MEGABYTE:.1f} MB", f"{RESIDENT / MEGABYTE:.0f} MB", verdict(most, RESIDENT)],
            ["the second over the first", f"{growth:.2f}", f"{GROWTH}", verdict(growth, GROWTH)],
            [f"devices a second, {many:,} devices", f"{many / sum(large['seconds']):.0f}", "", ""],
            ["devices a second, a loop that joins its reads, too", f"{median(rate(sum(side['seconds'])) for side in joining):.0f}", "", ""],
            ["`passcode run` of that", f"{median(sum(other['seconds']) / sum(one['seconds']) for one, other in zip(ours, joining, strict=False)):.0%}", "", ""],
            [f"devices a second, `msgraph-sdk`, {few:,} devices, one read, another before sending, and the write, TLS", f"{script:.0f}", "", ""],
            ["`passcode run` over that", f"{whole / script:.1f} times", "", ""],
            ["processor a device: `passcode run`, and the tenant meanwhile", f"{median(sum(one['cpu']) + 0.0 for one in ours) / count * 1e3:.2f} ms, {median(one['served'] for one in ours) / count * 1e3:.2f} ms", "", ""],
            ["processor a device: the loop, and the tenant meanwhile", f"{median(one['cpu'] for one in loops) / count * 1e3:.2f} ms, {median(one['served'] for one in loops) / count * 1e3:.2f} ms", "", ""],
        ],
    )
    listed = "\n".join(
        f"{number}. `{request['method']} {request['target'].split('?')[0]}`" + (" at the same time" if request["beside"] else "")
        for number, request in enumerate(phases[0] + phases[1], 1)
    )
    text = f"""{BEGIN}
{datetime.date.today().isoformat()}, {machine()}, load {load[0]:.1f} before and {load[1]:.1f} after.
{said(["rustc", "--version"]).split(" (")[0]}, msgraph-sdk {known["sdk_version"]}. {count:,} devices, {concurrency} at once, {rounds} rounds in turns, of what is no part of the limit {min(rounds, BESIDE)}; medians.

{figures}

{judged}

What is asked for each device, from the practice tenant's journal; the first {len(phases[0])} in planning:

{listed}
{END}"""
    with open(document) as file:
        whole_text = file.read()
    before, found, rest = whole_text.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not found or not closed:
        sys.exit(f"{document} has no place for the figures: {BEGIN} … {END}")
    with open(document, "w") as file:
        file.write(before + text + after)
    print(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
