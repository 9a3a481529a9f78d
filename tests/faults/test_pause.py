#!/usr/bin/env python3
"""Either side stops for a while, as a machine that sleeps or a disk that hangs
(SIGSTOP), and goes on: nothing is lost, nothing counts twice, and nobody takes
it for a copy of the office, or raises an alarm."""
import os
import signal
import time

from faults import WAIT_S, Faults, main, until

ALARMS = ("event=alarm", "another machine", "event=cannot",
          "level=error")


class Pause(Faults):
    def setUp(self):
        super().setUp()
        # Being away is noticed soon: a side gives the other up after
        # three that are missed
        with open(os.path.join(self.world.collector_dir, "collector.ini"),
                  "a", encoding="ascii") as f:
            f.write("\n[gate]\nping = 300ms\n")
        self.world.start_collector()
        self.sender = self.world.start_agent(self.world.office)
        self.until_connected()

    def word(self):
        return self.world.status(self.world.office)[-1]

    def until_connected(self):
        until(lambda: self.word()["connection"] == "connected",
              "a connection")

    def all_is_well(self):
        world = self.world
        self.until_connected()
        world.agent(world.office, "sync", "--timeout", WAIT_S)
        until(lambda: self.word()["trouble"] == "", "no trouble")
        self.assertIsNone(self.sender.poll())
        world.stop_collector()
        self.assertEqual(world.check_drained(), world.value)
        self.assertEqual(world.trouble_in_log(*ALARMS), [])
        status = world.trouble_in_log("event=status")[-1]
        for count in ("forks=0", "forged=0", "malformed=0", "fenced=0"):
            self.assertIn(f" {count} ", status)

    def test_the_collector(self):
        """Until the office has given it up, and somebody has saved more."""
        world = self.world
        world.collector.send_signal(signal.SIGSTOP)
        world.say(3)
        until(lambda: self.word()["trouble"] != "", "the office to notice")
        world.say(3)
        world.collector.send_signal(signal.SIGCONT)
        self.all_is_well()

    def test_the_collector_again_and_again(self):
        world = self.world
        for _ in range(2):
            world.collector.send_signal(signal.SIGSTOP)
            world.say(2)
            world.collector.send_signal(signal.SIGCONT)
            world.say(1)
        self.all_is_well()

    def test_the_office(self):
        """Until the collector has given it up, while a clerk goes on
        saving."""
        world = self.world
        world.say(2)
        self.sender.send_signal(signal.SIGSTOP)
        since = time.monotonic()
        until(lambda: time.monotonic() - since > 1.5, "three pings and more")
        self.sender.send_signal(signal.SIGCONT)
        self.all_is_well()


if __name__ == "__main__":
    main()
