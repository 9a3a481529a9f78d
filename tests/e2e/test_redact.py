#!/usr/bin/env python3
"""Redaction through the real programs: a text is really gone, everything else
stays as it was, and an audit says by whom, when and why."""
import json
import os
import shutil
import signal
import struct
import unittest

from world import CATALOGUE, WAIT_S, World, reference, until

WAIT = ("--wait", "--timeout", WAIT_S)
SECRET = "王小明的电话13800138000"
WHY = "个人信息"
LOOK = "rural.look"
NAMED = {**CATALOGUE, "settings.csv":
         CATALOGUE["settings.csv"] + "redact,hrss\n"}


def holders(folder, text):
    """The files below that hold the text."""
    found = []
    for top, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(top, name), "rb") as f:
                if text.encode() in f.read():
                    found.append(os.path.relpath(os.path.join(top, name),
                                                 folder))
    return found


def blot_unsaid(path, text):
    """Zeros for a text and its salt, and right checksums, as one who owns the
    disk could write them."""
    with open(path, "rb") as f:
        data = bytearray(f.read())
    at = data.index(text)
    head = 2 if len(text) < 128 else 3  # tag and length
    data[at - head - 16:at - head] = bytes(16)
    data[at:at + len(text)] = bytes(len(text))
    at, group = 96, 96
    while at < len(data):
        length, = struct.unpack_from(">I", data, at)
        index, = struct.unpack_from(">Q", data, at + 8)
        if index == 2**64 - 1:
            struct.pack_into(">I", data, at + 36,
                             reference.crc32c(bytes(data[group:at])))
        struct.pack_into(">I", data, at + 4, reference.crc32c(
            bytes(data[at + 8:at + 16 + length])))
        at += (16 + length + 7) // 8 * 8
        if index == 2**64 - 1:
            group = at
    with open(path, "wb") as f:
        f.write(data)


