#!/usr/bin/env python3
"""Whoever reaches the port and has no key: what is no greeting, half of one
and nothing more, a handshake without end, one that fails at once and comes
again, more connections than there are descriptors. Honest offices go on."""
import os
import unittest

from street import (ALL, GREETING, HALF_GREETING, MIB, Raw, Street, until)

DESCRIPTORS = 4096 if ALL else 256
MANY = 5000 if ALL else 200
MORE_THAN_MAY_BE = DESCRIPTORS * 3 // 2
COMMAND_BYTES = 500000  # as long as libzmq takes one
CROWD = 300 if ALL else 30
HANDSHAKE_S = 30  # libzmq's own patience


class Strangers(unittest.TestCase):
    descriptors = 0

    @classmethod
    def setUpClass(cls):
        cls.street = Street(cls.descriptors)

    @classmethod
    def tearDownClass(cls):
        cls.street.close()

    def raws(self, count, *words):
        """What begins with so many raw connections, each of which says one of
        these words and then waits."""
        raw = Raw(self.street)
        self.addCleanup(raw.close)

        def begin():
            for one in words:
                raw.open(count // len(words), one)
            return lambda weight: {"opened": raw.opened,
                                   "open": raw.still_open()}
        return raw, begin

    def descriptors_in_use(self):
        return len(os.listdir(f"/proc/{self.street.collector.pid}/fd"))

    def late_comer(self):
        """A real agent that was not there before is heard now."""
        self.street.agent(
            self.street.honest["longmen"], "report", "live.urban-jobs", "4",
            "--unit", "longmen", "--period", "2024M06", "--reason", "核对",
            "--wait", "--timeout", "60")


class Few(Strangers):
    descriptors = DESCRIPTORS

    def test_more_connections_than_descriptors_end_nothing(self):
        raw, begin = self.raws(MORE_THAN_MAY_BE, HALF_GREETING)
        self.street.under("more connections than descriptors", begin,
                          128 * MIB)
        self.assertLess(raw.still_open(), DESCRIPTORS)
        raw.open(MORE_THAN_MAY_BE, b"")
        self.late_comer()
        self.street.until_signed()  # what needs descriptors itself goes on
        raw.close()
        self.street.all_is_well()


class Many(Strangers):
    def test_1_half_greetings_that_stay(self):
        before = self.descriptors_in_use()
        raw, begin = self.raws(MANY, HALF_GREETING, b"", GREETING)
        self.street.under(f"{MANY} half greetings", begin, 256 * MIB)
        self.late_comer()
        if ALL:
            until(lambda: not raw.still_open(), "the end of their time",
                  HANDSHAKE_S + 60)
        raw.close()
        # the honest ones' come and go
        until(lambda: self.descriptors_in_use() <= before + 8,
              "all descriptors given back")

    def test_2_handshakes_without_end(self):
        words = GREETING + b"\x06" + COMMAND_BYTES.to_bytes(8, "big")
        raw, begin = self.raws(MANY // 4, words + bytes(COMMAND_BYTES - 1))
        self.street.under("handshakes without end", begin, 64 * MIB)
        until(lambda: not raw.still_open(), "they are shut",
              HANDSHAKE_S / 2)

    def test_3_no_greetings(self):
        raw, begin = self.raws(
            MANY, os.urandom(4096), b"GET / HTTP/1.1\r\n\r\n",
            b"\x01\x00" * 500, GREETING[:10] + b"\x00" * 54,
            GREETING.replace(b"CURVE", b"PLAIN") + os.urandom(300),
            GREETING.replace(b"CURVE", b"NULL\0") + b"\x04\x19\x05READY",
            GREETING + b"\x04\xc8\x05HELLO\x01\x00" + os.urandom(194))
        self.street.under("no greetings", begin, 64 * MIB)
        self.assertLess(raw.still_open(), raw.opened)

    def test_4_storms_of_handshakes(self):
        """Also whoever guesses codes: a guess is a key that nobody knows."""
        for attack in ("strangers", "deceived"):
            got = self.street.under(attack,
                                    self.street.crowds(attack, CROWD),
                                    64 * MIB)
            self.assertGreater(got["did"]["lost"], 0)
            self.assertEqual(got["did"]["opened"],
                             CROWD + got["did"]["lost"])
            self.assertEqual(got["did"]["heard"], 0)

    def test_5_all_is_well(self):
        self.street.all_is_well()


if __name__ == "__main__":
    unittest.main(verbosity=2)
