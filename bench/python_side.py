"""What the sides in Python share: the protocol of side.hpp and the numbers of workloads.hpp."""

import json
import os
import sys
import time

import numpy as np


def option(flag, otherwise):
    return sys.argv[sys.argv.index(flag) + 1] if flag in sys.argv else otherwise


clock = time.process_time if option("--clock", "wall") == "cpu" else time.perf_counter


def numbers(seed, n, low, high):
    with np.errstate(over="ignore"):
        z = np.uint64(seed << 32) + np.arange(n, dtype=np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = (z ^ (z >> np.uint64(31))) >> np.uint64(40)
    low, high = np.float32(low), np.float32(high)
    return low + (high - low) * (z.astype(np.float32) * np.float32(2**-24))


def serve(version, offered):
    """Answers the driver until it closes the pipe. offered(folder) is a dict of functions that make tasks, which have
    check() -> numbers and time(n) -> {"seconds": ...}."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    tasks, opened = offered(option("--data", ".")), {}
    print(json.dumps({"version": version, "blas": "", "counted": False, "tasks": sorted(tasks)}), file=answers)
    for line in sys.stdin:
        words = line.split()
        try:
            if words[0] == "close":
                opened.clear()
                reply = {}
            else:
                if words[1] not in opened:
                    opened[words[1]] = tasks[words[1]]()
                task = opened[words[1]]
                if words[0] == "check":
                    reply = {"values": task.check(), "bits": ""}
                else:
                    task.time(max(1, int(words[2]) // 8))
                    begin = time.perf_counter()
                    reply = task.time(int(words[2]))
                    reply["wall"] = time.perf_counter() - begin
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), file=answers)
