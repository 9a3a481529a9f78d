#!/usr/bin/env python3
"""The collector and its offices in network namespaces of their own, joined by
a wire that loses packets, resets connections and is down for a day. What is
saved meanwhile waits, and everything arrives once."""
import os
import shutil
import subprocess
import unittest

from faults import ALL, BIN, WAIT_S, Faults, FaultyWorld, main, until

ROUNDS = 10 if ALL else 1
OUTAGE_FILES = 60 if ALL else 5  # that are saved while the wire is down
LOSS_PERCENT = 15
RESETS_PERCENT = 2
RULES = """table inet faults {{
    chain input {{
        type filter hook input priority 0;
        meta l4proto tcp numgen random mod 100 < {loss} drop
        tcp dport {port} numgen random mod 100 < {resets} reject with tcp reset
    }}
}}
"""


def run(*words, text=None):
    """Why it failed, or None."""
    done = subprocess.run(words, input=text, capture_output=True, text=True,
                          check=False)
    return f"{' '.join(words)}: {done.stderr.strip()}" if done.returncode \
        else None


class Wire:
    """Two namespaces; why is set where the machine has none."""

    def __init__(self):
        mine = f"tally-{os.getpid()}"
        self.centre, self.town = mine + "-c", mine + "-t"
        self.why = self.lay()
        if self.why:
            self.close()

    def lay(self):
        for tool in ("ip", "nft", "ss"):
            if not shutil.which(tool):
                return f"{tool} is not installed"
        if os.geteuid():
            return "needs root, for network namespaces"
        why = run("ip", "netns", "add", self.centre) or \
            run("ip", "netns", "add", self.town) or \
            run("ip", "link", "add", "wire", "netns", self.centre, "type",
                "veth", "peer", "name", "wire", "netns", self.town)
        for space, address in ((self.centre, "10.77.0.1/24"),
                               (self.town, "10.77.0.2/24")):
            why = why or \
                run("ip", "-n", space, "link", "set", "lo", "up") or \
                run("ip", "-n", space, "addr", "add", address, "dev",
                    "wire") or self.up(space)
        return why or self.lossy(9) or self.whole()

    def up(self, space):
        return run("ip", "-n", space, "link", "set", "wire", "up")

    def down(self, space):
        return run("ip", "-n", space, "link", "set", "wire", "down")

    def lossy(self, port):
        """In both directions."""
        rules = RULES.format(loss=LOSS_PERCENT, resets=RESETS_PERCENT,
                             port=port)
        return run("ip", "netns", "exec", self.centre, "nft", "-f", "-",
                   text=rules) or \
            run("ip", "netns", "exec", self.town, "nft", "-f", "-",
                text=rules)

    def whole(self):
        for space in (self.centre, self.town):
            why = run("ip", "netns", "exec", space, "nft", "flush", "ruleset")
            if why:
                return why
        return None

    def reset(self):
        """Every connection there is, at the town's end."""
        return run("ip", "netns", "exec", self.town, "ss", "-K", "-t",
                   "state", "established")

    def close(self):
        for space in (self.centre, self.town):
            run("ip", "netns", "del", space)


class WiredWorld(FaultyWorld):
    """The collector in one namespace, whoever speaks to it in the other."""

    def __init__(self, wire):
        self.wire = wire
        super().__init__(host="10.77.0.1")

    def through(self, program):
        space = self.wire.centre if program == "tally-collector" \
            else self.wire.town
        return [shutil.which("ip"), "netns", "exec", space,
                os.path.join(BIN, program)]

    def call(self, program, *args, code=0):
        ip, *words = self.through(program)
        return super().call(ip, *words, *args, code=code)

    def start(self, *words):
        return super().start(*self.through(words[0]), *words[1:])


class Network(Faults):
    @classmethod
    def new_world(cls):
        return WiredWorld(cls.wire)

    @classmethod
    def setUpClass(cls):
        cls.wire = Wire()
        if cls.wire.why:
            raise unittest.SkipTest(cls.wire.why)
        cls.addClassCleanup(cls.wire.close)
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.do(self.wire.whole())
        ini = os.path.join(self.world.collector_dir, "collector.ini")
        with open(ini, encoding="ascii") as f:
            self.port = f.read().split("bind = tcp://")[1].split("\n")[0] \
                .rsplit(":", 1)[1]
        # a side gives the other up after three pings that are missed
        with open(ini, "a", encoding="ascii") as f:
            f.write("\n[gate]\nping = 500ms\n")
        self.world.start_collector()
        self.sender = self.world.start_agent(self.world.office)

    def do(self, why):
        self.assertIsNone(why)

    def word(self):
        return self.world.status(self.world.office)[-1]

    def all_arrives(self):
        world = self.world
        self.do(self.wire.whole())
        world.agent(world.office, "sync", "--timeout", WAIT_S)
        self.assertIsNone(self.sender.poll())
        world.stop_collector()
        self.assertEqual(world.check_drained(), world.value)
        self.assertEqual(world.trouble_in_log("event=alarm",
                                              "another machine",
                                              "level=error"), [])

    def test_loss_and_resets(self):
        world = self.world
        self.do(self.wire.lossy(self.port))
        for _ in range(3 * ROUNDS):
            world.say(4)
            run = world.agent(world.office, "sync", "--timeout", "3",
                              code=None)
            self.assertIn(run.returncode, (0, 5), run.stderr)
        self.all_arrives()

    def test_connections_that_are_reset(self):
        """While batches are on their way."""
        world = self.world
        for _ in range(5 * ROUNDS):
            world.say(4)
            self.do(self.wire.reset())
        self.all_arrives()
        self.assertGreater(len([line for line in world.trouble_in_log(
            "event=session") if 'trouble=""' in line]), 1, "none was reset")

    def test_a_wire_that_is_down_for_a_day(self):
        """Clerks go on saving. The clock of the world goes on, too."""
        world = self.world
        world.say(2)
        self.do(self.wire.down(self.wire.town))
        until(lambda: self.word()["trouble"] != "", "word of the outage")
        for hour in range(OUTAGE_FILES):
            moment = 9 * 60 + 24 * 60 * (hour + 1) // OUTAGE_FILES
            world.set_clock(f"2024-07-{5 + moment // 1440:02} "
                            f"{moment // 60 % 24:02}:{moment % 60:02}")
            world.say(8)
        waiting = world.counts(world.office)
        self.assertGreaterEqual(waiting["waiting"] + waiting["sealed"],
                                8 * OUTAGE_FILES)
        self.do(self.wire.up(self.wire.town))
        self.all_arrives()


if __name__ == "__main__":
    main()
