"""Big journals, made without a network, and what is measured of them."""
import collections
import json
import os
import random
import signal
import statistics
import subprocess
import time

from ground import Failure, Ground, months_over, weeks_over

Big = collections.namedtuple("Big", "what period offices batch reports")

BIG = {
    "journal": Big("10 million statements in batches of 1000, then audited",
                   "month", 4, 1000, 10_000_000),
    "rows": Big("as many figures as units, targets and weeks make; each cell "
                "reported once", "week", 4, 1000, None),
}

# What is measured, its unit, and what it is.
MEASURES = (
    ("rows", "figures", ""),
    ("fill", "s/1M", "processor time to check, write, sync, fold and store"),
    ("state", "ms", "the stall of a state entry after all of it"),
    ("ready", "s", "the collector's start after a kill"),
    ("memory", "MiB", "the collector's, then"),
    ("verify", "1/s", "statements"),
    ("verify_memory", "MiB", ""),
    ("replay", "1/s", "statements, with --state"),
    ("replay_memory", "MiB", ""),
    ("prove", "ms", "one figure's proof file, the whole program"),
    ("prove_max", "ms", ""),
    ("proof", "B", "the longest"),
)
PROOFS = 40
UNITS_MAX = 256  # of an office


def over(period):
    return weeks_over() if period == "week" else months_over()


def fill(ground, period, offices, units, targets, batch, reports):
    """Reports of all offices go to the journal, each cell before any is
    reported again; the collector is stopped when its offices are enrolled."""
    year, periods = over(period)
    fifo = ground.path("batches")
    os.mkfifo(fifo)
    words = {"admin": ground.admin, "endpoint": ground.endpoint,
             "collector": ground.collector_dir, "pid": ground.collector.pid,
             "offices": offices, "units": units, "targets": targets,
             "period": period[0].upper(), "periods": periods, "year": year,
             "batch": batch, "window": 1, "reports": reports, "out": fifo}
    with subprocess.Popen(
            [os.path.join(ground.build, "tests", "bench-load"),
             *(str(word) for pair in words.items() for word in pair)]) as load:
        # Opens when the generator does: its offices are enrolled then.
        with open(fifo, "rb") as batches:
            ground.stop()
            run = subprocess.run(
                [os.path.join(ground.build, "tests", "bench-fill"),
                 ground.collector_dir], stdin=batches, capture_output=True,
                text=True, check=False)
    os.unlink(fifo)
    if run.returncode or load.returncode:
        raise Failure(f"cannot fill the journal: {run.stdout}{run.stderr}")
    return json.loads(run.stdout)


def spent(*words):
    """Seconds that a program took, and its peak memory in MiB."""
    begun = time.monotonic()
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as run:
        _, status, used = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
    if run.returncode:
        raise Failure(f"{' '.join(words)}: exit {run.returncode}")
    return time.monotonic() - begun, used.ru_maxrss / 1024


def restart(ground):
    """Seconds to be ready after a kill, and the memory then."""
    ground.start()
    ground.stop(signal.SIGKILL)
    ready = ground.start()
    with open(f"/proc/{ground.collector.pid}/status",
              encoding="utf-8") as status:
        peak, = (int(line.split()[1]) for line in status
                 if line.startswith("VmHWM:"))
    ground.stop()
    return ready, peak / 1024


def prove(ground, shape, targets, units):
    """Times of proofs of some figures, and the longest file."""
    year, periods = over(shape.period)
    dice = random.Random(7)
    times, size = [], 0
    for _ in range(PROOFS):
        figure = (f"t{dice.randrange(targets):05}",
                  f"u{dice.randrange(units):05}",
                  f"{year}{shape.period[0].upper()}"
                  f"{dice.randrange(periods) + 1:02}")
        took, _ = spent(ground.program("tally-audit"), "prove",
                        ground.collector_dir, *figure, "--out",
                        ground.path("proof"))
        times.append(took * 1e3)
        size = max(size, os.path.getsize(ground.path("proof")))
    return statistics.median(times), max(times), size


def measure(build, shape, targets, units, reports=None, under=None):
    """One run: what came out, by measure."""
    _, periods = over(shape.period)
    cells = targets * units * periods
    reports = reports or shape.reports or cells
    reports += -reports % (shape.offices * shape.batch)
    offices = max(shape.offices, -(-units // UNITS_MAX))
    found = {"rows": min(cells, reports)}
    ground = Ground(build, targets, units, under, shape.period)
    audit = ground.program("tally-audit")
    try:
        filled = fill(ground, shape.period, offices, units, targets,
                      shape.batch, reports)
        found["fill"], found["state"] = filled["cpu"], filled["state_ms"]
        found["ready"], found["memory"] = restart(ground)
        took, found["verify_memory"] = spent(audit, "verify",
                                             ground.collector_dir)
        found["verify"] = filled["statements"] / took
        took, found["replay_memory"] = spent(audit, "replay", "--state",
                                             ground.collector_dir)
        found["replay"] = filled["statements"] / took
        found["prove"], found["prove_max"], found["proof"] = prove(
            ground, shape, targets, units)
        return found
    finally:
        ground.close()
