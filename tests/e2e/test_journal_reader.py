#!/usr/bin/env python3
"""A reader of the journal in another language, tests/reference/journal.py,
written from docs/ alone, reads what the real programs wrote: it agrees with
tally-audit in every number, and finds what is broken."""
import json
import os
import subprocess
import sys
import unittest

from world import CATALOGUE, WAIT_S, World

sys.path.insert(0, os.path.join(os.environ["TALLY_SOURCE"], "tests",
                                "reference"))
import journal as reference  # noqa: E402

HOSTILE = os.path.join(os.environ["TALLY_BUILD"], "tests", "hostile-office")
PERIOD = "2024M06"
# Lengths of roads have two decimals.
TARGETS = "".join(
    line + (",decimals" if i == 0 else ",2" if "roads" in line else ",") + "\n"
    for i, line in enumerate(CATALOGUE["targets.csv"].splitlines()))
PLAYED = {**CATALOGUE, "targets.csv": TARGETS,
          "settings.csv": CATALOGUE["settings.csv"] + "redact,hrss\n"}


def report(world, folder, target, *words, code=0):
    world.agent(folder, "report", target, *words)
    world.agent(folder, "sync", "--timeout", WAIT_S, code=code)


def play(world):
    """Reports, zeros, corrections, what is refused, a review, a late one, texts
    that are redacted or not there, a key that is revoked and one that forks.
    The catalogue is PLAYED."""
    baima = world.enrol("baima", "baima")
    longmen = world.enrol("longmen", "longmen")
    hrss = world.enrol("hrss", "hrss", "--role", "reviewer")
    report(world, baima, "live.urban-jobs", "431", "--period", PERIOD)
    report(world, longmen, "live.urban-jobs", "0", "--period", PERIOD)
    report(world, longmen, "live.jobless", "--na", "--period", PERIOD,
           "--reason", "没有统计")
    report(world, baima, "rural.roads", "3.5", "--period", PERIOD)
    world.agent(baima, "import", world.write(
        "refused.csv", "target,unit,period,value,reason\n"
        "live.urban-jobs,baima,2024M05,1.5,迟报\n"), "--unchecked")
    report(world, baima, "live.urban-jobs", "440", "--period", PERIOD,
           "--reason", "台账更正", code=3)
    world.agent(hrss, "sync", "--timeout", WAIT_S)
    world.agent(hrss, "review", "return", "rural.roads", "baima", PERIOD,
                "--reason", "没有照片")
    world.agent(hrss, "sync", "--timeout", WAIT_S)
    centre = world.enrol("centre", "hrss", "--role", "official")
    world.agent(centre, "adjust", "live.urban-jobs", "baima", PERIOD, "-12",
                "--name", "重复统计", "--reason", "与龙门镇重复", "--wait",
                "--timeout", WAIT_S)
    refused, = [line["receipt"] for line in world.status(baima)
                if line.get("verdict") == "too-many-decimals"]
    for text, code in ("reason", 0), ("reason", 3), ("note", 3):
        world.agent(centre, "redact", refused, text, "--reason", "写有人名",
                    "--wait", "--timeout", WAIT_S, code=code)
    world.set_clock("2024-07-20 09:00")
    report(world, baima, "live.jobless", "38", "--period", PERIOD,
           "--reason", "迟报")
    world.agent(world.admin, "revoke", world.keys[longmen])
    world.agent(world.admin, "sync", "--timeout", WAIT_S)
    with open(os.path.join(world.collector_dir, "endpoint"),
              encoding="ascii") as f:
        endpoint = f.read().strip()
    subprocess.run([HOSTILE, baima, endpoint, "baima", "fork-far-back", "5"],
                   check=True, timeout=60, stdout=subprocess.DEVNULL)


