"""A collector, honest offices that report to it all the time, and hostile
peers beside them. Each abuse is measured against the calm before it: how long
the honest ones wait for their acknowledgements, what the collector takes in
memory, what it logs. TALLY_ABUSE=all: in full size, as docs/testing.md has
it."""
import json
import os
import socket
import subprocess
import sys
import time

TESTS = os.path.join(os.environ["TALLY_SOURCE"], "tests")
sys.path.insert(0, os.path.join(TESTS, "e2e"))
from world import BIN, CATALOGUE, World, sanitary, until  # noqa: E402,F401

ALL = os.environ.get("TALLY_ABUSE") == "all"
PROGRAMS = os.path.join(os.environ["TALLY_BUILD"], "tests")
# What is freed is kept by the sanitizer for a while: not what is measured.
os.environ["ASAN_OPTIONS"] = ":".join(
    [*filter(None, [os.environ.get("ASAN_OPTIONS")]),
     "quarantine_size_mb=8:malloc_context_size=2"])

MIB = 1024 * 1024
CALM_S, ABUSE_S = (8, 12) if ALL else (1, 1)
GAP_MS = 20
# What hostile peers compute themselves is not what is measured, where they
# share the machine: they give way a little.
NICE = 5
# No honest office waits longer, whatever goes on beside it.
WAIT_MS_MAX = 60000
TIMES_CALM = 5  # at p99, asserted in full size
# A step of the scheduler and of the disk, where calm is quicker than that.
CALM_MS_LEAST = 10
LOG_BYTES_A_SECOND = 2048
LOG_BYTES_ONCE = 16 * 1024


def catalogue():
    head, *rows = CATALOGUE["targets.csv"].splitlines()
    return {**CATALOGUE,
            "units.csv": CATALOGUE["units.csv"] + "yongan,永安镇,town\n",
            "targets.csv": "\n".join(
                [head + ",ladder", *(row + "," for row in rows),
                 "open.projects,引进项目,items,个,>=,5,hrss,,deal"]) + "\n",
            "ladders.csv": "ladder,step,order,name_zh\ndeal,signed,1,签约\n",
            "roster.csv": CATALOGUE["roster.csv"] +
            "open.projects,baima,3\nopen.projects,longmen,3\n"
            "open.projects,yongan,3\n"}


