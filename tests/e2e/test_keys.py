#!/usr/bin/env python3
"""The life of keys: a new key takes over from the old one whatever dies on the
way, a key ends on its last day."""
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import unittest

from world import BIN, WAIT_S, World, until

WAIT = ("--wait", "--timeout", WAIT_S)
JOBS = "live.urban-jobs"


class Keys(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)

    def report(self, folder, value, period, *more, code=0):
        return self.world.agent(folder, "report", JOBS, str(value),
                                "--period", period, "--reason", "counted",
                                *more, code=code)

    def offices(self):
        run = self.world.call("tally-collector", "offices", "--dir",
                              self.world.collector_dir, "--json")
        return [json.loads(line) for line in run.stdout.splitlines()]

    def states(self, unit):
        return [office["state"] for office in self.offices()
                if unit in office["units"]]

    # ---- rotation ----

    def test_a_new_key_takes_over(self):
        baima = self.world.enrol("baima", "baima")
        old = self.world.keys[baima]
        self.report(baima, 100, "2024M06", *WAIT)
        self.report(baima, 60, "2024M06")  # waits: the new key's
        run = self.world.agent(baima, "rotate", "--timeout", WAIT_S)
        new = run.stdout.strip()
        self.assertRegex(new, "^[0-9a-f]{64}$")
        self.assertNotEqual(new, old)
        self.assertIn(new, run.stderr)
        last = self.world.status(baima)[-1]
        self.assertEqual((last["key"], last["rotating"],
                          last["counts"]["waiting"]), (new, False, 0))
        self.report(baima, 61, "2024M06", *WAIT)
        # and again: a chain of keys
        third = self.world.agent(baima, "rotate", "--timeout",
                                 WAIT_S).stdout.strip()
        self.report(baima, 62, "2024M06", *WAIT)
        self.world.audit()
        mine = [o for o in self.offices() if "baima" in o["units"]]
        self.assertEqual([(o["key"], o["state"], o.get("successor"))
                          for o in mine],
                         [(old, "rotated", new), (new, "rotated", third),
                          (third, "enrolled", None)])
        self.assertEqual(mine[0]["roles"], mine[2]["roles"])
        self.assertFalse(os.path.exists(os.path.join(baima, "rotation")))

    def test_a_sender_that_runs_takes_the_new_key(self):
        baima = self.world.enrol("baima", "baima")
        sender = self.world.start_agent(baima)
        self.report(baima, 100, "2024M06", *WAIT)
        new = self.world.agent(baima, "rotate", "--timeout",
                               WAIT_S).stdout.strip()
        self.report(baima, 60, "2024M06", *WAIT)
        sender.send_signal(signal.SIGTERM)
        self.assertEqual(sender.wait(60), 0)
        self.assertEqual(self.world.status(baima)[-1]["key"], new)
        self.assertEqual(self.states("baima"), ["rotated", "enrolled"])
        self.world.audit()

    def test_offline_it_waits(self):
        baima = self.world.enrol("baima", "baima")
        self.world.stop_collector()
        run = self.world.agent(baima, "rotate", "--timeout", "1", code=5)
        self.assertIn("waits", run.stderr)
        self.assertIn("新密钥", self.world.agent(
            baima, "status", "--lang", "zh").stdout)
        self.assertTrue(self.world.status(baima)[-1]["rotating"])
        self.report(baima, 60, "2024M06")
        self.world.start_collector()
        self.world.agent(baima, "sync", "--timeout", WAIT_S)
        self.assertEqual(self.world.counts(baima)["delivered"], 3)
        self.assertEqual(self.states("baima"), ["rotated", "enrolled"])
        self.world.audit()

    def test_killed_at_any_moment_the_office_goes_on(self):
        """The agent, then the collector, then both: every statement is
        admitted once."""
        baima = self.world.enrol("baima", "baima")
        self.report(baima, 1, "2024M06", *WAIT)
        draw = random.Random(2024)
        for turn in range(6):
            self.report(baima, turn + 2, "2024M06")
            rotate = self.world.start_agent(baima, "rotate", "--timeout",
                                            WAIT_S)
            if turn % 3 != 1:
                time.sleep(draw.uniform(0, 0.25))  # the moment is the test
                rotate.kill()
            if turn % 3:
                time.sleep(draw.uniform(0, 0.1))
                self.world.stop_collector(signal.SIGKILL)
                self.world.start_collector()
            rotate.wait(60)
        self.world.agent(baima, "sync", "--timeout", WAIT_S)
        last = self.world.status(baima)[-1]
        self.assertEqual(last["counts"]["refused"], 0)
        self.assertEqual((last["rotating"], last["counts"]["waiting"],
                          last["counts"]["sealed"]), (False, 0, 0))
        verdicts = [line["verdict"] for line in self.world.status(baima)[:-1]]
        self.assertEqual(set(verdicts), {"admitted"})
        self.assertEqual(self.states("baima")[-1], "enrolled")
        self.world.audit()

    def test_killed_between_any_two_steps(self):
        """Before each rename, and at every write to the outbox that a
        rotation makes, one after the other."""
        baima = self.world.enrol("baima", "baima")
        kills = 0
        for call in ("rename", "fdatasync"):
            for turn in range(1, 30):
                self.report(baima, kills + 1, "2024M06")
                words = self.world.agent_words(baima, "rotate", "--timeout",
                                               WAIT_S)
                run = subprocess.run(
                    ["strace", "-f", "-o", "/dev/null", "-e",
                     f"trace={call}", "-e",
                     f"inject={call}:signal=KILL:when={turn}",
                     os.path.join(BIN, words[0]), *words[1:]],
                    capture_output=True, text=True, check=False,
                    env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))
                self.world.agent(baima, "sync", "--timeout", WAIT_S)
                last = self.world.status(baima)[-1]
                self.assertEqual(
                    (last["rotating"], last["counts"]["waiting"],
                     last["counts"]["sealed"], last["counts"]["refused"]),
                    (False, 0, 0, 0), (call, turn, run.stderr))
                if run.returncode == 0:
                    break
                kills += 1
        self.assertGreater(kills, 6)
        self.report(baima, 999, "2024M06", *WAIT)
        self.world.audit()

    def test_a_copy_from_before_is_of_no_use(self):
        baima = self.world.enrol("baima", "baima")
        self.world.stop_collector()
        self.world.agent(baima, "rotate", "--timeout", "0", code=5)
        self.world.start_collector()
        before = self.world.path("before")
        shutil.copytree(baima, before)
        self.world.agent(baima, "sync", "--timeout", WAIT_S)
        kept = self.world.status(baima)[-1]["key"]
        shutil.rmtree(baima)
        os.rename(before, baima)
        run = self.world.agent(baima, "sync", "--timeout", "10", code=None)
        # not sealed yet in the copy: the old key is of no use any more
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertNotEqual(self.world.status(baima)[-1]["key"], kept)
        self.world.audit()

    def test_the_old_key_is_of_no_use(self):
        baima = self.world.enrol("baima", "baima")
        thief = self.world.path("thief")
        shutil.copytree(baima, thief)
        self.world.agent(baima, "rotate", "--timeout", WAIT_S)
        run = self.report(thief, 999, "2024M06", "--wait", "--timeout", "10",
                          code=1)
        self.assertIn("administrator", run.stderr)
        run = self.world.agent(thief, "rotate", "--timeout", "10", code=3)
        self.assertIn("not changed", run.stderr)
        facts = self.world.audit()
        self.assertEqual(facts.get("figures", 0), 0)

    def test_a_new_key_waits_for_the_record(self):
        """What the old key has said is acknowledged, and nobody cosigns it:
        if it got lost now, only that key could say it again."""
        witness = self.world.enrol("police", "--role", "witness")
        with open(os.path.join(self.world.collector_dir, "witnesses"), "w",
                  encoding="utf-8") as file:
            file.write(self.world.agent(witness, "witness").stdout)
        with open(os.path.join(self.world.collector_dir, "collector.ini"),
                  "a", encoding="utf-8") as file:
            file.write("\n[witness]\nneed = 1\n")
        self.world.stop_collector()
        self.world.start_collector()
        baima = self.world.enrol("baima", "baima")
        self.report(baima, 100, "2024M06", *WAIT)
        self.report(baima, 60, "2024M06")
        run = self.world.agent(baima, "rotate", "--timeout", "1", code=5)
        self.assertIn("until the collector has signed all", run.stderr)
        self.assertTrue(self.world.status(baima)[-1]["rotating"])
        run = self.world.agent(baima, "rotate", "--timeout", "1", "--lang",
                               "zh", code=5)
        self.assertIn("全部签名", run.stderr)
        self.assertEqual(self.states("baima"), ["enrolled"])
        self.world.start_agent(witness)
        new = self.world.agent(baima, "rotate", "--timeout",
                               WAIT_S).stdout.strip()
        self.assertEqual(self.world.status(baima)[-1]["key"], new)
        self.assertEqual(self.states("baima"), ["rotated", "enrolled"])
        self.assertEqual(self.world.counts(baima)["refused"], 0)
        self.world.audit()

    # ---- the last day ----

    def test_a_key_ends_on_its_last_day(self):
        baima = self.world.enrol("baima", "baima", "--until", "2024-07-20")
        self.report(baima, 60, "2024M06", *WAIT)
        said = self.world.agent(baima, "status").stdout
        self.assertIn("ends on 2024-07-20, in 15 days", said)
        self.assertEqual(self.world.status(baima)[-1]["key_until"],
                         "2024-07-20")
        self.assertEqual(self.states("baima"), ["ends soon"])
        # the last day counts, and rotation does not prolong it
        self.world.set_clock("2024-07-20 23:50")
        new = self.world.agent(baima, "rotate", "--timeout",
                               WAIT_S).stdout.strip()
        self.report(baima, 61, "2024M06", *WAIT)
        self.world.set_clock("2024-07-21 00:01")
        run = self.report(baima, 62, "2024M06", "--wait", "--timeout", "10",
                          code=1)
        self.assertIn("ended on 2024-07-20", run.stderr)
        self.assertIn("new code", run.stderr)
        self.assertIn("到期", self.world.agent(baima, "status", "--lang",
                                             "zh").stdout)
        # the way out
        again = self.world.enrol("again", "baima", "--until", "2024-12-31")
        self.report(again, 62, "2024M06", *WAIT)
        said = self.world.agent(again, "status").stdout
        self.assertIn("valid until 2024-12-31", said)
        self.assertEqual(self.states("baima"),
                         ["rotated", "expired", "enrolled"])
        self.assertIn(new, [o["key"] for o in self.offices()])
        self.world.audit()

    def test_a_last_day_that_is_over_is_not_granted(self):
        run = self.world.agent(self.world.admin, "grant", "baima", "--until",
                               "2024-07-04", code=2)
        self.assertIn("is over", run.stderr)


