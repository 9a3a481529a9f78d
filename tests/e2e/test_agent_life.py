#!/usr/bin/env python3
"""An office's life through the real programs: founding, enrolment, reports,
reviews, corrections, revocation."""
import json
import os
import signal
import stat
import time
import unittest

from world import BIN, CATALOGUE, WAIT_S, World, until

WAIT = ("--wait", "--timeout", WAIT_S)


class Life(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)

    def report(self, folder, value, *args, period="2024M06", code=0,
               target="live.urban-jobs"):
        return self.world.agent(folder, "report", target, str(value),
                                "--period", period, *args, code=code)

    def test_a_report_is_delivered_with_a_receipt(self):
        baima = self.world.enrol("baima", "baima")
        run = self.report(baima, 118, *WAIT)
        self.assertRegex(run.stdout, r"^\d+\.0\n$")
        said = self.world.said(baima, "target", "unit", "period", "state",
                               "verdict", "receipt")
        self.assertEqual(said, [("live.urban-jobs", "baima", "2024M06",
                                 "delivered", "admitted",
                                 run.stdout.strip())])
        text = self.world.agent(baima, "status").stdout
        self.assertIn("[" + run.stdout.strip() + "]", text)
        self.assertIn("delivered 2", text)
        chinese = self.world.agent(baima, "status", "--lang", "zh").stdout
        self.assertIn("已送达", chinese)
        self.world.audit()

    def test_founding_warns_and_names_the_journal(self):
        self.assertRegex(self.world.founded.stdout, r"^[0-9a-f]{64}\n$")
        self.assertIn("no recovery key", self.world.founded.stderr)
        first = self.world.status(self.world.admin)[0]
        self.assertEqual((first["kind"], first["receipt"]), ("found", "0.0"))

    def test_the_running_agent_sends_what_others_save(self):
        baima = self.world.enrol("baima", "baima")
        run = self.world.start_agent(baima)
        until(lambda: self.world.status(baima)[-1]["connection"] ==
              "connected", "a connection")
        for value in (100, 110, 120):
            self.report(baima, value, "--reason", "recount", *WAIT)
        verdicts = self.world.said(baima, "state", "verdict")
        self.assertEqual(verdicts, [("delivered", "admitted")] * 3)
        self.world.agent(baima, "sync", "--timeout", WAIT_S)
        run.send_signal(signal.SIGTERM)
        self.assertEqual(run.wait(30), 0)
        history = self.world.agent(baima, "history",
                                   "live.urban-jobs").stdout
        self.assertEqual(len(history.splitlines()), 3)
        self.assertIn("recount", history)
        self.assertEqual(self.world.agent(baima, "history",
                                          "live.jobless").stdout, "")
        run = self.world.agent(baima, "history", "live.urban-jobs", "nosuch",
                               code=2)
        self.assertIn("nosuch: there is no such target", run.stderr)
        self.world.audit()

    def test_only_one_process_sends(self):
        baima = self.world.enrol("baima", "baima")
        self.world.start_agent(baima)
        until(lambda: self.world.status(baima)[-1]["connection"] !=
              "no sender", "a sender")
        run = self.world.agent(baima, "run", code=1)
        self.assertIn("another process", run.stderr)

    def test_many_processes_report_at_once(self):
        baima = self.world.enrol("baima", "baima")
        self.world.start_agent(baima)
        jobs = [self.world.start_agent(
            baima, "report", "live.urban-jobs", str(100 + i), "--period",
            "2024M06", "--reason", "at once", *WAIT) for i in range(8)]
        jobs += [self.world.start_agent(baima, "sync", "--timeout", WAIT_S)
                 for _ in range(3)]
        self.assertEqual([job.wait(90) for job in jobs], [0] * 11)
        said = self.world.said(baima, "state", "verdict")
        self.assertEqual(said, [("delivered", "admitted")] * 8,
                         "each is based on the one before")
        self.world.audit()

    def test_reports_without_a_session_wait_for_one(self):
        baima = self.world.enrol("baima", "baima")
        jobs = [self.world.start_agent(
            baima, "report", "live.jobless", str(i), "--period", "2024M06",
            "--reason", "at once", *WAIT) for i in range(4)]
        self.assertEqual([job.wait(90) for job in jobs], [0] * 4)
        self.assertEqual(self.world.counts(baima)["delivered"], 5)

    def test_two_offices_of_a_unit_do_not_overwrite_each_other(self):
        first = self.world.enrol("first", "baima")
        second = self.world.enrol("second", "baima")
        self.report(first, 118, *WAIT)
        run = self.report(second, 200, *WAIT, code=3)
        self.assertIn("stale", run.stderr)
        # knowing the other's figure, it can be corrected
        self.world.agent(second, "sync", "--timeout", WAIT_S)
        self.report(second, 201, "--reason", "joint count", *WAIT)
        self.assertEqual(self.world.said(second, "state"),
                         [("refused",), ("delivered",)])
        self.world.audit()

    def test_reviewers_judge_what_they_know(self):
        baima = self.world.enrol("baima", "baima")
        hrss = self.world.enrol("hrss", "hrss", "--role", "reviewer")
        self.world.start_agent(baima)
        self.world.start_agent(hrss)
        run = self.world.agent(hrss, "review", "approve", "rural.roads",
                               "baima", "2024M06", *WAIT, code=3)
        self.assertIn("nothing-to-review", run.stderr)
        self.report(baima, 2, *WAIT, target="rural.roads")
        self.world.agent(hrss, "review", "return", "rural.roads", "baima",
                         "2024M06", "--reason", "no photographs", *WAIT)
        self.report(baima, 3, "--reason", "with photographs", *WAIT,
                    target="rural.roads")
        self.world.agent(hrss, "review", "approve", "rural.roads", "baima",
                         "2024M06", *WAIT)
        self.world.agent(baima, "report", "rural.look", "--text",
                         "村里修了路", "--period", "2024M06", *WAIT)
        self.world.agent(hrss, "review", "green", "rural.look", "baima",
                         "2024M06", *WAIT)
        self.assertEqual(self.world.said(hrss, "status", "verdict"),
                         [("returned", "admitted"), ("approved", "admitted"),
                          ("green", "admitted")])
        self.world.audit()

    def test_not_applicable_blank_and_zero_differ(self):
        baima = self.world.enrol("baima", "baima")
        self.report(baima, 0, *WAIT)
        run = self.world.agent(baima, "report", "live.jobless", "--na",
                               "--period", "2024M06", *WAIT, code=3)
        self.assertIn("reason-missing", run.stderr)
        self.world.agent(baima, "report", "live.jobless", "--na", "--period",
                         "2024M06", "--reason", "no office here", *WAIT)
        self.world.agent(baima, "report", "live.jobless", "--period",
                         "2024M06", code=2)
        self.assertEqual(self.world.said(baima, "cells", "verdict"),
                         [({"": "0"}, "admitted"),
                          ({"value": "NA"}, "reason-missing"),
                          ({"value": "NA"}, "admitted")])

    def test_a_revoked_key_is_told(self):
        baima = self.world.enrol("baima", "baima")
        self.report(baima, 118, *WAIT)
        own = self.world.agent(self.world.admin, "revoke",
                               self.world.keys[baima], "--from", "2",
                               "--reason", "laptop stolen", *WAIT)
        self.assertIn("suspect from its batch 2", own.stderr)
        run = self.report(baima, 119, "--reason", "more", *WAIT, code=1)
        self.assertIn("not delivered yet", run.stderr)
        self.assertRegex(run.stderr, "revoked|enrolled")
        self.assertEqual(self.world.counts(baima)["delivered"], 2)
        self.world.audit()

    def listed(self, unit):
        """The office's row and JSON, as the centre's operator sees them."""
        words = ("tally-collector", "offices", self.world.collector_dir)
        row, = [line.split() for line in
                self.world.call(*words).stdout.splitlines()
                if line.startswith(unit + " ")]
        said, = [office for office in map(json.loads, self.world.call(
            *words, "--json").stdout.splitlines())
                 if office["units"] == [unit]]
        return row, said

    def test_the_centre_revokes_a_key_that_it_lists(self):
        """The office's own machine is gone, with what it was told."""
        baima = self.world.enrol("baima", "baima")
        self.report(baima, 118, *WAIT)
        until(lambda: self.listed("baima")[1]["batches"] == 2, "the store")
        row, said = self.listed("baima")
        self.assertEqual(row[-1], said["key"])
        run = self.world.agent(self.world.admin, "revoke", "baima", *WAIT,
                               code=3)
        self.assertRegex(run.stderr, "grant-used.*tally-agent revoke KEY"
                         ".*tally-collector offices")
        self.world.agent(self.world.admin, "revoke", said["key"], "--reason",
                         "laptop stolen", *WAIT)
        until(lambda: self.listed("baima")[1]["state"] == "revoked",
              "the store")
        self.assertIn("revoked", self.report(
            baima, 119, "--reason", "more", *WAIT, code=1).stderr)
        self.world.audit()

    def test_an_administrator_reads_what_was_said(self):
        """A line for the whole catalogue and none for each of its files; who
        was granted what, and whose key was revoked."""
        baima = self.world.enrol("baima", "baima", "--role",
                                 "reporter,reviewer")
        self.world.agent(self.world.admin, "revoke", self.world.keys[baima],
                         "--from", "2", *WAIT)
        said = {lang: self.world.agent(self.world.admin, "status", "--lang",
                                       lang).stdout for lang in ("en", "zh")}
        self.assertRegex(said["en"], r"delivered  catalogue \(\d+ parts\)  \[")
        self.assertRegex(said["zh"], r"已送达  下达目录（\d+ 份）  \[")
        self.assertIn("  grant baima (reporter, reviewer)  [", said["en"])
        self.assertIn("  授权 baima（填报、审核）  [", said["zh"])
        self.assertIn(f"  revocation {self.world.keys[baima]} (from its batch "
                      "2 on)  [", said["en"])
        self.assertIn(f"  撤销 {self.world.keys[baima]}（自第 2 批起）  [",
                      said["zh"])
        self.assertNotIn("targets.csv", said["en"])
        every = self.world.agent(self.world.admin, "status", "--all").stdout
        for n, file in enumerate(CATALOGUE):
            self.assertIn(f"  catalogue file {file} (part {n + 1})  [", every)
        lines = every.splitlines()
        self.assertEqual(len(lines), len(set(lines)), every)
        # programs get all of it
        kinds = [x.get("kind") for x in self.world.status(self.world.admin)]
        self.assertEqual(kinds.count("catalogue-part"), len(CATALOGUE))

    def test_an_expired_code_is_refused(self):
        code = self.world.code("baima", "--expires", "3")
        self.world.set_clock("2024-07-09 09:00")
        run = self.world.agent(self.world.path("late"), "enrol", code,
                               "--timeout", "10", code=3)
        self.assertIn("has expired", run.stderr)

    def test_files_are_the_owners_alone(self):
        baima = self.world.enrol("baima", "baima")
        for name in ("keys/sign", "keys/curve"):
            path = os.path.join(baima, name)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertFalse(os.path.exists(os.path.join(baima, "keys/code")))
        os.chmod(os.path.join(baima, "keys/sign"), 0o640)
        run = self.world.agent(baima, "status", code=2)
        self.assertIn("keys/sign", run.stderr)

    def test_administrators_hand_on_the_catalogue(self):
        """Each knows the commit it replaces, whoever made it."""
        second = self.world.enrol("second", "--role", "admin")
        for i, folder in enumerate((second, self.world.admin, second)):
            catalogue = self.world.write_catalogue({
                **CATALOGUE, "targets.csv": CATALOGUE["targets.csv"].replace(
                    "失业人数", f"失业人数{i}")}, f"catalogue{i}")
            self.world.agent(folder, "sync", "--timeout", WAIT_S)
            self.world.agent(folder, "apply", catalogue)
            self.world.agent(folder, "sync", "--timeout", WAIT_S)
            self.assertEqual(self.world.counts(folder)["refused"], 0, folder)
        self.world.audit()

    def test_new_catalogues_reach_offices(self):
        baima = self.world.enrol("baima", "baima")
        self.world.start_agent(baima)
        changed = dict(CATALOGUE)
        changed["targets.csv"] += "live.new,新目标,flow,人,>=,1,hrss,\n"
        changed["roster.csv"] += "live.new,baima,1\n"
        self.report(baima, 1, target="live.new", code=3, *WAIT)
        self.world.agent(self.world.admin, "apply",
                         self.world.write_catalogue(changed, "second"), *WAIT)
        until(lambda: "probably" not in
              self.report(baima, 1, target="live.new", *WAIT,
                          code=None).stderr, "the new catalogue")
        self.assertEqual(self.world.said(baima, "verdict")[-1],
                         ("admitted",))
        self.world.audit()

    def test_a_thousand_rows_are_saved_quickly(self):
        baima = self.world.enrol("baima", "baima")
        rows = "".join(f"live.urban-jobs,baima,2024M{m:02},{v},late\n"
                       for v in range(167) for m in range(1, 7))
        path = self.world.write("many.csv",
                                "target,unit,period,value,reason\n" + rows)
        began = time.monotonic()
        self.world.agent(baima, "import", path, "--unchecked")
        took = time.monotonic() - began
        self.assertLess(took, 5 if "asan" in BIN else 0.5)
        run = self.world.agent(baima, "sync", "--timeout", WAIT_S, code=3)
        self.assertLess(len(run.stderr.splitlines()), 150, "a flood")
        counts = self.world.counts(baima)
        self.assertEqual(counts["waiting"] + counts["sealed"], 0)
        self.assertEqual(counts["delivered"] + counts["refused"], 1003)
        self.world.audit()


if __name__ == "__main__":
    unittest.main(verbosity=2)
