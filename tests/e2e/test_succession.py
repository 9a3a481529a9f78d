#!/usr/bin/env python3
"""The collector's own keys go over to new ones: offices, auditors and whoever
has only the card of long ago follow, and the old key is of no use any more."""
import json
import os
import shutil
import time
import unittest

from test_recover import read
from test_reopen import Opened
from world import until

KILLS = 10
WORDS = ("--by", "李明, data office", "--why", "a year is over")


class Keys(Opened):
    def rotate(self, *words, code=0):
        return self.world.call("tally-collector", "rotate", "--dir", self.dir,
                               "--clock", self.world.clock, *words, code=code)

    def change(self, *words):
        """Stopped, rotated, started again."""
        self.world.stop_collector()
        run = self.rotate(*(words or WORDS))
        self.world.start_collector()
        return run.stdout.strip()

    def card(self):
        with open(os.path.join(self.dir, "collector.card"),
                  encoding="utf-8") as f:
            return dict(line.split(" ", 1) for line in
                        f.read().splitlines()[1:])

    def offices_told(self, *words):
        return self.world.call("tally-collector", "offices", "--dir", self.dir,
                               *words).stdout

    def unheard(self):
        """Who has not heard of the new session key, by its directory."""
        keys = {key: folder for folder, key in self.world.keys.items()}
        told = [json.loads(line) for line in
                self.offices_told("--json").splitlines()]
        self.assertEqual(self.offices_told().count("not yet"),
                         sum(not x["heard_new_key"] for x in told))
        return {keys.get(x["key"], self.world.admin) for x in told
                if not x["heard_new_key"]}

    def tmp(self, name):
        return self.world.path(name)


