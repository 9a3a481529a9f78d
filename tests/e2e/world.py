"""The world of the end-to-end tests: a journal on a simulated clock, its
collector and agents, all of them the real programs in a temporary folder. What
any program says there must be free of the sanitizers' words."""
import base64
import datetime
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TESTS = os.path.join(os.environ["TALLY_SOURCE"], "tests")
sys.path[:0] = [TESTS, os.path.join(TESTS, "reference")]
import journal as reference  # noqa: E402
from ports import free_port  # noqa: E402

BIN = os.environ["TALLY_BIN"]
WAIT_S = "60"
ZONE = datetime.timezone(datetime.timedelta(hours=8))

CATALOGUE = {
    "settings.csv": "key,value\nstart,2024-01-01\nend,2024-12-31\n",
    "units.csv": "unit,name_zh,kind\nbaima,白马镇,town\n"
                 "longmen,龙门镇,town\nhrss,人社局,department\n",
    "targets.csv":
        "target,name_zh,kind,uom_zh,compare,goal,lead,approve\n"
        "live.urban-jobs,城镇新增就业,flow,人,>=,5800,hrss,\n"
        "live.jobless,失业人数,level,人,<=,900,hrss,\n"
        "rural.look,村容村貌,narrative,,,,hrss,\n"
        "rural.roads,农村公路,flow,公里,>=,20,hrss,yes\n",
    "roster.csv": "target,unit,quota\n" + "".join(
        f"{t},{u},{q}\n" for t, q in (
            ("live.urban-jobs", 420), ("live.jobless", 50),
            ("rural.look", ""), ("rural.roads", 3))
        for u in ("baima", "longmen")),
}


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
        return True
    except OSError:
        return False


def sanitary(said):
    for words in ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer",
                  "runtime error:", "WARNING: ThreadSanitizer",
                  "Assertion "):
        if words in said:
            raise AssertionError(said[said.index(words):][:4000])


class World:
    """catalogue: files by name, False for none."""

    def __init__(self, catalogue=None, moment="2024-07-05 09:00",
                 host="127.0.0.1", found=()):
        self.folder = tempfile.mkdtemp(prefix="tally-world-")
        self.clock = self.path("clock")
        self.collector_dir = self.path("collector")
        self.admin = self.path("admin")
        self.collector = None
        self.running = []
        self.keys = {}  # of offices, public
        self.log = open(self.path("log"), "ab")
        self.set_clock(moment)
        self.call("tally-collector", "init", self.collector_dir,
                  "--endpoint", f"tcp://{host}:{free_port()}")
        self.founded = self.agent(
            self.admin, "found", "--collector",
            os.path.join(self.collector_dir, "collector.card"), "--out",
            self.path("founding"), "--simulated", "--name", "test",
            *found)
        self.call("tally-collector", "init", self.collector_dir,
                  "--founding", self.path("founding"))
        self.start_collector()
        if catalogue is not False:
            self.agent(self.admin, "apply",
                       self.write_catalogue(catalogue or CATALOGUE),
                       "--wait", "--timeout", WAIT_S)

    def close(self):
        for process in [*self.running, self.collector]:
            if process and process.poll() is None:
                process.kill()
                process.wait()
        self.log.close()
        with open(self.path("log"), encoding="utf-8", errors="replace") as f:
            said = f.read()
        shutil.rmtree(self.folder)
        sanitary(said)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def set_clock(self, text):
        moment = datetime.datetime.fromisoformat(text).replace(tzinfo=ZONE)
        with open(self.clock + ".new", "w", encoding="ascii") as f:
            f.write(str(int(moment.timestamp()) * 1000000))
        os.rename(self.clock + ".new", self.clock)

    def write(self, name, content):
        data = content if isinstance(content, bytes) else content.encode()
        with open(self.path(name), "wb") as f:
            f.write(data)
        return self.path(name)

    def write_catalogue(self, files, name="catalogue"):
        os.makedirs(self.path(name), exist_ok=True)
        for file, content in files.items():
            self.write(os.path.join(name, file), content)
        return self.path(name)

    # ---- programs ----

    def call(self, program, *args, code=0):
        run = subprocess.run([os.path.join(BIN, program), *args],
                             capture_output=True, text=True, timeout=120,
                             check=False, stdin=subprocess.DEVNULL)
        sanitary(run.stderr)
        if code is not None and run.returncode != code:
            raise AssertionError(
                f"{program} {' '.join(args)}: exit {run.returncode}, not "
                f"{code}\n{run.stdout}{run.stderr}")
        return run

    def agent_words(self, folder, command, *args):
        return ["tally-agent", command, "--dir", folder, "--clock",
                self.clock, "--lang", "en", *args]

    def agent(self, folder, command, *args, code=0):
        words = self.agent_words(folder, command, *args)
        return self.call(*words, code=code)

    def start(self, *words):
        process = subprocess.Popen(
            [os.path.join(BIN, words[0]), *words[1:]],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.running.append(process)
        return process

    def start_agent(self, folder, command="run", *args):
        return self.start(*self.agent_words(folder, command, *args))

    def start_collector(self):
        ready = os.path.join(self.collector_dir, "endpoint")
        if os.path.exists(ready):
            os.unlink(ready)
        self.collector = self.start("tally-collector", "run", "--dir",
                                    self.collector_dir, "--clock", self.clock)
        until(lambda: os.path.exists(ready), "the collector's start")

    def stop_collector(self, how=signal.SIGTERM):
        self.collector.send_signal(how)
        self.collector.wait(60)

    # ---- offices ----

    def code(self, *args):
        """A code whose grant the collector has."""
        code = self.agent(self.admin, "grant", *args).stdout.strip()
        self.agent(self.admin, "sync", "--timeout", WAIT_S)
        return code

    def enrol(self, name, *args):
        folder = self.path(name)
        run = self.agent(folder, "enrol", self.code(*args), "--timeout",
                         WAIT_S)
        self.keys[folder] = run.stdout.strip()
        return folder

    def status(self, folder):
        lines = self.agent(folder, "status", "--json").stdout.splitlines()
        return [json.loads(line) for line in lines]

    def counts(self, folder):
        return self.status(folder)[-1]["counts"]

    def said(self, folder, *keys):
        return [tuple(line.get(key) for key in keys)
                for line in self.status(folder)[:-1]
                if line["kind"] in ("report", "review")]

    def journal(self):
        return reference.Journal(self.collector_dir)

    def signed(self):
        """Size and root of the last checkpoint."""
        with open(os.path.join(self.collector_dir, "checkpoint"),
                  encoding="utf-8") as f:
            lines = f.read().splitlines()
        return int(lines[1]), base64.b64decode(lines[2])

    def until_signed(self):
        """Until a checkpoint covers all that the journal holds."""
        until(lambda: self.signed()[0] == len(self.journal().leaves),
              "a checkpoint of all entries")

    def audit(self):
        """What the journal holds agrees with itself and the live store."""
        if self.collector.poll() is None:
            self.stop_collector()
        self.call("tally-audit", "verify", self.collector_dir)
        run = self.call("tally-audit", "replay", self.collector_dir,
                        "--compare", os.path.join(self.collector_dir,
                                                  "store"))
        facts = {}
        for line in run.stdout.splitlines():
            words = line.split()
            if len(words) == 2 and words[1].isdigit():
                facts[words[0]] = int(words[1])
        return facts


def until(true, what, seconds=60):
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"in vain: {what}")
        time.sleep(0.01)