class Reader(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World(PLAYED)
        cls.addClassCleanup(cls.world.close)
        play(cls.world)
        cls.world.stop_collector()
        cls.dir = cls.world.collector_dir
        cls.journal = reference.Journal(cls.dir)

    def audit(self, command, *words):
        run = self.world.call("tally-audit", command, self.dir, "--json",
                              *words)
        return json.loads(run.stdout)

    def found(self, kind):
        return [s for s in self.journal.statements if s["kind"] == kind]

    def test_its_tools_are_those_of_the_standards(self):
        self.assertEqual(reference.crc32c(b"123456789"), 0xe3069283)
        key, signature = (bytes.fromhex(text) for text in (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"))
        self.assertTrue(reference.signed(key, b"\x72", signature))
        self.assertFalse(reference.signed(key, b"\x73", signature))

    def test_it_reads_what_the_audit_reads(self):
        verified = self.audit("verify")
        self.assertTrue(verified["ok"])
        for mine, word in (
                (self.journal.id.hex(), "journal"),
                (len(self.journal.leaves), "entries"),
                (self.journal.root.hex(), "root"),
                (len(self.journal.statements), "statements"),
                (len(self.journal.chains), "keys"),
                (self.journal.forks, "forks")):
            self.assertEqual(mine, verified[word], word)
        self.assertEqual(self.journal.forks, 1)
        self.assertEqual(self.journal.signatures, verified["batches"] + 1)

    def test_it_tells_what_was_said(self):
        said = [(s["said"]["target"], s["said"]["unit"], s["said"]["period"],
                 s["said"]["cells"], s["texts"].get("reason", ""))
                for s in self.found("report")]
        value = "live.urban-jobs", "baima", PERIOD
        self.assertIn((*value, [{"field": "", "value": "431"}], ""), said)
        self.assertIn((*value, [{"field": "", "value": "440"}], "台账更正"),
                      said)
        self.assertEqual(len(self.found("grant")), 4)
        self.assertEqual(len(self.found("enrol")), 4)
        self.assertEqual([s["said"]["key"].hex()
                          for s in self.found("revoke")],
                         [self.world.keys[self.world.path("longmen")]])
        review, = self.found("review")
        self.assertEqual(review["said"]["status"], "returned")
        judged = [s["salt"][:8] for s in self.found("report")
                  if s["said"]["target"] == "rural.roads"]
        self.assertEqual([review["base"]], judged)

    def test_it_tells_which_texts_were_redacted(self):
        redacted, nothing = self.journal.redactions()
        told = self.audit("verify")["redacted"]
        self.assertEqual(
            {(x["statement"], x["text"]): x["by"] for x in told}, redacted)
        self.assertEqual(len(redacted), 1)
        self.assertEqual(len(nothing), 2)
        for receipt in nothing:
            run = self.world.call("tally-audit", "receipt", self.dir, receipt)
            self.assertIn("nothing-to-redact", run.stdout)

    def test_it_makes_the_figure_rows_and_their_links(self):
        refused = {s["at"] for s in self.found("report")
                   if s["said"]["cells"][0]["value"] == "1.5"}
        late = {s["at"] for s in self.found("report")
                if s["said"]["cells"][0]["value"] == "38"}
        self.assertEqual((len(refused), len(late)), (1, 1))
        rows = reference.Rows(self.journal, refused, late)
        replayed = self.audit("replay")
        self.assertEqual(replayed["refused"], 3)
        self.assertEqual(len(rows.rows), replayed["rows"])
        self.assertEqual(rows.links().hex(), replayed["links"])
        short = self.audit("replay", "--state")
        self.assertEqual(rows.state_root().hex(), short.pop("state"))
        self.assertEqual(short, {key: replayed[key] for key in replayed
                                 if key != "links"})
        self.assertGreater(len(self.journal.states), 0)
        for applied, count, root, rules in self.journal.states:
            rows = reference.Rows(self.journal, refused, late, applied)
            self.assertEqual((len(rows.rows), rows.state_root(), rules),
                             (count, root, 1))

    def test_it_finds_a_flipped_byte_wherever_it_is(self):
        name, = reference.segment_names(os.path.join(self.dir, "journal"))
        with open(os.path.join(self.dir, "journal", name), "rb") as f:
            whole = f.read()
        folder = self.world.path("damaged")
        os.makedirs(folder)
        for at in range(0, len(whole), len(whole) // 40):
            data = bytearray(whole)
            data[at] ^= 0x20
            self.world.write(os.path.join(folder, name), bytes(data))
            with self.assertRaises(reference.Bad, msg=f"at {at}"):
                reference.Journal(folder, sample=1000)
            self.world.call("tally-audit", "verify", folder, code=4)


if __name__ == "__main__":
    unittest.main()
