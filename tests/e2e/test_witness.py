#!/usr/bin/env python3
"""Witnesses cosign what the collector has signed: offices are shown no
checkpoint before enough of them have, and believe none with fewer."""
import base64
import json
import os
import shutil
import struct
import sys
import unittest

from world import World, until

sys.path.insert(0, os.path.join(os.environ["TALLY_SOURCE"], "tests",
                                "reference"))
import journal as reference  # noqa: E402


class Witness(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)
        self.dir = self.world.collector_dir
        self.witnesses = [self.world.enrol(name, "--role", "witness")
                          for name in ("police", "statistics", "audit")]
        self.keys = [self.world.agent(w, "witness").stdout.strip()
                     for w in self.witnesses]
        self.office = self.world.path("baima")

    def join(self, unit, need=None):
        """An office, with its policy before it is shown anything."""
        folder = self.world.path(unit)
        if need:
            os.mkdir(folder, 0o700)
            self.need(folder, need)
        return self.world.enrol(unit, unit)

    def need(self, folder, count):
        """Writes the policy into a directory."""
        ini = ("collector.ini" if folder == self.dir else "agent.ini")
        with open(os.path.join(folder, ini), "a", encoding="utf-8") as f:
            f.write(f"\n[witness]\nneed = {count}\n")
        self.world.write(os.path.join(folder, "witnesses"),
                         "# three\n" + "\n".join(self.keys) + "\n")

    def restart(self, count):
        self.world.stop_collector()
        self.need(self.dir, count)
        self.world.start_collector()

    def report(self, value):
        self.world.agent(self.office, "report", "live.urban-jobs", str(value),
                         "--period", "2024M06", "--reason", "again", "--wait")

    def size(self):
        return len(reference.Journal(self.dir).leaves)

    def verified(self):
        self.world.agent(self.office, "sync")
        run = self.world.agent(self.office, "alarm", "--json")
        return json.loads(run.stdout)["verified"]

    def published(self):
        with open(os.path.join(self.dir, "cosigned"), encoding="utf-8") as f:
            return f.read()

    def signers(self):
        """Size of the published note, and whose lines under it hold
        (C2SP tlog-cosignature)."""
        text, lines = self.published().split("\n\n")
        signers = set()
        for line in lines.splitlines()[1:]:
            _, name, sealed = line.split()
            sealed = base64.b64decode(sealed)
            for key in self.keys:
                if key.split("+")[0] != name:
                    continue
                public = base64.b64decode(key.split("+", 2)[2])[1:]
                self.assertEqual(sealed[:4], reference.sha(
                    name.encode() + b"\n\4" + public)[:4])
                time = struct.unpack(">Q", sealed[4:12])[0]
                self.assertTrue(reference.signed(
                    public, f"cosignature/v1\ntime {time}\n{text}\n".encode(),
                    sealed[12:]))
                signers.add(name)
        return int(text.split("\n")[1]), signers

    def test_two_of_three(self):
        self.join("baima", 2)
        self.restart(2)
        self.report(1)
        first = self.world.start_agent(self.witnesses[0])
        self.report(2)
        self.world.agent(self.witnesses[0], "sync")
        self.assertEqual(self.verified(), 0)
        self.assertFalse(os.path.exists(os.path.join(self.dir, "cosigned")))
        self.world.start_agent(self.witnesses[1])
        self.report(3)
        size = self.size()
        until(lambda: self.verified() >= size, "a checkpoint by two")
        found, signers = self.signers()
        self.assertGreaterEqual(found, size)
        self.assertEqual(signers, {k.split("+")[0] for k in self.keys[:2]})
        # One fails: nothing more is shown, and reports go on.
        first.terminate()
        first.wait()
        before = self.verified()
        self.report(4)
        self.world.stop_collector()
        self.world.start_collector()
        self.report(5)
        self.assertEqual(self.verified(), before)
        self.world.start_agent(self.witnesses[2])
        size = self.size()
        until(lambda: self.verified() >= size, "a checkpoint by two others")
        self.world.audit()
        self.demanded()

    def demanded(self):
        """An auditor's own policy."""
        def verify(*words, code=0):
            return self.world.call("tally-audit", "verify", self.dir, *words,
                                   code=code)
        card = os.path.join(self.dir, "collector.card")
        by = "--witnesses", self.office
        run = verify(*by, "--quorum", "2", "--card", card)
        self.assertRegex(run.stdout, r"signed +\d+ of \d+ entries, by the "
                         "collector of the card, by 2 of 3 witnesses")
        said = json.loads(verify(*by, "--json").stdout)["signed"]
        self.assertEqual(len(said["cosigned"]), 2)
        run = verify(*by, "--quorum", "3", code=4)
        self.assertIn("2 of the witnesses", run.stderr)
        for words in (("--quorum", "2"), (*by, "--quorum", "0"),
                      (*by, "--quorum", "x"), ("--checkpoint", "x"),
                      (*by, "--quorum", "4"),  # of three
                      ("--card", self.keys[0])):
            verify(*words, code=2)
        self.world.call("tally-collector", "init", self.world.path("other"),
                        "--endpoint", "tcp://127.0.0.1:5724")
        run = verify("--card", self.world.path("other", "collector.card"),
                     code=4)
        self.assertIn("not signed by the collector's key", run.stderr)
        # The collector's last word is not the one of a shorter copy.
        note = self.world.write("note", self.published().replace(
            f"\n{said['size']}\n", f"\n{said['size'] + 9}\n"))
        verify(*by, "--checkpoint", note, code=4)

    def test_a_collector_with_two_journals_is_not_believed(self):
        """One is shown to the witnesses, and the other to the office."""
        parts = "journal", "store", "tree", "checkpoint"
        self.join("baima", 2)
        self.restart(0)
        self.world.stop_collector()
        for part in parts:
            source = os.path.join(self.dir, part)
            (shutil.copytree if os.path.isdir(source) else shutil.copy)(
                source, self.world.path("before-" + part))
        self.world.start_collector()
        self.report(1)
        for witness in self.witnesses[:2]:
            self.world.start_agent(witness)
        size = self.size()
        until(lambda: self.verified() >= size, "a checkpoint by two")
        self.world.stop_collector()
        # The office is restored with the journal: it does not know either.
        for part in parts:
            target = os.path.join(self.dir, part)
            if os.path.isdir(target):
                shutil.rmtree(target)
                shutil.copytree(self.world.path("before-" + part), target)
            else:
                shutil.copy(self.world.path("before-" + part), target)
        os.unlink(os.path.join(self.dir, "cosigned"))
        self.world.start_collector()
        longmen = self.join("longmen", 2)
        self.world.agent(longmen, "report", "live.urban-jobs", "7",
                         "--period", "2024M06", "--wait")
        for witness in self.witnesses[:2]:
            until(lambda w=witness: self.world.agent(
                w, "alarm", code=None).returncode == 4,
                  "the witness's alarm")
        self.world.agent(longmen, "sync")
        run = self.world.agent(longmen, "alarm", "--json")
        self.assertEqual(json.loads(run.stdout)["verified"], 0)

    def test_words_for_people(self):
        self.join("baima")
        run = self.world.agent(self.office, "witness")
        self.assertRegex(run.stdout,
                         r"^tally-witness/[0-9a-f]{16}\+[0-9a-f]{8}\+B")
        self.assertIn("signs no checkpoints", run.stderr)
        self.assertEqual(self.world.agent(self.witnesses[0],
                                          "witness").stderr, "")
        self.world.stop_collector()
        witnesses = os.path.join(self.dir, "witnesses")
        self.need(self.dir, 2)
        for text, words in (
                (f"# none\n{self.keys[0]} # remark\nnonsense\n",
                 witnesses + ":3: "),
                (f"{self.keys[0]}\n\n  {self.keys[0]}\n",
                 witnesses + ":3: "),
                (self.keys[0], f"need = 2, but {witnesses} names 1")):
            self.world.write(witnesses, text)
            run = self.world.call("tally-collector", "run", "--dir", self.dir,
                                  "--clock", self.world.clock, code=2)
            self.assertIn(words, run.stderr)
        self.world.write(witnesses, "\n".join(self.keys[:2]))
        self.world.start_collector()


if __name__ == "__main__":
    unittest.main()
