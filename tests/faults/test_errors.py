#!/usr/bin/env python3
"""Calls of the disk that fail: EIO, no space, half a write, a sync that fails
and forgets what it should have written. Whichever call it is, the program says
what failed and where, acknowledges nothing that the disk does not have, comes
back, and everything drains."""
import os
import re

from faults import (ALL, SEED, WAIT_S, Disk, Faults, at_places, main,
                    until, value_of)

KINDS = ("eio", "enospc", "short", "sync")
PLACES = 2  # of each program's calls, in each ordinary run
# What a failure is told by. Half a write that was then finished is no news.
WORDS = r"Input/output error|No space left on device|no room on the disk|" \
        r"MDB_PANIC: Update of meta page failed|event=disk-full"
# Failures that nobody need be told of: the name is looked at no more, or
# written over by the next one.
SILENT = ("unlink",)


class Errors(Faults):
    def setUp(self):
        super().setUp()
        self.struck = 0

    def at_each(self, one):
        """one(fault): the disk that it was done to. At first the calls that
        there are, are counted."""
        whole = one("")
        places = [(kind, n) for kind in KINDS
                  for n in range(1, whole.count(kind) + 1)]
        self.assertEqual({kind for kind, _ in places}, set(KINDS))
        at_places(places, PLACES,
                  lambda kind, n: self.fails_at(one, kind, n))
        for kind in KINDS if ALL else ():
            n = whole.count(kind) + 1
            while self.fails_at(one, kind, n):
                n += 1
        print(f"{self.struck} calls failed", flush=True)
        self.assertGreater(self.struck, 0)

    def fails_at(self, one, kind, n):
        try:
            struck = one(f"{kind}:{n}").struck()
        except AssertionError as failure:
            raise AssertionError(f"{kind}:{n}, seed {SEED}: {failure}"
                                 ) from failure
        self.struck += len(struck)
        return struck

    def told(self, disk, said):
        """What failed, and where."""
        call, = disk.struck()
        if "short" in disk.env["TALLY_FAULT"] or call in SILENT:
            return
        lines = [line for line in said.splitlines()
                 if re.search(WORDS, line) and
                 (self.world.folder in line or "disk-full" in line)]
        self.assertTrue(lines, f"{call} failed, and it says: {said}")

    # ---- the collector ----

    def log_from(self, at):
        self.world.log.flush()
        with open(self.world.path("log"), "rb") as f:
            f.seek(at)
            return f.read().decode("utf-8", "replace")

    def collector_fails(self, fault):
        world = self.world
        world.restore("said")
        at = os.path.getsize(world.path("log"))
        disk = Disk(world, world.collector_dir, fault)
        pid = world.start_collector_under(env=disk.env)
        sync = world.sync()
        until(lambda: sync.poll() is not None or
              world.collector.poll() is not None, "the end of either")
        if world.collector.poll() is None:
            world.end_collector(pid)
        self.assertIn(world.collector.returncode, (0, 1))
        if disk.struck():
            self.told(disk, self.log_from(at))
        else:
            self.assertEqual(world.collector.returncode, 0)
        if "sync" in fault:
            disk.cut("nothing")
        world.check_acknowledged()
        world.go_on_and_drain(sync)
        return disk

    def test_the_collector(self):
        self.world.set_clock("2024-07-05 10:30")
        self.world.say(3)
        self.world.keep("said")
        self.at_each(self.collector_fails)

    # ---- an office ----

    def office_fails(self, fault, command, *args):
        """Its disk, and what the command ended with."""
        world = self.world
        disk = Disk(world, world.office, fault)
        at = os.path.getsize(world.path("log"))
        words = world.agent_words(world.office, command, *args)
        code = world.run_under((), words, disk.env).wait(90)
        self.assertIn(code, (0, 1))
        if code:
            self.told(disk, self.log_from(at))
        if "sync" in fault:
            disk.cut("nothing")
        return disk, code

    def test_an_office_that_saves(self):
        world = self.world
        world.start_collector()

        def one(fault):
            before = world.value
            disk, code = self.office_fails(fault, "import", world.rows(2),
                                           "--unchecked")
            saved = [line for line in world.reports()
                     if int(value_of(line)) > before]
            self.assertEqual(len(saved), 0 if code else 2)
            world.say(1)
            world.agent(world.office, "sync", "--timeout", WAIT_S)
            return disk

        self.at_each(one)
        world.check_drained()

    def test_an_office_that_sends(self):
        world = self.world
        world.start_collector()

        def one(fault):
            world.say(2)
            disk, code = self.office_fails(fault, "sync", "--timeout", WAIT_S)
            counts = world.counts(world.office)
            if not code and "sync" not in fault:
                self.assertEqual(counts["waiting"] + counts["sealed"], 0,
                                 "it said that everything is delivered")
            world.say(1)
            world.agent(world.office, "sync", "--timeout", WAIT_S)
            world.check_acknowledged()
            return disk

        self.at_each(one)
        world.check_drained()


if __name__ == "__main__":
    main()
