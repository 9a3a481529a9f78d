#!/usr/bin/env python3
"""The power goes at any call that changes a file. What was not synced is lost,
or some of it, sector by sector, as is a name whose folder was not synced. What
was acknowledged, or said to be saved, is there. That a disk which does not
sync, and does not say so, loses it, shows that this would be seen."""
import signal

from faults import (ALL, SEED, WAIT_S, Disk, Faults, at_places, main,
                    until, value_of)

PLACES = 2  # of the collector's calls, in each ordinary run
OFFICE = 1
TIMES = 3 if ALL else 1  # each with other losses


class Power(Faults):
    def setUp(self):
        super().setUp()
        self.cuts = 0

    def at_each(self, one, count):
        """one(n): whether there was an n-th call; 0: how many there are."""
        calls = one(0)
        self.assertGreater(calls, count)
        at_places([(n,) for n in range(1, calls + 1) for _ in range(TIMES)],
                  count, lambda n: self.cut_at(one, n))
        n = calls + 1
        while ALL and self.cut_at(one, n):
            n += 1
        print(f"{self.cuts} power cuts, {calls} calls", flush=True)
        self.assertGreater(self.cuts, 0)

    def cut_at(self, one, n):
        try:
            cut = one(n)
        except AssertionError as failure:
            raise AssertionError(f"cut in call {n}, seed {SEED}: {failure}"
                                 ) from failure
        self.cuts += cut
        return cut

    # ---- the collector ----

    def collector_until_cut(self, fault):
        """Its disk, and the office's sync that goes on. What has been
        acknowledged by then is in the office."""
        world = self.world
        world.restore("said")
        disk = Disk(world, world.collector_dir, fault)
        pid = world.start_collector_under(env=disk.env)
        sync = world.sync()
        until(lambda: sync.poll() is not None or
              world.collector.poll() is not None, "the end of either")
        return disk, sync, pid

    def collector_cut(self, n):
        world = self.world
        disk, sync, pid = self.collector_until_cut(f"kill:{n}")
        if world.collector.poll() is None:
            world.end_collector(pid)
        if not disk.struck():
            self.assertEqual(world.collector.returncode, 0)
            return disk.count("kill") if not n else 0
        self.assertEqual(world.collector.returncode, -signal.SIGKILL)
        disk.cut()
        world.check_acknowledged()
        world.go_on_and_drain(sync)
        return 1

    def waiting(self):
        self.world.set_clock("2024-07-05 10:30")
        self.world.say(3)
        self.world.keep("said")

    def test_the_collector(self):
        self.waiting()
        self.at_each(self.collector_cut, PLACES)

    def test_the_collector_right_after_it_has_acknowledged(self):
        """Nothing but what was synced is left."""
        self.waiting()
        for _ in range(10 if ALL else 1):
            disk, sync, _ = self.collector_until_cut("")
            self.assertEqual(sync.returncode, 0)
            self.world.stop_collector(signal.SIGKILL)
            disk.cut("nothing")
            self.assertEqual(self.world.check_acknowledged(), 5)
            self.world.go_on_and_drain()

    def test_a_disk_that_lies_loses_what_was_acknowledged(self):
        """The test of this test."""
        self.waiting()
        disk, sync, _ = self.collector_until_cut("lie:1+")
        self.assertEqual(sync.returncode, 0)
        self.world.stop_collector(signal.SIGKILL)
        disk.cut("nothing")
        with self.assertRaisesRegex(AssertionError, "the journal has it at"):
            self.world.check_acknowledged()

    # ---- an office ----

    def office_until_cut(self, fault, command, *args):
        world = self.world
        disk = Disk(world, world.office, fault)
        code = world.run_under(
            (), world.agent_words(world.office, command, *args), disk.env
        ).wait(90)
        self.assertIn(code, (0, -signal.SIGKILL))
        return disk, code

    def saves(self, fault, keep):
        """The calls it took, what it ended with, and what is left of the two
        figures it was to save."""
        before = self.world.value
        disk, code = self.office_until_cut(
            fault, "import", self.world.rows(2), "--unchecked")
        calls = disk.count("kill")
        disk.cut(keep)
        saved = [line for line in self.world.reports()
                 if int(value_of(line)) > before]
        return calls, code, len(saved)

    def test_an_office_that_saves(self):
        world = self.world
        world.start_collector()

        def one(n):
            calls, code, saved = self.saves(f"kill:{n}", "some")
            self.assertIn(saved, (2,) if code == 0 else (0, 2))
            world.say(1)
            world.agent(world.office, "sync", "--timeout", WAIT_S)
            return calls if not n else code != 0

        self.at_each(one, OFFICE)
        world.check_drained()

    def test_an_office_whose_disk_lies_loses_what_it_saved(self):
        """The test of this test."""
        self.assertEqual(self.saves("", "nothing")[1:], (0, 2))
        self.assertEqual(self.saves("lie:1+", "nothing")[1:], (0, 0))

    def test_an_office_that_sends(self):
        """What it has sent it knows afterwards, or it would say something else
        under the same number."""
        world = self.world
        world.start_collector()

        def one(n):
            world.say(2)
            disk, code = self.office_until_cut(
                f"kill:{n}", "sync", "--timeout", WAIT_S)
            calls = disk.count("kill")
            disk.cut()
            world.say(1)
            world.agent(world.office, "sync", "--timeout", WAIT_S)
            world.check_acknowledged()
            return calls if not n else code != 0

        self.at_each(one, OFFICE)
        world.check_drained()


if __name__ == "__main__":
    main()
