#!/usr/bin/env python3
"""The three programs as somebody meets them who reads --help: each example
works as it is printed, and a slip of the fingers is told, with exit 2."""
import functools
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import unittest

from world import BIN, World, free_port, until

PROGRAMS = ("tally-agent", "tally-collector", "tally-audit")
CATALOGUE = os.path.join(os.environ["TALLY_SOURCE"], "examples",
                         "neijiang-2024", "catalogue")


def call(*words, **more):
    return subprocess.run([os.path.join(BIN, words[0]), *words[1:]],
                          capture_output=True, text=True, timeout=120,
                          check=False, stdin=subprocess.DEVNULL, **more)


@functools.cache
def explained(*words):
    return call(*words, "--help").stdout


def commands(program):
    text = explained(program)
    return re.findall(r"^  (\S+) ", text.split("Commands:")[1], re.M)


def examples(program):
    """(command, line) of each example."""
    for command in commands(program):
        text = explained(program, command)
        for line in text.split("Example:\n")[1].splitlines():
            if line.strip():
                yield command, line.strip()


class Usage(unittest.TestCase):
    """Nothing here reaches a directory."""

    def wrong(self, *words):
        run = call(*words, env={**os.environ, "TALLY_DIR": "/nonexistent"})
        self.assertEqual(run.returncode, 2, (words, run.stderr))
        self.assertEqual(run.stdout, "", words)
        self.assertTrue(run.stderr.startswith(words[0]), run.stderr)
        self.assertIn("--help", run.stderr, words)
        return run.stderr

    def test_programs_say_what_they_are(self):
        for program in PROGRAMS:
            for words in (("--help",), ("-h",), ("help",)):
                run = call(program, *words)
                self.assertEqual((run.returncode, run.stderr), (0, ""))
                self.assertTrue(run.stdout.startswith(program + ":"))
            run = call(program, "--version")
            self.assertRegex(run.stdout, program + r" \d+\.\d+\.\d+\n")
            self.assertEqual(run.returncode, 0)

    def test_commands_explain_themselves(self):
        for program in PROGRAMS:
            self.assertTrue(commands(program))
            for command in commands(program):
                run = call(program, command, "--help")
                self.assertEqual((run.returncode, run.stderr), (0, ""))
                self.assertIn(f"Usage: {program} {command}", run.stdout)
                self.assertIn(f"  {program} {command}",
                              run.stdout.split("Example:")[1])
            self.assertEqual(call(program, command, "-h").stdout, run.stdout)

    def test_commands_that_are_none(self):
        for program in PROGRAMS:
            self.wrong(program)
            self.assertIn("frobnicate", self.wrong(program, "frobnicate"))
            self.wrong(program, "")
            self.wrong(program, "--frobnicate")

    def test_options_that_are_none(self):
        for program in PROGRAMS:
            for command in commands(program):
                self.assertIn("--frobnicate", self.wrong(
                    program, command, "--frobnicate=1"))
            for option in ("--frobnicate", "-x"):
                self.assertIn(option, self.wrong(program, command, option))

    def test_options_without_their_value(self):
        for program in PROGRAMS:
            for command in commands(program):
                text = explained(program, command)
                own = re.findall(r"^  (--\S+) [A-Z]\S*\b", text, re.M)
                for option in own[:3]:
                    self.assertIn(option, self.wrong(program, command, option))

    def test_flags_with_a_value(self):
        self.wrong("tally-agent", "status", "--json=yes")
        self.wrong("tally-collector", "offices", "--json=yes")
        self.wrong("tally-audit", "verify", "--json=yes", "x")

    def test_arguments_that_lack_or_are_too_many(self):
        for program in PROGRAMS:
            for command in commands(program):
                text = explained(program, command)
                words = re.search(
                    rf"Usage: {program} {command}(.*?)( \[OPTIONS\])?\n",
                    text).group(1).strip()
                if words and not words.startswith("["):
                    self.wrong(program, command)
                self.assertIn("too many", self.wrong(
                    program, command, *["x"] * 102))

    def test_a_directory_that_is_none(self):
        for command, code in (("check-config", 2), ("run", 2),
                              ("figures", 1), ("offices", 1), ("recover", 2)):
            run = call("tally-collector", command, "/nonexistent")
            self.assertEqual(run.returncode, code, command)
            self.assertIn("/nonexistent", run.stderr)
            self.assertEqual(run.stdout, "")
        for command in ("status", "sync", "run", "history"):
            run = call("tally-agent", command, "--dir", "/nonexistent")
            self.assertEqual(run.returncode, 2, command)
        for command in ("verify", "replay", "figures"):
            run = call("tally-audit", command, "/nonexistent")
            self.assertEqual(run.returncode, 1, (command, run.stderr))
            self.assertIn("/nonexistent", run.stderr)