class Weight:
    """What a process takes, while it is looked at."""

    def __init__(self, pid):
        self.pid = pid
        self.before = self.peak = self.now()

    def now(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as f:
            for line in f:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        return 0

    def look(self):
        self.peak = max(self.peak, self.now())

    def grown(self):
        return self.peak - self.before


class Street(World):
    HONEST = ("baima", "longmen")

    def __init__(self, descriptors=0):
        self.descriptors = descriptors
        super().__init__(catalogue())
        self.honest = {unit: self.enrol(unit, unit) for unit in self.HONEST}
        self.hostile = self.enrol("yongan", "yongan")
        self.acked = dict.fromkeys(self.HONEST, 0)
        self.rounds = 0
        self.calm = None
        with open(os.path.join(self.collector_dir, "endpoint"),
                  encoding="ascii") as f:
            self.endpoint = f.read().strip()
        self.host, port = self.endpoint[len("tcp://"):].rsplit(":", 1)
        self.port = int(port)

    def start(self, *words):
        """The collector as if no more may be open on its machine."""
        if self.descriptors and words[:2] == ("tally-collector", "run"):
            process = subprocess.Popen(
                ["prlimit", f"--nofile={self.descriptors}",
                 os.path.join(BIN, words[0]), *words[1:]],
                stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
            self.running.append(process)
            return process
        return super().start(*words)

    # ---- peers ----

    @staticmethod
    def peer(name, *words, niceness=0):
        return subprocess.Popen(
            ["nice", "-n", str(niceness),
             os.path.join(PROGRAMS, "abuse-" + name),
             *(str(word) for word in words)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def neighbours(self, seconds):
        self.rounds += 1
        return {unit: self.peer("neighbour", folder, self.endpoint, unit,
                                f"{unit}-{self.rounds}", seconds, GAP_MS)
                for unit, folder in self.honest.items()}

    def crowd(self, attack, count, *file, seconds=ABUSE_S, office=None):
        """Ready once all have begun."""
        process = self.peer("crowd", office or self.hostile, self.endpoint,
                            attack, count, seconds, *file, niceness=NICE)
        self.await_open(process)
        return process

    @staticmethod
    def await_open(process):
        if process.stdout.readline() != "open\n":
            raise AssertionError((process.args, process.communicate()))

    def heard(self, process, weight):
        """What a peer has measured; the collector is watched meanwhile."""
        while True:
            try:
                out, said = process.communicate(timeout=0.05)
                break
            except subprocess.TimeoutExpired:
                weight.look()
                self.lives()
        sanitary(said)
        if process.returncode:
            raise AssertionError((process.args, process.returncode, said))
        return json.loads(out.splitlines()[-1])

    def lives(self):
        if self.collector.poll() is not None:
            with open(self.path("log"), encoding="utf-8",
                      errors="replace") as f:
                raise AssertionError(f"the collector has ended: "
                                     f"{self.collector.returncode}\n"
                                     f"{f.read()[-3000:]}")

    # ---- what is measured ----

    def measure(self, seconds, abuse=None):
        """abuse: starts its peers, and gives a function that ends them and
        says what they did."""
        weight = Weight(self.collector.pid)
        log_bytes = os.path.getsize(self.path("log"))
        began = time.monotonic()
        offices = self.neighbours(seconds)
        for process in offices.values():
            self.await_open(process)
        end = abuse() if abuse else None
        got = {unit: self.heard(process, weight)
               for unit, process in offices.items()}
        did = end(weight) if end else {}
        weight.look()
        self.lives()
        for unit, one in got.items():
            self.acked[unit] += one["acked"]
            assert one["acked"] > 0 and one["refused"] == 0, (unit, one)
        lasted = time.monotonic() - began
        return {
            "p50": max(one["p50"] for one in got.values()),
            "p99": max(one["p99"] for one in got.values()),
            "max": max(one["max"] for one in got.values()),
            "acked": sum(one["acked"] for one in got.values()),
            "reconnects": sum(one["reconnects"] for one in got.values()),
            "grown": weight.grown(), "seconds": lasted, "did": did,
            "logged": os.path.getsize(self.path("log")) - log_bytes,
        }

    def under(self, name, abuse, grows_max, seconds=ABUSE_S,
              times=TIMES_CALM):
        """The honest ones beside the abuse. grows_max: bytes that the
        collector may take for it."""
        if ALL or not self.calm:  # what else the machine does may change
            self.calm = self.measure(CALM_S)
        calm, got = self.calm, self.measure(seconds, abuse)
        print(f"{name}: ack p50 {calm['p50']:.1f} -> {got['p50']:.1f} ms, "
              f"p99 {calm['p99']:.1f} -> {got['p99']:.1f} ms, "
              f"max {got['max']:.0f} ms, {got['acked']} acknowledged, "
              f"reconnects {got['reconnects']}, "
              f"memory +{got['grown'] / MIB:.0f} "
              f"(bound {grows_max / MIB:.0f}) MiB, "
              f"log {got['logged']} B in {got['seconds']:.0f} s, "
              f"{got['did']}", flush=True)
        assert got["max"] < WAIT_MS_MAX, (name, got)
        assert got["grown"] < grows_max, (name, got)
        assert got["logged"] < (LOG_BYTES_ONCE + LOG_BYTES_A_SECOND *
                                got["seconds"]), (name, got)
        if ALL:
            bound = times * max(calm["p99"], CALM_MS_LEAST)
            assert got["p99"] < bound, (name, calm, got)
        return got

    def crowds(self, *words, **more):
        def begin():
            process = self.crowd(*words, **more)
            return lambda weight: self.heard(process, weight)
        return begin

    def all_is_well(self):
        """Every statement that an honest office was acknowledged is there and
        counts, and audit and store agree."""
        for unit, folder in self.honest.items():
            self.agent(folder, "sync", "--timeout", "60")
            self.agent(folder, "report", "live.jobless", "7", "--unit", unit,
                       "--period", "2024M06", "--wait", "--timeout", "60")
        facts = self.audit()
        run = self.call("tally-collector", "figures", self.collector_dir,
                        "--json", "--all")
        rows = [json.loads(line) for line in run.stdout.splitlines()]
        for unit, count in self.acked.items():
            figure = [row["value"] for row in rows
                      if (row.get("target"), row.get("unit")) ==
                      ("open.projects", unit)]
            assert figure == [str(count)], (unit, count, figure)
        return facts


# ---- peers without ZMTP's library ----

GREETING = (b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" +
            b"CURVE".ljust(20, b"\0") + b"\0" + bytes(31))
HALF_GREETING = GREETING[:10]


class Raw:
    """TCP connections to the collector that say what they like."""

    def __init__(self, street):
        self.address = street.host, street.port
        self.links = []
        self.opened = self.refused = self.ended = 0

    def open(self, count, words=b""):
        for _ in range(count):
            try:
                link = socket.create_connection(self.address, timeout=5)
                link.sendall(words)
                link.setblocking(False)
                self.links.append(link)
                self.opened += 1
            except OSError:
                self.refused += 1

    def say(self, words):
        for link in self.links:
            try:
                link.send(words)
            except BlockingIOError:
                pass
            except OSError:
                self.ended += 1
                link.close()
        self.links = [link for link in self.links if link.fileno() >= 0]

    def still_open(self):
        """How many the collector has not closed yet."""
        count = 0
        for link in self.links:
            try:
                while link.recv(65536):
                    pass
            except BlockingIOError:
                count += 1
            except OSError:
                pass
        return count

    def close(self):
        for link in self.links:
            link.close()
        self.links = []
