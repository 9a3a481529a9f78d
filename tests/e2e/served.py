"""tally-collector serve, and questions to it."""
import http.client
import json
import os
import subprocess

from world import BIN, sanitary


class Served:
    """The program, and questions to it. What it answers with get is held to
    the document, an openapi.Api."""

    def __init__(self, directory, api, listen="127.0.0.1:0"):
        self.api = api
        self.process = subprocess.Popen(
            [os.path.join(BIN, "tally-collector"), "serve", directory,
             "--listen", listen],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()
        self.host = self.address.split("/")[2] if self.address else ""

    def ask(self, path, method="GET", **headers):
        link = http.client.HTTPConnection(self.host, timeout=60)
        link.request(method, path, headers={
            name.replace("_", "-"): text for name, text in headers.items()})
        answer = link.getresponse()
        body = answer.read()
        link.close()
        return answer, body

    def get(self, path):
        answer, body = self.ask(path)
        if answer.status != 200:
            raise AssertionError((path, answer.status, body))
        said = json.loads(body)
        self.api.check_answer(path, said)
        return said

    def stop(self):
        self.process.terminate()
        out, said = self.process.communicate(timeout=60)
        sanitary(out + said)
        return self.process.returncode
