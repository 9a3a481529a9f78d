#!/usr/bin/env python3
"""kill -9 at every call that changes a file: of the collector's three threads
while it starts, takes a batch and ends, and of an office's commands. strace
kills each in the very call; it counts them by thread."""
import os
import signal
import subprocess
import unittest

from faults import (ALL, NEVER, TRACED, WAIT_S, FaultyWorld, Standing,
                    calls_in, draw, main, strace, until, value_of, without_strace)

# Places in each ordinary run.
MAIN, WRITERS, OFFICE = 3, 2, 2
THREADS = {"flusher": 1, "notary": 2}  # in the order of their start


class Kill(unittest.TestCase):
    def setUp(self):
        why = without_strace()
        if why:
            self.skipTest(why)
        self.world = FaultyWorld()
        self.addCleanup(self.world.close)
        self.trace = self.world.path("trace")
        self.killed = 0

    def at_each(self, one, count):
        """one(inject) has strace inject that, and tells whether it killed."""
        self.assertFalse(one(NEVER))
        places = calls_in(self.trace, self.world.folder)
        self.assertGreater(len(places), 2 * count)
        if ALL:
            # of each call until there is none more to be killed in
            names = sorted({name for name, _ in places})
            for name in names:
                n = 1
                while self.killed_at(one, name, n):
                    n += 1
        else:
            for name, n in draw(places, count):
                self.killed_at(one, name, n)
        print(f"killed {self.killed} times, {len(places)} places",
              flush=True)
        self.assertGreater(self.killed, 0)

    def killed_at(self, one, name, n):
        try:
            killed = one(f"{name}:signal=KILL:when={n}")
        except (AssertionError, subprocess.TimeoutExpired) as failure:
            raise AssertionError(f"killed in {name} {n}: {failure}"
                                 ) from failure
        self.killed += killed
        return killed

    # ---- the collector ----

    def spy(self, pid, thread, inject):
        """Waits until strace has the thread."""
        tasks = []
        for task in sorted(os.listdir(f"/proc/{pid}/task"), key=int):
            with open(f"/proc/{pid}/task/{task}/comm", encoding="utf-8") as f:
                if not f.read().startswith("ZMQ"):
                    tasks.append(task)
        words = strace(self.trace, inject,
                       pid=tasks[THREADS[thread]])
        spy = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
        self.world.running.append(spy)
        self.assertIn("attached", spy.stderr.readline())
        return spy

    def collector_dies(self, thread, inject):
        world = self.world
        world.restore()
        spy = None
        if thread == "main":
            pid = world.start_collector_under(
                strace(self.trace, inject), TRACED)
        else:
            pid = world.start_collector_under(env=TRACED)
            spy = self.spy(pid, thread, inject)
        sync = world.sync()
        until(lambda: sync.poll() is not None or
              world.collector.poll() is not None, "the end of either")
        if pid and world.collector.poll() is None:
            world.end_collector(pid)
        if spy:
            spy.wait(60)
            spy.stderr.close()
        code = world.collector.wait(60)
        if code not in (0, -signal.SIGKILL):
            raise AssertionError(f"it ended with {code}")
        world.check_acknowledged()
        world.go_on_and_drain(sync)
        return code != 0

    def waiting(self):
        """Three figures wait, an hour after the last ones: the journal states
        its figures before them, in a group of its own."""
        self.world.set_clock("2024-07-05 10:30")
        self.world.say(3)
        self.world.keep()

    def test_the_collector_in_its_loop(self):
        self.waiting()
        self.at_each(lambda inject: self.collector_dies("main", inject), MAIN)

    def test_the_collector_while_the_store_is_written(self):
        self.waiting()
        self.at_each(lambda inject: self.collector_dies("flusher", inject), WRITERS)

    def test_the_collector_while_a_checkpoint_is_signed(self):
        self.waiting()
        self.at_each(lambda inject: self.collector_dies("notary", inject), WRITERS)

    # ---- an office ----

    def office_dies(self, inject, folder, command, *args):
        """What the command ended with; None: it was killed."""
        world = self.world
        words = world.agent_words(folder, command, *args)
        code = world.run_under(strace(self.trace, inject), words,
                               TRACED).wait(90)
        return None if code == -signal.SIGKILL else code

    def test_an_office_that_saves(self):
        """What was said to be saved is; else all of it or nothing."""
        world = self.world
        world.start_collector()
        said = len(world.reports())

        def one(inject):
            nonlocal said
            before = world.value
            code = self.office_dies(inject, world.office, "import",
                                    world.rows(2), "--unchecked")
            self.assertIn(code, (None, 0))
            saved = [line for line in world.reports()
                     if int(value_of(line)) > before]
            self.assertIn(len(saved), (0, 2) if code is None else (2,))
            said += len(saved)
            world.say(1)
            said += 1
            world.agent(world.office, "sync", "--timeout", WAIT_S)
            self.assertEqual(len(world.reports()), said)
            self.assertEqual(world.check_acknowledged(), said)
            return code is None

        self.at_each(one, OFFICE)
        self.assertEqual(world.check_drained(), said)

    def test_an_office_that_sends(self):
        world = self.world
        world.start_collector()

        def one(inject):
            world.say(2)
            code = self.office_dies(inject, world.office, "sync", "--timeout",
                                    WAIT_S)
            self.assertIn(code, (None, 0))
            world.check_acknowledged()
            world.agent(world.office, "sync", "--timeout", WAIT_S)
            return code is None

        self.at_each(one, OFFICE)
        world.check_drained()

    def test_an_office_that_joins(self):
        """The same code again finishes it, however far it was."""
        world = self.world
        world.start_collector()
        offices = []

        def one(inject):
            folder = world.path(f"office-{len(offices)}")
            offices.append(folder)
            code = world.code("baima")
            ended = self.office_dies(inject, folder, "enrol", code, "--timeout",
                                     WAIT_S)
            self.assertIn(ended, (None, 0))
            # 2: the one that was killed had just finished
            again = world.agent(folder, "enrol", code, "--timeout", WAIT_S,
                                code=None)
            self.assertIn(again.returncode, (0, 2), again.stderr)
            world.say(1, folder)
            # refused where another office was first: its answer all the same
            world.agent(folder, "sync", "--timeout", WAIT_S, code=None)
            return ended is None

        self.at_each(one, OFFICE)
        world.check_drained()
        journal = Standing(world.collector_dir)
        for folder in offices:
            self.assertEqual(world.check_acknowledged(folder, journal), 1)


if __name__ == "__main__":
    main()
