#!/usr/bin/env python3
"""Codes that open nothing: of another journal, of another collector, of
somebody who may not grant, stolen on the way. The office is told, makes no
key that counts, and can enrol with a good code afterwards."""
import base64
import hashlib
import os
import shutil
import stat
import unittest

from world import WAIT_S, World

WAIT = ("--wait", "--timeout", WAIT_S)


class Enrolment(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)

    def refused(self, name, code, *args, exit_code=3):
        folder = self.world.path(name)
        run = self.world.agent(folder, "enrol", code, "--timeout",
                               "2" if exit_code == 5 else "10", *args,
                               code=exit_code)
        self.assertEqual(run.stdout, "", "no key to be proud of")
        # and a good code is still good for the same directory
        good = self.world.code("baima")
        self.world.agent(folder, "enrol", good, "--timeout", WAIT_S)
        self.world.agent(folder, "report", "live.jobless", "3", "--period",
                         "2024M06", "--reason", "counted", *WAIT)
        self.world.audit()
        return run.stderr

    def test_a_code_of_another_journal_of_the_same_collector(self):
        # the same card, founded twice; the collector has the first
        other = self.world.path("other-admin")
        self.world.agent(other, "found", "--collector", os.path.join(
            self.world.collector_dir, "collector.card"), "--out",
            self.world.path("other"), "--simulated", "--name", "other")
        code = self.world.agent(other, "grant", "baima").stdout.strip()
        said = self.refused("stranger", code)
        self.assertRegex(said, "code|journal")
        self.assertIn("administrator", said)
        # nor does the other administrator have any say here
        self.world.start_collector()
        run = self.world.agent(other, "sync", "--timeout", "10", code=1)
        self.assertRegex(run.stderr, "does not know|not enrolled")

    def test_a_code_of_another_collector(self):
        other = World(catalogue=False)
        self.addCleanup(other.close)
        code = other.code("baima")
        other.stop_collector()
        with open(os.path.join(self.world.collector_dir, "endpoint"),
                  encoding="ascii") as f:
            here = f.read().strip()
        # its key does not answer here: as if nobody were there
        said = self.refused("lost", code, "--endpoint", here, exit_code=5)
        self.assertIn("not enrolled yet", said)

    def test_a_code_of_somebody_who_may_not_grant(self):
        office = self.world.enrol("office", "longmen")
        before = self.world.status(office)
        run = self.world.agent(office, "grant", "baima", code=3)
        self.assertEqual(run.stdout, "", "a code is of no use")
        self.assertIn("not-allowed", run.stderr)
        self.assertEqual(self.world.status(office), before)

    def test_card_and_code_are_as_the_document_describes_them(self):
        """Read from docs/protocol.md alone."""
        def check(data):
            return hashlib.sha256(data).digest()[:4]

        path = os.path.join(self.world.collector_dir, "collector.card")
        with open(path, "rb") as f:
            lines = f.read().splitlines(keepends=True)
        self.assertEqual(lines[0], b"tally-card/1\n")
        self.assertEqual([line.split()[0] for line in lines[1:]],
                         [b"endpoint", b"checkpoint", b"curve", b"check"])
        endpoint, checkpoint, curve, sum_ = (
            line.split()[1].decode() for line in lines[1:])
        self.assertEqual(check(b"".join(lines[:4])).hex(), sum_)
        code = self.world.code("baima")
        self.assertEqual(code[:6], "tally1")
        text = code[6:].upper()
        data = base64.b32decode(text + "=" * (-len(text) % 8))
        n = data[1]
        self.assertEqual((data[0], len(data)), (1, 2 + n + 4 * 32 + 4))
        self.assertEqual(data[2:2 + n].decode(), endpoint)
        fields = [data[2 + n + 32 * i:2 + n + 32 * (i + 1)]
                  for i in range(4)]
        self.assertEqual([field.hex() for field in fields[:3]],
                         [checkpoint, curve,
                          self.world.founded.stdout.strip()])
        self.assertEqual(check(data[:-4]), data[-4:])

    def test_a_code_that_was_used_by_another_first(self):
        code = self.world.code("baima")
        self.world.agent(self.world.path("thief"), "enrol", code,
                         "--timeout", WAIT_S)
        said = self.refused("late", code)
        self.assertIn("used already", said)
        self.assertIn("administrator", said)

    def test_a_code_for_a_unit_that_there_is_not_is_doubted(self):
        self.world.agent(self.world.admin, "sync", "--timeout", WAIT_S)
        for language, word in (("en", "no unit baimaa"), ("zh", "baimaa")):
            run = self.world.agent(self.world.admin, "grant", "baimaa",
                                   "--lang", language)
            self.assertIn(word, run.stderr.splitlines()[0])
            self.assertIn("revoke baimaa", run.stderr)
        run = self.world.agent(self.world.admin, "grant", "baima")
        self.assertEqual(len(run.stderr.splitlines()), 1, run.stderr)

    def test_keys_that_others_can_read_are_not_used(self):
        baima = self.world.enrol("baima", "baima")
        for name in ("sign", "curve"):
            path = os.path.join(baima, "keys", name)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            for mode in (0o640, 0o604, 0o644):
                os.chmod(path, mode)
                for words in (("status",), ("sync",),
                              ("report", "live.jobless", "9", "--period",
                               "2024M06")):
                    run = self.world.agent(baima, *words, code=2)
                    self.assertIn(path, run.stderr)
                    self.assertIn("chmod 600", run.stderr)
            os.chmod(path, 0o600)
        shutil.copy(os.path.join(baima, "keys", "sign"),
                    self.world.path("sign"))
        with open(os.path.join(baima, "keys", "sign"), "w",
                  encoding="ascii") as f:
            f.write("tally-key/1 sign 1234\n")
        run = self.world.agent(baima, "status", code=None)
        self.assertIn(run.returncode, (1, 4))
        self.assertIn("keys/sign", run.stderr)
        shutil.copy(self.world.path("sign"),
                    os.path.join(baima, "keys", "sign"))
        self.world.agent(baima, "report", "live.jobless", "9", "--period",
                         "2024M06", *WAIT)
        self.world.audit()


    def test_a_folder_of_keys_that_others_can_write_to_is_not_used(self):
        baima = self.world.enrol("baima", "baima")
        keys = os.path.join(baima, "keys")
        for mode in (0o777, 0o720, 0o702):
            os.chmod(keys, mode)
            run = self.world.agent(baima, "sync", code=2)
            self.assertIn("chmod 700 " + keys, run.stderr)
        os.chmod(keys, 0o700)
        self.world.agent(baima, "sync", "--timeout", WAIT_S)

    def test_a_key_that_is_lost_is_told_and_what_to_do(self):
        """Not that the office was not enrolled: it was."""
        baima = self.world.enrol("baima", "baima")
        self.world.agent(baima, "report", "live.jobless", "9", "--period",
                         "2024M06")
        for name in ("sign", "curve"):
            path = os.path.join(baima, "keys", name)
            os.rename(path, path + ".aside")
            for command in ("status", "sync"):
                run = self.world.agent(baima, command, code=2)
                self.assertIn(path, run.stderr)
                self.assertIn("backup", run.stderr)
                self.assertNotIn("not enrolled", run.stderr)
            run = self.world.agent(baima, "status", "--lang", "zh", code=2)
            self.assertIn("备份", run.stderr)
            run = self.world.agent(baima, "enrol", self.world.code("baima"),
                                   code=2)
            self.assertIn(path, run.stderr)
            os.rename(path + ".aside", path)
        self.world.agent(baima, "sync", "--timeout", WAIT_S)
        self.world.audit()


if __name__ == "__main__":
    unittest.main(verbosity=2)
