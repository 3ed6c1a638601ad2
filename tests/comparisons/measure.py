"""Runs commands in turns and says how long each took and how much memory it held at most.

    python3 -I -S measure.py SIDES RESULTS

A process begins with its parent's memory counted as its own (`ru_maxrss` survives exec), so this program imports next to
nothing and says how large it was itself: a figure below that would not be one.
"""

import json
import os
import resource
import sys
import time


def once(side, quiet):
    began = time.perf_counter()
    child = os.posix_spawn(
        side["command"][0],
        side["command"],
        side["environment"],
        file_actions=[(os.POSIX_SPAWN_DUP2, quiet, number) for number in (0, 1)],
    )
    _, status, used = os.wait4(child, 0)
    took = time.perf_counter() - began
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        sys.exit(f"{side['name']} ended with {code}")
    return took, used.ru_maxrss * 1024


def main(sides, results):
    with open(sides) as file:
        sides = json.load(file)
    quiet = os.open(os.devnull, os.O_RDWR)
    measured = {side["name"]: {"seconds": [], "bytes": []} for side in sides}
    rounds = max(side["times"] for side in sides)
    # Twice without counting: what a program keeps for its next start is warm then.
    for number in range(-2, rounds):
        for side in sides:
            # The slow ones take their turns evenly among the others.
            turn = number * side["times"] // rounds != (number - 1) * side["times"] // rounds
            if number >= 0 and not turn:
                continue
            took, held = once(side, quiet)
            if number >= 0:
                measured[side["name"]]["seconds"].append(took)
                measured[side["name"]]["bytes"].append(held)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    with open(results, "w") as file:
        json.dump({"sides": measured, "own_bytes": own}, file)


main(*sys.argv[1:])
