"""Ports for programs that stop and come back to the same one."""
import random
import socket


def free_port():
    """One of those that nobody is given for a connection of his own, which
    would have it while the program is away."""
    with open("/proc/sys/net/ipv4/ip_local_port_range",
              encoding="ascii") as f:
        first = int(f.read().split()[0])
    while True:
        port = random.randrange(min(10000, first - 1000), first)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass
