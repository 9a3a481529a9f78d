"""What the dashboard costs: answers over a big store, the pages that listen,
and what offices notice of them."""
import collections
import http.client
import json
import os
import select
import socket
import statistics
import subprocess
import time

import big
import shapes
from ground import Failure, Ground, months_over

WHAT = "every cell of the months that are over reported once, and looked at"
VIEWERS = 200
CHANGES = 9
WAIT_S = 120

MEASURES = (
    ("figures", "figures", ""),
    ("first", "ms", "the first screen after the start: all is judged"),
    ("overview", "ms", "the first screen after a report"),
    ("target", "ms", "a target's page after a report to it"),
    ("other", "ms", "a target's page after a report to another"),
    ("unit", "ms", "a unit's page after a report"),
    ("again", "ms", "the same once more"),
    ("overview_cpu", "ms", "serve's processor time for each of these"),
    ("target_cpu", "ms", ""),
    ("other_cpu", "ms", ""),
    ("unit_cpu", "ms", ""),
    ("again_cpu", "ms", ""),
    ("shown", "ms", "from an acknowledgement until the page is told"),
    ("memory", "MiB", "serve's own, without LMDB's pages"),
    ("viewers", "MiB", f"what {VIEWERS} open pages add to it"),
    ("alone_p50", "ms", "one office's acknowledgement, nobody looks"),
    ("alone_p99", "ms", ""),
    ("watched_p50", "ms", f"the same while {VIEWERS} pages are told"),
    ("watched_p99", "ms", ""),
)


class Serve:
    def __init__(self, ground):
        self.process = subprocess.Popen(
            [ground.program("tally-collector"), "serve", ground.collector_dir,
             "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
        self.host, self.port = self.process.stdout.readline().split(
            "/")[2].split(":")

    def cpu(self):
        """Milliseconds of all its threads."""
        used = 0
        tasks = f"/proc/{self.process.pid}/task"
        for task in os.listdir(tasks):
            with open(f"{tasks}/{task}/schedstat", encoding="ascii") as stat:
                used += int(stat.read().split()[0])
        return used / 1e6

    def ask(self, path):
        """The answer, and milliseconds until it is there."""
        link = http.client.HTTPConnection(self.host, self.port, timeout=WAIT_S)
        begun = time.monotonic()
        link.request("GET", path)
        answer = link.getresponse()
        body = answer.read()
        took = (time.monotonic() - begun) * 1e3
        link.close()
        if answer.status != 200:
            raise Failure(f"{path}: {answer.status} {body[:200]}")
        return body, took

    def memory(self):
        """MiB of its own: without files, which LMDB's map is."""
        with open(f"/proc/{self.process.pid}/status",
                  encoding="ascii") as status:
            return sum(int(line.split()[1]) for line in status
                       if line.startswith("RssAnon:")) / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


class Page:
    """A page that listens."""

    def __init__(self, serve):
        self.link = socket.create_connection((serve.host, serve.port))
        self.link.sendall(b"GET /api/events HTTP/1.1\r\n"
                          b"Host: localhost\r\n\r\n")
        self.text, self.told = b"", -1

    def fileno(self):
        return self.link.fileno()

    def take(self):
        self.text = (self.text + self.link.recv(65536))[-400:]
        told = self.text.rpartition(b'{"size": ')[2].partition(b",")
        if told[1] and told[0].isdigit():
            self.told = int(told[0])


def until_told(pages, size):
    """Until each has been told of so many entries."""
    deadline = time.monotonic() + WAIT_S
    while left := [page for page in pages if page.told < size]:
        if time.monotonic() > deadline:
            raise Failure(f"{len(left)} pages are not told")
        for page in select.select(left, [], [], 1)[0]:
            page.take()


def office(ground):
    """One that reports for the first unit."""
    there = ground.path("office")
    code = ground.agent("grant", "u00000", "--wait").split()[-1]
    ground.call("tally-agent", "enrol", code, "--dir", there)
    ground.call("tally-agent", "sync", "--dir", there)
    return there


def size_of(serve):
    return json.loads(serve.ask("/api/standings")[0])["head"]["size"]


def changes(ground, serve, targets, found):
    """Times of answers after a report each."""
    there, page = office(ground), Page(serve)
    year, _ = months_over()
    times = collections.defaultdict(list)
    for i in range(CHANGES):
        size = size_of(serve)
        until_told([page], size)
        target = i % targets
        ground.call("tally-agent", "report", f"t{target:05}", str(700 + i),
                    "--period", f"{year}M01", "--reason", "counted again",
                    "--wait", "--dir", there)
        begun = time.monotonic()
        until_told([page], size + 1)
        times["shown"].append((time.monotonic() - begun) * 1e3)
        for name, path in (
                ("overview", "/api/overview"), ("again", "/api/overview"),
                ("target", f"/api/targets/t{target:05}"),
                ("other", f"/api/targets/t{targets - 1:05}"),
                ("unit", "/api/units/u00001")):
            used = serve.cpu()
            times[name].append(serve.ask(path)[1])
            times[name + "_cpu"].append(serve.cpu() - used)
    page.link.close()
    # What is asked of a target for the first time is not yet what it costs.
    times["other"], times["other_cpu"] = (times["other"][1:],
                                          times["other_cpu"][1:])
    found.update({name: statistics.median(all_)
                  for name, all_ in times.items()})


def latency(build, targets, units, reports, under, watched):
    """Acknowledgements of one office, of a journal of its own."""
    ground, serve, pages = Ground(build, targets, units, under), None, []
    try:
        if watched:
            serve = Serve(ground)
            pages = [Page(serve) for _ in range(VIEWERS)]
            until_told(pages, size_of(serve))
        found = shapes.load(ground, shapes.SHAPES["alone"], targets, units,
                            reports)
        if watched:
            until_told(pages, size_of(serve))
        return found["ack_p50"], found["ack_p99"]
    finally:
        for page in pages:
            page.link.close()
        if serve:
            serve.stop()
        ground.close()


def measure(build, targets, units, reports=None, under=None):
    """One run: what came out, by measure."""
    _, months = months_over()
    cells = targets * units * months
    cells += -cells % (4 * 1000)
    reports = reports or shapes.SHAPES["alone"].reports
    found = {"figures": targets * units}
    for name in "alone", "watched":
        found[name + "_p50"], found[name + "_p99"] = latency(
            build, targets, units, reports, under, name == "watched")
    ground, serve = Ground(build, targets, units, under), None
    try:
        big.fill(ground, "month", max(4, -(-units // big.UNITS_MAX)), units,
                 targets, 1000, cells)
        ground.start()
        serve = Serve(ground)
        found["first"] = serve.ask("/api/overview")[1]
        changes(ground, serve, targets, found)
        found["memory"] = serve.memory()
        pages = [Page(serve) for _ in range(VIEWERS)]
        until_told(pages, size_of(serve))
        found["viewers"] = serve.memory() - found["memory"]
        for page in pages:
            page.link.close()
        return found
    finally:
        if serve:
            serve.stop()
        ground.close()
