#!/usr/bin/env python3
"""kill -9 of the collector at random moments while offices send, at least 200
times: what was acknowledged is there, nothing is there twice, and a replay of
the journal agrees with the store."""
import os
import random
import threading
import time
import unittest

from world import World, until

KILLS = 200
TARGETS = ("live.urban-jobs", "live.jobless")
UNITS = ("baima", "longmen")
OFFICES = 2  # of each unit: they also contradict each other
ROWS = 20
SEED = int(os.environ.get("TALLY_SEED", "0")) or random.randrange(1 << 30)


class Kill(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)
        self.random = random.Random(SEED)
        self.offices = {}
        for unit in UNITS:
            for i in range(OFFICES):
                self.offices[self.world.enrol(f"{unit}-{i}", unit)] = unit
        self.stop = threading.Event()
        self.failures = []

    # ---- load ----

    def rows(self, unit, turn):
        lines = ["target,unit,period,value,reason"]
        for i in range(ROWS):
            lines.append(f"{TARGETS[i % 2]},{unit},2024M{1 + i // 2 % 6:02},"
                         f"{turn * ROWS + i},counted again")
        return "\n".join(lines) + "\n"

    def keep_saying(self, folder, unit):
        turn = 0
        name = os.path.basename(folder) + ".csv"
        try:
            while not self.stop.is_set():
                turn += 1
                file = self.world.write(name, self.rows(unit, turn))
                self.world.agent(folder, "import", file, "--unchecked")
                self.stop.wait(0.1)
        except AssertionError as failure:
            self.failures.append(failure)

    # ---- faults ----

    def start_without_waiting(self):
        world = self.world
        world.collector = world.start("tally-collector", "run", "--dir",
                                      world.collector_dir, "--clock",
                                      world.clock)

    def kill_once(self):
        """Most kills hit a collector that runs, some one that starts."""
        world = self.world
        ready = os.path.join(world.collector_dir, "endpoint")
        if self.random.random() < 0.2:
            time.sleep(self.random.uniform(0, 0.1))
        else:
            until(lambda: os.path.exists(ready) or
                  world.collector.poll() is not None, "a start")
            time.sleep(self.random.uniform(0, 0.12))
        self.assertIsNone(world.collector.poll(), "it ended by itself")
        world.collector.kill()
        world.collector.wait()
        world.running.remove(world.collector)
        if os.path.exists(ready):
            os.unlink(ready)
        self.start_without_waiting()

    # ---- what must hold ----

    def receipts(self):
        """Of every office what it was told: all delivered, each once."""
        told = []
        for folder in self.offices:
            run = self.world.agent(folder, "sync", "--timeout", "60",
                                   code=None)
            self.assertIn(run.returncode, (0, 3), run.stderr)
            for line in self.world.status(folder)[:-1]:
                self.assertEqual(line["state"] in ("delivered", "refused"),
                                 True, line)
                told.append(line["receipt"])
        return told

    def test_what_was_acknowledged_stays_and_counts_once(self):
        print(f"seed {SEED}", flush=True)
        for folder in self.offices:
            self.world.start_agent(folder)
        loads = [threading.Thread(target=self.keep_saying, args=office)
                 for office in self.offices.items()]
        for load in loads:
            load.start()
        try:
            for _ in range(KILLS):
                self.kill_once()
        finally:
            self.stop.set()
            for load in loads:
                load.join()
        self.assertEqual(self.failures, [])
        told = self.receipts()
        self.assertEqual(len(told), len(set(told)), "a receipt twice")
        admins = [line["receipt"] for line in
                  self.world.status(self.world.admin)[:-1]]
        facts = self.world.audit()
        self.assertEqual(facts["statements"], len(told) + len(admins))
        self.assertGreater(facts["statements"], 10 * ROWS)


if __name__ == "__main__":
    unittest.main()
