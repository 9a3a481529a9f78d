"""Builds tiles.go with Debian's packages and nothing from the network, and
runs it."""
import functools
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = "/usr/share/gocode"  # of golang-golang-x-mod-dev


@functools.cache
def build():
    """The program; Go's cache in the build folder makes it quick."""
    build_dir = os.environ["TALLY_BUILD"]
    program = os.path.join(build_dir, "tests", "tiles-checker")
    run = subprocess.run(
        ["go", "build", "-o", program, os.path.join(HERE, "tiles.go")],
        capture_output=True, text=True, check=False,
        env={**os.environ, "GO111MODULE": "off", "GOPATH": PACKAGES,
             "GOCACHE": os.path.join(build_dir, "go"), "GOFLAGS": "",
             "GOPROXY": "off", "CGO_ENABLED": "0"})
    if run.returncode:
        raise AssertionError("tiles.go (golang-go and golang-golang-x-mod-dev "
                             "are needed): " + run.stderr)
    return program


def run(folder, card):
    return subprocess.run([build(), folder, card], capture_output=True,
                          text=True, check=False)
