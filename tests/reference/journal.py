#!/usr/bin/env python3
"""Reads and checks a journal, written from docs/journal.md, docs/protocol.md
and proto/tally.proto alone, with nothing but Python's own library: if these
documents and the programs ever say different things, the tests find out.

    journal.py DIR            one JSON object a statement, and a last one
    journal.py DIR --sample N checks one signature in N (founding, grants and
                              enrolments always)
"""
import argparse
import base64
import csv
import datetime
import hashlib
import io
import json
import os
import re
import struct
import sys

ENTRY_MAX = 1 << 20
GROUP_MAX = 16 << 20
COMMIT_INDEX = (1 << 64) - 1
ZEROS = bytes(32)


class Bad(Exception):
    """What is wrong, and where."""


def need(true, what):
    if not true:
        raise Bad(what)


# ---- CRC-32C ----

def crc_table():
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82f63b78 if n & 1 else 0)
        table.append(n)
    return table


CRC = crc_table()


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc = CRC[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xffffffff


# ---- hashes ----

def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def leaf_hash(data):
    return sha(b"\0", data)


def tree(leaves):
    """RFC 6962, section 2.1, over hashes of leaves."""
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return sha(b"\1", tree(leaves[:k]), tree(leaves[k:]))


# ---- Ed25519, RFC 8032 ----

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def add(a, b):
    w = (a[1] - a[0]) * (b[1] - b[0]) % P
    x = (a[1] + a[0]) * (b[1] + b[0]) % P
    y = 2 * a[3] * b[3] * D % P
    z = 2 * a[2] * b[2] % P
    e, f, g, h = x - w, z - y, z + y, x + w
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, point):
    result = (0, 1, 1, 0)
    while n:
        if n & 1:
            result = add(result, point)
        point = add(point, point)
        n >>= 1
    return result