class Suspicion(unittest.TestCase):
    """A key was stolen: what it said since is suspect."""

    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)

    def report(self, folder, target, value, unit=None):
        self.world.agent(folder, "report", target, str(value), "--period",
                         "2024M06", "--reason", "counted",
                         *(("--unit", unit) if unit else ()), *WAIT)

    def figures(self, *args):
        """Of the journal; the live store says the same, a moment later."""
        replayed = self.world.call("tally-audit", "figures",
                                   self.world.collector_dir, *args).stdout
        until(lambda: self.world.call(
            "tally-collector", "figures", "--dir", self.world.collector_dir,
            *args).stdout == replayed, "the live store's figures")
        return replayed

    def suspects(self, *args):
        lines = [json.loads(line) for line in
                 self.figures("--json", *args).splitlines()]
        return ([(line["target"], line["unit"], line["period"], line["at"])
                 for line in lines if line.get("suspect") == "figure"],
                {line["target"]: (line["figures"], line["value"],
                                  line["without"], line["share"])
                 for line in lines if line.get("suspect") == "total"})

    def test_suspect_figures_count_until_they_are_said_again(self):
        world = self.world
        baima = world.enrol("baima", "baima", "--units", "longmen")
        key = world.keys[baima]  # batch 1 is its enrolment
        self.report(baima, JOBS, 100, "longmen")      # 2
        self.report(baima, JOBS, 300, "baima")        # 3
        world.set_clock("2024-07-05 12:00")
        self.report(baima, "live.jobless", 5, "baima")  # 4
        self.report(baima, JOBS, 100, "baima")        # 5: a correction
        self.assertEqual(self.suspects(), ([], {}))
        before = self.figures()  # the live store has all of it
        # the number to revoke from; with nothing since then the next one
        for moment, first in (("2024-07-05T10:30", 4), ("2024-07-05", 1),
                              ("2024-07-05 12:00:00", 4), ("2024-07-06", 6)):
            said = world.call("tally-collector", "offices", "--dir",
                              world.collector_dir, "--since", moment, "--json")
            self.assertEqual([office["since"] for office in
                              map(json.loads, said.stdout.splitlines())
                              if office["key"] == key], [first], moment)
        world.call("tally-collector", "offices", "--dir", world.collector_dir,
                   "--since", "yesterday", code=2)
        world.agent(world.admin, "revoke", key, "--from", "4", "--reason",
                    "laptop stolen", *WAIT)
        figures, totals = self.suspects()
        self.assertEqual([figure[:3] for figure in figures],
                         [(JOBS, "baima", "2024M06"),
                          ("live.jobless", "baima", "2024M06")])
        # without the correction, what was said before it counts
        self.assertEqual(totals, {JOBS: (1, "200", "400", "-100.0"),
                                  "live.jobless": (1, "5", None, "100.0")})
        # they still count, and people see both
        text = self.figures("--lang", "en")
        self.assertTrue(text.startswith(before))
        self.assertIn("suspect figures: 2", text)
        self.assertIn("存疑数据 2 项", self.figures("--lang", "zh"))
        receipts = {line["receipt"]: line for line in world.status(baima)
                    if line.get("receipt")}
        self.assertIn(figures[0][3], receipts)
        self.assertEqual(receipts[figures[0][3]]["verdict"], "admitted")
        # the whole key
        world.agent(world.admin, "revoke", key, *WAIT)
        self.assertEqual(self.suspects()[1][JOBS], (2, "200", None, "100.0"))
        # another office of the unit confirms one, corrects the other
        again = world.enrol("again", "baima")
        self.report(again, JOBS, 100)
        self.assertEqual(self.suspects()[1],
                         {JOBS: (1, "200", "100", "50.0"),
                          "live.jobless": (1, "5", None, "100.0")})
        self.report(again, "live.jobless", 6)
        longmen = world.enrol("longmen", "longmen")
        self.report(longmen, JOBS, 90)
        self.assertEqual(self.suspects(), ([], {}))
        world.audit()
        self.assertEqual(self.suspects(), ([], {}))
        # the second reader knows whose words they were
        journal = world.journal()
        self.assertEqual(
            [(s["said"]["target"], s["said"]["unit"])
             for s in journal.statements if s["kind"] == "report" and
             journal.keys.suspect(s["key"], s["sequence"])],
            [(JOBS, "longmen"), (JOBS, "baima"), ("live.jobless", "baima"),
             (JOBS, "baima")])

    def test_a_suspect_review_is_no_approval(self):
        world = self.world
        baima = world.enrol("baima", "baima")
        lead = world.enrol("lead", "hrss", "--role", "reviewer")
        self.report(baima, "rural.roads", 4)
        world.agent(lead, "sync", "--timeout", WAIT_S)
        world.agent(lead, "review", "approve", "rural.roads", "baima",
                    "2024M06", *WAIT)
        self.assertEqual(self.suspects(), ([], {}))
        world.agent(world.admin, "revoke", world.keys[lead], *WAIT)
        figures, totals = self.suspects()
        self.assertEqual([figure[:2] for figure in figures],
                         [("rural.roads", "baima")])
        self.assertEqual(totals["rural.roads"][:3], (1, "4", None))
        second = world.enrol("second", "hrss", "--role", "reviewer")
        world.agent(second, "sync", "--timeout", WAIT_S)
        world.agent(second, "review", "approve", "rural.roads", "baima",
                    "2024M06", *WAIT)
        self.assertEqual(self.suspects(), ([], {}))
        world.audit()

    def test_a_key_ends_without_suspicion(self):
        world = self.world
        baima = world.enrol("baima", "baima")
        self.report(baima, JOBS, 100)
        run = world.agent(world.admin, "revoke", world.keys[baima], "--from",
                          "0", "--reason", "moved", *WAIT)
        self.assertIn("nothing it said is suspect", run.stderr)
        self.assertEqual(self.suspects(), ([], {}))
        run = world.agent(baima, "report", JOBS, "1", "--period", "2024M06",
                          "--reason", "x", "--wait", "--timeout", "10",
                          code=1)
        self.assertIn("revoked", run.stderr)
        # It is said as long as nobody has mended it.
        self.assertIn("revoked", world.agent(baima, "status").stdout)
        self.assertIn("已撤销", world.agent(baima, "status", "--lang",
                                         "zh").stdout)
        self.assertIn("revoked", world.status(baima)[-1]["trouble"])
        world.audit()