class Examples(unittest.TestCase):
    """What --help shows, word for word but for places, addresses, keys."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tally-examples-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.world = World.__new__(World)  # its tools, a life of its own
        self.world.folder = self.folder
        self.world.running = []
        self.world.collector = None
        self.world.clock = self.path("clock")
        self.world.log = open(self.path("log"), "ab")
        self.addCleanup(self.close)
        self.world.set_clock("2024-07-05 09:00")
        self.left = {program: list(examples(program))
                     for program in PROGRAMS}
        self.places = {"/srv/tally": self.path("collector"),
                       "/var/lib/tally/collector": self.path("collector"),
                       "/backup/tally-2024-07-05": self.path("copy"),
                       "/var/lib/tally/agent": self.path("office"),
                       "tcp://10.1.2.3:5724":
                           f"tcp://127.0.0.1:{free_port()}"}

    def close(self):
        for process in self.world.running:
            if process.poll() is None:
                process.kill()
                process.wait()
        self.world.log.close()

    def path(self, name):
        return os.path.join(self.folder, name)

    def words(self, program, command):
        """The next example of the command, ready to run here."""
        found = next(x for x in self.left[program] if x[0] == command)
        self.left[program].remove(found)
        line = found[1]
        for place, real in self.places.items():
            line = line.replace(place, real)
        words = shlex.split(line)
        self.assertEqual(words[:2], [program, command])
        if program == "tally-agent" or (program, command) in (
                ("tally-collector", "run"), ("tally-collector", "rotate")):
            words += ["--clock", self.world.clock]
        if (program, command) == ("tally-agent", "found"):
            words.append("--simulated")
        return words

    def run_next(self, program, command, office="office", code=0, more=()):
        words, into = [*self.words(program, command), *more], None
        if ">" in words:
            at = words.index(">")
            into = words[at + 1]
            del words[at:at + 2]
        run = call(*words, cwd=self.folder,
                   env={**os.environ, "TALLY_DIR": self.path(office)})
        self.assertEqual(run.returncode, code,
                         (words, run.stdout, run.stderr))
        if into:
            self.write(into, run.stdout)
        return run.stdout.strip()

    def agent(self, office, *words):
        run = call("tally-agent", *words, "--clock", self.world.clock,
                   env={**os.environ, "TALLY_DIR": self.path(office)})
        self.assertEqual(run.returncode, 0, (words, run.stderr))
        return run.stdout.strip()

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)

    def start(self, program, ready):
        process = self.world.start(*self.words(program, "run"))
        until(ready, program + " to be ready")
        return process

    def serve_next(self):
        words = self.words("tally-collector", "serve")
        process = subprocess.Popen(
            [os.path.join(BIN, words[0]), *words[1:], "--listen",
             "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
        with process.stdout as said:
            self.assertIn("http://127.0.0.1:", said.readline())
            self.stop(process)

    def stop(self, process):
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(60), 0)

    def test_every_example_works(self):
        # founding
        self.run_next("tally-collector", "init")
        shutil.copy(self.path("collector/collector.card"), self.folder)
        self.run_next("tally-agent", "found", "admin")
        self.run_next("tally-collector", "init")
        self.run_next("tally-collector", "check-config")
        self.assertIn('"good"', self.run_next("tally-collector",
                                              "check-config"))
        collector = self.start("tally-collector", lambda: os.path.exists(
            self.path("collector/endpoint")))
        # the administrator
        os.makedirs(self.path("examples/neijiang-2024"))
        shutil.copytree(CATALOGUE,
                        self.path("examples/neijiang-2024/catalogue"))
        self.run_next("tally-agent", "apply", "admin")
        with open(self.path("examples/neijiang-2024/catalogue/settings.csv"),
                  "a", encoding="utf-8") as f:
            f.write(f"redact,{self.lead()}\n")
        self.agent("admin", "apply",
                   self.path("examples/neijiang-2024/catalogue"), "--wait")
        code = self.run_next("tally-agent", "grant", "admin")
        self.run_next("tally-agent", "grant", "admin")
        lead = self.agent("admin", "grant", self.lead(), "--role", "reviewer")
        self.agent("admin", "sync")
        self.agent("lead", "enrol", lead)
        centre = self.agent("admin", "grant", self.lead(), "--role",
                            "official")
        self.agent("admin", "sync")
        self.agent("centre", "enrol", centre)
        # the office
        self.places["tally1aeaa..."] = code
        key = self.run_next("tally-agent", "enrol")
        self.agent("office", "sync")
        self.run_next("tally-agent", "report")
        self.run_next("tally-agent", "report")
        self.write("june.csv", "target,unit,period,value\n"
                   "live.urban-jobs,baima,2024M06,118\n")
        self.run_next("tally-agent", "import")
        self.run_next("tally-agent", "import")
        text = self.agent("office", "report", "rural.village-look", "--text",
                          "修了三公里路", "--period", "2024Q2", "--wait")
        self.run_next("tally-agent", "sync")
        sender = self.start("tally-agent", lambda: '"connected"' in
                            self.agent("office", "status", "--json"))
        self.stop(sender)
        self.assertIn("live.urban-jobs",
                      self.run_next("tally-agent", "status"))
        self.assertIn("118", self.run_next("tally-agent", "history"))
        for _ in range(2):
            self.assertIn("no alarm", self.run_next("tally-agent", "alarm"))
        self.assertIn("tally-witness/",
                      self.run_next("tally-agent", "witness"))
        key = self.run_next("tally-agent", "rotate")
        # review, revocation, figures
        listed = self.run_next("tally-agent", "review", "lead")
        self.assertIn("修了三公里路", listed)
        self.assertIn(",,,v", listed)
        self.write("waiting.csv", listed.replace(",,,v", ",green,,v"))
        self.run_next("tally-agent", "review", "lead")
        self.run_next("tally-agent", "review", "lead")
        self.agent("lead", "sync")
        self.run_next("tally-agent", "adjust", "centre")
        self.run_next("tally-agent", "adjust", "centre")
        self.places[" 9.0 "] = f" {text.split()[-1]} "
        self.run_next("tally-agent", "redact", "centre")
        del self.places[" 9.0 "]
        self.agent("centre", "sync")
        self.places["5f0c...e1"] = key
        self.run_next("tally-agent", "revoke", "admin")
        self.agent("admin", "sync")
        self.assertIn("live.urban-jobs",
                      self.run_next("tally-collector", "figures"))
        self.assertIn("有变化", self.run_next("tally-collector", "figures"))
        self.assertIn("baima", self.run_next("tally-collector", "offices"))
        self.assertIn("since then",
                      self.run_next("tally-collector", "offices"))
        self.serve_next()
        self.assertRegex(self.run_next("tally-collector", "token"),
                         "^chen[.][0-9a-f]{64}$")
        self.assertIn("chen", self.run_next("tally-collector", "token"))
        self.run_next("tally-collector", "token")
        for _ in range(2):
            self.assertIn("disk", self.run_next("tally-collector", "doctor"))
        self.assertIn("signed", self.run_next("tally-collector", "backup"))
        self.assertIn("signed", self.run_next("tally-collector", "restore"))
        self.stop(collector)
        # the auditor, with copies
        os.mkdir(self.path("backup"))
        shutil.copytree(self.path("collector/journal"),
                        self.path("backup/journal"))
        shutil.copytree(CATALOGUE, self.path("2024"))
        shutil.copytree(CATALOGUE, self.path("revised"))
        shutil.copy(self.path("june.csv"), self.path("reports.csv"))
        for command in ("verify", "verify", "replay", "replay", "replay",
                        "figures", "figures", "figures", "figures", "receipt",
                        "explain", "late"):
            self.assertTrue(self.run_next("tally-audit", command))
        self.assertEqual(self.run_next("tally-audit", "late"), "")
        for command in "diff", "diff", "export", "export":
            self.assertTrue(self.run_next("tally-audit", command))
        self.run_next("tally-audit", "prove")
        self.assertTrue(self.run_next("tally-audit", "check"))
        # what offices hand over to a collector that has lost nothing
        for _ in range(2):
            self.run_next("tally-agent", "hand-over")
        self.agent("lead", "hand-over", self.path("hrss.kept"))
        os.mkdir(self.path("handed-over"))
        shutil.copy(self.path("baima.kept"), self.path("handed-over"))
        for _ in range(2):
            self.assertIn("nothing that was signed is missing",
                          self.run_next("tally-collector", "recover"))
        self.assertIn("nothing that was signed is missing",
                      self.run_next("tally-collector", "reopen"))
        # new keys for the collector
        for more in (), ("--anyway",):
            self.assertRegex(self.run_next("tally-collector", "rotate",
                                           more=more), "^[0-9a-f]{64}$")
        shutil.copy(self.path("collector/collector.successions"), self.folder)
        self.assertRegex(self.run_next("tally-agent", "follow"),
                         "^[0-9a-f]{64}$")
        self.assertEqual(self.left, {program: [] for program in PROGRAMS})

    def lead(self):
        """Of rural.village-look."""
        with open(os.path.join(CATALOGUE, "targets.csv"),
                  encoding="utf-8-sig") as f:
            head, *rows = (line.strip().split(",") for line in f
                           if "," in line)
        return next(row[head.index("lead")] for row in rows
                    if row[0] == "rural.village-look")


if __name__ == "__main__":
    unittest.main(verbosity=2)