class Succession(Keys):
    def prove(self, name, statement="2.0"):
        self.world.call("tally-audit", "prove", self.dir, statement, "--out",
                        self.tmp(name))
        return self.tmp(name)

    def check(self, proof, card, code=0):
        return self.world.call("tally-audit", "check", proof, "--card", card,
                               "--lang", "en", code=code)

    def test_everybody_follows_from_the_card(self):
        card = shutil.copy(os.path.join(self.dir, "collector.card"),
                           self.tmp("old.card"))
        before = self.card()
        self.report(self.baima)
        self.until_verified(self.baima)
        self.world.stop_collector()
        old_proof = self.prove("old.proof")
        self.world.start_collector()
        key = self.change()
        after = self.card()
        self.assertEqual(after["checkpoint"], key)
        self.assertNotEqual(before["checkpoint"], key)
        self.assertEqual(after["curve"], before["curve"], "for now")
        self.report(self.baima)
        self.report(self.longmen)  # which was not there since long before
        self.until_verified(self.baima, self.longmen)
        # One that has a code of before, and one of now.
        self.until_verified(self.world.enrol("hrss", "hrss"))
        self.world.stop_collector()
        proof = self.prove("new.proof")
        self.assertIn("Proved:", self.check(proof, card).stdout)
        self.assertIn("Proved:", self.check(
            proof, os.path.join(self.dir, "collector.card")).stdout)
        self.check(old_proof, card)
        self.check(old_proof, os.path.join(self.dir, "collector.card"),
                   code=4)
        run = self.world.call("tally-audit", "verify", self.dir)
        self.world.call("tally-audit", "verify", self.dir, "--card", card)
        self.assertRegex(run.stdout, r"KEYS +after \d+ entries")
        self.assertIn(f"to        {key}", run.stdout)
        self.assertIn("李明, data office", run.stdout)
        said = json.loads(self.world.call("tally-audit", "verify", self.dir,
                                          "--json").stdout)
        self.assertEqual([(x["from"], x["to"]) for x in said["successions"]],
                         [(before["checkpoint"], key)])
        self.world.audit()
        journal = self.world.journal()
        self.assertEqual([(a.hex(), b.hex())
                          for _, a, b in journal.successions],
                         [(before["checkpoint"], key)])

    def test_the_session_key_changes_when_offices_have_heard_of_it(self):
        before = self.card()["curve"]
        self.change()
        self.rotate(*WORDS, code=1)  # it runs
        self.world.stop_collector()
        self.assertIn("rotate --curve", self.rotate(*WORDS, code=3).stderr)
        self.world.start_collector()
        self.report(self.baima)
        self.assertEqual(self.unheard(), {self.world.admin, self.longmen})
        self.world.agent(self.world.admin, "sync")  # it has nothing to say
        self.assertEqual(self.unheard(), {self.longmen})
        self.world.stop_collector()
        run = self.rotate("--curve", code=3)
        self.assertIn("not heard of the new session key: longmen (",
                      run.stderr)
        self.assertNotIn("baima", run.stderr)
        self.rotate(*WORDS, "--curve", "--anyway", code=2)
        self.assertEqual(self.card()["curve"], before)
        run = self.rotate("--curve", "--anyway", "--json")
        self.assertEqual(json.loads(run.stdout), {
            "checkpoint": self.card()["checkpoint"],
            "curve": self.card()["curve"], "curve_waits": False})
        self.assertIn("needed by: longmen (", run.stderr)
        self.assertNotIn("signs with this key", run.stderr)
        self.world.start_collector()
        self.assertNotIn("new key", self.offices_told())
        self.assertNotEqual(self.card()["curve"], before)
        self.report(self.baima)
        self.until_verified(self.baima)
        self.world.stop_collector()
        self.assertIn("no new session key", self.rotate("--curve",
                                                        code=3).stderr)
        self.world.start_collector()
        # Longmen was not there all the while.
        self.world.agent(self.longmen, "report", "live.urban-jobs", "7",
                         "--period", "2024M06")
        until(lambda: "tally-agent follow" in self.world.agent(
            self.longmen, "sync", "--timeout", "2", code=5).stderr,
              "a word of the new key")
        self.assertIn("tally-agent follow",
                      self.world.agent(self.longmen, "status").stdout)
        bad = self.world.write("bad", b"nothing of the kind")
        self.assertIn("不能采信", self.world.agent(
            self.longmen, "follow", bad, "--lang", "zh", code=3).stderr)
        notes = os.path.join(self.dir, "collector.successions")
        run = self.world.agent(self.longmen, "follow", notes)
        self.assertEqual(run.stdout.strip(), self.card()["checkpoint"])
        self.world.agent(self.longmen, "sync")
        self.assertEqual(self.world.said(self.longmen, "verdict"),
                         [("admitted",)])
        self.until_verified(self.longmen)
        self.assertIn("already", self.world.agent(self.longmen, "follow",
                                                  notes).stderr)
        # Codes lead to the collector as it is now.
        self.world.agent(self.world.admin, "sync")
        self.report(self.world.enrol("again", "longmen"))
        self.world.audit()

    def test_again_and_again(self):
        card = shutil.copy(os.path.join(self.dir, "collector.card"),
                           self.tmp("old.card"))
        self.report(self.baima)
        code = self.world.code("hrss")
        keys = [self.card()["checkpoint"]]
        for _ in range(3):
            keys.append(self.change())
            self.report(self.baima)
            self.change("--curve", "--anyway")
            self.report(self.baima)
        # Two session keys are new to who was not there: the newest waits.
        keys.append(self.change())
        self.assertEqual(len(set(keys)), 5)
        self.world.agent(self.longmen, "follow",
                         os.path.join(self.dir, "collector.successions"))
        self.report(self.longmen)
        self.until_verified(self.baima, self.longmen, )
        self.world.agent(self.tmp("late"), "enrol", code, "--timeout", "2",
                         code=5)
        self.world.stop_collector()
        self.check(self.prove("a.proof"), card)
        self.assertEqual(len(self.world.journal().successions), 4)
        self.world.audit()

    def test_the_old_key_signs_nothing_that_passes(self):
        """A thief has the directory of before, and goes on with it."""
        self.report(self.baima)
        self.report(self.longmen)
        self.until_verified(self.baima, self.longmen)
        self.world.stop_collector()
        shutil.copytree(self.dir, self.tmp("stolen"))
        self.world.start_collector()
        self.change()
        self.report(self.baima)
        self.until_verified(self.baima)
        self.world.stop_collector()
        honest, self.world.collector_dir = self.dir, self.tmp("stolen")
        # An office that has heard of it does not believe him.
        self.world.start_collector()
        self.world.agent(self.world.admin, "sync")
        self.world.agent(self.baima, "sync", code=4)
        # His proofs are none for who has the new card.
        self.world.stop_collector()
        self.world.call("tally-audit", "prove", self.tmp("stolen"), "2.0",
                        "--out", self.tmp("thief.proof"))
        self.check(self.tmp("thief.proof"),
                   os.path.join(honest, "collector.card"), code=4)
        # Nor does it start on the honest journal with the old keys.
        shutil.rmtree(os.path.join(honest, "keys"))
        shutil.copytree(os.path.join(self.tmp("stolen"), "keys"),
                        os.path.join(honest, "keys"))
        run = self.world.call("tally-collector", "run", "--dir", honest,
                              "--clock", self.world.clock, code=None)
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("newer copy of keys", run.stderr)

    def test_what_is_not_signed_yet_is_signed_first(self):
        self.report(self.baima)
        self.world.until_signed()
        self.world.stop_collector()
        os.unlink(os.path.join(self.dir, "checkpoint"))
        self.assertIn("start the collector", self.rotate(*WORDS,
                                                         code=3).stderr)
        self.rotate(code=2)
        self.rotate("--by", "a", code=2)
        self.rotate("--by", "a\nb", "--why", "c", code=2)
        self.world.start_collector()
        self.change()
        self.report(self.baima)


