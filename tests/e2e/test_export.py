#!/usr/bin/env python3
"""tally-audit export: the same numbers for other programs, in a folder that is
there as a whole or not at all, and never a text that was redacted."""
import csv
import glob
import json
import os
import shutil
import unittest

from audit_files import run
from test_redact import NAMED, SECRET, WAIT, blot_unsaid, holders
from world import World, until

FORMULA = "=1+1"


class Export(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = world = World(NAMED)
        cls.addClassCleanup(world.close)
        cls.dir = world.collector_dir
        town = world.enrol("town", "baima")
        centre = world.enrol("centre", "hrss", "--role", "official")
        world.agent(town, "report", "live.urban-jobs", "100", "--period",
                    "2024M06", *WAIT)
        world.agent(town, "report", "live.urban-jobs", "90", "--period",
                    "2024M06", "--reason", FORMULA, *WAIT)
        world.agent(town, "import", world.write(
            "april.csv", "target,unit,period,value\n"
            "live.jobless,baima,2024M04,8\n"), "--unchecked", *WAIT, code=3)
        cls.receipt = world.agent(town, "report", "rural.look", "--text",
                                  SECRET, "--period", "2024M06",
                                  *WAIT).stdout.strip()
        world.until_signed()
        cls.early = cls.copy("early")
        world.agent(centre, "redact", cls.receipt, "text", "--reason", "隐私",
                    *WAIT)
        until(lambda: not holders(cls.dir, SECRET), "the text is gone")
        world.until_signed()
        world.stop_collector()
        cls.exported = cls.world.path("whole")
        cls.answer = json.loads(world.call(
            "tally-audit", "export", cls.dir, cls.exported, "--json").stdout)

    @classmethod
    def copy(cls, name):
        """Of the journal and the checkpoint."""
        folder = cls.world.path(name)
        shutil.copytree(os.path.join(cls.dir, "journal"),
                        os.path.join(folder, "journal"))
        shutil.copy(os.path.join(cls.dir, "checkpoint"), folder)
        return folder

    def segment(self, folder):
        name, = glob.glob(os.path.join(folder, "journal", "*.seg"))
        return name

    def export(self, folder, name, *words, code=0):
        """Exit code as given; without success nothing is left behind."""
        out = self.world.path(name)
        before = set(os.listdir(self.world.folder))
        done = run("export", folder, out, "--lang", "en", *words)
        self.assertEqual(done.code, code, done.stdout + done.stderr)
        made = {name} if code == 0 else set()
        self.assertEqual(set(os.listdir(self.world.folder)) - before, made)
        return out if code == 0 else done.stderr

    def rows(self, name):
        with open(os.path.join(self.exported, name), "rb") as f:
            data = f.read()
        self.assertTrue(data.startswith(b"\xef\xbb\xbf"))
        return list(csv.DictReader(data.decode("utf-8-sig").splitlines()))

    def lines(self, name):
        with open(os.path.join(self.exported, name), encoding="utf-8") as f:
            return [json.loads(line) for line in f]

    def test_every_statement_with_its_verdict(self):
        rows, lines = self.rows("statements.csv"), self.lines(
            "statements.jsonl")
        facts = json.loads(run("replay", self.dir, "--json").stdout)
        self.assertEqual(len(rows), facts["statements"])
        self.assertEqual([f"{row['entry']}.{row['n']}" for row in rows],
                         [line["receipt"] for line in lines])
        for row, line in zip(rows, lines):
            for word in ("verdict", "kind", "target", "unit", "period"):
                self.assertEqual(row[word], line.get(word) or "", word)
            self.assertEqual(row["hash"], "sha256:" + line["hash"])
            shown, = run("receipt", self.dir, line["receipt"],
                         "--json").lines()
            for word, value in shown.items():
                self.assertEqual(line[word], value, word)
        refused, = (row for row in rows if row["verdict"] != "admitted")
        self.assertEqual((refused["verdict"], refused["cells"]),
                         ("period-closed", "value=8"))
        corrected, = (row for row in rows if row["version"] == "2")
        self.assertEqual((corrected["cells"], corrected["reason"]),
                         ("90", "'" + FORMULA))

    def test_figures_are_those_of_figures(self):
        with open(os.path.join(self.exported, "figures.jsonl"),
                  encoding="utf-8") as f:
            self.assertEqual(f.read(), run("figures", self.dir, "--all",
                                           "--json").stdout)
        rows = {(row["target"], row["unit"]): row
                for row in self.rows("figures.csv")}
        for line in self.lines("figures.jsonl"):
            if "target" not in line:
                continue
            row = rows.pop((line["target"], line.get("unit", "")))
            for word in ("value", "goal", "plan", "light", "why", "cutoff"):
                self.assertEqual(row[word].removeprefix("'"),
                                 line[word] or "", word)
        self.assertEqual(rows, {})
        out = self.export(self.dir, "may", "--csv", "--period", "2024M05")
        with open(os.path.join(out, "figures.csv"),
                  encoding="utf-8-sig") as f:
            self.assertEqual({row["cutoff"] for row in csv.DictReader(f)},
                             {"2024-05-31"})

    def test_what_is_asked_for_alone(self):
        for flag, names in (
                ("--csv", ["figures.csv", "statements.csv"]),
                ("--jsonl", ["figures.jsonl", "statements.jsonl"]),
                ("--tiles", ["checkpoint", "tile"])):
            out = self.export(self.dir, "only" + flag, flag)
            self.assertEqual(sorted(os.listdir(out)), names)

    def test_redacted_text_is_left_out_and_told(self):
        self.assertEqual(self.answer["redacted"], 1)
        line, = (x for x in self.lines("statements.jsonl")
                 if x["receipt"] == self.receipt)
        self.assertEqual((line["text"], line["redacted"]), (None, ["text"]))
        self.assertEqual([row["redacted"] for row in
                          self.rows("statements.csv") if row["redacted"]],
                         ["text"])

    def test_redacted_text_that_the_files_still_have(self):
        """As where the disk was full: it was said, and not yet carried out."""
        self.assertTrue(holders(self.early, SECRET))
        self.assertTrue(holders(self.export(self.early, "before", "--jsonl"),
                                SECRET))
        folder = self.copy("waiting")
        with open(self.segment(self.early), "rb") as f:
            begin = f.read()
        path = self.segment(folder)
        with open(path, "rb") as f:
            rest = f.read()[len(begin):]
        os.chmod(path, 0o600)
        with open(path, "wb") as f:
            f.write(begin + rest)
        self.assertEqual(run("verify", folder).code, 0)
        self.assertTrue(holders(folder, SECRET))
        out = self.export(folder, "waited")
        self.assertEqual(holders(out, SECRET), [])
        done = run("late", folder, "--skew", "0")
        self.assertNotIn(SECRET, done.stdout)

    def test_a_text_that_nobody_redacted_is_broken(self):
        folder = self.world.path("unsaid")
        shutil.copytree(self.early, folder)
        os.chmod(self.segment(folder), 0o600)
        blot_unsaid(self.segment(folder), SECRET.encode())
        self.assertIn("nobody redacted it", self.export(folder, "u", code=4))

    def test_nothing_is_overwritten(self):
        for name, make in (("folder", os.mkdir),
                           ("file", lambda path: open(path, "w").close()),
                           ("link", lambda path: os.symlink("nowhere",
                                                            path))):
            make(self.world.path(name))
            self.assertIn("is there already",
                          self.export(self.dir, name, code=2))
        self.assertEqual(os.listdir(self.world.path("folder")), [])

    def test_nothing_is_written_where_it_reads(self):
        for name in "collector/export", "collector/journal/export":
            self.assertIn("only read", self.export(self.dir, name, code=2))
        self.assertEqual(glob.glob(self.dir + "/**/export*", recursive=True),
                         [])

    def test_a_damaged_journal_leaves_nothing(self):
        folder = self.copy("damaged")
        path = self.segment(folder)
        os.chmod(path, 0o600)
        with open(path, "r+b") as f:
            f.seek(os.path.getsize(path) // 2)
            byte = f.read(1)
            f.seek(-1, os.SEEK_CUR)
            f.write(bytes([byte[0] ^ 1]))
        self.export(folder, "d", code=4)

    def test_checkpoints(self):
        alone = os.path.join(self.dir, "journal")
        self.assertIn("--checkpoint", self.export(alone, "x", code=1))
        self.export(alone, "alone", "--csv", "--jsonl")
        old = os.path.join(self.early, "checkpoint")
        out = self.export(self.dir, "old", "--tiles", "--checkpoint", old)
        with open(old, encoding="utf-8") as f, open(
                os.path.join(out, "checkpoint"), encoding="utf-8") as g:
            self.assertEqual(f.read(), g.read())
        self.assertIn("entries were signed, the journal has", self.export(
            self.early, "x", "--checkpoint",
            os.path.join(self.dir, "checkpoint"), code=4))
        with open(old, encoding="utf-8") as f:
            good = f.read()
        forged = self.world.write("forged", good[:-9] + "AAAAAAA=\n")
        self.assertIn("signed the checkpoint", self.export(
            self.dir, "x", "--checkpoint", forged, code=4))
        self.export(self.dir, "x", "--csv", "--checkpoint", old, code=2)
        # What is no checkpoint is named, and broken.
        junk = self.copy("junk")
        self.world.write("junk/cosigned", "junk\n")
        self.assertIn("junk/cosigned: ", self.export(junk, "x", code=4))
        os.rename(self.world.path("junk", "cosigned"),
                  self.world.path("junk", "checkpoint"))
        self.assertIn("junk/checkpoint: ", self.export(junk, "x", code=4))
        os.unlink(self.world.path("junk", "checkpoint"))
        self.assertIn("--checkpoint", self.export(junk, "x", code=1))
        # Nor is anything signed where there is none.
        card = os.path.join(self.dir, "collector.card")
        for words, code in ((), 4), (("--checkpoint", "nosuch"), 2):
            done = run("verify", junk, "--card", card, *words)
            self.assertEqual(done.code, code, done.stderr)
        shutil.rmtree(junk)

    def test_people_are_told(self):
        old = os.path.join(self.early, "checkpoint")
        for lang, words in (("en", ("statements", "1 texts were redacted",
                                    "came after it and are in no tile")),
                            ("zh", ("条记录", "1 处文字已涂去", "不在瓦片中"))):
            done = run("export", self.dir, self.world.path("t" + lang),
                       "--checkpoint", old, "--lang", lang)
            self.assertEqual(done.code, 0, done.stderr)
            for word in words:
                self.assertIn(word, done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
