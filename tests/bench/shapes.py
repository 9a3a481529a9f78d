"""The shapes of load, each with a fresh journal, and what is measured."""
import collections
import json
import os
import signal
import statistics
import subprocess

from ground import Failure, Ground, months_over

Shape = collections.namedtuple("Shape",
                               "what offices batch window reports at_once "
                               "again", defaults=(64, False))

# window: batches in flight of each office. What many clerks of one office
# wait for goes in one batch, as the agent seals it: 16 outstanding reports are
# one batch of 16.
SHAPES = {
    "batches": Shape("4 offices, batches of 1000, 8 of them in flight",
                     4, 1000, 8, 2_000_000),
    "busy": Shape("64 offices, 16 reports outstanding each", 64, 16, 1,
                  600_000),
    "many": Shape("1000 offices, one report outstanding each", 1000, 1, 1,
                  60_000),
    "rush": Shape("1000 offices that connect at once, then 3 reports of each",
                  1000, 1, 1, 3_000, 1000),
    "back": Shape("9000 offices connected; the collector is killed and started, "
                  "all come back, then one report of each",
                  9000, 1, 1, 9_000, 1000, True),
    "alone": Shape("one office alone, one report", 1, 1, 1, 2_000),
}

TARGETS, UNITS = 200, 1000

# What bench-load tells, its unit, and what it is.
MEASURES = (
    ("throughput", "reports/s", "acknowledged, after the first tenth"),
    ("ack_p50", "ms", "from sending a batch to its acknowledgement"),
    ("ack_p99", "ms", ""),
    ("ack_max", "ms", ""),
    ("cpu", "s/1M", "the collector's processor time"),
    ("journal", "B/report", "the journal's growth"),
    ("store", "B/report", "LMDB's growth"),
    ("written", "B/report", "all that the collector writes to disk"),
    ("memory", "MiB", "the collector's peak"),
    ("ready", "s", "until a collector that was killed is there again"),
    ("open", "s", "until all sessions are open and know all they are told"),
)


def load(ground, shape, targets, units, reports):
    year, months = months_over()
    words = {"admin": ground.admin, "endpoint": ground.endpoint,
             "collector": ground.collector_dir, "pid": ground.collector.pid,
             "offices": shape.offices, "units": units, "targets": targets,
             "period": "M",
             "periods": months, "year": year, "batch": shape.batch,
             "window": shape.window, "reports": reports,
             "at_once": shape.at_once}
    if shape.again:
        words["again"] = 1
    with subprocess.Popen(
            [os.path.join(ground.build, "tests", "bench-load"),
             *(str(word) for pair in words.items() for word in pair)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True) as run:
        ready = None
        if shape.again and run.stdout.readline() == "opened\n":
            ground.stop(signal.SIGKILL)
            ready = ground.start()
            run.stdin.write(f"{ground.collector.pid}\n")
        said, _ = run.communicate()
    if run.returncode:
        raise Failure(f"{said}\nthe collector said:\n{ground.said()}")
    return {**json.loads(said), "ready": ready or 0}


def measure(build, shape, targets=TARGETS, units=UNITS, reports=None,
            audits=False, under=None):
    """One run: what came out, by measure."""
    reports = reports or shape.reports
    if units < shape.offices:  # as many figures, a unit for each
        targets, units = targets * units // shape.offices, shape.offices
    ground = Ground(build, targets, units, under)
    try:
        before = ground.store_bytes()
        found = load(ground, shape, targets, units, reports)
        ground.stop()
        if ground.collector.returncode:
            raise Failure(f"the collector ended with "
                          f"{ground.collector.returncode}:\n{ground.said()}")
        found["store"] = (ground.store_bytes() - before) / reports
        if audits:
            ground.audit()
        return found
    finally:
        ground.close()


def summary(name, unit, values):
    return {"name": name, "unit": unit,
            "value": round(statistics.median(values), 3),
            "min": round(min(values), 3), "max": round(max(values), 3),
            "n": len(values)}


def summaries(name, runs, measures=MEASURES):
    return [summary(f"{name}.{measure_}", unit,
                    [run[measure_] for run in runs])
            for measure_, unit, _ in measures]
