#!/usr/bin/env python3
"""Plays the made-up year of Shizhong District through the real programs.

One collector, one agent process for each reporting unit, real sockets with
CURVE, a simulated clock. The collector and an office are killed on the way.
Prints the table of tasks, what was refused, and the audit's verdict.
Usage: play.py --bin DIR [--keep DIR] [--json] [--serve]; exit 0 only if the
audit agrees. With --serve the collector and its pages stay up afterwards; a
year that DIR holds already is not played again.
"""
import argparse
import collections
import concurrent.futures
import csv
import datetime
import fcntl
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ZONE = datetime.timezone(datetime.timedelta(hours=8))
FOUNDED = "2024-01-08 09:00"
ENDS = "2025-01-20 09:00"
CUTOFF = "2024-12-31"
SECOND_CATALOGUE = "2024-08-18 09:00"  # the second half's references
KILLS = {  # moment of the year -> who is killed while offices report
    "2024-06-08": "collector", "2024-10-09": "baima"}
WAIT_S = 60
PAGES = 5780  # where the pages are, if nobody else is there


class Failure(Exception):
    """The year cannot go on; the text says why."""


def micros(moment):
    at = datetime.datetime.strptime(moment, "%Y-%m-%d %H:%M")
    return int(at.replace(tzinfo=ZONE).timestamp()) * 1000000


