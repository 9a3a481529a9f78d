#!/usr/bin/env python3
"""A figure leads to the statement behind it, and that to a file which proves
it to somebody who has the collector's public key and nothing else."""
import hashlib
import json
import os
import shutil
import unittest

from audit_files import run, write
from world import WAIT_S, World


def read(path):
    with open(path, "rb") as f:
        return f.read()


class Proof(unittest.TestCase):
    """An office reports, corrects itself and is refused once."""

    @classmethod
    def setUpClass(cls):
        cls.world = world = World()
        cls.addClassCleanup(world.close)
        cls.dir = world.collector_dir
        cls.card = os.path.join(cls.dir, "collector.card")
        office = world.enrol("baima", "baima")
        world.agent(office, "report", "live.urban-jobs", "100", "--period",
                    "2024M06", "--wait", "--timeout", WAIT_S)
        world.agent(office, "report", "live.urban-jobs", "90", "--period",
                    "2024M06", "--reason", "核减", "--wait", "--timeout",
                    WAIT_S)
        world.agent(office, "import", world.write(
            "april.csv", "target,unit,period,value\n"
            "live.jobless,baima,2024M04,8\n"), "--unchecked", "--wait",
            "--timeout", WAIT_S, code=3)
        # two in one batch: its tree has something to prove
        for target in ("live.jobless", "rural.roads"):
            world.agent(office, "report", target, "7", "--period", "2024M06")
        world.agent(office, "sync", "--timeout", WAIT_S)
        centre = world.enrol("centre", "hrss", "--role", "official")
        world.agent(centre, "adjust", "rural.roads", "baima", "2024M06", "-2",
                    "--name", "重复统计", "--reason", "重复", "--wait",
                    "--timeout", WAIT_S)
        witness = world.enrol("police", "--role", "witness")
        cls.witness = world.agent(witness, "witness").stdout.strip()
        world.until_signed()
        world.stop_collector()
        cls.refused, = [line["receipt"] for line in world.status(office)
                        if line.get("verdict") == "period-closed"]

    def audit(self, *args, code=0):
        done = run(*args)
        self.assertEqual(done.code, code, done.stderr + done.stdout)
        return done

    def lines(self, *args):
        return [json.loads(line) for line in
                self.audit(*args, "--json").stdout.splitlines()]

    def explained(self, *args):
        return self.lines("explain", self.dir, *args)

    def proof(self, *args, folder=None):
        path = self.world.path("a.proof")
        self.audit("prove", folder or self.dir, *args, "--out", path)
        return path, read(path)

    def check(self, path, *more, code=0):
        return self.audit("check", path, "--card", self.card, *more,
                          code=code)

    def alone(self):
        """A copy of the journal and the checkpoint, nothing else."""
        folder = self.world.path("alone")
        if not os.path.exists(folder):
            shutil.copytree(os.path.join(self.dir, "journal"),
                            os.path.join(folder, "journal"))
            shutil.copy(os.path.join(self.dir, "checkpoint"), folder)
        return folder

    # ---- receipt, explain ----

    def test_explain_shows_every_version_newest_first(self):
        lines = self.explained("live.urban-jobs", "baima", "2024M06")
        self.assertEqual([(list(x["cells"].values()), x["version"],
                           x["reason"]) for x in lines],
                         [(["90"], 2, "核减"), (["100"], 1, None)])
        self.assertEqual(self.explained("live.urban-jobs", "baima"), lines)
        self.assertIn("核减", self.audit(
            "explain", self.dir, "live.urban-jobs", "baima", "--lang",
            "zh").stdout)
        self.assertIn("no catalogue has had", self.audit(
            "explain", self.dir, "no.such", "baima", code=1).stderr)

    def test_an_adjustment_is_beside_the_figure_not_in_its_place(self):
        adjusted, reported = self.explained("rural.roads", "baima",
                                            "2024M06")
        self.assertEqual([(x["kind"], list(x["cells"].values()), x["version"],
                           x["adjustment"]) for x in (adjusted, reported)],
                         [("adjust", ["-2"], 1, True),
                          ("report", ["7"], 1, False)])
        self.assertIn("adjust rural.roads baima 2024M06: ", self.audit(
            "explain", self.dir, "rural.roads", "baima", "--lang",
            "en").stdout)
        path, _ = self.proof("rural.roads", "baima", "2024M06")
        proved = json.loads(self.check(path, "--json").stdout)
        self.assertEqual((proved["kind"], list(proved["cells"].values())),
                         ("report", ["7"]))

    def test_a_copy_of_the_journal_explains_the_same(self):
        for words in (("live.urban-jobs", "baima"),
                      ("rural.roads", "baima", "2024M06")):
            self.assertEqual(self.explained(*words),
                             self.lines("explain", self.alone(), *words))

    def test_a_receipt_leads_to_record_hash_and_verdict(self):
        for line in self.explained("live.urban-jobs", "baima"):
            found, = self.lines("receipt", self.dir, line["receipt"])
            self.assertEqual({key: line[key] for key in found}, found)
        refused, = self.lines("receipt", self.dir, self.refused)
        self.assertEqual((refused["verdict"], refused["period"]),
                         ("period-closed", "2024M04"))
        self.assertEqual(self.lines("receipt", self.alone(), self.refused),
                         [refused])
        self.assertIn("period-closed. ", self.audit(
            "receipt", self.dir, self.refused, "--lang", "en").stdout)
        for receipt in ("9999.0", "1.9999"):
            self.audit("receipt", self.dir, receipt, code=1)
        self.audit("receipt", self.dir, "1", code=2)

    # ---- prove, check ----

    def test_a_proof_needs_the_public_key_only(self):
        for target in ("live.urban-jobs", "live.jobless", "rural.roads"):
            path, content = self.proof(target, "baima", "2024M06")
            self.assertLess(len(content), 10 * 1024)
            said = json.loads(self.check(path, "--json").stdout)
            want = next(x for x in self.explained(target, "baima", "2024M06")
                        if not x["adjustment"])
            for key in ("receipt", "target", "period", "cells",
                        "received_us", "office"):
                self.assertEqual(said[key], want[key])
        self.assertTrue(want["receipt"].endswith(".1"), want)
        english = self.check(path, "--lang", "en").stdout
        self.assertIn("Not proved by this file", english)
        self.assertIn("rural.roads baima 2024M06: 7", english)
        self.assertIn("本文件未证明", self.check(path, "--lang", "zh").stdout)

    def test_a_receipt_and_a_copy_of_the_journal_give_the_same_proof(self):
        receipt = self.explained("live.jobless", "baima", "2024M06")[0][
            "receipt"]
        note = ("--checkpoint", os.path.join(self.dir, "checkpoint"))
        _, whole = self.proof("live.jobless", "baima", "2024M06", *note)
        self.assertEqual(self.proof(receipt, *note)[1], whole)
        self.assertEqual(self.proof(receipt, folder=self.alone())[1], whole)

    def test_the_founding_batch_has_a_proof(self):
        path, _ = self.proof("0.0")
        self.assertEqual(json.loads(self.check(path, "--json").stdout)[
            "kind"], "found")

    def test_another_key_and_missing_witnesses_refuse(self):
        path, _ = self.proof("live.jobless", "baima", "2024M06")
        wrong = self.audit("check", path, "--key", "1f" * 32, code=4)
        self.assertIn("collector's key", wrong.stderr)
        self.assertEqual(wrong.stdout, "")
        self.audit("check", path, code=2)
        self.audit("check", path, "--key", "1f", code=2)
        folder = self.world.path("policy")
        os.makedirs(folder, exist_ok=True)
        write(os.path.join(folder, "witnesses"), self.witness + "\n")
        self.assertIn("none of the witnesses", self.check(
            path, "--witnesses", folder, code=4).stderr)

    def test_what_no_checkpoint_covers_is_not_proved(self):
        note = self.world.path("old")
        lines = read(os.path.join(self.dir, "checkpoint")).split(b"\n")
        lines[1] = b"2"
        write(note, b"\n".join(lines))
        receipt = self.explained("live.jobless", "baima", "2024M06")[0][
            "receipt"]
        done = self.audit("prove", self.dir, receipt, "--checkpoint", note,
                          code=1)
        self.assertIn("no checkpoint covers", done.stderr)
        # that many entries had another root
        done = self.audit("prove", self.dir, "1.0", "--checkpoint", note,
                          code=4)
        self.assertIn("not the one that the checkpoint", done.stderr)

    def test_a_damaged_tree_does_not_matter(self):
        folder = self.world.path("broken-tree")
        shutil.copytree(self.dir, folder)
        tree = os.path.join(folder, "tree")
        content = bytearray(read(tree))
        content[64 + 32 * 3] ^= 1
        write(tree, bytes(content))
        for receipt in ("2.0", "3.0"):
            self.assertEqual(self.proof(receipt, folder=folder)[1],
                             self.proof(receipt)[1])

    def test_prove_writes_nothing_where_it_reads(self):
        def files():
            return {path: hashlib.sha256(read(path)).hexdigest()
                    for top, _, names in os.walk(self.dir)
                    for path in (os.path.join(top, x) for x in names)}

        before = files()
        self.proof("live.jobless", "baima", "2024M06")
        self.audit("receipt", self.dir, "1.0")
        self.assertEqual(files(), before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
