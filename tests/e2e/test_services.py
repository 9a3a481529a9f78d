"""Programs as services: how they are built, what systemd's units let them do,
and that this is all they do; what of their keys could be found elsewhere."""
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import unittest

from served import Served
from world import BIN, TESTS, WAIT_S, World, until

UNITS = os.path.join(os.path.dirname(TESTS), "packaging", "systemd")
SERVICES = ("tally-collector", "tally-serve", "tally-agent")
PROGRAMS = ("tally-collector", "tally-agent", "tally-audit")
EXPOSURE_MAX = 2.0  # of 10, as systemd-analyze security reckons


def said_by(*words, code=0):
    run = subprocess.run(words, capture_output=True, text=True, check=False,
                         timeout=60)
    if run.returncode != code:
        raise AssertionError(f"{words}: {run.returncode}\n{run.stdout}"
                             f"{run.stderr}")
    return run.stdout + run.stderr


def settings(service):
    """name, value of each line, in order."""
    with open(os.path.join(UNITS, service + ".service"),
              encoding="utf-8") as f:
        return [tuple(line.strip().split("=", 1)) for line in f
                if "=" in line and not line.startswith("#")]


def calls_of(group):
    """The system calls of a group, those of the groups in it too."""
    calls = set()
    for line in said_by("systemd-analyze", "syscall-filter",
                        group).splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            calls |= calls_of(word)
        elif word and not word.startswith("#"):
            calls.add(word)
    return calls


def allowed(service):
    calls = set()
    for name, value in settings(service):
        if name != "SystemCallFilter":
            continue
        for group in value.lstrip("~").split():
            if value.startswith("~"):
                calls -= calls_of(group)
            else:
                calls |= calls_of(group)
    return calls


def sanitized(program):
    """Nothing is locked into memory there, and no memcpy is checked twice."""
    names = said_by("readelf", "-W", "--dyn-syms", os.path.join(BIN, program))
    return "__asan_init" in names or "__tsan_init" in names


class Built(unittest.TestCase):
    def test_programs_are_hardened(self):
        for program in PROGRAMS:
            path = os.path.join(BIN, program)
            head = said_by("readelf", "-W", "-h", "-l", "-d", path)
            self.assertRegex(head, r"Type:\s+DYN")
            self.assertIn("GNU_RELRO", head)
            self.assertRegex(head, r"FLAGS.*NOW")
            self.assertRegex(head, r"GNU_STACK.* RW ")
            names = said_by("readelf", "-W", "--dyn-syms", path)
            self.assertIn("__stack_chk_fail", names)
            if not sanitized(program):
                self.assertIn("_chk@", names)  # _FORTIFY_SOURCE


class Units(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tally-units-")

    def tearDown(self):
        shutil.rmtree(self.folder)

    def test_units_are_such_as_systemd_takes(self):
        for service in SERVICES:
            path = os.path.join(self.folder, service + ".service")
            with open(os.path.join(UNITS, service + ".service"),
                      encoding="utf-8") as f:
                text = f.read()
            with open(path, "w", encoding="utf-8") as f:
                f.write(text.replace("/usr/local/bin", BIN))
            said_by("systemd-analyze", "verify", path)
            said_by("systemd-analyze", "security", "--offline=true",
                    f"--threshold={EXPOSURE_MAX * 10:.0f}", path)

    def test_they_confine_alike_and_run_what_there_is(self):
        confined = [[pair for pair in settings(service) if re.match(
            r"Capab|Lock|Memory(D)|NoNew|P(riv|roc|rot)|R(emove|estrict)|"
            r"System|UMask|User|Group", pair[0])] for service in SERVICES]
        self.assertGreater(len(confined[0]), 20)
        for one in confined[1:]:
            self.assertEqual(one, confined[0])
        for service in SERVICES:
            words = dict(settings(service))["ExecStart"].split()
            program = os.path.join(BIN, os.path.basename(words[0]))
            said = said_by(program, words[1], "--help")
            for option in (word for word in words if word.startswith("--")):
                self.assertIn(option, said)


class Running(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)
        self.baima = self.world.enrol("baima", "baima")
        self.traces = {}

    def start_traced(self, service, *words):
        """Its process, and what it asks the kernel for in a file. Who is
        traced cannot look for leaks."""
        self.traces[service] = self.world.path(service + ".trace")
        process = subprocess.Popen(
            ["strace", "-D", "-f", "-qq", "-o", self.traces[service],
             os.path.join(BIN, words[0]), *words[1:]],
            env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"),
            stdout=subprocess.PIPE, stderr=self.world.log, text=True)
        self.world.running.append(process)
        return process

    def test_each_asks_only_for_what_its_unit_allows(self):
        self.world.stop_collector()
        ready = os.path.join(self.world.collector_dir, "endpoint")
        self.assertFalse(os.path.exists(ready))
        clock = ("--clock", self.world.clock)
        running = [self.start_traced(
            "tally-collector", "tally-collector", "run", "--dir",
            self.world.collector_dir, *clock)]
        until(lambda: os.path.exists(ready), "the collector's start")
        running.append(self.start_traced(
            "tally-agent", "tally-agent", "run", "--dir", self.baima, *clock))
        self.world.agent(self.baima, "report", "live.jobless", "9",
                         "--period", "2024M06")
        until(lambda: self.world.counts(self.baima)["delivered"],
              "the office's delivery")
        serve = self.start_traced(
            "tally-serve", "tally-collector", "serve", "--listen",
            "127.0.0.1:0", "--dir", self.world.collector_dir)
        running.append(serve)
        asked = Served.__new__(Served)
        asked.host = serve.stdout.readline().split("/")[2]
        for path in ("/", "/api/overview", "/metrics"):
            self.assertEqual(asked.ask(path)[0].status, 200)
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            self.assertEqual(process.wait(60), 0)
            process.stdout.close()
        for service, trace in self.traces.items():
            with open(trace, encoding="utf-8", errors="replace") as f:
                calls = set(re.findall(r"^\d+ +(\w+)\(", f.read(), re.M))
            self.assertIn("sendmsg" if service == "tally-serve" else
                          "fdatasync", calls)
            self.assertEqual(calls - allowed(service), set(), service)

    def test_keys_stay_in_memory_and_in_files_of_their_own(self):
        agent = self.world.start_agent(self.baima)
        self.world.agent(self.baima, "report", "live.jobless", "9",
                         "--period", "2024M06", "--wait", "--timeout", WAIT_S)
        for process in (agent, self.world.collector):
            self.assertEqual(resource.prlimit(process.pid,
                                              resource.RLIMIT_CORE), (0, 0))
            with open(f"/proc/{process.pid}/status", encoding="ascii") as f:
                locked = re.search(r"VmLck:\s+(\d+) kB", f.read())
            if not sanitized("tally-collector"):
                self.assertGreater(int(locked.group(1)), 0)
        for folder in (self.world.collector_dir, self.baima):
            for inner in (".", "keys"):
                self.assertEqual(
                    os.stat(os.path.join(folder, inner)).st_mode & 0o77, 0)
            for name in os.listdir(os.path.join(folder, "keys")):
                self.assertEqual(os.stat(os.path.join(
                    folder, "keys", name)).st_mode & 0o177, 0)


if __name__ == "__main__":
    unittest.main()