def read_csv(path):
    with open(path, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def free_port():
    """Of those that nobody is given for a connection of his own, which would
    have it while the collector is killed."""
    while True:
        port = random.randrange(10000, 32000)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


class Progress:
    """A bar on stderr, on a terminal only."""

    def __init__(self, steps):
        self.steps, self.done = steps, 0
        self.shown = sys.stderr.isatty()

    def step(self, text):
        self.done += 1
        if self.shown:
            filled = 30 * self.done // self.steps
            sys.stderr.write(f"\r[{'#' * filled}{'.' * (30 - filled)}] "
                             f"{text:<40}")
            sys.stderr.flush()

    def end(self):
        if self.shown:
            sys.stderr.write("\r" + " " * 75 + "\r")


class Year:
    """The programs of one year in one directory."""

    def __init__(self, programs, folder):
        self.programs = programs
        self.folder = folder
        self.collector_dir = os.path.join(folder, "collector")
        self.admin_dir = os.path.join(folder, "admin")
        self.clock = os.path.join(folder, "clock")
        self.logs = os.path.join(folder, "logs")
        self.collector = None
        self.agents = {}
        self.killed = []  # (who, day)
        for made in (os.path.join(folder, "offices"), self.logs):
            os.makedirs(made, exist_ok=True)

    def office(self, unit):
        return os.path.join(self.folder, "offices", unit)

    def set_clock(self, moment):
        with open(self.clock + ".new", "w", encoding="ascii") as f:
            f.write(str(micros(moment)))
        os.rename(self.clock + ".new", self.clock)

    def call(self, program, *args, accept=(0,)):
        command = [os.path.join(self.programs, program), *args]
        run = subprocess.run(command, capture_output=True, text=True,
                             timeout=10 * WAIT_S, check=False)
        if run.returncode not in accept:
            raise Failure(f"{' '.join(command)}: exit {run.returncode}\n"
                          f"{run.stdout}{run.stderr}")
        return run

    def agent(self, folder, command, *args, accept=(0,)):
        return self.call("tally-agent", command, "--dir", folder,
                         "--clock", self.clock, *args, accept=accept)

    def start(self, name, *command):
        log = open(os.path.join(self.logs, name + ".log"), "ab")
        with log:
            return subprocess.Popen(
                [os.path.join(self.programs, command[0]), *command[1:]],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def collector_runs(self):
        """Somebody's, of the directory: it holds the lock."""
        try:
            with open(os.path.join(self.collector_dir, "lock"), "r+b") as f:
                fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except FileNotFoundError:
            pass
        return False

    def start_collector(self):
        ready = os.path.join(self.collector_dir, "endpoint")
        if os.path.exists(ready):
            os.unlink(ready)
        self.collector = self.start(
            "collector", "tally-collector", "run", "--dir",
            self.collector_dir, "--clock", self.clock)
        deadline = time.monotonic() + WAIT_S
        while not os.path.exists(ready):
            if self.collector.poll() is not None or \
                    time.monotonic() > deadline:
                raise Failure("the collector does not start, see "
                              + os.path.join(self.logs, "collector.log"))
            time.sleep(0.005)

    def start_agent(self, name, folder):
        self.agents[name] = self.start(
            "agent-" + name, "tally-agent", "run", "--dir", folder,
            "--clock", self.clock)

    def found(self):
        card = os.path.join(self.collector_dir, "collector.card")
        founding = os.path.join(self.folder, "founding")
        self.call("tally-collector", "init", self.collector_dir,
                  "--endpoint", f"tcp://127.0.0.1:{free_port()}")
        self.agent(self.admin_dir, "found", "--collector", card, "--out",
                   founding, "--simulated", "--name", "neijiang-2024")
        self.call("tally-collector", "init", self.collector_dir,
                  "--founding", founding)
        self.start_collector()

    def enrol(self, unit, reviews):
        roles = ["--role", "reporter"] + \
            (["--role", "reviewer"] if reviews else [])
        code = self.agent(self.admin_dir, "grant", unit, *roles).stdout
        return unit, code.strip()

    def join(self, unit, code):
        folder = self.office(unit)
        self.agent(folder, "enrol", code, "--timeout", str(WAIT_S))
        self.start_agent(unit, folder)

    def stop(self):
        for process in self.agents.values():
            process.send_signal(signal.SIGTERM)
        for process in self.agents.values():
            process.wait(WAIT_S)
        self.agents.clear()
        if self.collector and self.collector.poll() is None:
            self.collector.send_signal(signal.SIGTERM)
            if self.collector.wait(WAIT_S):
                raise Failure("the collector did not stop cleanly")

    def kill_all(self):
        for process in [*self.agents.values(), self.collector]:
            if process and process.poll() is None:
                process.kill()
                process.wait()

    def kill(self, who, day):
        self.killed.append((who, day))
        if who == "collector":
            self.collector.kill()
            self.collector.wait()
            self.start_collector()
        else:
            self.agents[who].kill()
            self.agents[who].wait()
            self.start_agent(who, self.office(who))


def january_catalogue(folder):
    """The catalogue as it stood when the year began."""
    made = os.path.join(folder, "catalogue-january")
    shutil.copytree(os.path.join(HERE, "catalogue"), made,
                    dirs_exist_ok=True)
    shutil.copytree(os.path.join(HERE, "catalogue-january"), made,
                    dirs_exist_ok=True)
    return made


def load_year():
    """{moment: {office: [row]}} of everything that offices send."""
    leads = {row["target"]: row["lead"] for row in
             read_csv(os.path.join(HERE, "catalogue", "targets.csv"))}
    year = collections.defaultdict(lambda: collections.defaultdict(list))
    for name in sorted(os.listdir(os.path.join(HERE, "reports"))):
        for row in read_csv(os.path.join(HERE, "reports", name)):
            office = leads[row["target"]] if row.get("review") \
                else row["unit"]
            year[row["received"]][office].append(row)
    for name in sorted(os.listdir(os.path.join(HERE, "misdirected"))):
        for row in read_csv(os.path.join(HERE, "misdirected", name)):
            year[row["received"]][name[:-4]].append(row)
    return year


def write_rows(path, rows):
    columns = ["target", "unit", "period"]
    for row in rows:
        columns += [c for c in row if c not in columns and c != "received"]
    with open(path, "w", newline="", encoding="utf-8") as f:
        writer = csv.DictWriter(f, columns, restval="",
                                extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def send(year, office, rows):
    path = os.path.join(year.folder, f"import-{office}.csv")
    write_rows(path, rows)
    year.agent(year.office(office), "import", path, "--unchecked", "--wait",
               "--timeout", str(WAIT_S), accept=(0, 3))
    os.unlink(path)


def play_moment(year, pool, moment, offices):
    year.set_clock(moment)
    jobs = [pool.submit(send, year, office, rows)
            for office, rows in sorted(offices.items())]
    who = KILLS.get(moment[:10])
    if who:
        year.kill(who, moment[:10])
    for job in jobs:
        job.result()


def play(year, plan):
    reviewers = {row["lead"] for row in
                 read_csv(os.path.join(HERE, "catalogue", "targets.csv"))}
    offices = sorted({o for at in plan.values() for o in at})
    progress = Progress(2 * len(offices) + len(plan) + 4)
    year.set_clock(FOUNDED)
    year.found()
    progress.step("founded")
    year.agent(year.admin_dir, "apply", january_catalogue(year.folder))
    second = False
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        codes = []
        for unit in offices:
            codes.append(year.enrol(unit, unit in reviewers))
            progress.step("grant for " + unit)
        # All of it waits by now: how many batches it takes is no matter of
        # chance, and a year has as many entries as the next.
        year.start_agent("admin", year.admin_dir)
        year.agent(year.admin_dir, "sync", "--timeout", str(WAIT_S))
        for job in [pool.submit(year.join, *code) for code in codes]:
            job.result()
            progress.step("offices enrol")
        for moment in sorted(plan):
            if not second and moment > SECOND_CATALOGUE:
                year.set_clock(SECOND_CATALOGUE)
                year.agent(year.admin_dir, "apply",
                           os.path.join(HERE, "catalogue"))
                year.agent(year.admin_dir, "sync", "--timeout", str(WAIT_S))
                second = True
            play_moment(year, pool, moment, plan[moment])
            progress.step("the year, " + moment)
    year.set_clock(ENDS)
    year.stop()
    progress.end()
    return offices


def refused(year, offices):
    """(office, statement) of everything that was refused."""
    for office in offices:
        lines = year.agent(year.office(office), "status", "--json").stdout
        for line in lines.splitlines():
            said = json.loads(line)
            if said.get("state") == "refused":
                yield office, said


def chinese():
    """As the programs choose: the first of these that is set decides."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return os.environ[name].startswith("zh")
    return False


def tell(year, rows, offices, seconds):
    """What was played, and who was killed on the way."""
    people = ", ".join(f"{who} ({day})" for who, day in year.killed)
    if chinese():
        print(f"已演示 {offices} 个单位的 {rows} 条填报和审核，用时 "
              f"{seconds:.0f} 秒。\n途中强行终止后重启：{people}；均从中断"
              "处继续。\n", file=sys.stderr)
    else:
        print(f"Played {rows} reports and reviews of {offices} offices in "
              f"{seconds:.0f} s.\nKilled on the way and started again: "
              f"{people}; each went on where it was.\n", file=sys.stderr)


def show(year, offices, as_json):
    figures = ["figures", year.collector_dir, "--cutoff", CUTOFF]
    if as_json:
        sys.stdout.write(year.call("tally-audit", *figures, "--json").stdout)
    else:
        sys.stdout.write(year.call("tally-audit", *figures).stdout)
    out = sys.stderr if as_json else sys.stdout
    print("\n未采纳：" if chinese() else "\nRefused:", file=out)
    for office, said in refused(year, offices):
        cell = " ".join(said[key] for key in ("target", "unit", "period",
                                              "item") if said.get(key))
        print(f"  {office:<10} {cell}: {said['verdict']}\n"
              f"             {said['why']}", file=out)
    print("", file=out)
    out.flush()
    store = os.path.join(year.collector_dir, "store")
    agreed = True
    for command in (["verify", year.collector_dir],
                    ["replay", year.collector_dir, "--compare", store]):
        run = year.call("tally-audit", *command, accept=(0, 4))
        out.write(run.stdout + run.stderr)
        agreed = agreed and run.returncode == 0
    return agreed


def pages_port():
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", PAGES))
            return PAGES
        except OSError:
            return free_port()


def answers(address):
    try:
        with urllib.request.urlopen(address + "readyz", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def serve(year):
    """The collector and its pages, until somebody ends it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if not year.collector_runs():  # one that was started by hand goes on
        year.start_collector()
    port = pages_port()
    address = f"http://127.0.0.1:{port}/"
    pages = year.start("serve", "tally-collector", "serve",
                       year.collector_dir, "--listen", f"127.0.0.1:{port}")
    try:
        deadline = time.monotonic() + WAIT_S
        while not answers(address):
            if pages.poll() is not None or time.monotonic() > deadline:
                raise Failure("the pages do not start, see "
                              + os.path.join(year.logs, "serve.log"))
            time.sleep(0.02)
        print(f"看板：{address}（按 Ctrl+C 结束）" if chinese() else
              f"The dashboard: {address} (ends with Ctrl+C)", flush=True)
        pages.wait()
        raise Failure("the pages ended, see "
                      + os.path.join(year.logs, "serve.log"))
    except KeyboardInterrupt:
        pass
    finally:
        if pages.poll() is None:
            pages.terminate()
            pages.wait(WAIT_S)
    year.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", required=True)
    parser.add_argument("--keep")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", action="store_true")
    args = parser.parse_args()
    folder = os.path.abspath(args.keep) if args.keep else \
        tempfile.mkdtemp(prefix="tally-")
    there = args.serve and os.path.isfile(os.path.join(
        folder, "collector", "collector.card"))
    if args.keep and not there:
        if os.path.isdir(folder) and os.listdir(folder):
            print(f"{folder} is not empty", file=sys.stderr)
            return 2
        os.makedirs(folder, exist_ok=True)
    began = time.monotonic()
    year = Year(args.bin, folder)
    try:
        agreed = True
        if not there:
            plan = load_year()
            offices = play(year, plan)
            rows = sum(len(r) for at in plan.values() for r in at.values())
            tell(year, rows, len(offices), time.monotonic() - began)
            agreed = show(year, offices, args.json)
        if args.serve:
            serve(year)
        return 0 if agreed else 4
    except (Failure, subprocess.SubprocessError) as failure:
        print(failure, file=sys.stderr)
        return 1
    finally:
        year.kill_all()
        if not args.keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
