#!/usr/bin/env python3
"""An enrolled office that breaks the rules of the protocol, with its true
keys, against the real collector. Whatever it says, it gets an answer that
says why, what others said stays, and the next good report goes through."""
import hashlib
import os
import struct
import subprocess
import unittest

from world import CATALOGUE, WAIT_S, World

HOSTILE = os.path.join(os.environ["TALLY_BUILD"], "tests", "hostile-office")
WAIT = ("--wait", "--timeout", WAIT_S)

# Codes of a NACK, docs/protocol.md.
GAP, MALFORMED, FORGED, SUSPENDED, VERSION = 2, 5, 6, 8, 9


class Hostile(unittest.TestCase):
    def setUp(self):
        catalogue = dict(CATALOGUE)
        self.world = World(catalogue)
        self.addCleanup(self.world.close)
        self.office = self.world.enrol("baima", "baima")
        self.victim = self.world.enrol("longmen", "longmen")
        self.said = 0
        self.report(self.victim, "longmen", 3)

    def attack(self, name, value="5", *file, office=None, unit="baima"):
        """What came back, as lists of words."""
        with open(os.path.join(self.world.collector_dir, "endpoint"),
                  encoding="ascii") as f:
            endpoint = f.read().strip()
        run = subprocess.run(
            [HOSTILE, office or self.office, endpoint, unit, name, value,
             *file], capture_output=True, text=True, timeout=120,
            check=False)
        self.assertEqual(run.returncode, 0, (name, run.stdout, run.stderr))
        return [line.split(" ", 4) for line in run.stdout.splitlines()]

    def refused(self, code, text, name, *args, **more):
        """The session ends with this NACK, whose text says why."""
        answers = self.attack(name, *args, **more)
        self.assertEqual(len(answers), 1, (name, answers))
        self.assertEqual((answers[0][0], int(answers[0][2])),
                         ("nack", code), (name, answers))
        self.assertRegex(answers[0][4], text, name)

    def judged(self, verdict, name, *args):
        """Authentic, so it has its place in the journal; it is refused
        there, and the session goes on."""
        answers = self.attack(name, *args)
        self.assertEqual([words[0] for words in answers], ["ack", "pong"],
                         (name, answers))
        self.assertEqual(answers[0][3:], [verdict], (name, answers))

    def report(self, folder, unit, value):
        self.said += 1
        self.world.agent(folder, "report", "live.jobless", str(value),
                         "--unit", unit, "--period", "2024M06", "--reason",
                         "counted", *WAIT)

    def all_is_well(self, *folders):
        """The offices report on, and the audit finds what the live store
        has: nothing of the attack, and all that was said besides."""
        for folder, unit in folders or ((self.office, "baima"),
                                        (self.victim, "longmen")):
            # takes back what was said in its name
            self.world.agent(folder, "sync", "--timeout", WAIT_S)
            self.report(folder, unit, 40 + self.said)
            self.assertEqual(self.world.counts(folder)["waiting"], 0)
        return self.world.audit()

    def test_forged_batches(self):
        self.refused(FORGED, "signature", "signature")
        self.refused(FORGED, "signature", "header")
        self.refused(FORGED, "not the signed ones", "body")
        self.refused(FORGED, "text", "another-text")
        self.refused(FORGED, "another key", "another-key")
        self.refused(FORGED, "another journal", "another-journal")
        self.refused(FORGED, "does not follow the head", "another-head")
        facts = self.all_is_well()
        self.assertEqual((facts["forks"], facts["refused"]), (0, 0))

    def test_a_batch_of_another_office_replayed(self):
        stolen = self.world.path("stolen")
        answers = self.attack("good", "9", stolen, office=self.victim,
                              unit="longmen")
        self.assertEqual(answers[0][0], "ack")
        self.refused(FORGED, "another key", "replay", "", stolen)
        # its own office may say it again, and it still counts once
        again = self.attack("replay", "", stolen, office=self.victim)
        self.assertEqual(again, answers)
        self.assertEqual(self.all_is_well()["forks"], 0)

    def test_nobody_recalls_what_others_said(self):
        self.report(self.office, "baima", 4)
        self.assertEqual(self.attack("recall"),
                         [["recalled", n] for n in "122"] + [["pong"]])
        self.assertEqual(self.all_is_well()["refused"], 0)

    def test_a_catalogue_is_sent_to_who_does_not_have_it(self):
        def slices(has):
            return [words for line in self.attack("catalogue", has)
                    for words in [" ".join(line).split()]
                    if words[0] == "slice"]

        def hash_of(files, names):
            each = b""
            for name in names:
                data = files[name].encode()
                each += hashlib.sha256(
                    struct.pack(">I", len(name)) + name.encode() +
                    struct.pack(">I", len(data)) + data).digest()
            return hashlib.sha256(each).hexdigest()

        files = dict(CATALOGUE)
        nothing, other = "00" * 32, "ab" * 32
        (_, version, same, *names), = slices(nothing)
        self.assertEqual((version, same, sorted(names)),
                         ("1", "0", sorted(files)))
        named = hash_of(files, names)
        self.assertEqual(slices(named), [["slice", "1", "1"]])
        self.assertEqual(slices(other), [["slice", "1", "0", *names]])
        files["units.csv"] += "yong-an,永安镇,town\n"
        self.world.agent(self.world.admin, "apply",
                         self.world.write_catalogue(files), *WAIT)
        self.assertEqual(slices(named), [["slice", "2", "0", *names]])
        self.assertEqual(slices(hash_of(files, names)), [["slice", "2", "1"]])

    def test_a_gap_is_told_with_the_number_that_is_wanted(self):
        answers = self.attack("gap")
        self.assertEqual(answers, [["nack", "3", str(GAP), "2",
                                    answers[0][4]], ["pong"]])
        self.assertIn("missing", answers[0][4])
        self.assertEqual(self.all_is_well()["refused"], 0)

    def test_what_is_sent_twice_is_answered_twice_and_counts_once(self):
        first, pong, second, _ = self.attack("duplicate")
        self.assertEqual((first[0], pong), ("ack", ["pong"]))
        self.assertEqual(first, second, "the same receipt")
        facts = self.all_is_well()
        self.assertEqual((facts["forks"], facts["refused"]), (0, 0))

    def test_a_fork_suspends_the_key_and_only_that(self):
        first, _, second = self.attack("fork")
        self.assertEqual(first[0], "ack")
        self.assertEqual((second[0], int(second[2])), ("nack", SUSPENDED))
        self.assertIn("same number", second[4])
        run = self.world.agent(self.office, "report", "live.urban-jobs", "1",
                               "--period", "2024M06", *WAIT, code=1)
        self.assertIn("suspended", run.stderr)
        self.assertIn("new code", run.stderr)
        zh = self.world.agent(self.office, "sync", "--lang", "zh",
                              "--timeout", WAIT_S, code=1)
        self.assertIn("暂停", zh.stderr)
        # the way out is a new grant; what was said before still stands
        fresh = self.world.enrol("fresh", "baima")
        facts = self.all_is_well((self.victim, "longmen"), (fresh, "baima"))
        self.assertEqual(facts["forks"], 1)

    def test_a_fork_far_back_is_kept_as_evidence_too(self):
        self.report(self.office, "baima", 4)
        answers = self.attack("fork-far-back")
        self.assertEqual([(words[0], int(words[2])) for words in answers],
                         [("nack", SUSPENDED)])
        facts = self.all_is_well((self.victim, "longmen"))
        self.assertEqual(facts["forks"], 1)

    def test_a_stale_base_is_refused(self):
        self.judged("stale", "stale")
        self.all_is_well()

    def test_a_text_that_cannot_be_sent_on(self):
        lead = self.world.enrol("hrss", "hrss", "--role", "reviewer")
        self.judged("admitted", "zero-text")
        run = self.world.agent(lead, "review", "--list")
        self.assertIn("rural.roads", run.stdout)
        self.assertNotIn("\0", run.stdout)
        self.world.agent(lead, "review", "return", "rural.roads", "baima",
                         "2024M06", "--reason", "why zeros?", *WAIT)
        self.all_is_well()

    def test_statements_that_are_none(self):
        self.judged("malformed", "garbage-statement")
        # fields within fields that no version knows so far
        self.judged("too-new", "deep-statement")
        self.judged("malformed", "amplify-statement")
        facts = self.all_is_well()
        self.assertEqual((facts["refused"], facts["forks"]), (3, 0))

    def test_messages_that_are_none(self):
        for name in ("garbage", "deep", "amplify", "oversize-batch", "parts",
                     "as-collector", "unasked"):
            self.refused(MALFORMED, ".", name)
        for size in (0, 1, 7, 8, 9, 100, 300, 100000):
            self.refused(MALFORMED, ".", "truncated", str(size))
        self.refused(MALFORMED, "credit", "no-credit")
        # libzmq ends it before anything is read
        self.assertEqual(self.attack("oversize"), [["lost"]])
        self.assertEqual(self.all_is_well()["refused"], 0)

    def test_another_magic_or_version(self):
        for at in range(4):
            self.refused(MALFORMED, "tally", "prefix", str(at))
        self.refused(VERSION, "version", "prefix", "4")
        self.refused(MALFORMED, ".", "prefix", "5")
        self.refused(VERSION, "version 1", "versions")
        self.refused(VERSION, "extension", "must-understand")
        self.assertEqual(self.all_is_well()["refused"], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
