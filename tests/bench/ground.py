"""The ground of the benchmark: a journal on the wall clock with its collector,
both from the real programs, in a temporary folder."""
import datetime
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from ports import free_port  # noqa: E402

START_S = 120


class Failure(Exception):
    """The measurement went wrong; the text says why."""


def months_over():
    """The year to report for, and how many of its months are over."""
    day = datetime.date.today() - datetime.timedelta(days=40)
    return day.year, day.month


def weeks_over():
    """The same by weeks."""
    day = datetime.date.today() - datetime.timedelta(days=14)
    year, week, _ = day.isocalendar()
    return year, week


def catalogue(targets, units, period="month"):
    """Every unit shares in every target; one department leads them all."""
    year, _ = months_over()
    t, u = range(targets), range(units)
    return {
        "settings.csv": f"key,value\nstart,{year}-01-01\nend,{year}-12-31\n"
                        "due_days,400\nclose_days,400\n",
        "units.csv": "unit,name_zh,kind\nlead,牵头部门,department\n" +
                     "".join(f"u{i:05},第{i}镇,town\n" for i in u),
        "targets.csv":
            "target,name_zh,kind,uom_zh,compare,goal,lead,approve,period\n" +
            "".join(f"t{i:05},第{i}项,flow,个,>=,{units * 1000},lead,,"
                    f"{period}\n" for i in t),
        "roster.csv": "target,unit,quota\n" +
                      "".join(f"t{i:05},u{j:05},1000\n" for i in t for j in u),
    }


class Ground:
    """build: the build directory; the folder goes away with close."""

    def __init__(self, build, targets, units, under=None, period="month"):
        self.build = build
        self.folder = tempfile.mkdtemp(prefix="tally-bench-", dir=under)
        self.collector_dir = self.path("collector")
        self.admin = self.path("admin")
        self.collector = None
        self.log = open(self.path("log"), "ab")
        try:
            self.found(catalogue(targets, units, period))
        except BaseException:
            self.close()
            raise

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def found(self, files):
        self.endpoint = f"tcp://127.0.0.1:{free_port()}"
        self.call("tally-collector", "init", self.collector_dir, "--endpoint",
                  self.endpoint)
        self.agent("found", "--collector",
                   self.path("collector", "collector.card"), "--out",
                   self.path("founding"), "--name", "bench")
        self.call("tally-collector", "init", self.collector_dir,
                  "--founding", self.path("founding"))
        self.start()
        os.mkdir(self.path("catalogue"))
        for name, text in files.items():
            with open(self.path("catalogue", name), "w",
                      encoding="utf-8") as f:
                f.write(text)
        self.agent("apply", self.path("catalogue"), "--wait", "--timeout",
                   "120")

    def program(self, name):
        return os.path.join(self.build, "bin", name)

    def call(self, program, *args):
        run = subprocess.run([self.program(program), *args],
                             capture_output=True, text=True, check=False,
                             stdin=subprocess.DEVNULL)
        if run.returncode:
            raise Failure(f"{program} {' '.join(args)}: exit "
                          f"{run.returncode}\n{run.stdout}{run.stderr}")
        return run.stdout

    def agent(self, command, *args):
        return self.call("tally-agent", command, "--dir", self.admin, "--lang",
                         "en", *args)

    def start(self):
        """Starts the collector; seconds until it takes connections."""
        ready = self.path("collector", "endpoint")
        if os.path.exists(ready):
            os.unlink(ready)
        begun = time.monotonic()
        self.collector = subprocess.Popen(
            [self.program("tally-collector"), "run", "--dir",
             self.collector_dir], stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=self.log)
        while not os.path.exists(ready):
            if self.collector.poll() is not None:
                raise Failure(f"the collector ended, see {self.said()}")
            if time.monotonic() - begun > START_S:
                raise Failure("the collector does not start")
            time.sleep(0.002)
        return time.monotonic() - begun

    def stop(self, how=signal.SIGTERM):
        self.collector.send_signal(how)
        self.collector.wait()

    def said(self):
        with open(self.path("log"), encoding="utf-8", errors="replace") as f:
            return f.read()[-4000:]

    def store_bytes(self):
        """What LMDB takes of the disk."""
        total = 0
        for root, _, names in os.walk(self.path("collector", "store")):
            for name in names:
                total += os.stat(os.path.join(root, name)).st_blocks * 512
        return total

    def audit(self):
        """The journal agrees with itself and with the live store."""
        self.call("tally-audit", "verify", self.collector_dir)
        self.call("tally-audit", "replay", self.collector_dir, "--compare",
                  self.path("collector", "store"))

    def close(self):
        if self.collector and self.collector.poll() is None:
            self.collector.kill()
            self.collector.wait()
        self.log.close()
        shutil.rmtree(self.folder)
