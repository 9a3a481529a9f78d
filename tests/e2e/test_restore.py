#!/usr/bin/env python3
"""What copies from yesterday do: an office's directory, the collector's store,
put back while the other side went on. Nothing is lost and nothing counts
twice."""
import os
import shutil
import signal
import unittest

from world import CATALOGUE, WAIT_S, World, until

TARGETS = [f"work.t{i}" for i in range(1, 7)]
WORLD = {**CATALOGUE,
         "targets.csv": CATALOGUE["targets.csv"] + "".join(
             f"{t},指标,flow,人,>=,60,hrss,\n" for t in TARGETS),
         "roster.csv": CATALOGUE["roster.csv"] + "".join(
             f"{t},{u},30\n" for t in TARGETS for u in ("baima", "longmen"))}
WAIT = ("--wait", "--timeout", WAIT_S)


def read(path):
    with open(path, "rb") as f:
        return f.read()


class Restore(unittest.TestCase):
    def setUp(self):
        self.world = World(WORLD)
        self.addCleanup(self.world.close)
        self.baima = self.world.enrol("baima", "baima")

    def report(self, value, *args, target="live.urban-jobs", folder=None):
        return self.world.agent(folder or self.baima, "report", target,
                                str(value), "--period", "2024M06", *args)

    def store(self):
        return os.path.join(self.world.collector_dir, "store")

    def replayed(self):
        run = self.world.call("tally-audit", "replay",
                              self.world.collector_dir, "--compare",
                              self.store())
        return run.stdout

    def figures(self):
        return self.world.call("tally-audit", "figures",
                               self.world.collector_dir, "--all").stdout

    def keep(self, folder):
        """A copy made while nobody uses the folder."""
        copy = folder + ".copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("wake"))
        return copy

    def put_back(self, folder):
        shutil.rmtree(folder)
        shutil.copytree(folder + ".copy", folder)

    # ---- an office's directory ----

    def test_an_office_from_an_old_copy_recalls_and_goes_on(self):
        self.report(100, *WAIT)
        self.keep(self.baima)
        for value in (110, 120, 130):
            self.report(value, "--reason", "recount", *WAIT)
        before = self.world.said(self.baima, "receipt", "verdict")
        self.put_back(self.baima)
        self.assertEqual(len(self.world.said(self.baima, "receipt")), 1)
        self.report(7, *WAIT, target="work.t1")
        said = self.world.said(self.baima, "receipt", "verdict")
        self.assertEqual(len(said), 5)
        self.assertEqual(set(before) - set(said), set())
        self.assertEqual({verdict for _, verdict in said}, {"admitted"})
        self.report(140, "--reason", "recount", *WAIT)
        counts = self.world.counts(self.baima)
        self.assertEqual((counts["waiting"], counts["sealed"],
                          counts["refused"]), (0, 0, 0))
        self.assertEqual(counts["delivered"], 7)  # and the enrolment
        self.world.audit()

    def test_what_waited_in_the_copy_and_went_since_is_not_sent_again(self):
        self.report(100, *WAIT)
        self.world.stop_collector()
        self.report(110, "--reason", "recount")
        self.report(9, target="work.t1")
        self.keep(self.baima)
        self.world.start_collector()
        self.world.agent(self.baima, "sync", "--timeout", WAIT_S)
        self.report(120, "--reason", "recount", *WAIT)
        before = self.world.said(self.baima, "receipt", "verdict")
        self.put_back(self.baima)
        self.assertEqual(self.world.counts(self.baima)["waiting"], 2)
        self.world.agent(self.baima, "sync", "--timeout", WAIT_S)
        self.assertEqual(self.world.said(self.baima, "receipt", "verdict"),
                         before)
        self.world.audit()

    def test_a_copy_from_right_after_enrolment_gets_everything_back(self):
        self.keep(self.baima)
        self.work()
        before = self.world.said(self.baima, "target", "receipt", "verdict")
        self.put_back(self.baima)
        self.world.agent(self.baima, "sync", "--timeout", WAIT_S)
        self.assertEqual(
            self.world.said(self.baima, "target", "receipt", "verdict"),
            before)
        self.world.audit()

    def test_recall_right_after_the_collector_was_killed(self):
        self.keep(self.baima)
        self.work()
        before = self.world.said(self.baima, "target", "receipt", "verdict")
        self.world.stop_collector(signal.SIGKILL)
        self.put_back(self.baima)
        self.world.start_collector()
        self.report(6, *WAIT)
        said = self.world.said(self.baima, "target", "receipt", "verdict")
        self.assertEqual(len(said), 7)
        self.assertEqual(set(before) - set(said), set())
        self.world.audit()

    # ---- a lost answer ----

    def test_the_answer_to_an_enrolment_is_lost(self):
        """The directory is put back to when the enrolment was sealed but the
        office had not heard that it was taken."""
        code = self.world.code("longmen")
        self.world.stop_collector()
        longmen = self.world.path("longmen")
        self.world.agent(longmen, "enrol", code, "--timeout", "0", code=5)
        self.keep(longmen)
        self.world.start_collector()
        self.world.agent(longmen, "enrol", code, "--timeout", WAIT_S)
        key = self.world.status(longmen)[-1].get("key")
        self.put_back(longmen)
        # Never sealed here: what the code bought is in the journal, by the
        # same keys, and is recalled.
        self.world.agent(longmen, "enrol", code, "--timeout", WAIT_S)
        self.assertEqual(self.world.status(longmen)[-1].get("key"), key)
        self.report(5, *WAIT, folder=longmen)
        self.world.audit()

    def test_to_enrol_once_more_with_the_same_code_changes_nothing(self):
        code = self.world.code("longmen")
        longmen = self.world.path("longmen")
        first, again = (self.world.agent(longmen, "enrol", code, "--timeout",
                                         WAIT_S) for _ in range(2))
        self.assertEqual(first.stdout, again.stdout)
        other = self.world.code("longmen")
        run = self.world.agent(longmen, "enrol", other, code=2)
        self.assertEqual(run.stdout, "")
        self.report(5, *WAIT, folder=longmen)
        self.world.audit()

    def test_one_code_is_for_one_office(self):
        code = self.world.code("longmen")
        self.world.agent(self.world.path("first"), "enrol", code, "--timeout",
                         WAIT_S)
        run = self.world.agent(self.world.path("second"), "enrol", code,
                               "--timeout", "10", code=3)
        self.assertTrue(run.stderr)
        self.report(5, *WAIT, folder=self.world.path("first"))

    # ---- the collector's store ----

    def work(self):
        for value, target in enumerate(TARGETS):
            self.report(value, *WAIT, target=target)

    def test_a_store_that_was_deleted_is_rebuilt_identically(self):
        self.work()
        self.world.stop_collector()
        figures, replayed = self.figures(), self.replayed()
        shutil.rmtree(self.store())
        self.world.start_collector()
        self.world.stop_collector()
        self.assertEqual((self.figures(), self.replayed()),
                         (figures, replayed))
        self.world.start_collector()
        self.report(60, "--reason", "recount", *WAIT)
        self.world.audit()

    def test_a_store_from_an_old_copy_is_caught_up(self):
        self.report(1, *WAIT)
        self.world.stop_collector()
        self.keep(self.store())
        self.world.start_collector()
        self.work()
        self.world.stop_collector(signal.SIGKILL)
        self.put_back(self.store())
        self.world.start_collector()
        self.report(60, "--reason", "recount", *WAIT)
        self.world.audit()

    def test_a_journal_shorter_than_the_store_is_refused(self):
        journal = os.path.join(self.world.collector_dir, "journal")
        self.world.stop_collector()
        self.keep(journal)
        self.world.start_collector()
        self.work()
        self.world.stop_collector()
        self.put_back(journal)
        segment = os.path.join(journal, sorted(os.listdir(journal))[0])
        before = read(segment)
        run = self.world.call("tally-collector", "run", "--dir",
                              self.world.collector_dir, "--clock",
                              self.world.clock, code=4)
        self.assertIn("shorter", run.stderr)
        self.assertEqual(read(segment), before)

    def sealed_and_unheard(self):
        """A copy of baima's folder with a batch that is sealed and under way
        to the collector, which stands still."""
        run = self.world.start_agent(self.baima)
        until(lambda: self.world.status(self.baima)[-1]["connection"] ==
              "connected", "a connection")
        self.world.collector.send_signal(signal.SIGSTOP)
        self.report(1)
        until(lambda: self.world.counts(self.baima)["sealed"], "sealing")
        run.kill()
        run.wait(30)
        self.keep(self.baima)

    def test_a_batch_that_was_sealed_and_not_heard_of_counts_once(self):
        self.sealed_and_unheard()
        self.world.collector.send_signal(signal.SIGCONT)
        self.world.agent(self.baima, "sync", "--timeout", WAIT_S)
        before = self.world.said(self.baima, "receipt", "verdict")
        self.put_back(self.baima)
        self.assertEqual(self.world.counts(self.baima)["sealed"], 1)
        self.report(2, "--reason", "recount", *WAIT)
        said = self.world.said(self.baima, "receipt", "verdict")
        self.assertEqual(said[:1], before)
        self.assertEqual([verdict for _, verdict in said], ["admitted"] * 2)
        self.world.audit()

    def test_a_store_of_another_history_is_not_believed(self):
        """The journal was put back from a copy and has gone another way since,
        to an entry that both ways have in common: a store of the one is not
        a store of the other."""
        journal = os.path.join(self.world.collector_dir, "journal")
        longmen = self.world.enrol("longmen", "longmen")
        self.world.stop_collector()
        for folder in (journal, longmen):
            self.keep(folder)
        self.world.start_collector()
        # Before there is anything that only the first way has: what an office
        # has verified of it would rightly keep it from the other.
        self.sealed_and_unheard()
        self.world.stop_collector(signal.SIGKILL)
        self.world.start_collector()
        self.report(2, *WAIT, folder=longmen)
        self.world.agent(self.baima, "sync", "--timeout", WAIT_S)
        self.world.stop_collector()
        store = self.world.path("later")
        os.rename(self.store(), store)
        for folder in (journal, self.baima, longmen):
            self.put_back(folder)
        # Somebody insists: what was signed of the first way is forgotten.
        os.unlink(os.path.join(self.world.collector_dir, "checkpoint"))
        self.world.start_collector()
        self.report(4, *WAIT, folder=longmen)
        self.world.agent(self.baima, "sync", "--timeout", WAIT_S)
        self.world.stop_collector()
        shutil.rmtree(self.store())
        os.rename(store, self.store())
        self.world.start_collector()
        self.world.audit()

    def test_killed_again_and_again_while_offices_report(self):
        longmen = self.world.enrol("longmen", "longmen")
        runs = [self.world.start_agent(folder)
                for folder in (self.baima, longmen)]
        value = 0
        for _ in range(6):
            for folder in (self.baima, longmen):
                for _ in range(3):
                    value += 1
                    self.report(value, "--reason", "recount", folder=folder)
            self.world.stop_collector(signal.SIGKILL)
            self.world.start_collector()
        for folder in (self.baima, longmen):
            self.world.agent(folder, "sync", "--timeout", WAIT_S)
            until(lambda f=folder: self.world.counts(f)["waiting"] +
                  self.world.counts(f)["sealed"] == 0, "delivery")
            said = self.world.said(folder, "verdict", "receipt")
            self.assertEqual([v for v, _ in said], ["admitted"] * 18)
            self.assertEqual(len({r for _, r in said}), 18)
        for run in runs:
            run.send_signal(signal.SIGTERM)
            self.assertEqual(run.wait(30), 0)
        self.world.audit()


if __name__ == "__main__":
    unittest.main()