class Redact(unittest.TestCase):
    """One journal: each test has a text of its own in it."""

    @classmethod
    def setUpClass(cls):
        cls.world = World(NAMED)
        cls.addClassCleanup(cls.world.close)
        cls.town = cls.world.enrol("town", "baima")
        cls.lead = cls.world.enrol("lead", "hrss", "--role", "reviewer")
        cls.centre = cls.world.enrol("centre", "hrss", "--role", "official")
        cls.folder = cls.world.collector_dir

    def setUp(self):
        if self.world.collector.poll() is not None:
            self.world.start_collector()
        self.text = f"{SECRET} {self.id().rsplit('.', 1)[1]}"
        self.receipt = self.say(self.text)

    def say(self, text):
        return self.world.agent(self.town, "report", LOOK, "--text", text,
                                "--period", "2024M06", *WAIT).stdout.strip()

    def redact(self, *args, office=None, code=0, lang="en", wait=WAIT):
        return self.world.agent(office or self.centre, "redact", *args, *wait,
                                "--lang", lang, code=code)

    def until_gone(self, text=None):
        until(lambda: not holders(self.folder, text or self.text),
              "the text is gone")

    def redacted(self, receipt):
        """What verify says of a statement."""
        return [x for x in self.verify()["redacted"]
                if x["statement"] == receipt]

    def verify(self, folder=None, code=0):
        run = self.world.call("tally-audit", "verify", folder or self.folder,
                              "--json", code=code)
        return json.loads(run.stdout)

    def figures(self):
        return self.world.call("tally-audit", "figures", self.folder, "--all",
                               "--json", "--cutoff", "2024-06-30").stdout

    def list(self):
        return self.world.agent(self.lead, "review", "--list").stdout

    def test_it_is_gone_and_all_else_is_as_it_was(self):
        self.assertIn(self.text, self.list())
        before = self.figures()
        journal = os.path.join(self.folder, "journal")
        sizes = {name: os.path.getsize(os.path.join(journal, name))
                 for name in os.listdir(journal)}
        by = self.redact(self.receipt, "text", "--reason", WHY).stdout.strip()
        self.until_gone()
        # The lead, who was sent it, shows it no more.
        until(lambda: self.text not in self.list(), "the lead forgets it")
        self.assertIn("2024M06", self.list())
        self.assertEqual(self.figures(), before)
        for name, size in sizes.items():
            self.assertGreaterEqual(
                os.path.getsize(os.path.join(journal, name)), size)
        # What is said afterwards stands behind it.
        self.world.agent(self.town, "report", "live.urban-jobs", "431",
                         "--period", "2024M06", *WAIT)
        self.world.until_signed()
        self.world.audit()
        one, = self.redacted(self.receipt)
        self.assertEqual(
            (one["statement"], one["text"], one["by"], one["unit"],
             one["received"], one["reason"]),
            (self.receipt, "text", by, "hrss", "2024-07-05 09:00", WHY))
        run = self.world.call("tally-audit", "verify", self.folder)
        self.assertIn(f"redacted    the text of {self.receipt}, by hrss ",
                      run.stdout)
        self.assertIn(f'"{WHY}"', run.stdout)
        # A reader in another language agrees.
        self.world.journal()

    def test_it_is_hidden_before_it_is_gone(self):
        """Said, and not yet blotted out: as where a disk was full."""
        self.world.until_signed()
        mixed = self.world.path("mixed")
        shutil.copytree(os.path.join(self.folder, "journal"),
                        os.path.join(mixed, "journal"))
        self.redact(self.receipt, "text", "--reason", WHY)
        self.until_gone()
        self.world.stop_collector()
        shutil.copytree(os.path.join(self.folder, "store"),
                        os.path.join(mixed, "store"))
        for words in (["receipt", mixed, self.receipt],
                      ["explain", mixed, LOOK, "baima", "2024M06"]):
            for json_ in ([], ["--json"]):
                said = self.world.call("tally-audit", *words, *json_).stdout
                self.assertIn(self.receipt, said)
                self.assertNotIn(self.text, said)
                self.assertIn('"redacted":["text"]' if json_ else
                              "(redacted)", said.replace(": ", ":"))
        shutil.rmtree(mixed)

    def test_twice_and_of_what_is_not_there(self):
        self.redact(self.receipt, "text", "--reason", WHY)
        self.until_gone()
        for place, text in ((self.receipt, "text"), (self.receipt, "note"),
                            ("0.0", "text"), ("900.0", "text")):
            run = self.redact(place, text, "--reason", "again", code=3)
            self.assertIn("nothing-to-redact", run.stderr)
        self.world.audit()
        one, = self.redacted(self.receipt)
        self.assertEqual((one["text"], one["reason"]), ("text", WHY))
        run = self.world.call("tally-audit", "receipt", self.folder,
                              self.receipt)
        self.assertEqual(run.stdout.count("(redacted)"), 1)

    def test_of_what_was_refused_and_after_a_restart(self):
        self.world.agent(self.town, "import", self.world.write(
            "bad.csv", "target,unit,period,value,reason\n"
            f"rural.nowhere,baima,2024M06,1,{self.text}!\n"), "--unchecked",
            *WAIT, code=3)
        said, = [x["receipt"] for x in self.world.status(self.town)
                 if x.get("target") == "rural.nowhere"]
        self.world.stop_collector()
        self.world.start_collector()
        self.redact(said, "reason", "--reason", WHY)
        self.until_gone(self.text + "!")
        self.redact(said, "reason", "--reason", WHY, code=3)
        self.world.audit()

    def test_of_an_entry_that_is_a_note_of_the_collectors(self):
        """It has no texts, and is no reason to give up."""
        self.world.until_signed()
        self.world.stop_collector()
        entry = len(self.world.journal().leaves)
        self.world.call("tally-collector", "rotate", "--dir", self.folder,
                        "--by", "李明", "--why", "a year is over", "--clock",
                        self.world.clock)
        self.world.start_collector()
        self.redact(f"{entry}.0", "text", "--reason", WHY, code=3)
        self.redact(self.receipt, "text", "--reason", WHY)
        self.until_gone(self.text)
        self.world.audit()

    def test_a_redactions_own_reason(self):
        by = self.redact(self.receipt, "text", "--reason",
                         "because of 王小明").stdout.strip()
        self.redact(by, "reason", "--reason", WHY)
        self.until_gone("because of 王小明")
        self.world.audit()
        self.assertEqual(
            [(x["text"], x["reason"]) for x in
             self.redacted(self.receipt) + self.redacted(by)],
            [("text", ""), ("reason", WHY)])

    def test_a_collector_that_is_killed_goes_on_with_it(self):
        for i in range(3):
            text = f"{self.text}{i}"
            receipt = self.say(text)
            self.redact(receipt, "text", "--reason", WHY)
            self.world.stop_collector(signal.SIGKILL)
            self.world.call("tally-audit", "verify", self.folder,
                            "--torn-tail")
            self.world.start_collector()
            self.until_gone(text)
            self.world.call("tally-audit", "verify", self.folder,
                            "--torn-tail")
        self.world.audit()
        self.assertEqual(len(self.redacted(receipt)), 1)

    def test_what_recovery_brings_back_goes_again(self):
        """Offices hand over what they sent, with the text."""
        text = self.text + " again"
        parts = "journal", "store", "tree"
        self.redact(self.receipt, "text", "--reason", WHY)
        self.until_gone()
        self.world.until_signed()
        self.world.stop_collector()
        for part in parts:
            source = os.path.join(self.folder, part)
            (shutil.copytree if os.path.isdir(source) else shutil.copy)(
                source, self.world.path("older-" + part))
        self.world.start_collector()
        self.redact(self.say(text), "text", "--reason", WHY)
        self.until_gone(text)
        self.world.until_signed()
        self.world.stop_collector()
        for part in parts:
            target = os.path.join(self.folder, part)
            (shutil.rmtree if os.path.isdir(target) else os.unlink)(target)
            os.rename(self.world.path("older-" + part), target)
        files = []
        for office in (self.world.admin, self.town, self.lead, self.centre):
            files.append(self.world.path(f"{len(files)}.kept"))
            self.world.agent(office, "hand-over", files[-1], "--entries", "1")
        # What an office keeps has its text: it is the same entry.
        run = self.world.call("tally-collector", "recover", "--dir",
                              self.folder, "--from", files[1], code=3)
        self.assertIn("missing: entries ", run.stdout)
        self.world.call("tally-collector", "reopen", "--dir", self.folder,
                        "--clock", self.world.clock, "--from", files[1],
                        "--dry-run")
        self.world.call("tally-collector", "recover", "--dir", self.folder,
                        "--from", *files)
        self.assertTrue(holders(self.folder, text))
        self.world.start_collector()
        self.until_gone(text)
        self.world.audit()

    def test_whom_the_catalogue_names(self):
        other = self.world.enrol("other", "longmen", "--role", "official")
        for office in (self.town, self.lead, self.world.admin, other):
            run = self.redact(self.receipt, "text", "--reason", WHY, code=3,
                              office=office)
            self.assertIn("settings.csv", run.stderr)
        self.assertTrue(holders(self.folder, self.text))

    def test_what_nobody_redacted_is_broken(self):
        self.world.audit()
        copy = self.world.path("copy")
        shutil.copytree(os.path.join(self.folder, "journal"),
                        os.path.join(copy, "journal"))
        name, = os.listdir(os.path.join(copy, "journal"))
        blot_unsaid(os.path.join(copy, "journal", name), self.text.encode())
        bad = self.verify(copy, code=4)["bad"]
        self.assertEqual(bad["index"], int(self.receipt.split(".")[0]))
        self.assertIn(f"the text of statement {self.receipt} is blotted out, "
                      "and nobody redacted it", bad["what"])
        with self.assertRaisesRegex(reference.Bad, "nobody redacted"):
            reference.Journal(copy)

    def test_words_that_are_wrong(self):
        for words, said in ((("9", "text", "--reason", "r"), "receipt"),
                            ((self.receipt, "name", "--reason", "r"),
                             "text, reason or note"),
                            ((self.receipt, "text"), "--reason")):
            self.assertIn(said, self.redact(*words, code=2).stderr)


class Nobody(unittest.TestCase):
    def test_where_the_catalogue_names_nobody_nobody_may(self):
        world = World(CATALOGUE)
        self.addCleanup(world.close)
        centre = world.enrol("centre", "hrss", "--role", "official")
        run = world.agent(centre, "redact", "1.0", "reason", "--reason", WHY,
                          "--lang", "zh", code=3)
        self.assertIn("settings.csv 的 redact", run.stderr)


if __name__ == "__main__":
    unittest.main()