class Recovery(unittest.TestCase):
    """The administrator's machine is gone, and with it the only key."""

    def found(self, world, code=0):
        return world.agent(
            world.path("other"), "found", "--collector",
            os.path.join(world.collector_dir, "collector.card"), "--out",
            world.path("other.founding"), "--simulated", "--recovery-out",
            world.path("other.recovery"), code=code)

    def setUp(self):
        self.safe = tempfile.mkdtemp(prefix="tally-safe-")
        self.addCleanup(shutil.rmtree, self.safe)
        self.files = [os.path.join(self.safe, name) for name in "ab"]
        self.world = World(found=[
            word for file in self.files for word in ("--recovery-out", file)])
        self.addCleanup(self.world.close)

    def read(self, path):
        with open(path, encoding="ascii") as file:
            return file.read()

    def test_a_recovery_code_appoints_an_administrator(self):
        world = self.world
        self.assertIn(self.files[1], world.founded.stderr)
        self.assertNotIn("no recovery key", world.founded.stderr)
        for file in self.files:
            self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o600)
        baima = world.enrol("baima", "baima")
        lost = world.status(world.admin)[-1]["key"]
        shutil.rmtree(world.admin)
        world.admin = world.path("second")
        run = world.agent(world.admin, "enrol", self.read(self.files[0]),
                          "--timeout", WAIT_S)
        self.assertIn("administrator's directory", run.stderr)
        world.agent(world.admin, "revoke", lost, "--reason", "disk broken",
                    *WAIT)
        longmen = world.enrol("longmen", "longmen")
        for folder in (baima, longmen):
            world.agent(folder, "report", JOBS, "7", "--period", "2024M06",
                        "--reason", "counted", *WAIT)
        # it can be used again; nobody but an administrator is made with it
        third = world.path("third")
        world.agent(third, "enrol", self.read(self.files[0]), "--lang", "zh",
                    "--timeout", WAIT_S)
        run = world.agent(third, "report", JOBS, "7", "--unit", "baima",
                          "--period", "2024M06", "--reason", "x", *WAIT,
                          code=3)
        self.assertIn("not-your-unit", run.stderr)
        facts = world.audit()
        self.assertEqual(facts["refused"], 1)
        # the second reader sees who appointed whom
        appointed = [s["said"]["code_key"] for s in
                     world.journal().statements if s["kind"] == "enrol"]
        founding = world.journal().statements[0]["said"]
        self.assertEqual(len(founding["recovery_keys"]), 2)
        self.assertEqual([key in founding["recovery_keys"]
                          for key in appointed], [False, True, False, True])

    def test_a_recovery_code_that_was_seen_is_ended(self):
        world = self.world
        founding = world.journal().statements[0]["said"]
        for key in founding["recovery_keys"]:
            self.assertIn(key.hex(), world.founded.stderr)
            world.agent(world.admin, "revoke", key.hex(), *WAIT)
        for file in self.files:
            run = world.agent(world.path("thief"), "enrol", self.read(file),
                              "--timeout", "10", code=3)
            self.assertIn("not enrolled", run.stderr)
        # also after a restart, from the store and from the journal
        world.stop_collector()
        shutil.rmtree(os.path.join(world.collector_dir, "store"))
        world.start_collector()
        world.agent(world.path("thief"), "enrol", self.read(self.files[0]),
                    "--timeout", "10", code=3)
        world.audit()

    def test_a_founding_that_is_cut_off_goes_on_with_the_same_code(self):
        world = self.world
        file = world.path("other.recovery")
        out = world.path("other.founding")
        for call in ("rename", "fdatasync"):
            for turn in range(1, 30):
                words = world.agent_words(
                    world.path("other"), "found", "--collector",
                    os.path.join(world.collector_dir, "collector.card"),
                    "--out", out, "--simulated", "--recovery-out", file)
                run = subprocess.run(
                    ["strace", "-f", "-o", "/dev/null", "-e",
                     f"trace={call}", "-e",
                     f"inject={call}:signal=KILL:when={turn}",
                     os.path.join(BIN, words[0]), *words[1:]],
                    capture_output=True, text=True, check=False,
                    env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))
                if run.returncode == 0:
                    break
                if os.path.exists(out):
                    # what it names is safe by then
                    self.assertTrue(self.read(file).startswith("tally1"))
                    os.unlink(out)
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertTrue(self.read(file).startswith("tally1"))
            # another code is not written over
            os.unlink(out)
            shutil.rmtree(world.path("other"))
            run = self.found(world, code=1)
            self.assertIn("is there already", run.stderr)
            shutil.rmtree(world.path("other"))
            os.unlink(file)


if __name__ == "__main__":
    unittest.main()
