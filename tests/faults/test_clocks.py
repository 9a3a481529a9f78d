#!/usr/bin/env python3
"""Wall clocks that are set years ahead and back, of the collector and of an
office, while they run and before they start: nothing is taken while the
collector's clock is in doubt, an office's clock decides nothing, and nothing
that was said is lost."""
import contextlib
import datetime
import os
import struct
import time

from faults import (BESIDE_SANITIZERS, WAIT_S, Faults, FaultyWorld, main,
                    until)
from world import ZONE

YEAR_S = 366 * 86400
START = datetime.datetime(2024, 7, 5, 9, tzinfo=ZONE).timestamp()
LIBRARY = os.path.join(os.environ["TALLY_BUILD"], "tests", "fault_clock.so")


class WallClocks(FaultyWorld):
    """The journal is of the wall clock. Everybody's says START when this
    begins, the collector's and the office's until they are set."""

    def __init__(self):
        self.begun = time.time()
        self.years = {}
        super().__init__()

    def put(self, whose, years):
        """Sets that clock, at once, by so many years from what is right."""
        self.years[whose] = years
        seconds = int(START - self.begun + years * YEAR_S)
        path = self.path(f"clock-{whose}")
        # never shorter than the programs that have it mapped expect
        with open(path, "r+b" if os.path.exists(path) else "wb") as f:
            f.write(struct.pack("=q", seconds))

    def begin(self):
        super().begin()
        for whose in self.years:
            self.put(whose, 0)

    @contextlib.contextmanager
    def clock_of(self, program, words):
        whose = "others"
        if program == "tally-collector":
            whose = "collector"
        elif getattr(self, "office", None) in words:
            whose = "office"
        if whose not in self.years:
            self.put(whose, 0)
        before = dict(os.environ)
        os.environ.update(BESIDE_SANITIZERS, LD_PRELOAD=LIBRARY,
                          TALLY_FAULT_CLOCK=self.path(f"clock-{whose}"))
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)

    def without_simulation(self, words):
        words = [word for word in words if word != "--simulated"]
        if "--clock" in words:
            at = words.index("--clock")
            del words[at:at + 2]
        return words

    def call(self, program, *args, code=0):
        args = self.without_simulation(args)
        with self.clock_of(program, args):
            return super().call(program, *args, code=code)

    def start(self, *words):
        words = self.without_simulation(words)
        with self.clock_of(words[0], words):
            return super().start(*words)


class Clocks(Faults):
    new_world = WallClocks

    def say_in_vain(self):
        """It is saved, and waits."""
        self.world.say(1)
        run = self.world.agent(self.world.office, "sync", "--timeout", "2",
                               code=5)
        self.assertIn("not delivered", run.stderr)

    def until_in_doubt(self, why):
        until(lambda: self.world.trouble_in_log(
            f"event=clock-in-doubt why={why}"), "the doubt")

    def confirm(self):
        with open(os.path.join(self.world.collector_dir, "clock-confirmed"),
                  "wb"):
            pass
        until(lambda: self.world.trouble_in_log("event=clock-confirmed"),
              "the confirmation")

    def all_is_well(self):
        """Delivered, and stamped by a clock that was right."""
        world = self.world
        world.agent(world.office, "sync", "--timeout", WAIT_S)
        self.assertEqual(world.check_drained(), world.value)
        stamps = [s["recv_us"] / 1e6 for s in world.journal().statements]
        self.assertEqual(stamps, sorted(stamps))
        self.assertGreater(stamps[0], START - 60)
        self.assertLess(stamps[-1], START + 3600)

    # ---- the collector's ----

    def collector_is_set(self, years):
        """While it runs. That it is set back does not end the doubt."""
        world = self.world
        world.start_collector()
        world.put("collector", years)
        self.say_in_vain()
        self.until_in_doubt("jumped")
        world.put("collector", 0)
        self.say_in_vain()
        self.confirm()
        self.all_is_well()

    def test_the_collectors_is_set_years_ahead(self):
        self.collector_is_set(3)

    def test_the_collectors_is_set_years_back(self):
        self.collector_is_set(-3)

    def test_the_collectors_is_years_back_when_it_starts(self):
        world = self.world
        world.put("collector", -3)
        world.start_collector()
        self.say_in_vain()
        self.until_in_doubt("behind-the-journal")
        world.stop_collector()
        world.put("collector", 0)
        world.start_collector()
        self.all_is_well()

    # ---- an office's ----

    def test_an_offices_jumps_while_it_sends(self):
        world = self.world
        world.start_collector()
        sender = world.start_agent(world.office)
        for years in (3, -10, 0):
            world.put("office", years)
            world.say(1)
            world.agent(world.office, "sync", "--timeout", WAIT_S)
        self.assertIsNone(sender.poll())
        self.assertEqual(world.trouble_in_log("event=clock-in-doubt",
                                              "level=error"), [])
        self.all_is_well()

    def test_an_offices_is_wrong_when_it_starts(self):
        """Its sender says so, and sends."""
        world = self.world
        world.start_collector()
        for count, (years, words) in enumerate(((3, "ours=ahead"),
                                                (-3, "ours=behind")), 1):
            world.put("office", years)
            sender = world.start_agent(world.office)
            world.say(1)
            world.agent(world.office, "sync", "--timeout", WAIT_S)
            until(lambda n=count: len(world.trouble_in_log(
                "event=clocks-differ")) == n, "that they differ")
            self.assertIn(words, world.trouble_in_log(
                "event=clocks-differ")[-1])
            sender.terminate()
            self.assertEqual(sender.wait(60), 0)
        self.all_is_well()


if __name__ == "__main__":
    main()