class Steps(Keys):
    """A rotation that was cut off behind each of its steps."""

    def states(self):
        """The directory before it, and after it."""
        self.report(self.baima)
        self.until_verified(self.baima)
        self.world.stop_collector()
        shutil.copytree(self.baima, self.tmp("office"))
        shutil.copytree(self.dir, self.tmp("before"))
        self.rotate(*WORDS)
        shutil.copytree(self.dir, self.tmp("after"))

    def set(self, *new, rotation=()):
        """As before, but for what is named; new key files lie in rotation."""
        shutil.rmtree(self.dir)
        shutil.copytree(self.tmp("before"), self.dir)
        for name in new:
            source = os.path.join(self.tmp("after"), name)
            target = os.path.join(self.dir, name)
            if os.path.isdir(source):
                shutil.rmtree(target, ignore_errors=True)
                shutil.copytree(source, target)
            else:
                shutil.copy(source, target)
        for kind, source in rotation:
            folder = os.path.join(self.dir, "rotation", "keys")
            os.makedirs(folder, mode=0o700, exist_ok=True)
            shutil.copy(os.path.join(self.tmp("after"), source),
                        os.path.join(folder, kind))

    def test_cut_off_anywhere(self):
        self.states()
        made = [("sign", "keys/sign"), ("curve", "rotation/keys/curve")]
        curve = made[1:]
        cases = (
            # Only the keys are made: it goes on with the old one.
            ((), made, False),
            (("journal",), made, True),
            (("journal", "collector.successions"), made, True),
            (("journal", "collector.successions", "keys/sign"), curve, True),
            (("journal", "collector.successions", "keys/sign",
              "collector.card"), curve, True),
        )
        # What is wrong with a new key that the journal names is said.
        self.set("journal", rotation=made)
        sign = os.path.join(self.dir, "rotation", "keys", "sign")
        self.world.write(sign, b"nonsense")
        run = self.world.call("tally-collector", "run", "--dir", self.dir,
                              "--clock", self.world.clock, code=None)
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("rotation/keys/sign", run.stderr)
        for new, rotation, done in cases:
            with self.subTest(new=new):
                self.set(*new, rotation=rotation)
                # Each is another world for the office.
                shutil.rmtree(self.baima)
                shutil.copytree(self.tmp("office"), self.baima)
                self.world.start_collector()
                self.report(self.baima)
                self.world.stop_collector()
                self.assertEqual(len(self.world.journal().successions), done)
                self.assertEqual(os.path.exists(os.path.join(
                    self.dir, "collector.successions")), done)
                if done:
                    self.assertEqual(read(os.path.join(
                        self.dir, "collector.card")), read(os.path.join(
                            self.tmp("after"), "collector.card")))
                    self.assertFalse(os.path.exists(os.path.join(
                        self.dir, "rotation", "keys", "sign")))
                    self.rotate("--curve", "--anyway")
                    self.assertFalse(os.path.exists(os.path.join(
                        self.dir, "rotation")))
                else:  # it goes on with the keys that were made
                    self.rotate(*WORDS)
                    self.assertEqual(
                        read(os.path.join(self.dir, "keys/sign")),
                        read(os.path.join(self.tmp("after"), "keys/sign")))
                self.world.call("tally-audit", "verify", self.dir)


class Killed(Keys):
    """kill -9 of the rotation at many moments: it is done or it is not, and
    what comes next goes on with it."""

    def half(self):
        """The file that names what the journal says is there, or neither."""
        done = len(self.world.journal().successions)
        self.assertLessEqual(done, 1)
        return done

    def test_at_any_moment(self):
        self.report(self.baima)
        self.world.stop_collector()
        shutil.copytree(self.dir, self.tmp("before"))
        shutil.copytree(self.baima, self.tmp("office"))
        started = time.monotonic()
        self.rotate(*WORDS)
        takes = time.monotonic() - started
        done = 0
        for i in range(KILLS):
            for name in (self.dir, self.baima):
                shutil.rmtree(name)
            shutil.copytree(self.tmp("before"), self.dir)
            shutil.copytree(self.tmp("office"), self.baima)
            process = self.world.start(
                "tally-collector", "rotate", "--dir", self.dir, "--clock",
                self.world.clock, *WORDS)
            time.sleep(takes * i / KILLS)
            process.kill()
            process.wait()
            done += self.half()
            self.rotate(*WORDS, code=3 if self.half() else 0)
            self.assertEqual(self.half(), 1)
            self.rotate("--curve", "--anyway")
            self.assertFalse(os.path.exists(os.path.join(self.dir,
                                                         "rotation")))
            self.world.call("tally-audit", "verify", self.dir)
        self.assertLess(done, KILLS)
        self.world.start_collector()
        self.world.agent(self.baima, "follow", os.path.join(
            self.dir, "collector.successions"))
        self.report(self.baima)
        self.until_verified(self.baima)


if __name__ == "__main__":
    unittest.main()
