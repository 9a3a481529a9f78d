#!/usr/bin/env python3
"""Hostile visitors of tally-collector serve: what is slow, too long, no HTTP,
or for somebody else. Who asks an honest question beside them is answered, and
the server stays small. What one question gets: e2e.serve."""
import json
import os
import socket
import threading
import time
import unittest

from street import ALL, MIB, Street, Weight, until
from openapi import Api
from served import Served

SLOW = 550 if ALL else 60  # connections, of 600 that there may be
PIPELINED = 5000 if ALL else 300
HEADER_BYTES_MAX = 16 * 1024
IDLE_S = 30
PATIENCE_S = 2 * IDLE_S if ALL else 0.5  # with what is never answered
GROWS_MAX = 96 * MIB
HOST = b"Host: localhost\r\n"


class Visitors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.street = Street()
        cls.street.stop_collector()
        cls.served = Served(cls.street.collector_dir,
                            Api(os.environ["TALLY_SOURCE"]))
        host, port = cls.served.host.rsplit(":", 1)
        cls.address = host, int(port)
        until(lambda: cls.served.ask("/api/standings")[0].status == 200,
              "figures")

    @classmethod
    def tearDownClass(cls):
        code = cls.served.stop()
        cls.street.close()
        assert code == 0, code

    def setUp(self):
        self.weight = Weight(self.served.process.pid)
        self.waited = []

    def tearDown(self):
        """An honest question is answered, whatever was said before."""
        self.ask_honestly()
        self.weight.look()
        self.assertLess(self.weight.grown(), GROWS_MAX)
        self.assertIsNone(self.served.process.poll())

    def ask_honestly(self):
        began = time.monotonic()
        answer, body = self.served.ask("/api/overview")
        self.waited.append(time.monotonic() - began)
        self.assertEqual(answer.status, 200)
        self.assertIn("head", json.loads(body))

    def connect(self, words=b""):
        link = socket.create_connection(self.address, timeout=60)
        self.addCleanup(link.close)
        link.sendall(words)
        return link

    def answers(self, words):
        """The first answer's head and what came with it, or nothing: what is
        not all there yet is waited for, or hung up on."""
        link = self.connect()
        link.settimeout(PATIENCE_S)
        got = b""
        try:
            link.sendall(words)
            while b"\r\n\r\n" not in got:
                more = link.recv(65536)
                if not more:
                    break
                got += more
        except (ConnectionError, TimeoutError):
            pass
        link.close()
        return got

    def status(self, words):
        """Of the first answer; None: there was none."""
        got = self.answers(words)
        if not got:
            return None
        self.assertTrue(got.startswith(b"HTTP/1."), got[:60])
        return int(got.split(b" ", 2)[1])

    def test_slow_ones_hold_up_nobody(self):
        slow = [self.connect(b"GET /api/overview HTTP/1.1\r\n" + HOST)
                for _ in range(SLOW)]
        for i in range(20):
            for link in slow:
                try:
                    link.send(b"X-%d: 1\r\n" % i)
                except ConnectionError:
                    pass
            self.ask_honestly()
        print(f"slow: {SLOW} connections, an honest question took "
              f"{max(self.waited) * 1000:.0f} ms at most", flush=True)
        if ALL:
            for link in slow:
                link.settimeout(2 * IDLE_S + 30)
                try:
                    while link.recv(4096):
                        pass
                except ConnectionError:
                    pass

    def test_headers_without_end(self):
        long = b"X-Long: " + b"x" * 2 * HEADER_BYTES_MAX
        many = b"".join(b"X-%d: y\r\n" % i for i in range(5000))
        for words in (b"GET / HTTP/1.1\r\n" + HOST + long + b"\r\n\r\n",
                      b"GET / HTTP/1.1\r\n" + HOST + many + b"\r\n",
                      b"GET /" + b"a" * 4 * HEADER_BYTES_MAX +
                      b" HTTP/1.1\r\n" + HOST + b"\r\n",
                      b"GET /?" + b"a=1&" * 8000 + b" HTTP/1.1\r\n" + HOST +
                      b"\r\n",
                      b"G" * 4 * HEADER_BYTES_MAX):
            self.assertIn(self.status(words), (None, 400, 413, 414, 431),
                          words[:20])

    def test_what_is_no_http(self):
        for words in (b"\r\n\r\n", b"\0" * 4096, os.urandom(4096), b"GET\r\n\r\n",
                      b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
                      b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                      b"GET / HTTP/1.1\r\n" + HOST + b"no colon\r\n\r\n",
                      b"GET  HTTP/1.1\r\n" + HOST + b"\r\n",
                      b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                      b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n",
                      b"CONNECT a:1 HTTP/1.1\r\n" + HOST + b"\r\n"):
            self.assertNotEqual(self.status(words), 200, words[:30])

    def test_no_path_leads_out(self):
        for path in ("/../collector.key", "/..%2fcollector.key",
                     "/%2e%2e/%2e%2e/etc/passwd", "/..\\collector.key",
                     "//etc/passwd", "/./../tokens", "/index.html/../tokens",
                     "/tokens%00.html", "/%c0%ae%c0%ae/tokens",
                     "/downloads/../tokens", "/api/../../tokens",
                     "/api/statements/../tokens", "/downloads/figures.csv/.."):
            got = self.answers(b"GET " + path.encode() + b" HTTP/1.1\r\n" +
                               HOST + b"Connection: close\r\n\r\n")
            self.assertIn(int(got.split(b" ", 2)[1]), (400, 404), path)
            self.assertNotIn(b"root:", got)

    def test_who_asks_for_another_host(self):
        def asked(*lines):
            return self.status(b"GET / HTTP/1.1\r\n" + b"".join(
                line + b"\r\n" for line in lines) + b"\r\n")
        for lines, status in (
                ((b"Host: localhost",), 200),
                ((b"Host: localhost.evil.example",), 403),
                ((b"Host: 127.0.0.1.evil.example",), 403),
                ((b"Host: evil.example@localhost",), 403),
                ((b"Host:",), 403), ((b"Host: [::1]x",), 403),
                ((b"X-Forwarded-Host: localhost", b"Host: evil.example"),
                 403)):
            self.assertEqual(asked(*lines), status, lines)
        # nor may a page of another site read an answer
        answer, _ = self.served.ask("/api/overview",
                                    Origin="http://evil.example")
        for name in answer.headers:
            self.assertFalse(name.lower().startswith("access-control"), name)
        self.assertEqual(answer.headers["Cross-Origin-Resource-Policy"],
                         "same-origin")

    def test_many_questions_without_waiting_for_answers(self):
        one = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
        link = self.connect()
        got = []

        def read():
            seen = b""
            while seen.count(b"HTTP/1.1 200") < PIPELINED:
                more = link.recv(65536)
                if not more:
                    break
                seen += more
            got.append(seen.count(b"HTTP/1.1 200"))
        reader = threading.Thread(target=read)
        reader.start()
        link.sendall(one * PIPELINED)
        reader.join(120)
        self.assertEqual(got, [PIPELINED])

    def test_who_asks_and_never_reads(self):
        """As many as may be at once, each of whose answers fills its
        socket."""
        one = b"GET /api/overview HTTP/1.1\r\n" + HOST + b"\r\n"
        for _ in range(SLOW // 2):
            self.connect().setblocking(False)
        deaf = [self.connect(one * 20) for _ in range(SLOW // 4)]
        self.ask_honestly()
        for link in deaf:
            link.close()

    def test_half_closed_connections(self):
        link = self.connect(b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
        link.shutdown(socket.SHUT_WR)
        self.assertTrue(link.recv(4096).startswith(b"HTTP/1.1 200"))
        half = [self.connect(b"GET /healthz HTTP/1.1\r\nHost: loc")
                for _ in range(SLOW)]
        for link in half:
            link.shutdown(socket.SHUT_WR)
        self.ask_honestly()
        for link in half if ALL else ():
            link.settimeout(3 * IDLE_S)
            try:
                while link.recv(4096):
                    pass
            except ConnectionError:
                pass

    def test_questions_with_a_body(self):
        for words in (b"Content-Length: 10000000\r\n\r\n" + b"x" * 100000,
                      b"Content-Length: -1\r\n\r\n",
                      b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
                      b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
                      b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n"
                      b"\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n"):
            got = self.answers(b"GET /healthz HTTP/1.1\r\n" + HOST + words)
            # what hides in a body is not taken for a question
            self.assertLessEqual((got or b"").count(b"HTTP/1.1 200"), 1,
                                 words)


if __name__ == "__main__":
    unittest.main(verbosity=2)
