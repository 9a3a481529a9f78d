#!/usr/bin/env python3
"""How tally-collector begins, begins again and ends: its settings, keys,
founding, store and disk, through the real program."""
import json
import os
import re
import resource
import shutil
import subprocess
import time
import unittest

from world import (BIN, CATALOGUE, WAIT_S, World, free_port, has_ipv6,
                   until)

WAIT = ("--wait", "--timeout", WAIT_S)


class Start(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)
        self.dir = self.world.collector_dir

    def collector(self, command, *args, code=0):
        return self.world.call("tally-collector", command, "--dir", self.dir,
                               *args, code=code)

    def run_again(self, code):
        """A start that must fail."""
        return self.collector("run", "--clock", self.world.clock,
                              code=code).stderr

    def report(self, office, value, code=0):
        return self.world.agent(office, "report", "live.jobless", str(value),
                                "--unit", os.path.basename(office),
                                "--period", "2024M06", "--reason", "counted",
                                *WAIT, code=code)

    def log(self):
        with open(self.world.path("log"), encoding="utf-8") as f:
            return f.read()

    def store(self):
        return os.path.join(self.dir, "store")

    # ---- settings and keys ----

    def test_settings_with_slips_are_listed_with_their_lines(self):
        self.world.stop_collector()
        with open(os.path.join(self.dir, "collector.ini"), "w",
                  encoding="ascii") as f:
            f.write("[gate]\nbind = nowhere\nsesions_max = 5\nping = 3\n"
                    "[disks]\nreserve = 1M\n[log]\nlevel = loud\n")
        for said in (self.collector("check-config", code=2).stderr,
                     self.run_again(2)):
            for line, words in ((2, "nowhere"), (3, "sesions_max"),
                                (4, "time"), (6, "disks"), (8, "loud")):
                self.assertRegex(said, f"collector.ini:{line}: .*{words}")
        lines = [json.loads(line) for line in self.collector(
            "check-config", "--json", code=2).stdout.splitlines()]
        self.assertEqual([line.get("line") for line in lines],
                         [2, 3, 4, 6, 8, None])
        self.assertIn("sesions_max", lines[1]["problem"])
        self.assertEqual((lines[-1]["exists"], lines[-1]["good"]),
                         (True, False))

    def test_ports_that_there_are_not_are_refused(self):
        self.world.stop_collector()
        for port, code in (("0", 2), ("65536", 2), ("99999", 2), ("", 2),
                           ("x", 2), ("65535", 0), ("*", 0)):
            with open(os.path.join(self.dir, "collector.ini"), "w",
                      encoding="ascii") as f:
                f.write(f"[gate]\nbind = tcp://*:{port}\n")
            said = self.collector("check-config", code=code).stderr
            self.assertIn("collector.ini:2: bind" if code else "good", said)

    def test_init_takes_only_an_address_that_offices_can_reach(self):
        other = self.world.path("other")
        for endpoint, words in (("tcp://10.1.2.3", "port is missing"),
                                ("tcp://:5724", "host is missing"),
                                ("tcp://*:5724", "offices can reach"),
                                ("tcp://0.0.0.0:5724", "offices can reach"),
                                ("tcp://10.1.2.3:99999", "65535"),
                                ("tcp://[::1:5724", "port is missing"),
                                ("10.1.2.3:5724", "tcp://HOST:PORT"),
                                ("", "tcp://HOST:PORT")):
            with self.subTest(endpoint):
                run = self.world.call("tally-collector", "init", other,
                                      "--endpoint", endpoint, code=2)
                self.assertIn("--endpoint", run.stderr)
                self.assertIn(words, run.stderr)
                self.assertFalse(os.path.exists(other))
        for n, (endpoint, bind) in enumerate((
                ("tcp://10.1.2.3:5724", "tcp://*:5724"),
                ("tcp://[fd00::1]:5725", "tcp://*:5725"),
                ("tcp://tally.example:1", "tcp://*:1"),
                ("tcp://127.0.0.1:7", "tcp://127.0.0.1:7"),
                ("tcp://[::1]:8", "tcp://[::1]:8"))):
            self.world.call("tally-collector", "init", other + str(n),
                            "--endpoint", endpoint)
            with open(os.path.join(other + str(n), "collector.card"),
                      encoding="ascii") as f:
                self.assertIn(f"endpoint {endpoint}\n", f.read())
            with open(os.path.join(other + str(n), "collector.ini"),
                      encoding="ascii") as f:
                self.assertIn(f"\nbind = {bind}\n", f.read())
            self.world.call("tally-collector", "check-config", other + str(n))

    @unittest.skipUnless(has_ipv6(), "needs an IPv6 loopback address")
    def test_offices_come_in_over_ipv6(self):
        """To a collector that listens on [::1], and to one that listens on
        every address."""
        world = World(host="[::1]")
        self.addCleanup(world.close)
        office = world.enrol("baima", "baima")
        world.stop_collector()
        ini = os.path.join(world.collector_dir, "collector.ini")
        with open(ini, encoding="ascii") as f:
            text = f.read()
        self.assertIn("bind = tcp://[::1]:", text)
        with open(ini, "w", encoding="ascii") as f:
            f.write(text.replace("tcp://[::1]:", "tcp://*:"))
        world.start_collector()
        world.agent(office, "sync", "--timeout", WAIT_S)
        with open(os.path.join(world.collector_dir, "endpoint"),
                  encoding="ascii") as f:
            port = f.read().strip().rsplit(":", 1)[1]
        world.agent(office, "sync", "--endpoint", f"tcp://127.0.0.1:{port}",
                    "--timeout", WAIT_S)
        world.audit()

    def test_keys_that_others_can_read_are_refused(self):
        self.world.stop_collector()
        os.chmod(os.path.join(self.dir, "keys", "sign"), 0o644)
        self.assertIn("keys/sign", self.run_again(2))
        os.chmod(os.path.join(self.dir, "keys", "sign"), 0o600)
        os.chmod(os.path.join(self.dir, "keys"), 0o777)
        self.assertIn("chmod 700", self.run_again(2))
        for folder, words in ((self.dir, "chmod 700"),
                              (self.world.path("none"), "init")):
            run = self.world.call("tally-collector", "init", folder,
                                  "--founding", self.world.path("founding"),
                                  code=2)
            self.assertIn(words, run.stderr)

    def test_a_key_that_is_lost_is_told_and_what_to_do(self):
        self.world.stop_collector()
        os.unlink(os.path.join(self.dir, "keys", "curve"))
        said = self.run_again(2)
        self.assertIn("keys/curve", said)
        self.assertIn("backup", said)
        self.assertNotIn("init", said)
        other = self.world.path("nobodys")
        os.mkdir(other)
        run = self.world.call("tally-collector", "run", other, code=2)
        self.assertIn("init", run.stderr)

    def test_a_second_collector_is_refused(self):
        self.assertIn("in use by process", self.run_again(1))
        self.world.agent(self.world.admin, "sync", "--timeout", WAIT_S)

    def test_a_simulated_journal_needs_its_clock(self):
        self.world.stop_collector()
        self.assertIn("--clock", self.collector("run", code=2).stderr)

    def test_where_files_of_an_office_are_few_its_log_says_what_to_do(self):
        """It takes fewer sessions than it was told to, and goes on."""
        self.world.stop_collector()
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        cases = ((200, "", "info", 25000, 136),
                 (200, "[gate]\nsessions_max = 150\n", "warn", 150, 136),
                 (200, "[gate]\nsessions_max = 136\n", None, 136, 136))
        for limit, settings, level, wanted, sessions in cases:
            self.assertLess(limit, hard)
            with open(os.path.join(self.dir, "collector.ini"), "w",
                      encoding="ascii") as f:
                f.write(settings)
            process = subprocess.Popen(
                [os.path.join(BIN, "tally-collector"), "run", self.dir,
                 "--clock", self.world.clock], stderr=subprocess.PIPE,
                text=True, preexec_fn=lambda n=limit: resource.setrlimit(
                    resource.RLIMIT_NOFILE, (n, n)))
            lines = []
            for line in process.stderr:
                lines.append(line)
                if "event=ready" in line:
                    process.terminate()
            process.stderr.close()
            self.assertEqual(process.wait(30), 0)
            said = [line for line in lines if "few-descriptors" in line]
            if not level:
                self.assertEqual(said, [])
                continue
            self.assertRegex(
                said[0], f"level={level} .*limit={limit} "
                f"sessions_max={wanted} sessions={sessions} .*"
                f"LimitNOFILE={wanted + 64}")

    # ---- founding ----

    def test_init_says_what_it_made_and_what_comes_next(self):
        made = self.world.path("made")
        run = self.world.call("tally-collector", "init", made)
        self.assertIn(f"keys, card and settings are in {made}\n", run.stderr)
        self.assertRegex(run.stderr, r"tcp://\S+:5724 \(a guess.*--endpoint")
        self.assertIn("tally-agent found --collector", run.stderr)
        self.assertIn(f"tally-collector init {made} --founding", run.stderr)
        run = self.world.call("tally-collector", "init", made + "2",
                              "--endpoint", "tcp://10.1.2.3:5724")
        self.assertIn("tcp://10.1.2.3:5724\n", run.stderr)
        self.assertNotIn("guess", run.stderr)

    def test_init_says_that_nobody_named_its_directory(self):
        run = subprocess.run(
            ["unshare", "-m", "sh", "-c",
             'mount -t tmpfs tmpfs /var/lib && exec "$0" init',
             os.path.join(BIN, "tally-collector")], capture_output=True,
            text=True, check=False,
            env={k: v for k, v in os.environ.items() if k != "TALLY_DIR"})
        if run.returncode:
            self.skipTest("needs root, for a /var/lib of its own: "
                          + run.stderr)
        self.assertRegex(run.stderr, "are in /var/lib/tally/collector, the "
                         "default .*tally-collector init DIR")

    def test_init_says_how_to_start_each_journal(self):
        for words in ((), ("--simulated",)):
            made = self.world.path("made" + "".join(words))
            self.world.call("tally-collector", "init", made, "--endpoint",
                            f"tcp://127.0.0.1:{free_port()}")
            admin, founding = made + "-admin", made + "-founding"
            clock = ("--clock", self.world.clock) if words else ()
            self.world.call(
                "tally-agent", "found", "--dir", admin, "--collector",
                os.path.join(made, "collector.card"), "--out", founding,
                *clock, *words)
            run = self.world.call("tally-collector", "init", made,
                                  "--founding", founding)
            line, = [line for line in run.stderr.splitlines()
                     if "start it with: " in line]
            start = line.split("start it with: ")[1].split()
            process = self.world.start(*[
                self.world.clock if word == "FILE" else word
                for word in start])
            until(lambda: os.path.exists(os.path.join(made, "endpoint")) or
                  process.poll() is not None, "its start")
            self.assertIsNone(process.poll(), line)

    def test_founding_names_this_collector_and_no_other(self):
        other = self.world.path("other")
        self.world.call("tally-collector", "init", other)
        run = self.world.call("tally-collector", "init", other,
                              "--founding", self.world.path("founding"),
                              code=3)
        self.assertIn("does not name this collector", run.stderr)
        self.assertFalse(os.path.exists(os.path.join(other, "journal")))

    def test_what_is_no_founding_file_is_named(self):
        other = self.world.path("other")
        self.world.call("tally-collector", "init", other)
        bad = self.world.write("bad", "target,unit\n")
        run = self.world.call("tally-collector", "init", other, "--founding",
                              bad, code=3)
        self.assertIn("no founding file", run.stderr)
        self.assertIn("tally-agent found", run.stderr)

    def test_founding_happens_once(self):
        self.world.stop_collector()
        run = self.world.call("tally-collector", "init", self.dir,
                              "--founding", self.world.path("founding"),
                              code=1)
        self.assertIn("has a journal already", run.stderr)
        run = self.world.call("tally-collector", "init", self.dir, code=2)
        self.assertIn("never written over", run.stderr)
        self.assertIn("another directory", run.stderr)

    def test_an_init_that_was_cut_short_is_finished(self):
        other = self.world.path("other")
        card = os.path.join(other, "collector.card")
        endpoint = ("--endpoint", "tcp://10.1.2.3:5724")
        self.world.call("tally-collector", "init", other, *endpoint)
        with open(card, encoding="ascii") as f:
            before = f.read()
        os.unlink(card)
        os.unlink(os.path.join(other, "collector.ini"))
        self.world.call("tally-collector", "init", other, *endpoint)
        with open(card, encoding="ascii") as f:
            self.assertEqual(f.read(), before)

    def test_founding_from_the_future_is_refused(self):
        other = self.world.path("other")
        self.world.call("tally-collector", "init", other)
        with open(self.world.path("late"), "w", encoding="ascii") as f:
            f.write(str(int(time.time() + 3600) * 1000000))
        self.world.call(
            "tally-agent", "found", "--dir", self.world.path("admin-2"),
            "--collector", os.path.join(other, "collector.card"), "--out",
            self.world.path("founding-2"), "--clock",
            self.world.path("late"), "--simulated")
        with open(self.world.path("founding-2"), "rb") as f:
            whole = f.read()
        for damaged in (b"", whole[:-1], whole[:50] + b"x" + whole[51:]):
            with open(self.world.path("founding-3"), "wb") as f:
                f.write(damaged)
            self.world.call("tally-collector", "init", other, "--founding",
                            self.world.path("founding-3"), code=3)
        self.assertFalse(os.path.exists(os.path.join(other, "journal")))
        # A simulated clock may say what it likes.
        self.world.call("tally-collector", "init", other, "--founding",
                        self.world.path("founding-2"))

    def test_nothing_runs_before_founding(self):
        other = self.world.path("other")
        self.world.call("tally-collector", "init", other)
        run = self.world.call("tally-collector", "run", "--dir", other,
                              code=2)
        self.assertIn("--founding", run.stderr)

    # ---- the store ----

    def figures(self):
        return self.collector("figures", "--all", "--json", "--cutoff",
                              "2024-06-30").stdout

    def test_a_deleted_store_is_made_anew_and_is_the_same(self):
        office = self.world.enrol("baima", "baima")
        for value in (3, 5, 4):
            self.report(office, value)
        self.world.audit()
        before = self.figures()
        self.assertIn('"4"', before)
        shutil.rmtree(self.store())
        self.world.start_collector()
        self.world.audit()
        self.assertEqual(self.figures(), before)
        offices = [json.loads(line) for line in
                   self.collector("offices", "--json").stdout.splitlines()]
        self.assertEqual([o["units"] for o in offices], [[], ["baima"]])
        self.assertEqual(offices[1]["batches"], 4)

    def test_a_store_of_another_time_or_journal_is_made_anew(self):
        office = self.world.enrol("baima", "baima")
        self.world.stop_collector()
        shutil.copytree(self.store(), self.world.path("old"))
        self.world.start_collector()
        self.report(office, 7)
        self.world.audit()
        before = self.figures()
        other = World()
        self.addCleanup(other.close)
        other.stop_collector()
        for store in (self.world.path("old"),
                      os.path.join(other.collector_dir, "store")):
            shutil.rmtree(self.store())
            shutil.copytree(store, self.store())
            self.world.start_collector()
            self.world.audit()
            self.assertEqual(self.figures(), before)
        with open(os.path.join(self.store(), "data.mdb"), "r+b") as f:
            f.write(b"\xff" * 8192)
        self.world.start_collector()
        self.world.audit()
        self.assertEqual(self.figures(), before)

    def test_a_journal_shorter_than_what_was_folded_is_refused(self):
        office = self.world.enrol("baima", "baima")
        self.world.stop_collector()
        old = self.world.path("old")
        shutil.copytree(os.path.join(self.dir, "journal"), old)
        self.world.start_collector()
        self.report(office, 7)
        self.world.stop_collector()
        shutil.rmtree(os.path.join(self.dir, "journal"))
        shutil.copytree(old, os.path.join(self.dir, "journal"))
        self.assertIn("shorter", self.run_again(4))

    # ---- the disk ----

    def test_a_full_disk_refuses_and_goes_on_when_there_is_room(self):
        office = self.world.enrol("baima", "baima")
        self.world.stop_collector()
        mount = self.world.path("small")
        os.mkdir(mount)
        if os.geteuid() or subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", mount],
                check=False, capture_output=True).returncode:
            self.skipTest("needs root and mount, to make a small disk")
        self.addCleanup(subprocess.run, ["umount", "-l", mount], check=False)
        small = os.path.join(mount, "collector")
        shutil.copytree(self.dir, small)
        self.world.collector_dir = self.dir = small
        with open(os.path.join(small, "collector.ini"), "a",
                  encoding="ascii") as f:
            f.write("\n[disk]\nreserve = 4M\n")
        self.world.start_collector()
        self.report(office, 1)
        ballast = os.path.join(mount, "ballast")
        with open(ballast, "wb") as f:
            f.write(b"x" * (12 << 20))
        run = self.world.agent(office, "report", "live.jobless", "2",
                               "--unit", "baima", "--period", "2024M06",
                               "--reason", "counted", "--wait", "--timeout",
                               "2", code=5)
        self.assertIn("full", run.stderr)
        # What is reserved is for administrators.
        self.world.agent(self.world.admin, "grant", "longmen", *WAIT)
        try:
            with open(ballast, "ab", buffering=0) as f:
                while True:
                    f.write(b"x" * 4096)
        except OSError:
            pass
        self.world.agent(self.world.admin, "apply", self.world.write_catalogue(
            {**CATALOGUE, "targets.csv": CATALOGUE["targets.csv"].replace(
                "失业人数", "登记失业人数")}, "other"), "--wait", "--timeout",
                         "2", code=None)
        self.assertIsNone(self.world.collector.poll(), "it gave up")
        self.assertIn("event=disk-full", self.log())
        self.assertNotIn("event=disk-has-room", self.log())
        os.unlink(ballast)
        until(lambda: "event=disk-has-room" in self.log(),
              "word of it, with nobody who sends", 20)
        until(lambda: not self.world.agent(office, "sync", "--timeout",
                                           "10", code=None).returncode,
              "room again")
        self.world.agent(self.world.admin, "sync", "--timeout", WAIT_S)
        self.world.audit()
        self.assertIn('"2"', self.collector("figures", "--all", "--json",
                                            "--cutoff", "2024-06-30").stdout)

    # ---- what the log counts ----

    def counted(self, *names):
        """In the status that the collector says last."""
        self.world.stop_collector()
        last = [line for line in self.log().splitlines()
                if "event=status" in line][-1]
        return {name: int(re.search(rf" {name}=(\d+)", last)[1])
                for name in names}

    def test_who_syncs_now_and_then_is_not_taken_for_a_clone(self):
        office = self.world.enrol("baima", "baima")
        for _ in range(4):
            self.world.agent(office, "sync", "--timeout", WAIT_S)
            self.world.agent(self.world.admin, "sync", "--timeout", WAIT_S)
        self.assertEqual(
            self.counted("fenced", "nacks", "slow", "dropped"),
            {"fenced": 0, "nacks": 0, "slow": 0, "dropped": 0})

    def test_a_clone_is_counted(self):
        office = self.world.enrol("baima", "baima")
        shutil.copytree(office, self.world.path("clone"))
        for folder in (office, self.world.path("clone")):
            self.world.start_agent(folder)
            until(lambda f=folder: self.world.status(f)[-1]["connection"]
                  == "connected", "a connection")
        counted = self.counted("fenced", "nacks")
        self.assertGreaterEqual(counted["fenced"], 1)
        self.assertGreaterEqual(counted["nacks"], 1)

    # ---- the end ----

    def test_a_clean_stop_flushes_and_takes_its_address_away(self):
        office = self.world.enrol("baima", "baima")
        self.report(office, 9)
        self.world.stop_collector()
        self.assertEqual(self.world.collector.returncode, 0)
        self.assertFalse(os.path.exists(os.path.join(self.dir, "endpoint")))
        self.assertIn('"9"', self.figures())

    def test_a_port_in_use_is_said(self):
        other = World()
        self.addCleanup(other.close)
        other.stop_collector()
        with open(os.path.join(self.dir, "endpoint"), encoding="ascii") as f:
            taken = f.read().strip()
        with open(os.path.join(other.collector_dir, "collector.ini"), "w",
                  encoding="ascii") as f:
            f.write(f"[gate]\nbind = {taken}\n")
        run = other.call("tally-collector", "run", "--dir",
                         other.collector_dir, "--clock", other.clock, code=1)
        self.assertIn(taken, run.stderr)


if __name__ == "__main__":
    unittest.main()
