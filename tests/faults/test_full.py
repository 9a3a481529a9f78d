#!/usr/bin/env python3
"""A small disk that fills up and is freed while offices send, again and again:
the collector says so and takes nothing more, and when there is room it goes on
with nothing lost; an office refuses to save, and keeps what it has."""
import os
import shutil
import subprocess
import unittest

from faults import ALL, DRAW, WAIT_S, Faults, main, until

ROUNDS = 5 if ALL else 1
DISKS = {"tmpfs": 8 << 20, "ext4": 16 << 20}


class Full(Faults):
    @classmethod
    def setUpClass(cls):
        if os.geteuid():
            raise unittest.SkipTest("needs root, to mount a small disk")
        super().setUpClass()

    def tearDown(self):
        self.world.end_all()

    def mount(self, kind):
        """A small disk of that kind; tmpfs fails in a write, ext4 also in a
        sync."""
        place = self.world.path("small")
        os.makedirs(place, exist_ok=True)
        if kind == "tmpfs":
            words = ["-t", "tmpfs", "-o", f"size={DISKS[kind]}", "tmpfs"]
        else:
            image = self.world.path("image")
            with open(image, "wb") as f:
                f.truncate(DISKS[kind])
            made = self.run_tool("mkfs.ext4", "-q", "-m", "0", image)
            if made:
                self.skipTest(made)
            words = ["-o", "loop", image]
        why = self.run_tool("mount", *words, place)
        if why:
            self.skipTest(why)
        self.addCleanup(subprocess.run, ["umount", place], check=True)
        return place

    @staticmethod
    def run_tool(*words):
        """Why it failed, or None."""
        try:
            run = subprocess.run(words, capture_output=True, text=True,
                                 check=False)
        except FileNotFoundError:
            return f"{words[0]} is not installed"
        return f"{words[0]}: {run.stderr.strip()}" if run.returncode else None

    def fill(self, place, leave):
        """A file that takes all the room but so many bytes."""
        ballast = os.path.join(place, "ballast")
        with open(ballast, "ab", buffering=0) as f:
            for block in (1 << 20, 1 << 16, 4096):
                try:
                    while True:
                        f.write(bytes(block))
                except OSError:
                    pass
            size = f.tell()
            f.truncate(max(0, size - leave))
        return ballast

    def told(self, event, count):
        until(lambda: len(self.world.trouble_in_log(event)) >= count or
              self.world.collector.poll() is not None, event)
        self.assertIsNone(self.world.collector.poll(), "it gave up")

    def collector_on(self, kind):
        world = self.world
        place = self.mount(kind)
        small = os.path.join(place, "collector")
        shutil.copytree(world.collector_dir, small)
        world.collector_dir = small
        with open(os.path.join(small, "collector.ini"), "a",
                  encoding="ascii") as f:
            f.write("\n[disk]\nreserve = 1\n")
        world.start_collector()
        world.start_agent(world.office)
        for turn in range(1, ROUNDS + 1):
            # below a page nothing can be written, above it this or that
            ballast = self.fill(place, DRAW.randrange(0, 64 << 10))
            while not world.trouble_in_log("event=disk-full")[turn - 1:]:
                self.assertIsNone(world.collector.poll(), "it gave up")
                world.say(8)
                self.assertLess(world.value, 5000, "the disk never filled")
            os.unlink(ballast)
            self.told("event=disk-has-room", turn)
            world.say(2)
        world.agent(world.office, "sync", "--timeout", WAIT_S)
        world.until_signed()
        self.assertEqual(world.check_drained(), world.value)

    def test_a_collector_on_tmpfs(self):
        self.collector_on("tmpfs")

    def test_a_collector_on_ext4(self):
        self.collector_on("ext4")

    def test_an_office(self):
        """While its sender runs and the collector answers."""
        world = self.world
        place = self.mount("tmpfs")
        office = os.path.join(place, "office")
        shutil.copytree(world.office, office)
        world.office = office
        world.start_collector()
        sender = world.start_agent(office)
        saved = 2
        for _ in range(ROUNDS):
            ballast = self.fill(place, DRAW.randrange(0, 64 << 10))
            code = 0
            while not code:
                run = world.agent(office, "import", world.rows(8),
                                  "--unchecked", code=None)
                code = run.returncode
                saved += 0 if code else 8
            self.assertEqual(code, 1)
            self.assertIn(office, run.stderr)
            os.unlink(ballast)
            world.say(1)
            saved += 1
            world.agent(office, "sync", "--timeout", WAIT_S)
            self.assertIsNone(sender.poll(), "the sender has gone")
        self.assertEqual(world.check_drained(), saved)
        sender.terminate()
        self.assertEqual(sender.wait(60), 0)


if __name__ == "__main__":
    main()
