#!/usr/bin/env python3
"""A collector's disk broke and last night's copy was put back: what was signed
since comes back from the offices, to the very root that was signed, or nothing
is written."""
import glob
import json
import os
import resource
import shutil
import signal
import struct
import subprocess
import unittest

from world import BIN, World, reference, until

PARTS = "journal", "store", "tree", "checkpoint"
HEAD = struct.Struct(">8sI32sII")  # of a file that was handed over
PLACE = struct.Struct(">QQI")


def read(path):
    with open(path, "rb") as f:
        return f.read()


def batches(data):
    """Offset, index, recv_us, length of each batch in a handed-over file."""
    magic, version, _, count, note = HEAD.unpack_from(data)
    assert (magic, version) == (b"tallykpt", 1)
    at, found = HEAD.size + note, []
    for _ in range(count):
        found.append((at, *PLACE.unpack_from(data, at)))
        at += PLACE.size + found[-1][3]
    assert at == len(data)
    return found


class Lost(unittest.TestCase):
    """A world whose collector is put back to an older copy."""

    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)
        self.dir = self.world.collector_dir
        self.baima = self.world.enrol("baima", "baima")
        self.longmen = self.world.enrol("longmen", "longmen")
        self.values = iter(range(100, 400))

    def report(self, office):
        self.world.agent(office, "report", "live.urban-jobs",
                         str(next(self.values)), "--period", "2024M06",
                         "--reason", "recount", "--wait")

    def keep(self, name="copy"):
        self.world.stop_collector()
        os.makedirs(self.world.path(name))
        for part in PARTS:
            source = os.path.join(self.dir, part)
            copy = shutil.copytree if os.path.isdir(source) else shutil.copy
            copy(source, self.world.path(name, part))
        self.world.start_collector()

    def put_back(self, *parts, name="copy"):
        for part in parts:
            target = os.path.join(self.dir, part)
            if os.path.isdir(target):
                shutil.rmtree(target)
                shutil.copytree(self.world.path(name, part), target)
            else:
                shutil.copy(self.world.path(name, part), target)

    def go_on(self):
        """What is lost later: reports, a grant, an enrolment, new hours."""
        self.report(self.baima)
        self.report(self.longmen)
        self.world.set_clock("2024-07-05 11:20")
        self.report(self.baima)
        self.hrss = self.world.enrol("hrss", "hrss", "--role",
                                     "reporter,reviewer")
        self.world.set_clock("2024-07-05 12:40")
        for _ in range(2):
            self.report(self.longmen)
        self.world.agent(self.hrss, "sync")

    def lose(self, *parts):
        """It is stopped, which signs all; then parts are as they were."""
        self.world.stop_collector()
        self.size, self.root = self.world.signed()
        self.whole = {name: read(name) for name in self.segments()}
        self.put_back(*(parts or ("journal", "store", "tree")))
        self.kept = len(self.world.journal().leaves)
        self.assertLess(self.kept, self.size)

    def segments(self):
        return sorted(glob.glob(os.path.join(self.dir, "journal", "*.seg")))

    def offices(self):
        return {"admin": self.world.admin, "baima": self.baima,
                "longmen": self.longmen, "hrss": self.hrss}

    def hand_over(self, *names, entries=None):
        """Files of offices, by name."""
        os.makedirs(self.world.path("files"), exist_ok=True)
        files = []
        for name in names or self.offices():
            files.append(self.world.path("files", name + ".kept"))
            self.world.agent(self.offices()[name], "hand-over", files[-1],
                             "--entries", str(entries or self.kept))
        return files

    def recover(self, *words, code=0):
        return self.world.call("tally-collector", "recover", "--dir",
                               self.dir, *words, code=code)

    def refused(self):
        run = self.world.call("tally-collector", "run", "--dir", self.dir,
                              "--clock", self.world.clock, code=4)
        return run.stderr

    def is_whole(self):
        """Every entry is back."""
        journal = self.world.journal()
        self.assertEqual((len(journal.leaves), journal.root),
                         (self.size, self.root))
        self.assertEqual(self.world.signed(), (self.size, self.root))

    def goes_on(self):
        """Offices and collector do, and nobody raises an alarm."""
        self.world.start_collector()
        self.report(self.baima)
        for office in self.offices().values():
            self.world.agent(office, "sync")
            self.assertEqual(self.world.counts(office)["refused"], 0)
            self.assertIn("no alarm",
                          self.world.agent(office, "alarm").stdout)
        self.world.audit()


