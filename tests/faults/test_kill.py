#!/usr/bin/env python3
"""kill -9 at every call that changes a file: of the collector's three threads
while it starts, takes a batch and ends, and of an office's commands. strace
kills each in the very call; it counts them by thread."""
import os
import signal
import subprocess
import unittest

from faults import (ALL, SEED, TRACED, WAIT_S, Faults, Standing, at_places,
                    calls_in, main, strace, until, value_of, without_strace)

# Places in each ordinary run.
COLLECTOR, OFFICE = 3, 1
THREADS = {"main": 0, "flusher": 1, "notary": 2}  # in the order of their start


class Kill(Faults):
    @classmethod
    def setUpClass(cls):
        why = without_strace()
        if why:
            raise unittest.SkipTest(why)
        super().setUpClass()
        cls.trace = cls.world.path("trace")

    def setUp(self):
        super().setUp()
        self.killed = 0

    def at_each(self, one, count):
        """one(thread, inject) has strace inject that, and tells whether it
        killed. With no thread it kills none, and strace looks at all."""
        self.assertFalse(one(None, None))
        places = calls_in(self.trace, self.world.folder)
        self.assertGreater(len(places), 2 * count)
        at_places(places, count,
                  lambda *place: self.killed_at(one, *place))
        if ALL:
            # and behind the last of each, until there is none more
            for thread, name in sorted({place[:2] for place in places}):
                n = max(p[2] for p in places if p[:2] == (thread, name)) + 1
                while self.killed_at(one, thread, name, n):
                    n += 1
        print(f"killed {self.killed} times, {len(places)} places",
              flush=True)
        self.assertGreater(self.killed, 0)

    def killed_at(self, one, thread, name, n):
        try:
            killed = one(thread, f"{name}:signal=KILL:when={n}")
        except (AssertionError, subprocess.TimeoutExpired) as failure:
            raise AssertionError(f"seed {SEED}, killed in {name} {n} of "
                                 f"{thread}: {failure}") from failure
        self.killed += killed
        return killed

    def traced(self, thread, inject):
        """strace with what it traces; -f does not go with when=, which counts
        by thread."""
        return strace(self.trace, "-e", f"inject={inject}") if thread \
            else strace(self.trace, "-f")

    # ---- the collector ----

    def spy(self, pid, thread, inject):
        """Waits until strace has the thread."""
        tasks = []
        for task in sorted(os.listdir(f"/proc/{pid}/task"), key=int):
            with open(f"/proc/{pid}/task/{task}/comm", encoding="utf-8") as f:
                if not f.read().startswith("ZMQ"):
                    tasks.append(task)
        words = [*self.traced(thread, inject), "-p", tasks[THREADS[thread]]]
        spy = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
        self.world.running.append(spy)
        self.assertIn("attached", spy.stderr.readline())
        return spy

    def collector_dies(self, thread, inject):
        world = self.world
        world.restore("said")
        spy = None
        if thread in (None, "main"):
            pid = world.start_collector_under(self.traced(thread, inject),
                                              TRACED)
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
        self.assertIn(code, (0, -signal.SIGKILL) if thread else (0,))
        world.check_acknowledged()
        if thread:
            world.go_on_and_drain(sync)
        return code != 0

    def test_the_collector(self):
        """Three figures wait, an hour after the last ones: the journal states
        its figures before them, in a group of its own."""
        self.world.set_clock("2024-07-05 10:30")
        self.world.say(3)
        self.world.keep("said")
        self.at_each(self.collector_dies, COLLECTOR)

    # ---- an office ----

    def office_dies(self, thread, inject, folder, command, *args):
        """What the command ended with; None: it was killed."""
        world = self.world
        words = world.agent_words(folder, command, *args)
        code = world.run_under(self.traced(thread, inject), words,
                               TRACED).wait(90)
        return None if code == -signal.SIGKILL else code

    def test_an_office_that_saves(self):
        """What was said to be saved is; else all of it or nothing."""
        world = self.world
        world.start_collector()
        said = world.value

        def one(thread, inject):
            nonlocal said
            before = world.value
            code = self.office_dies(thread, inject, world.office, "import",
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

        def one(thread, inject):
            world.say(2)
            code = self.office_dies(thread, inject, world.office, "sync",
                                    "--timeout", WAIT_S)
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

        def one(thread, inject):
            folder = world.path(f"office-{len(offices)}")
            offices.append(folder)
            code = world.code("baima")
            ended = self.office_dies(thread, inject, folder, "enrol", code,
                                     "--timeout", WAIT_S)
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
