"""Big journals, made without a network, and what is measured of them."""
import json
import os
import subprocess

from ground import Failure, Ground, months_over, weeks_over


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