class Recover(Lost):
    def test_what_was_signed_comes_back_from_the_offices(self):
        self.keep()
        self.go_on()
        self.lose()
        self.assertIn("tally-collector recover", self.refused())
        run = self.recover(code=3)
        self.assertIn(f"journal: {self.kept} entries; signed: {self.size}",
                      run.stdout)
        self.assertIn(f"missing: entries {self.kept} to {self.size - 1}\n",
                      run.stdout)
        self.assertIn("not heard from: administrator (", run.stdout)
        for unit in "baima", "longmen":
            self.assertIn(f"{unit} (", run.stdout)
        self.assertIn(f"hand-over FILE --entries {self.kept}", run.stderr)
        said = json.loads(self.recover("--json", code=3).stdout)
        self.assertEqual(
            [said[key] for key in ("entries", "signed", "whole", "files",
                                   "missing", "result")],
            [self.kept, self.size, self.kept, [],
             [{"first": self.kept, "last": self.size - 1}], "missing"])
        self.assertEqual([x["unit"] for x in said["not_heard"]],
                         [None, "baima", "longmen"])
        self.hand_over()
        before = {name: read(name) for name in self.segments()}
        said = json.loads(self.recover("--from", self.world.path("files"),
                                       "--dry-run", "--json").stdout)
        self.assertEqual((said["whole"], said["missing"], said["result"]),
                         (self.size, [], "would-put-back"))
        self.assertEqual(len(said["files"]), 4)
        run = self.recover("--from", self.world.path("files"), "--dry-run")
        self.assertIn(f"would be put back: entries {self.kept} to "
                      f"{self.size - 1}", run.stdout)
        self.assertEqual(before, {n: read(n) for n in self.segments()})
        run = self.recover("--from", self.world.path("files"))
        self.assertIn(f"whole: {self.size} entries", run.stdout)
        again = self.recover("--from", self.world.path("files"))
        self.assertIn("nothing that was signed is missing", again.stdout)
        self.is_whole()
        self.goes_on()

    def test_the_checkpoint_was_lost_too(self):
        """Offices show the collector its own signature over more."""
        self.keep()
        self.go_on()
        self.world.until_signed()
        for office in self.offices().values():
            self.world.agent(office, "sync")
        self.lose(*PARTS)
        seen = self.world.signed()[0]
        self.assertEqual(seen, self.kept)
        run = self.recover("--from", *self.hand_over())
        self.assertIn("put back", run.stdout)
        self.size, self.root = self.world.signed()
        self.assertGreater(self.size, seen)
        self.is_whole()
        self.goes_on()

    def test_everything_since_the_founding_was_lost(self):
        self.go_on()
        self.world.until_signed()
        self.world.stop_collector()
        self.size, self.root = self.world.signed()
        for part in "journal", "store":
            shutil.rmtree(os.path.join(self.dir, part))
        run = self.recover(code=2)
        self.assertIn("--founding", run.stderr)
        self.world.call("tally-collector", "init", self.dir, "--founding",
                        self.world.path("founding"))
        self.kept = 1
        self.recover("--from", *self.hand_over())
        self.is_whole()

    def test_who_holds_what_is_missing_is_told(self):
        self.keep()
        self.go_on()
        self.lose()
        run = self.recover("--from", *self.hand_over("admin", "baima",
                                                     "hrss"), code=3)
        self.assertIn("not heard from: longmen (", run.stdout)
        self.assertIn("can be put back so far", run.stdout)
        self.assertNotIn("baima (", run.stdout.split("not heard from")[1])
        # An office that holds nothing says so; one may not hold all.
        nothing = self.hand_over("longmen", entries=self.size)
        self.assertIn(", no batches\n",
                      self.recover("--from", *nothing, code=3).stdout)
        part = self.hand_over("longmen", entries=self.size - 1)
        run = self.recover("--from", *part, code=3)
        self.assertRegex(run.stdout, r"lacking: longmen \(\w+\) handed over "
                         r"no batches \d+ to \d+ of its own")
        self.recover("--from", *self.hand_over())
        self.is_whole()

    def forge(self, path, change):
        """Changes the last batch of a file, as (data, at) -> None."""
        data = bytearray(read(path))
        change(data, batches(data)[-1][0])
        self.world.write(path, bytes(data))

    def test_forged_files(self):
        self.keep()
        self.go_on()
        self.lose()
        true = self.hand_over()
        before = {name: read(name) for name in self.segments()}
        forged = self.world.path("forged.kept")

        def attempt(change, source="longmen", code=3, others=None):
            shutil.copy(self.world.path("files", source + ".kept"), forged)
            self.forge(forged, change)
            rest = [f for f in true if source not in f]
            return self.recover("--from", *(others or rest), forged,
                                code=code)

        def damage(data, at):
            data[at + PLACE.size + 300] ^= 1

        def later(data, at):
            index, recv_us, n = PLACE.unpack_from(data, at)
            PLACE.pack_into(data, at, index, recv_us + 1, n)

        def elsewhere(data, at):
            index, recv_us, n = PLACE.unpack_from(data, at)
            PLACE.pack_into(data, at, index + 1000, recv_us, n)

        def cut(data, at):
            del data[at + 40:]

        said = attempt(damage).stderr
        self.assertIn("forged.kept: what it has as entry", said)
        self.assertIn("cut off", attempt(cut).stderr)
        said = attempt(later).stderr
        self.assertIn("are not those that were signed", said)
        self.assertIn("forged.kept", said)
        self.assertIn("missing: entries", attempt(elsewhere).stdout)
        # Beside the true one neither is believed more than the other.
        said = attempt(later, others=true).stderr
        self.assertIn("leave out the one that is wrong", said)
        # What is forged and of no use does no harm beside the true ones.
        for change in damage, elsewhere, cut:
            attempt(change, others=[*true, "--dry-run", "--from"], code=0)
        self.world.write(forged, b"nonsense")
        self.assertIn("no file of tally-agent hand-over", self.recover(
            "--from", forged, code=3).stderr)
        self.assertEqual(before, {n: read(n) for n in self.segments()})
        self.recover("--from", *true)
        self.is_whole()

    def killed(self, words, limit):
        """The kernel cuts the write that makes a file of so many bytes, as a
        full disk does, or kills it there; False if it came through."""
        def bound():
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        run = subprocess.run(words, stdout=self.world.log, check=False,
                             stderr=self.world.log, preexec_fn=bound)
        self.assertIn(run.returncode, (0, 1, -signal.SIGXFSZ))
        return run.returncode != 0

    def test_killed_in_the_middle(self):
        self.keep()
        for office in self.baima, self.longmen:
            self.world.start_agent(office)
        for _ in range(20):
            self.report(self.baima)
            self.report(self.longmen)
        for process in self.world.running[-2:]:
            process.terminate()
            process.wait()
        self.go_on()
        self.lose()
        words = [os.path.join(BIN, "tally-collector"), "recover", "--dir",
                 self.dir, "--from", *self.hand_over()]
        last = self.segments()[-1]
        begin, end = os.path.getsize(last), len(self.whole[last])
        sizes = []
        for step in range(5):  # fewer groups, fewer commit frames than before
            limit = begin + step * (end - begin) // 7
            self.assertTrue(self.killed(words, limit))
            self.assertIn("tally-collector recover", self.refused())
            sizes.append(len(self.world.journal().leaves))
        self.assertEqual(sizes, sorted(sizes))
        self.assertGreater(len(set(sizes)), 1)
        shutil.rmtree(os.path.join(self.dir, "journal"))
        shutil.copytree(self.world.path("copy", "journal"),
                        os.path.join(self.dir, "journal"))
        with subprocess.Popen(words, stdout=self.world.log,
                              stderr=self.world.log) as process:
            until(lambda: os.path.getsize(last) > begin, "its first write")
            process.kill()
        self.assertFalse(self.killed(words, 2 * end))
        self.is_whole()

    def test_a_collector_runs(self):
        run = self.recover(code=1)
        self.assertIn("in use by process", run.stderr)

    def test_a_copy_on_which_the_collector_went_on(self):
        other = self.world.enrol("other", "baima")
        self.keep()
        self.go_on()
        self.world.until_signed()
        for office in self.offices().values():
            self.world.agent(office, "sync")
        self.lose(*PARTS)
        files = self.hand_over()
        self.world.start_collector()
        for _ in range(3):
            self.report(other)
        self.world.until_signed()
        self.world.stop_collector()
        run = self.recover("--from", *files, code=4)
        self.assertIn(f"has another entry {self.kept} than", run.stderr)
        self.assertIn("put the copy back once more", run.stderr)
        self.put_back(*PARTS)
        self.recover("--from", *files)
        self.size, self.root = self.world.signed()
        self.is_whole()

    def test_what_was_not_signed_yet_is_sent_again(self):
        """It is lost by a crash before the next checkpoint: an office sends
        it again by itself, and has a new receipt."""
        self.hrss = self.world.enrol("hrss", "hrss")
        self.report(self.longmen)
        self.keep()
        self.report(self.baima)
        self.world.collector.kill()
        self.world.collector.wait()
        self.assertEqual(len(self.world.journal().leaves),
                         len(self.journal_of("copy").leaves) + 1)
        self.put_back(*PARTS)
        self.world.start_collector()
        self.report(self.longmen)
        before = self.world.said(self.baima, "receipt")
        self.world.agent(self.baima, "sync")
        after = self.world.said(self.baima, "receipt")
        self.assertEqual(len(before), len(after))
        self.assertNotEqual(before, after)
        self.world.until_signed()
        self.world.agent(self.baima, "sync")
        self.assertIn("no alarm", self.world.agent(self.baima,
                                                   "alarm").stdout)
        self.world.audit()

    def journal_of(self, name):
        return reference.Journal(self.world.path(name))


if __name__ == "__main__":
    unittest.main()