def point_of(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * SQRT_M1 % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed(key, message, signature):
    a, r = point_of(key), point_of(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or not a or not r or s >= Q:
        return False
    h = hashlib.sha512(signature[:32] + key + message).digest()
    left = times(s, BASE)
    right = add(r, times(int.from_bytes(h, "little") % Q, a))
    return ((left[0] * right[2] - right[0] * left[2]) % P == 0 and
            (left[1] * right[2] - right[1] * left[2]) % P == 0)


# ---- protobuf ----

# Message: field number -> name, kind; "*" before a kind: repeated.
MESSAGES = {
    "Batch": {1: ("header", "bytes"), 2: ("signature", "bytes"),
              3: ("key", "bytes"), 4: ("sealed", "*Sealed")},
    "Sealed": {1: ("salt", "bytes"), 2: ("body", "bytes"),
               3: ("texts", "*Text")},
    "Text": {1: ("salt", "bytes"), 2: ("text", "string")},
    "TextHash": {1: ("name", "string"), 2: ("hash", "bytes")},
    "Statement": {1: ("base_salt", "bytes"), 2: ("texts", "*TextHash"),
                  3: ("found", "Found"), 4: ("grant", "Grant"),
                  5: ("enrol", "Enrol"), 6: ("rotate", "Rotate"),
                  7: ("revoke", "Revoke"), 8: ("rules", "Rules"),
                  9: ("collector_keys", "CollectorKeys"),
                  10: ("catalogue_part", "CataloguePart"),
                  11: ("catalogue_commit", "CatalogueCommit"),
                  12: ("report", "Report"), 13: ("review", "Review"),
                  14: ("adjust", "Adjust"), 15: ("redact", "Redact"),
                  16: ("close", "Nothing")},
    "Nothing": {},
    "Administrator": {1: ("key", "bytes"), 2: ("curve_key", "bytes")},
    "Found": {1: ("name", "string"), 2: ("rules", "uint"),
              3: ("zone_minutes", "sint"), 4: ("simulated", "bool"),
              5: ("administrators", "*Administrator"),
              6: ("collectors", "*CollectorKeys"),
              7: ("recovery_keys", "*bytes")},
    "Grant": {1: ("unit", "string"), 2: ("units", "*string"),
              3: ("roles", "*uint"), 4: ("code_key", "bytes"),
              5: ("code_curve_key", "bytes"), 6: ("expires_us", "uint"),
              7: ("until_us", "uint"), 8: ("bytes_a_day", "uint"),
              9: ("statements_a_day", "uint")},
    "Enrol": {1: ("code_key", "bytes"), 2: ("key", "bytes"),
              3: ("curve_key", "bytes"), 4: ("authorisation", "bytes")},
    "Rotate": {1: ("old_key", "bytes"), 2: ("key", "bytes"),
               3: ("curve_key", "bytes"), 4: ("authorisation", "bytes")},
    "Revoke": {1: ("key", "bytes"), 2: ("from_sequence", "uint")},
    "Rules": {1: ("version", "uint")},
    "CollectorKeys": {1: ("checkpoint_key", "bytes"),
                      2: ("curve_key", "bytes")},
    "CataloguePart": {1: ("set", "bytes"), 2: ("file", "string"),
                      3: ("n", "uint"), 4: ("bytes", "bytes")},
    "CatalogueCommit": {1: ("set", "bytes"), 2: ("parts", "uint"),
                        3: ("sha256", "bytes")},
    "Cell": {1: ("field", "string"), 2: ("value", "string")},
    "Report": {1: ("target", "string"), 2: ("unit", "string"),
               3: ("period", "string"), 4: ("item", "string"),
               5: ("cells", "*Cell")},
    "Review": {1: ("target", "string"), 2: ("unit", "string"),
               3: ("period", "string"), 4: ("item", "string"),
               5: ("status", "string")},
    "Redact": {1: ("entry", "uint"), 2: ("n", "uint"),
               3: ("text", "string")},
    "Adjust": {1: ("target", "string"), 2: ("unit", "string"),
               3: ("period", "string"), 4: ("name", "string"),
               5: ("cells", "*Cell")},
}
EMPTY = {"bytes": b"", "string": "", "uint": 0, "sint": 0, "bool": False}


def varint(data, at):
    value = shift = 0
    while True:
        need(at < len(data) and shift < 70, "a varint without end")
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return value, at


def scalar(kind, value):
    if kind == "sint":
        return value >> 1 ^ -(value & 1)
    return bool(value) if kind == "bool" else value


def packed(kind, data):
    at, values = 0, []
    while at < len(data):
        value, at = varint(data, at)
        values.append(scalar(kind, value))
    return values


def decode(name, data):
    """Fields by name; None: one that this reader does not know."""
    fields = MESSAGES[name]
    message = {n: [] if kind[0] == "*" else EMPTY.get(kind)
               for n, kind in fields.values()}
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag >> 3 not in fields:
            return None
        field, kind = fields[tag >> 3]
        many, kind = kind[0] == "*", kind.lstrip("*")
        if tag & 7 == 0:
            need(kind in ("uint", "sint", "bool"), f"{name}.{field}: type")
            value, at = varint(data, at)
            value = scalar(kind, value)
        else:
            need(tag & 7 == 2, f"{name}.{field}: wire type {tag & 7}")
            length, at = varint(data, at)
            value, at = data[at:at + length], at + length
            need(at <= len(data), f"{name}.{field} is cut off")
            if kind == "string":
                value = value.decode()
            elif kind in MESSAGES:
                value = decode(kind, value)
                if value is None:
                    return None
            elif kind != "bytes":
                need(many, f"{name}.{field}: type")
                message[field] += packed(kind, value)
                continue
        if many:
            message[field].append(value)
        else:
            message[field] = value
    return message


# ---- files ----

def segment_names(folder):
    return sorted(name for name in os.listdir(folder)
                  if len(name) == 24 and name.endswith(".seg") and
                  name[:20].isdigit())


def read_header(data, first, leaves, journal):
    need(len(data) >= 96, "a segment without header")
    magic, version, zero = struct.unpack(">8sII", data[:16])
    index, = struct.unpack(">Q", data[48:56])
    crc, end = struct.unpack(">II", data[88:96])
    need(magic == b"tallyseg" and version == 1 and zero == end == 0,
         "not a segment of version 1")
    need(crc == crc32c(data[:88]), "the header's crc is wrong")
    need(index == first, "the header's index is not the name's")
    need(data[56:88] == tree(leaves), "the header's root is not that before")
    need(journal in (None, data[16:48]), "a segment of another journal")
    return data[16:48]


def read_frame(data, at):
    """Index, payload, and where the next frame is."""
    need(at + 16 <= len(data), f"offset {at}: no whole frame")
    length, crc, index = struct.unpack(">IIQ", data[at:at + 16])
    end = at + 16 + length
    after = end + -end % 8
    need(length <= ENTRY_MAX and after <= len(data),
         f"offset {at}: a frame of {length} bytes")
    need(crc == crc32c(data[at + 8:end]), f"offset {at}: wrong crc")
    need(not any(data[end:after]), f"offset {at}: padding that is not zero")
    return index, data[at + 16:end], after


def read_groups(data, first):
    """Entries (offset, payload) of a segment whose groups are whole."""
    at, start, group = 96, 96, []
    while at < len(data):
        index, payload, after = read_frame(data, at)
        if index == COMMIT_INDEX:
            need(len(payload) == 24, f"offset {at}: not a commit frame")
            begin, count, size, crc = struct.unpack(">QIQI", payload)
            need(group and begin == first and count == len(group) and
                 size == at - start <= GROUP_MAX and
                 crc == crc32c(data[start:at]),
                 f"offset {at}: a commit frame of another group")
            yield from group
            first += count
            start, group = after, []
        else:
            need(index == first + len(group),
                 f"offset {at}: entry {index} out of its place")
            group.append((at, payload))
        at = after
    need(not group, f"offset {start}: entries that no commit frame ends")


# ---- entries ----

def read_batch_header(data):
    need(len(data) == 202 and data[:14] == b"tally-batch/1\n",
         "not a batch header")
    sequence, = struct.unpack(">Q", data[78:86])
    sent_us, seen_size = struct.unpack(">QQ", data[118:134])
    count, = struct.unpack(">I", data[166:170])
    return {"journal": data[14:46], "key": data[46:78], "sequence": sequence,
            "prev": data[86:118], "sent_us": sent_us, "seen_size": seen_size,
            "seen_root": data[134:166], "count": count, "root": data[170:202]}


ADMIN = 4


class Keys:
    """The life of keys, from docs/protocol.md: who may speak, since when, and
    who gave it to whom. Told statement by statement, in order."""

    def __init__(self):
        self.of = {}      # hash -> roles, until, ended, suspect
        self.grants = {}  # one-time key -> the grant
        self.recovery = set()

    def add(self, key, roles, until=0):
        self.of.setdefault(sha(key), {"roles": set(roles), "until": until,
                                      "ended": None, "suspect": 0})

    def in_force(self, name, recv_us):
        office = self.of.get(name)
        return office and not office["ended"] and (
            not office["until"] or recv_us <= office["until"])

    def batch(self, key, first, recv_us):
        """May the batch be taken? first: what its first statement says."""
        if sha(key) not in self.of:
            self.first_words(key, first or {}, recv_us)
        need(self.in_force(sha(key), recv_us),
             "a batch of a key that has ended")

    def first_words(self, key, first, recv_us):
        found, enrol, rotate = (first.get(kind) for kind in
                                ("found", "enrol", "rotate"))
        need(not found or not self.of, "founded twice")
        if found:
            for administrator in found["administrators"]:
                self.add(administrator["key"], {ADMIN})
            self.recovery = set(found["recovery_keys"])
        elif enrol:
            need(enrol["key"] == key, "an enrolment of another key")
            grant = self.grants.get(enrol["code_key"])
            need(grant and recv_us <= grant["expires_us"] or
                 enrol["code_key"] in self.recovery, "no grant")
            if grant:
                self.add(key, grant["roles"], grant["until_us"])
                del self.grants[enrol["code_key"]]
            else:
                self.add(key, {ADMIN})
        elif rotate:
            need(rotate["key"] == key, "a rotation to another key")
            old = sha(rotate["old_key"])
            need(self.in_force(old, recv_us), "the old key has ended")
            self.add(key, self.of[old]["roles"], self.of[old]["until"])
            self.of[old]["ended"] = "rotated"

    def statement(self, key, kind, said, recv_us):
        """What an administrator's word changes."""
        office = self.of[sha(key)]
        if ADMIN not in office["roles"] or office["ended"] == "revoked":
            return
        if kind == "grant" and said["code_key"] not in self.recovery and \
                said["expires_us"] >= recv_us:
            self.grants.setdefault(said["code_key"], said)
        elif kind == "revoke":
            ended = self.of.get(sha(said["key"]))
            self.recovery.discard(said["key"])
            self.grants.pop(said["key"], None)
            if ended:
                ended.update(ended="revoked", suspect=said["from_sequence"])

    def suspect(self, key, sequence):
        since = self.of[sha(key)]["suspect"]
        return since > 0 and sequence >= since


class Journal:
    def __init__(self, folder, sample=1):
        self.sample = sample
        self.leaves = []  # hashes
        self.id = None
        self.chains = {}  # hash of key -> number and name of the last batch
        self.recv_us = 0
        self.seen = {}    # size -> root, as offices saw it
        self.statements = []
        self.texts = {}    # place of a statement -> names of its texts
        self.blotted = []  # place of the statement, name of its text
        self.states = []  # of each state entry: applied, rows, root, rules
        self.since = 0    # entries since the last one
        self.forks = self.signatures = 0
        self.keys = Keys()
        self.broken = False  # a reopening, and since then only successions
        self.collectors = []  # their checkpoint keys now
        self.successions = []  # size, old key, new key
        self.reopened = []  # kept, lost, its root, the note's lines
        if os.path.isdir(os.path.join(folder, "journal")):
            folder = os.path.join(folder, "journal")
        names = segment_names(folder)
        need(names, "no segments")
        for name in names:
            with open(os.path.join(folder, name), "rb") as f:
                self.read_segment(name, f.read())
        for size, root in self.seen.items():
            need(tree(self.leaves[:size]) == root, f"seen root at {size}")
        redacted = self.redactions()[0]
        for place in self.blotted:
            need(place in redacted, f"the {place[1]} of {place[0]} is blotted "
                 "out, and nobody redacted it")

    def redactions(self, barred=()):
        """Each text that was redacted, by which statement, and the statements
        that have nothing to redact. Whether who says so may, the fold decides;
        here it is told: barred has those that may not."""
        redacted, nothing = {}, []
        for statement in self.statements:
            if statement["kind"] != "redact" or statement["at"] in barred:
                continue
            said = statement["said"]
            place = f"{said['entry']}.{said['n']}", said["text"]
            if said["entry"] >= int(statement["at"].split(".")[0]) or \
                    said["text"] not in self.texts.get(place[0], ()) or \
                    place in redacted:
                nothing.append(statement["at"])
            else:
                redacted[place] = statement["at"]
        return redacted, nothing

    @property
    def root(self):
        return tree(self.leaves)

    def read_segment(self, name, data):
        need(int(name[:20]) == len(self.leaves), f"{name}: a gap before it")
        try:
            self.id = read_header(data, len(self.leaves), self.leaves, self.id)
            for at, payload in read_groups(data, len(self.leaves)):
                try:
                    self.read_entry(payload)
                except Bad as bad:
                    raise Bad(f"offset {at}, entry {len(self.leaves)}: "
                              f"{bad}") from None
        except Bad as bad:
            raise Bad(f"{name}, {bad}") from None

    def read_entry(self, payload):
        length, = struct.unpack(">I", payload[:4])
        need(1 <= length <= 1024, "the leaf's length")
        leaf, batch = payload[4:4 + length], payload[4 + length:]
        version, kind, recv_us = struct.unpack(">BBQ", leaf[:10])
        need(version == 1 and kind in (1, 2, 3, 5, 6),
             f"leaf {version}, kind {kind}")
        need(recv_us >= self.recv_us, "received before the entry before")
        if kind == 5:
            self.read_reopening(leaf, batch, recv_us)
            self.broken = True
            self.leaves.append(leaf_hash(leaf))
            return
        if kind == 6:
            self.read_succession(leaf, batch, recv_us)
            self.leaves.append(leaf_hash(leaf))
            return
        self.broken = False
        self.check_place(kind, recv_us)
        self.recv_us = recv_us
        self.since = 0 if kind == 3 else self.since + 1
        if kind == 3:
            need(len(leaf) == 62 and not batch, "a state entry's length")
            self.states.append(struct.unpack(">QQ32sI", leaf[10:]))
            need(self.states[-1][0] == len(self.leaves), "applied")
        elif kind == 1:
            need(len(leaf) == 276, "the leaf's length")
            self.read_batch(leaf[10:212], leaf[212:], batch, recv_us)
        else:
            need(len(leaf) == 542, "the leaf's length")
            self.read_fork(leaf, batch)
        self.leaves.append(leaf_hash(leaf))

    def read_reopening(self, leaf, note, recv_us):
        """What was kept stands before it; it counts for nothing else."""
        need(len(leaf) == 122 and recv_us == self.recv_us and self.leaves,
             "a reopening's length or time")
        kept, root, lost, lost_root, name = struct.unpack(">Q32sQ32s32s",
                                                          leaf[10:])
        need(kept == len(self.leaves) and root == self.root and lost >= kept,
             "a reopening of another place")
        need(name == sha(note), "the note is not the leaf's")
        lines = note.decode().split("\n\n")[0].split("\n")
        size = f"{lost} {base64.b64encode(lost_root).decode()}"
        need(lines[0] == f"tally/{self.id.hex()}/reopened" and
             lines[1] == f"kept {kept} {base64.b64encode(root).decode()}" and
             lines[2] == f"lost {size}" and
             lines[3] == f"after {recv_us}" and
             lines[4].startswith("at ") and lines[5].startswith("by ") and
             lines[6].startswith("why "), "the note does not say the leaf's")
        self.reopened.append((kept, lost, lost_root, lines))

    def read_succession(self, leaf, note, recv_us):
        """A key of the collector goes over to another; it counts for nothing
        else. Of a later place than its own only behind a reopening."""
        need(len(leaf) == 178 and recv_us == self.recv_us and self.leaves,
             "a succession's length or time")
        size, root, old, new, curve, name = struct.unpack(">Q32s32s32s32s32s",
                                                          leaf[10:])
        need(size == len(self.leaves) and root == self.root or
             size >= len(self.leaves) and self.broken,
             "a succession of another place")
        need(name == sha(note), "the note is not the leaf's")
        text, lines = note.decode().split("\n\n")
        said = text.split("\n")
        need(said[0] == f"tally/{self.id.hex()}/succession" and
             said[1] == f"size {size} {base64.b64encode(root).decode()}" and
             said[2].startswith("after ") and said[3].startswith("at ") and
             said[4:7] == [f"from {old.hex()}", f"to {new.hex()}",
                           f"curve {curve.hex()}"] and
             said[7].startswith("by ") and said[8].startswith("why ") and
             len(said) == 9, "the note does not say the leaf's")
        for key, line in zip((old, new), lines.splitlines(), strict=True):
            mark, signer, mac = line.split(" ")
            mac = base64.b64decode(mac)
            need(mark == "—" and signer == f"tally/{self.id.hex()}" and
                 mac[:4] == sha(signer.encode() + b"\n\1" + key)[:4] and
                 signed(key, (text + "\n").encode(), mac[4:]),
                 "a succession that not both have signed")
        need(old in self.collectors and new not in self.collectors,
             "a succession of keys that are not the collector's")
        self.collectors[self.collectors.index(old)] = new
        self.successions.append((size, old, new))

    def seen_is_lost(self, size, root):
        """Of a part that is said to be lost, nobody can tell the root."""
        return any(kept < size <= lost and (size < lost or root == lost_root)
                   for kept, lost, lost_root, _ in self.reopened)

    def check_place(self, kind, recv_us):
        """State entries stand where they are due and nowhere else."""
        hour = 3_600_000_000
        due = len(self.leaves) > 0 and (
            self.since >= 100_000 or
            recv_us // hour != self.recv_us // hour)
        if kind == 3:
            need(self.since > 0 and recv_us == self.recv_us,
                 "a state entry where none belongs")
            self.full = self.since >= 100_000
        elif self.leaves and self.since == 0:
            need(due or self.full, "a state entry too many before it")
        else:
            need(not due, "no state entry before it")

    def prove(self, batch, header, sealed):
        """What is signed is what the batch says."""
        need(sha(batch["key"]) == header["key"], "another key")
        need(len(sealed) == header["count"] > 0, "the number of statements")
        need(tree([leaf_hash(s["salt"] + s["body"]) for s in sealed]) ==
             header["root"], "the root over the statements")
        said = [decode("Statement", s["body"]) for s in sealed]
        special = any(s and (s["found"] or s["grant"] or s["enrol"])
                      for s in said)
        if special or len(self.leaves) % self.sample == 0:
            need(signed(batch["key"], batch["header"], batch["signature"]),
                 "the signature")
            self.signatures += 1
        return said

    def read_batch(self, header_bytes, signature, payload, recv_us):
        batch = decode("Batch", payload)
        need(batch and batch["header"] == header_bytes and
             batch["signature"] == signature, "the batch is not the leaf's")
        header = read_batch_header(header_bytes)
        said = self.prove(batch, header, batch["sealed"])
        name = sha(header_bytes, signature)
        if not self.leaves:
            need(header["journal"] == ZEROS and name == self.id and
                 recv_us == header["sent_us"], "not the founding batch")
        else:
            need(header["journal"] == self.id, "of another journal")
        before = self.chains.get(header["key"], (0, ZEROS))
        need((header["sequence"] - 1, header["prev"]) == before,
             "not the next of its key's chain")
        self.chains[header["key"]] = header["sequence"], name
        self.keys.batch(batch["key"], said[0], recv_us)
        if header["seen_size"]:
            size, root = header["seen_size"], header["seen_root"]
            if self.seen_is_lost(size, root) and (
                    size > len(self.leaves) or
                    root != tree(self.leaves[:size])):
                pass
            else:
                need(size <= len(self.leaves), "seen size")
                self.seen[size] = root
        for n, (sealed, statement) in enumerate(zip(batch["sealed"], said)):
            self.read_statement(n, batch["key"], sealed, statement)
            last = self.statements[-1]
            if last["kind"] == "found":
                self.collectors = [keys["checkpoint_key"] for keys
                                   in last["said"]["collectors"]]
            last.update(recv_us=recv_us, sequence=header["sequence"])
            if "said" in last:
                self.keys.statement(batch["key"], last["kind"], last["said"],
                                    recv_us)

    def read_fork(self, leaf, payload):
        batch = decode("Batch", payload)
        second = leaf[276:478]
        need(batch and (batch["header"], batch["signature"]) ==
             (second, leaf[478:542]), "the batch is not the fork's second")
        last, header = map(read_batch_header, (leaf[10:212], second))
        for n, said in enumerate(self.prove(batch, header, batch["sealed"])):
            self.name_texts(n, said)
        need(last["key"] == header["key"] and
             self.chains.get(last["key"]) ==
             (last["sequence"], sha(leaf[10:276])) and
             header["sequence"] <= last["sequence"],
             "no evidence of a fork")
        self.keys.of[header["key"]]["ended"] = "suspended"
        self.forks += 1

    def name_texts(self, n, statement):
        """The body names its texts, whatever became of them."""
        if statement and statement["texts"]:
            self.texts[f"{len(self.leaves)}.{n}"] = {
                text["name"] for text in statement["texts"]
                if text["name"] in ("text", "reason", "note")}

    def read_statement(self, n, key, sealed, statement):
        need(len(sealed["salt"]) == 16 and any(sealed["salt"][:8]), "salt")
        found = {"at": f"{len(self.leaves)}.{n}", "key": key,
                 "salt": sealed["salt"],
                 "leaf": leaf_hash(sealed["salt"] + sealed["body"])}
        self.statements.append(found)
        self.name_texts(n, statement)
        if statement is None:
            found["kind"] = "too-new"
            return
        kinds = [kind for kind in statement if kind not in
                 ("base_salt", "texts") and statement[kind] is not None]
        need(len(kinds) == 1, "not one kind of statement")
        found["kind"] = kind = kinds[0]
        found["said"] = said = statement[kind]
        found["base"] = statement["base_salt"]
        need(len(sealed["texts"]) == len(statement["texts"]), "texts")
        found["texts"] = {}
        for text, stated in zip(sealed["texts"], statement["texts"]):
            if not any(text["salt"]) and not text["text"].strip("\0"):
                # Blotted out; an author may choose such a text, too.
                if sha(b"\4", text["salt"], text["text"].encode()) != \
                        stated["hash"]:
                    self.blotted.append((found["at"], stated["name"]))
                continue
            need(sha(b"\4", text["salt"], text["text"].encode()) ==
                 stated["hash"], f"the hash of {stated['name']}")
            found["texts"][stated["name"]] = text["text"]
        if kind in ("enrol", "rotate"):
            signer = "code_key" if kind == "enrol" else "old_key"
            words = f"tally-{kind}/1\n".encode() + self.id
            need(signed(said[signer], words + said["key"] +
                        said["curve_key"], said["authorisation"]),
                 f"statement {n}: the authorisation")


# ---- figure rows ----

NUMBER = re.compile(r"-?\d+(\.(\d+))?")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
LATE, NOT_APPLICABLE, CORRECTION, REVIEW, ADJUST = 1, 2, 16, 32, 64
NO_CHANGE = struct.pack(">QI", COMMIT_INDEX, (1 << 32) - 1)


def text8(data):
    return struct.pack(">B", len(data)) + data


def value_bytes(text, decimals):
    """Of a cell's canonical text; only the catalogue tells a text apart that
    looks like a number or a day, and no such is asked for here."""
    if text == "NA":
        return b"\4"
    number = NUMBER.fullmatch(text)
    if number:
        zeros = "0" * (decimals - len(number[2] or ""))
        return struct.pack(">BBq", 1, decimals,
                           int(text.replace(".", "") + zeros))
    if DAY.fullmatch(text):
        day = datetime.date.fromisoformat(text).toordinal()
        return struct.pack(">Bq", 2, day - datetime.date(1970, 1, 1).toordinal())
    return struct.pack(">BI", 3, len(text.encode())) + text.encode()


class Rows:
    """The figure rows that admitted reports and reviews of months make, of
    targets whose only field is "value". What was refused, and what was late,
    the fold decides from the catalogue; here it is told."""

    def __init__(self, journal, refused=(), late=(), until=1 << 64):
        self.numbers = {"targets.csv": {}, "units.csv": {}}
        self.parts, self.rows, self.decimals = {}, {}, {}
        for statement in journal.statements:
            if statement["at"] in refused or \
                    int(statement["at"].split(".")[0]) >= until:
                continue
            if statement["kind"] == "catalogue_part":
                said = statement["said"]
                self.parts.setdefault(said["set"], []).append(said)
            elif statement["kind"] == "catalogue_commit":
                self.commit(self.parts.pop(statement["said"]["set"]),
                            statement["said"])
            elif statement["kind"] in ("report", "review", "adjust"):
                self.change(statement, statement["at"] in late)

    def commit(self, parts, said):
        need(len(parts) == said["parts"] and said["sha256"] == sha(
            *(part["bytes"] for part in parts)), "a catalogue's hash")
        for name, numbers in self.numbers.items():
            content = b"".join(part["bytes"] for part in parts
                               if part["file"] == name).decode()
            for line in csv.DictReader(io.StringIO(content)):
                numbers.setdefault(line[name[:-5]], len(numbers))
                if name == "targets.csv":
                    self.decimals[line["target"]] = int(
                        line.get("decimals") or 0)

    def key(self, said):
        year, month = said["period"].split("M")
        return struct.pack(
            ">IIBHH", self.numbers["targets.csv"][said["target"]],
            self.numbers["units.csv"][said["unit"]], 4, int(year),
            int(month)) + said.get("item", "").encode()

    def change(self, statement, late):
        said, review = statement["said"], statement["kind"] == "review"
        adjust = statement["kind"] == "adjust"
        key = self.key(said)
        row = self.rows.setdefault(key, {
            "ordinal": len(self.rows), "version": 0, "link": ZEROS,
            "before": NO_CHANGE})
        row["version"] += not (review or adjust)
        cells = [] if review else said["cells"]
        flags = (LATE * late + REVIEW * review + ADJUST * adjust +
                 CORRECTION * (not (review or adjust) and
                               row["version"] > 1) +
                 NOT_APPLICABLE * any(c["value"] == "NA" for c in cells))
        at = struct.pack(">QI", *map(int, statement["at"].split(".")))
        row["bytes"] = b"".join((
            struct.pack(">BII", 1, row["ordinal"], row["version"]), at,
            struct.pack(">Q", statement["recv_us"]), sha(statement["key"]),
            struct.pack(">Q", statement["sequence"]), statement["salt"],
            statement["base"] or bytes(8), row["before"],
            struct.pack(">I", flags), text8(key),
            struct.pack(">H", len(cells)),
            *(struct.pack(">H", len(c["field"] or "value")) +
              (c["field"] or "value").encode() +
              value_bytes(c["value"], self.decimals[said["target"]])
              for c in cells),
            text8(said["status"].encode() if review else
                  said["name"].encode() if adjust else b"")))
        row["link"] = sha(b"\2", row["link"], statement["leaf"],
                          row["bytes"])
        row["before"] = at

    def links(self):
        """As `tally-audit replay --json` has it, docs/audit.md."""
        links = ZEROS
        for key, row in sorted(self.rows.items()):
            value = row["bytes"] + row["link"]
            links = sha(links, struct.pack(">II", len(key), len(value)), key,
                        value)
        return links


    def state_root(self):
        """What a state entry says of these rows."""
        nodes = [row["link"] for row in
                 sorted(self.rows.values(), key=lambda r: r["ordinal"])]
        while True:
            nodes = [sha(b"\3", *nodes[i:i + 16])
                     for i in range(0, len(nodes), 16)] or [sha(b"\3")]
            if len(nodes) == 1:
                return nodes[0]


def plain(value):
    if isinstance(value, dict):
        return {name: plain(v) for name, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return value.hex() if isinstance(value, bytes) else value


def main():
    words = argparse.ArgumentParser(description="Reads and checks a journal.")
    words.add_argument("dir")
    words.add_argument("--sample", type=int, default=1)
    words = words.parse_args()
    try:
        journal = Journal(words.dir, words.sample)
    except (Bad, UnicodeDecodeError, struct.error) as bad:
        print(f"journal.py: {bad}", file=sys.stderr)
        return 4
    for statement in journal.statements:
        print(json.dumps(plain(statement), ensure_ascii=False))
    print(json.dumps({
        "journal": journal.id.hex(), "entries": len(journal.leaves),
        "root": journal.root.hex(), "keys": len(journal.chains),
        "statements": len(journal.statements), "forks": journal.forks,
        "signatures": journal.signatures}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
