#!/usr/bin/env python3
"""What goes wrong around an office: no network, SIGKILL, old backups, copies,
lost collectors. Nothing saved is lost, nothing arrives twice."""
import os
import random
import shutil
import signal
import subprocess
import unittest

from world import WAIT_S, World, until

WAIT = ("--wait", "--timeout", WAIT_S)
KILLS = 200


class Faults(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)

    def report(self, folder, value, *args, code=0):
        return self.world.agent(folder, "report", "live.urban-jobs",
                                str(value), "--period", "2024M06",
                                "--reason", "counted", *args, code=code)

    def all_delivered(self, folder, statements):
        counts = self.world.counts(folder)
        self.assertEqual((counts["waiting"], counts["sealed"],
                          counts["delivered"] + counts["refused"]),
                         (0, 0, statements))

    def test_offline_reports_wait_and_go_later(self):
        baima = self.world.enrol("baima", "baima")
        self.world.stop_collector()
        for value in (1, 2, 3):
            self.report(baima, value)
        self.assertEqual(self.world.said(baima, "state"), [("waiting",)] * 3)
        run = self.report(baima, 4, "--wait", "--timeout", "1", code=5)
        self.assertIn("not delivered yet", run.stderr)
        run = self.world.agent(baima, "sync", "--timeout", "1", code=5)
        self.assertIn("cannot be reached", run.stderr)
        daemon = self.world.start_agent(baima)
        until(lambda: self.world.status(baima)[-1]["trouble"] != "",
              "the trouble to be told")
        self.report(baima, 5)
        self.world.start_collector()
        self.world.agent(baima, "sync", "--timeout", WAIT_S)
        self.assertEqual(self.world.said(baima, "verdict"),
                         [("admitted",)] * 5)
        daemon.kill()
        daemon.wait()
        # founding, catalogue parts and commit, grant, enrolment, 5 reports
        self.assertEqual(self.world.audit()["admitted"], 1 + 5 + 1 + 1 + 5)

    def test_further_addresses_are_tried(self):
        baima = self.world.enrol("baima", "baima")
        with open(os.path.join(self.world.collector_dir, "endpoint"),
                  encoding="ascii") as f:
            lists = "tcp://127.0.0.1:1, tcp://127.0.0.1:2," + f.read().strip()
        self.report(baima, 1, "--endpoint", lists, *WAIT)

    def test_the_collector_is_killed_again_and_again(self):
        baima = self.world.enrol("baima", "baima")
        self.world.start_agent(baima)
        saved = 0
        for _ in range(10):
            for _ in range(3):
                saved += 1
                self.report(baima, saved)
            self.world.stop_collector(signal.SIGKILL)
            self.world.start_collector()
        self.world.agent(baima, "sync", "--timeout", WAIT_S)
        self.all_delivered(baima, saved + 1)
        facts = self.world.audit()
        self.assertEqual(facts["refused"] if "refused" in facts else 0, 0)

    def test_the_agent_is_killed_at_any_moment(self):
        """KILLS times: a sender and an import, killed at random points.
        What import said is saved arrives once; the rest all or none."""
        baima = self.world.enrol("baima", "baima")
        draw = random.Random(20240705)
        window = 0.12  # about every second import ends, however fast it is
        promised = []
        for i in range(KILLS):
            rows = (f"live.urban-jobs,baima,2024M06,{1000 * i},again\n"
                    f"live.jobless,baima,2024M06,{1000 * i + 1},again\n")
            path = self.world.write(f"{i % 4}.csv",
                                    "target,unit,period,value,reason\n" + rows)
            sender = self.world.start_agent(baima)
            saver = self.world.start_agent(baima, "import", path)
            try:
                saver.wait(draw.uniform(0, window))
            except subprocess.TimeoutExpired:
                pass
            victims = [sender, saver]
            draw.shuffle(victims)
            for victim in victims:
                victim.kill()
            for victim in victims:
                victim.wait()
            if saver.returncode == 0:
                promised.append(i)
            window *= 0.9 if saver.returncode == 0 else 1.1
            del self.world.running[-2:]
        self.world.agent(baima, "sync", "--timeout", WAIT_S)
        values = [list(line["cells"].values())[0]
                  for line in self.world.status(baima)
                  if line.get("kind") == "report"]
        receipts = self.world.said(baima, "receipt", "verdict")
        self.assertEqual(len(set(receipts)), len(values))
        self.assertEqual({verdict for _, verdict in receipts}, {"admitted"})
        self.assertEqual(len(set(values)), len(values), "saved twice")
        for i in range(KILLS):
            both = [str(1000 * i + m) in values for m in (0, 1)]
            self.assertEqual(both[0], both[1], "half an import")
            if i in promised:
                self.assertTrue(both[0], "an import was lost")
        self.assertGreater(len(promised), KILLS // 20)
        self.assertLess(len(promised), KILLS)
        self.all_delivered(baima, len(values) + 1)
        facts = self.world.audit()
        self.assertEqual(facts["admitted"], 1 + 5 + 1 + 1 + len(values))

    def test_enrolment_survives_kills(self):
        code = self.world.code("baima")
        folder = self.world.path("baima")
        draw = random.Random(7)
        for _ in range(40):
            enrol = self.world.start_agent(folder, "enrol", code)
            try:
                # 2: one that was killed had just finished
                if enrol.wait(draw.uniform(0, 0.1)) in (0, 2):
                    break
            except subprocess.TimeoutExpired:
                enrol.kill()
                enrol.wait()
        else:
            self.world.agent(folder, "enrol", code, "--timeout", WAIT_S,
                             code=None)
        self.report(folder, 118, *WAIT)
        self.assertEqual(self.world.audit()["forks"], 0)

    def test_an_office_restored_from_an_old_copy_catches_up(self):
        baima = self.world.enrol("baima", "baima")
        self.report(baima, 1, *WAIT)
        self.report(baima, 2)  # saved in the copy, sent after it
        copy = self.world.path("copy")
        shutil.copytree(baima, copy)
        for value in (3, 4):
            self.report(baima, value, *WAIT)
        shutil.rmtree(baima)
        shutil.copytree(copy, baima)
        self.report(baima, 5)
        run = self.world.agent(baima, "sync", "--timeout", WAIT_S, code=3)
        self.assertIn("now it is: value=4", run.stderr)
        said = self.world.said(baima, "cells", "state")
        values = sorted(cells[""] for cells, state in said)
        self.assertEqual(values, ["1", "2", "3", "4", "5"])
        # 5 was based on 2, which 3 and 4 had replaced
        states = {cells[""]: state for cells, state in said}
        self.assertEqual([states[v] for v in "12345"],
                         ["delivered"] * 4 + ["refused"])
        self.report(baima, 6, *WAIT)
        self.assertEqual(self.world.audit()["forks"], 0)

    def test_a_second_machine_with_the_same_key_is_noticed(self):
        baima = self.world.enrol("baima", "baima")
        clone = self.world.path("clone")
        shutil.copytree(baima, clone)
        self.world.start_agent(baima)
        until(lambda: self.world.status(baima)[-1]["connection"] ==
              "connected", "a connection")
        self.report(clone, 7, *WAIT)
        until(lambda: "another machine" in
              self.world.status(baima)[-1]["trouble"], "the alarm")
        self.world.audit()

    def test_a_copy_that_sealed_something_else_sends_nothing(self):
        baima = self.world.enrol("baima", "baima")
        clone = self.world.path("clone")
        shutil.copytree(baima, clone)
        self.seal_unheard(clone, 1)
        self.report(baima, 2, *WAIT)
        run = self.world.agent(clone, "sync", "--timeout", WAIT_S, code=1)
        self.assertIn("copy or an old backup", run.stderr)
        self.assertEqual(self.world.said(clone, "state"), [("sealed",)])
        self.assertEqual(self.world.audit()["forks"], 0)

    def test_what_was_sealed_and_not_heard_is_sent_again(self):
        baima = self.world.enrol("baima", "baima")
        self.seal_unheard(baima, 1)
        self.report(baima, 2)
        self.world.agent(baima, "sync", "--timeout", WAIT_S)
        self.assertEqual(self.world.said(baima, "verdict"),
                         [("admitted",)] * 2)
        self.assertEqual(self.world.audit()["forks"], 0)

    def test_connected_is_said_of_this_sender_not_of_the_last_one(self):
        baima = self.world.enrol("baima", "baima")
        self.world.collector.send_signal(signal.SIGSTOP)
        self.world.start_agent(baima)
        until(lambda: self.world.status(baima)[-1]["connection"] !=
              "no sender", "a sender")
        self.assertNotEqual(self.world.status(baima)[-1]["connection"],
                            "connected")
        self.world.collector.send_signal(signal.SIGCONT)
        until(lambda: self.world.status(baima)[-1]["connection"] ==
              "connected", "a connection")

    def seal_unheard(self, folder, value):
        """The collector dies with a batch of the office in its socket."""
        sender = self.world.start_agent(folder)
        until(lambda: self.world.status(folder)[-1]["connection"] ==
              "connected", "a connection")
        self.world.collector.send_signal(signal.SIGSTOP)
        self.report(folder, value)
        until(lambda: self.world.said(folder, "state") == [("sealed",)],
              "the seal")
        sender.kill()
        sender.wait()
        self.world.stop_collector(signal.SIGKILL)
        self.world.start_collector()

    def log(self):
        with open(self.world.path("log"), "rb") as f:
            return f.read()

    def test_a_full_disk_refuses_and_loses_nothing(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to mount a small disk")
        baima = self.world.enrol("baima", "baima")
        small = self.world.path("small")
        os.mkdir(small)
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1500k",
                                "tmpfs", small], check=False,
                               capture_output=True)
        if mount.returncode:
            self.skipTest("cannot mount here")
        try:
            office = os.path.join(small, "office")
            shutil.copytree(baima, office)
            self.world.stop_collector()
            daemon = self.world.start_agent(office)
            saved = 0
            for value in range(200):
                rows = "".join(
                    f"live.urban-jobs,baima,2024M{m:02},{value},"
                    f"{'why ' * 2000}\n" for m in range(1, 7))
                path = self.world.write(
                    "big.csv", "target,unit,period,value,reason\n" + rows)
                run = self.world.agent(office, "import", path, "--unchecked",
                                       code=None)
                if run.returncode:
                    break
                saved += 6
            self.assertEqual(run.returncode, 1, "the disk never filled")
            self.assertIn("tally-agent: ", run.stderr)
            self.assertEqual(self.world.counts(office)["waiting"], saved)
            self.world.start_collector()
            until(lambda: b"disk-full" in self.log(), "the full disk's line")
            subprocess.run(["mount", "-o", "remount,size=64m", small],
                           check=True)
            self.world.agent(office, "sync", "--timeout", WAIT_S, code=None)
            self.all_delivered(office, saved + 1)
            self.assertIsNone(daemon.poll(), "the sender has gone")
            self.world.audit()
        finally:
            for process in self.world.running:
                process.kill()
                process.wait()
            subprocess.run(["umount", small], check=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
