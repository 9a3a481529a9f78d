#!/usr/bin/env python3
"""Restored from yesterday: a backup is made under load and put back somewhere
else, the offices hand over and send the difference, and nothing is lost. And
doctor, which says what is wrong before it hurts."""
import json
import os
import resource
import shutil
import signal
import stat
import subprocess
import threading
import unittest

from test_recover import PARTS, Lost, read
from world import BIN, has_ipv6, until


class Backup(Lost):
    def backup(self, name="backup", *words, code=0):
        return self.world.call("tally-collector", "backup",
                               self.world.path(name), "--dir", self.dir,
                               "--lang", "en", *words, code=code)

    def restore(self, name="backup", *words, code=0):
        return self.world.call("tally-collector", "restore",
                               self.world.path(name), "--dir", self.dir,
                               "--lang", "en", *words, code=code)

    def doctor(self, *words, code=0):
        run = self.world.call("tally-collector", "doctor", "--dir", self.dir,
                              "--json", *words, code=code)
        return {x["check"]: (x["state"], x["text"])
                for x in map(json.loads, run.stdout.splitlines())}

    def run_fails(self):
        return self.world.call("tally-collector", "run", "--dir", self.dir,
                               "--clock", self.world.clock, code=1).stderr

    def log(self):
        with open(self.world.path("log"), encoding="utf-8") as f:
            return f.read()

    def test_restored_from_yesterday(self):
        """While reports come in; then the disk is gone."""
        self.report(self.baima)
        self.report(self.longmen)
        over = threading.Event()

        def work(office):
            while not over.is_set():
                self.world.agent(office, "report", "live.urban-jobs",
                                 str(next(self.values)), "--period",
                                 "2024M06", "--reason", "recount", "--wait")
        loads = [threading.Thread(target=work, args=(office,))
                 for office in (self.baima, self.longmen)]
        for load in loads:
            load.start()
        sizes = []
        try:
            while len(sizes) < 3 or sizes[0] == sizes[-1]:
                shutil.rmtree(self.world.path("backup"), ignore_errors=True)
                said = self.backup().stdout
                self.assertIn("root that was signed", said)
                sizes.append(int(said.split(" entries")[0].split()[-1]))
        finally:
            over.set()
            for load in loads:
                load.join()
        self.assertEqual(sizes, sorted(sizes))
        for name in "keys", "journal":
            mode = os.stat(self.world.path("backup", name)).st_mode
            self.assertEqual(stat.S_IMODE(mode), 0o700, name)
        # A copy of it is a journal for itself.
        self.world.call("tally-audit", "verify", self.world.path("backup"))
        until(lambda: "backed-up" in self.log(), "the collector to hear of it")
        self.report(self.longmen)
        hrss = self.hrss = self.world.enrol("hrss", "hrss")
        self.report(self.baima)
        # What offices have verified is put back; the rest they send again.
        for office in (self.baima, self.longmen, hrss):
            self.world.until_signed()
            self.world.agent(office, "sync")
        before = self.world.said(self.baima, "verdict")
        self.world.stop_collector()
        os.rename(self.dir, self.world.path("broken"))
        self.assertIn("hand-over", self.restore().stderr)
        self.assertIn("recover", self.run_fails())
        self.assertEqual(self.doctor(code=1)["journal"][0], "bad")
        files = self.hand_over(entries=1)
        self.assertIn("whole", self.recover("--from", *files).stdout)
        self.world.start_collector()
        for office in (self.world.admin, self.baima, self.longmen, hrss):
            self.world.agent(office, "sync")
            self.assertIn("no alarm", self.world.agent(office,
                                                       "alarm").stdout)
        self.report(self.longmen)
        self.assertEqual(self.world.said(self.baima, "verdict"), before)
        said = self.world.audit()
        self.assertEqual(said["statements"], sum(
            sum(self.world.counts(x).values())
            for x in (self.world.admin, self.baima, self.longmen, hrss)))

    def rotate(self, *words, code=0):
        return self.world.call("tally-collector", "rotate", "--dir", self.dir,
                               "--clock", self.world.clock, *words, code=code)

    def key(self, *names):
        return read(os.path.join(self.dir, *names))

    def expect_same(self, folder, *names):
        """As in the collector's own directory."""
        for name in names:
            self.assertEqual(read(os.path.join(folder, name)),
                             self.key(name), name)

    def break_down(self, *kept):
        """The disk is gone; kept are the files that there is a copy of."""
        self.world.stop_collector()
        broken = self.world.path("broken")
        os.rename(self.dir, broken)
        os.mkdir(self.dir)
        for name in kept:
            source = os.path.join(broken, name)
            copy = shutil.copytree if os.path.isdir(source) else shutil.copy
            copy(source, os.path.join(self.dir, name))
        return broken

    def all_heard(self):
        """Every office has verified what is signed."""
        self.world.until_signed()
        for office in (self.world.admin, self.baima, self.longmen):
            self.world.agent(office, "sync")

    def all_go_on(self):
        self.world.start_collector()
        self.report(self.longmen)
        for office in (self.world.admin, self.baima, self.longmen):
            self.world.agent(office, "sync")
            self.assertIn("no alarm", self.world.agent(office,
                                                       "alarm").stdout)
        self.world.audit()

    def test_keys_change_while_it_is_made(self):
        """What is in it belongs together: the keys of before or those of
        after, never some of both."""
        self.report(self.baima)
        self.world.until_signed()
        self.world.stop_collector()
        # It waits in the middle, for what this pipe says.
        pipe = os.path.join(self.dir, "witnesses")
        os.mkfifo(pipe)
        words = [os.path.join(BIN, "tally-collector"), "backup",
                 self.world.path("backup"), "--dir", self.dir]
        with subprocess.Popen(words, stdout=subprocess.PIPE,
                              stderr=self.world.log) as process:
            end = []

            def reads():
                try:
                    end.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
                except OSError:
                    self.assertIsNone(process.poll())
                return end
            until(reads, "the backup to come to the pipe")
            before = self.key("keys", "sign")
            self.rotate("--by", "somebody", "--why", "meanwhile", "--curve")
            self.assertNotEqual(self.key("keys", "sign"), before)
            os.unlink(pipe)
            os.close(end[0])
            process.stdout.read()
        self.assertEqual(process.returncode, 0)
        self.expect_same(self.world.path("backup"), "keys/sign", "keys/curve",
                         "collector.successions", "collector.card")
        self.assertFalse(os.path.exists(self.world.path("backup",
                                                        "witnesses")))
        # It is of use by itself, to those who follow the keys.
        self.break_down()
        self.restore()
        self.assertIn("put back", self.recover().stdout)
        follow = os.path.join(self.dir, "collector.successions")
        for office in (self.world.admin, self.baima, self.longmen):
            self.world.agent(office, "follow", follow)
        self.all_go_on()

    def test_keys_that_changed_since_stay(self):
        """The backup is of a day on which a new session key waited; since
        then it took over."""
        self.report(self.baima)
        self.world.until_signed()
        self.world.stop_collector()
        self.rotate("--by", "somebody", "--why", "it is old")
        self.world.start_collector()
        self.report(self.baima)
        self.all_heard()
        self.backup()
        self.assertTrue(os.path.exists(self.world.path("backup", "rotation",
                                                       "keys", "curve")))
        self.world.stop_collector()
        self.rotate("--curve")
        self.world.start_collector()
        self.all_heard()
        self.world.stop_collector()
        self.rotate("--by", "somebody", "--why", "once more", "--curve")
        self.world.start_collector()
        follow = os.path.join(self.dir, "collector.successions")
        for office in (self.world.admin, self.baima, self.longmen):
            self.world.agent(office, "follow", follow)
        self.report(self.longmen)
        self.all_heard()
        size, root = self.world.signed()
        kept = ("keys", "collector.successions", "checkpoint")
        broken = self.break_down(*kept)
        self.restore()
        self.assertFalse(os.path.exists(os.path.join(self.dir, "rotation")))
        self.expect_same(broken, "keys/sign", "keys/curve",
                         "collector.successions", "checkpoint")
        # The checkpoint says how much there was, though nobody else does.
        said = self.recover(code=3).stdout
        self.assertIn(f"signed: {size} entries", said)
        self.hrss = self.baima
        files = self.hand_over("admin", "baima", "longmen", entries=1)
        self.assertIn("whole", self.recover("--from", *files).stdout)
        self.assertEqual(self.world.signed(), (size, root))
        self.all_go_on()

    def test_without_the_notes_of_newer_keys(self):
        """Then nothing says that they follow."""
        self.report(self.baima)
        self.world.until_signed()
        self.backup()
        self.world.stop_collector()
        self.rotate("--by", "somebody", "--why", "it is old", "--curve")
        self.world.start_collector()
        self.break_down("keys")
        said = self.restore(code=4).stderr
        self.assertIn("put collector.successions of today", said)
        shutil.copy(self.world.path("broken", "collector.successions"),
                    self.dir)
        # What is no checkpoint of this collector is not written over.
        with open(os.path.join(self.dir, "checkpoint"), "w",
                  encoding="ascii") as f:
            f.write("of something else")
        self.assertIn("Move the file aside", self.restore(code=2).stderr)
        os.unlink(os.path.join(self.dir, "checkpoint"))
        self.restore()

    def test_restore_is_cut_off_and_run_again(self):
        """A full disk, or a kill, at any file; then once more."""
        self.report(self.baima)
        self.all_heard()
        self.backup("older")
        self.world.stop_collector()
        self.rotate("--by", "somebody", "--why", "it is old")
        self.world.start_collector()
        self.report(self.baima)
        self.all_heard()
        self.backup()
        size = os.path.getsize(self.world.path(
            "backup", "journal", "00000000000000000000.seg"))
        self.break_down()
        words = [os.path.join(BIN, "tally-collector"), "restore",
                 self.world.path("backup"), "--dir", self.dir]
        for limit in 40, 300, 350, 500, 700, 1000, size // 2, size - 1:
            def bound(limit=limit):
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            run = subprocess.run(words, stdout=self.world.log, check=False,
                                 stderr=self.world.log, preexec_fn=bound)
            self.assertIn(run.returncode, (1, -signal.SIGXFSZ), limit)
            self.assertFalse(os.path.exists(os.path.join(self.dir,
                                                         "journal")))
        # What was begun is not finished with another one.
        said = self.restore("older", code=2).stderr
        self.assertIn("another backup is being put back", said)
        said = self.restore().stdout
        for name in "journal.unfinished", "keys.unfinished":
            self.assertFalse(os.path.exists(os.path.join(self.dir, name)))
        self.assertEqual(self.restore().stdout, said)
        self.expect_same(self.world.path("backup"), "keys/sign", "keys/curve",
                         "rotation/keys/curve", "collector.ini",
                         "collector.successions", "checkpoint")
        self.recover()
        # It is a journal in use now.
        self.assertIn("move the old one aside", self.restore(code=2).stderr)
        self.all_go_on()

    def test_the_checkpoint_that_lay_elsewhere_is_lost_too(self):
        elsewhere = self.world.path("elsewhere.checkpoint")
        self.world.stop_collector()
        with open(os.path.join(self.dir, "collector.ini"), "a",
                  encoding="utf-8") as f:
            f.write(f"[journal]\ncheckpoint = {elsewhere}\n")
        os.rename(os.path.join(self.dir, "checkpoint"), elsewhere)
        self.world.start_collector()
        self.report(self.baima)
        self.backup()
        self.break_down()
        os.unlink(elsewhere)
        self.restore()
        run = self.recover()
        self.assertIn("(" + os.path.join(self.dir, "checkpoint"), run.stdout)
        self.assertIn("nothing that was signed is missing", run.stdout)
        self.world.start_collector()
        self.report(self.baima)
        until(lambda: os.path.exists(elsewhere), "a checkpoint")
        self.world.audit()

    def test_a_journal_that_went_another_way(self):
        """An older copy was put back and went on: the backup is the better
        one, and no newer one of this takes its place."""
        other = self.world.enrol("other", "longmen")
        self.keep()
        self.report(self.baima)
        self.all_heard()
        self.backup()
        until(lambda: "event=backed-up" in self.log(), "the collector to hear")
        self.lose(*PARTS)
        self.world.start_collector()
        # Nobody is told that it is safe, however long it becomes.
        until(lambda: "backup-of-another-journal" in self.log(), "a warning")
        while len(self.world.journal().leaves) <= self.size:
            self.report(other)
        self.assertEqual(len(self.log().split("event=backed-up")), 2)
        self.world.until_signed()
        self.assertGreater(self.world.signed()[0], self.size)
        said = self.backup("newer", code=3).stderr
        self.assertIn("does not go on from the newest backup", said)
        self.assertIn(self.world.path("backup"), said)
        self.assertFalse(os.path.exists(self.world.path("newer")))
        self.assertEqual(self.doctor(code=1)["backup"][0], "bad")
        # One that says what it has lost may be backed up.
        self.world.stop_collector()
        self.put_back(*PARTS)
        self.hrss = self.baima
        self.world.call("tally-collector", "reopen", "--dir", self.dir,
                        "--clock", self.world.clock, "--from",
                        *self.hand_over("admin"), "--by", "somebody", "--why",
                        "nobody has it")
        self.world.start_collector()
        self.report(self.longmen)
        self.world.until_signed()
        self.backup("newer")
        self.assertEqual(self.doctor()["backup"][0], "ok")

    def test_what_is_no_backup_is_not_put_back(self):
        self.report(self.baima)
        self.world.until_signed()
        self.assertIn("内含密钥", self.backup("backup", "--lang",
                                            "zh").stdout)
        self.assertIn("is there already", self.backup(code=2).stderr)
        self.backup("without", "--without-keys")
        self.assertFalse(os.path.exists(self.world.path("without", "keys")))
        self.world.stop_collector()
        self.assertIn("move the old one aside", self.restore(code=2).stderr)
        self.restore("nothing", code=2)
        broken = self.dir = self.world.path("elsewhere")
        segment = self.world.path("backup", "journal",
                                  "00000000000000000000.seg")
        with open(segment, "r+b") as f:
            f.seek(-200, os.SEEK_END)
            byte = f.read(1)
            f.seek(-1, os.SEEK_CUR)
            f.write(bytes([byte[0] ^ 1]))
        self.restore(code=4)
        self.assertFalse(os.path.exists(os.path.join(broken, "journal")))
        # Without keys in it, those that lie there are taken.
        self.dir = self.world.path("third")
        self.assertIn("keys", self.restore("without", code=2).stderr)
        shutil.copytree(os.path.join(self.world.collector_dir, "keys"),
                        os.path.join(self.dir, "keys"))
        self.restore("without")
        # Nobody has heard of more: that is for a person to say.
        self.assertIn("nothing that was signed", self.recover().stdout)
        self.world.collector_dir = self.dir
        self.world.start_collector()
        self.report(self.baima)
        self.world.audit()

    def test_doctor_says_what_is_to_be_done(self):
        found = self.doctor()
        self.assertEqual(found["backup"][0], "warn")
        for check in "keys", "port", "settings", "journal", "store", "clock":
            self.assertEqual(found[check][0], "ok", found[check])
        self.assertIn("MiB", found["disk"][1])
        self.world.until_signed()
        self.backup()
        self.assertEqual(self.doctor()["backup"][0], "ok")
        self.assertIn("正常", self.world.call(
            "tally-collector", "doctor", "--dir", self.dir, "--lang",
            "zh").stdout)
        shutil.rmtree(self.world.path("backup"))
        self.assertIn("not there now", self.doctor()["backup"][1])
        self.world.stop_collector()
        self.assertEqual(self.doctor()["collector"][0], "warn")
        # Somebody else has the port.
        port = self.settings().split("bind = tcp://")[1].split()[0]
        with subprocess.Popen(
                ["python3", "-c", "import socket, sys; h, p = sys.argv[1]."
                 "rsplit(':', 1); s = socket.create_server((h, int(p))); "
                 "print(flush=True); sys.stdin.read()", port],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            other.stdout.readline()
            self.assertEqual(self.doctor(code=1)["port"][0], "bad")
            other.stdin.close()
        self.everywhere(port.rsplit(":", 1)[1])
        key = os.path.join(self.dir, "keys", "sign")
        os.chmod(key, 0o644)
        self.assertEqual(self.doctor(code=1)["keys"][0], "bad")
        os.chmod(key, 0o600)
        with open(os.path.join(self.dir, "collector.ini"), "a",
                  encoding="utf-8") as f:
            f.write("[disk]\nreserve = 1000000000000000\n")
        self.assertEqual(self.doctor(code=1)["disk"][0], "bad")
        with open(os.path.join(self.dir, "collector.ini"), "a",
                  encoding="utf-8") as f:
            f.write("nonsense = 1\n")
        self.assertIn("check-config", self.doctor(code=1)["settings"][1])
        run = subprocess.run([os.path.join(BIN, "tally-collector"), "doctor",
                              "--dir", "/nonexistent"], capture_output=True,
                             text=True, check=False)
        self.assertEqual(run.returncode, 2)

    def everywhere(self, port):
        """On all interfaces it can be reached on the machine's own."""
        for host in "*", "0.0.0.0", *(["[::]"] if has_ipv6() else []):
            ini = self.settings()
            line = next(x for x in ini.splitlines() if x.startswith("bind"))
            with open(os.path.join(self.dir, "collector.ini"), "w",
                      encoding="utf-8") as f:
                f.write(ini.replace(line, f"bind = tcp://{host}:{port}"))
            self.assertIn("is free", self.doctor()["port"][1])
            self.world.start_collector()
            self.assertIn("can be reached", self.doctor()["port"][1])
            self.world.stop_collector()

    def settings(self):
        with open(os.path.join(self.dir, "collector.ini"),
                  encoding="utf-8") as f:
            return f.read()


if __name__ == "__main__":
    unittest.main()
