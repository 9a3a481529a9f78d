#!/usr/bin/env python3
"""Restored from yesterday: a backup is made under load and put back somewhere
else, the offices hand over and send the difference, and nothing is lost. And
doctor, which says what is wrong before it hurts."""
import json
import os
import shutil
import stat
import subprocess
import threading
import unittest

from test_recover import Lost
from world import BIN, until


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

        def work():
            while not over.is_set():
                self.world.agent(self.baima, "report", "live.urban-jobs",
                                 str(next(self.values)), "--period",
                                 "2024M06", "--reason", "recount", "--wait")
        load = threading.Thread(target=work)
        load.start()
        try:
            for i in range(3):
                shutil.rmtree(self.world.path("backup"), ignore_errors=True)
                self.assertIn("root that was signed", self.backup().stdout)
        finally:
            over.set()
            load.join()
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

    def settings(self):
        with open(os.path.join(self.dir, "collector.ini"),
                  encoding="utf-8") as f:
            return f.read()


if __name__ == "__main__":
    unittest.main()
