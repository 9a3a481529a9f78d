"""What the tests of real faults share: a world with an office whose collector
or agent fails, is put back as it was, and must have kept its promises.

TALLY_FAULTS=all tries every place of a fault, else a few are drawn:
TALLY_SEED draws the same again."""
import os
import random
import re
import shutil
import signal
import stat
import struct
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ["TALLY_SOURCE"], "tests", "e2e"))
from world import BIN, WAIT_S, World, reference, until  # noqa: E402

ALL = os.environ.get("TALLY_FAULTS") == "all"
SEED = int(os.environ.get("TALLY_SEED", "0")) or random.randrange(1 << 30)
DRAW = random.Random(SEED)
SKIPPED = 77  # what CTest takes for it
TARGETS = [f"live.t{n}" for n in range(1, 9)]
CATALOGUE = {
    "settings.csv": "key,value\nstart,2024-01-01\nend,2024-12-31\n",
    "units.csv": "unit,name_zh,kind\nbaima,白马镇,town\n"
                 "longmen,龙门镇,town\nhrss,人社局,department\n",
    "targets.csv": "target,name_zh,kind,uom_zh,compare,goal,lead\n" +
                   "".join(f"{t},失业人数,level,人,<=,900,hrss\n"
                           for t in TARGETS),
    "roster.csv": "target,unit,quota\n" + "".join(
        f"{t},{u},50\n" for t in TARGETS for u in ("baima", "longmen")),
}
# Calls that change a file, or what a disk has of it.
CHANGES = ("write,writev,pwrite64,pwritev,fdatasync,fsync,rename,ftruncate,"
           "unlink,unlinkat,mkdir,fallocate,fchmod,msync")


def main():
    """The tests of a file. What this machine cannot do is said, and CTest
    shows the file as skipped, even if the rest of it went well."""
    print(f"seed {SEED}", flush=True)
    run = unittest.main(module="__main__", verbosity=2, exit=False).result
    for test, why in run.skipped:
        print(f"skipped: {test.id()}: {why}", flush=True)
    if not run.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if run.skipped else 0)


# For LD_PRELOAD: our library comes before the sanitizers', and does not mind.
BESIDE_SANITIZERS = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") +
                     ":verify_asan_link_order=0"}


def at_places(places, count, one):
    """Tries one(place) at so many places, drawn, or at all. One that is not
    reached does not count: no two runs of a program are the same."""
    places = list(places)
    if not ALL:
        DRAW.shuffle(places)
    hits = 0
    for place in places:
        hits += bool(one(*place))
        if hits == count and not ALL:
            break


def value_of(line):
    value, = line["cells"].values()
    return value


class Standing(reference.Journal):
    """A journal as it lies there after a fault: of its last segment, what
    comes before a group that was cut off."""

    def __init__(self, folder):
        super().__init__(folder, sample=1 << 30)

    def read_segment(self, name, data):
        at = whole = 96
        try:
            while at < len(data):
                index, _, at = reference.read_frame(data, at)
                if index == reference.COMMIT_INDEX:
                    whole = at
        except reference.Bad:
            pass
        super().read_segment(name, data[:whole])


MOMENT = "2024-07-05 09:00"


class FaultyWorld(World):
    """One office, baima, that has said something and had its answer; nobody
    runs. begin() makes it so again."""

    def __init__(self, **more):
        self.pids = []
        self.value = 0
        self.log_at = 0
        super().__init__(CATALOGUE, MOMENT, **more)
        try:
            self.office = self.enrol("baima", "baima")
            self.say(2)
            self.agent(self.office, "sync", "--timeout", WAIT_S)
            self.until_signed()
            self.stop_collector()
            self.keep("begin")
        except BaseException:
            self.close()
            raise

    def end_all(self):
        """However it stands with them; also those whose strace is gone."""
        for pid in self.pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.pids = []
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.wait()
        self.running = []

    def close(self):
        self.end_all()
        super().close()

    # ---- what is put back ----

    def begin(self):
        self.end_all()
        self.collector_dir = self.path("collector")
        self.office = self.path("baima")
        self.set_clock(MOMENT)
        self.restore("begin")
        self.value = 2
        self.log_at = os.path.getsize(self.path("log"))

    def keep(self, name):
        for folder in (self.collector_dir, self.office):
            shutil.rmtree(f"{folder}.{name}", ignore_errors=True)
            shutil.copytree(folder, f"{folder}.{name}")

    def restore(self, name):
        for folder in (self.collector_dir, self.office):
            shutil.rmtree(folder)
            shutil.copytree(f"{folder}.{name}", folder)

    # ---- what is said ----

    def rows(self, count):
        """A report file, each value of which nobody else says."""
        text = "target,unit,period,value,reason\n"
        for target in TARGETS[:count]:
            self.value += 1
            text += f"{target},baima,2024M06,{self.value},counted again\n"
        return self.write("said.csv", text)

    def say(self, count, folder=None):
        self.agent(folder or self.office, "import", self.rows(count),
                   "--unchecked")

    # ---- what must hold ----

    def reports(self, folder=None):
        return [line for line in self.status(folder or self.office)[:-1]
                if line["kind"] == "report"]

    def check_acknowledged(self, folder=None, journal=None):
        """Each statement that its office has a receipt of stands in the
        journal where that says, and nowhere else; how many there are."""
        said = {}
        journal = journal or Standing(self.collector_dir)
        for statement in journal.statements:
            if statement["kind"] == "report":
                value = statement["said"]["cells"][0]["value"]
                said.setdefault(value, []).append(statement["at"])
        told = [line for line in self.reports(folder) if line.get("receipt")]
        for line in told:
            value = value_of(line)
            if said.get(value) != [line["receipt"]]:
                raise AssertionError(
                    f"acknowledged: {value} at {line['receipt']}; the journal "
                    f"has it at {said.get(value)}")
        return len(told)

    def check_drained(self, folder=None):
        """All that was said is delivered, admitted, and there once; the
        journal agrees with itself and with the store."""
        for line in self.reports(folder):
            if (line["state"], line["verdict"]) != ("delivered", "admitted"):
                raise AssertionError(f"not delivered: {line}")
        values = [value_of(line) for line in self.reports(folder)]
        if len(set(values)) != len(values):
            raise AssertionError(f"saved twice: {values}")
        told = self.check_acknowledged(folder)
        if self.audit().get("forks"):
            raise AssertionError("a fork")
        return told

    def trouble_in_log(self, *words):
        """Lines of the log since the begin that have one of the words."""
        with open(self.path("log"), "rb") as f:
            f.seek(self.log_at)
            lines = f.read().decode("utf-8", "replace").splitlines()
        return [line for line in lines if any(word in line for word in words)]

    # ---- programs under a fault ----

    def run_under(self, before, words, env=None, **more):
        """words are a program's; before stands before them, as strace."""
        process = subprocess.Popen(
            [*before, os.path.join(BIN, words[0]), *words[1:]],
            stdin=subprocess.DEVNULL, stdout=self.log,
            env={**os.environ, **(env or {})},
            **{"stderr": self.log, **more})
        self.running.append(process)
        return process

    def collector_words(self):
        return ["tally-collector", "run", "--dir", self.collector_dir,
                "--clock", self.clock]

    def ready(self):
        return os.path.exists(os.path.join(self.collector_dir, "endpoint"))

    def forget_ready(self):
        if self.ready():
            os.unlink(os.path.join(self.collector_dir, "endpoint"))

    def collector_pid(self):
        with open(os.path.join(self.collector_dir, "lock"),
                  encoding="ascii") as f:
            pid = int(f.read())
        self.pids.append(pid)
        return pid

    def start_collector_under(self, before=(), env=None):
        """Until it is ready, or has ended; its process id, or None."""
        self.forget_ready()
        self.collector = self.run_under(before, self.collector_words(), env)
        until(lambda: self.ready() or self.collector.poll() is not None,
              "the collector's start, or end")
        if self.collector.poll() is not None:
            return None
        return self.collector_pid() if before else self.collector.pid

    def end_collector(self, pid):
        """Asks it to end, and waits until it has, however; what it ended
        with."""
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        self.collector.wait(60)
        if pid in self.pids:
            self.pids.remove(pid)
        return self.collector.returncode

    def sync(self, folder=None):
        return self.start_agent(folder or self.office, "sync", "--timeout",
                                WAIT_S)

    def go_on_and_drain(self, sync=None, folder=None):
        """Without faults, until the office has delivered everything."""
        self.start_collector()
        if sync and sync.wait(90):
            raise AssertionError(f"sync: exit {sync.returncode}")
        self.agent(folder or self.office, "sync", "--timeout", WAIT_S)
        return self.check_drained(folder)


class Faults(unittest.TestCase):
    """Tests that share a world, which is for each of them as at its begin."""
    new_world = FaultyWorld

    @classmethod
    def setUpClass(cls):
        cls.world = cls.new_world()
        cls.addClassCleanup(cls.world.close)

    def setUp(self):
        self.world.begin()
        self.addCleanup(self.world.end_all)


# ---- strace ----

# The sanitizers' search for leaks is no use in a traced program.
TRACED = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") +
          ":detect_leaks=0"}


def strace(out, *more, calls=CHANGES):
    return ["strace", "-y", "-o", out, "-e", f"trace={calls}", *more]


def without_strace():
    """Why not, or None."""
    try:
        run = subprocess.run(["strace", "-o", "/dev/null", "true"],
                             capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "strace is not installed"
    if run.returncode:
        return f"strace: {run.stderr.strip()}"
    if os.geteuid():
        return "needs root: strace takes hold of a collector that runs"
    return None


def calls_in(trace, folder):
    """Of what strace -f wrote, the calls that concern the folder: whose thread
    it is, the call, and the how manieth of this name it was in its thread, as
    strace counts them."""
    places, counts, whose = [], {}, {}
    with open(trace, encoding="utf-8", errors="replace") as f:
        for line in f:
            call = re.match(r"(\d+) +(\w+)\(", line)
            if not call:
                continue
            thread, name = call.groups()
            counts[thread, name] = counts.get((thread, name), 0) + 1
            if folder not in line:
                continue
            if not whose:
                whose[thread] = "main"
            elif thread not in whose:
                whose[thread] = "flusher" if "/store/" in line else "notary"
            places.append((whose[thread], name, counts[thread, name]))
    return places


# ---- a disk that fails, fault_disk.c ----

RECORD = struct.Struct("=IIQQ")
SECTOR = 512


class Disk:
    """What fault_disk.c does to a program below a folder, and what a power cut
    leaves of it there. One object for each run of a program."""

    def __init__(self, world, root, fault=""):
        self.root = root
        self.log = world.path("disk")
        if os.path.exists(self.log):
            os.unlink(self.log)
        self.env = {
            "LD_PRELOAD": os.path.join(os.environ["TALLY_BUILD"], "tests",
                                       "fault_disk.so"),
            "TALLY_FAULT_ROOT": root, "TALLY_FAULT_LOG": self.log,
            "TALLY_FAULT": fault, **BESIDE_SANITIZERS}
        self.before = Durable(root)

    def records(self):
        """What, inode, offset, data."""
        with open(self.log, "rb") as f:
            data = f.read()
        at = 0
        while at < len(data):
            what, size, inode, offset = RECORD.unpack_from(data, at)
            at += RECORD.size
            yield chr(what), inode, offset, data[at:at + size]
            at += size

    def struck(self):
        """Calls that the fault has hit, by name."""
        return [data.decode() for what, _, _, data in self.records()
                if what == "X"]

    def count(self, kind):
        """Of calls that such a fault might have hit, by a program that has
        ended."""
        return max((offset for what, _, offset, data in self.records()
                    if what == "Z" and data.decode() == kind), default=0)

    def cut(self, keep="some"):
        """The power goes: of what was not synced, nothing is left, all or
        some, by names in their order, by bytes in sectors."""
        for record in self.records():
            self.before.take(*record)
        self.before.write(keep)


class Durable:
    """A folder as its disk has it for certain, and what waits for a sync. A
    file is a number of ours, as inodes are used again."""

    def __init__(self, root):
        self.root = root
        self.names = {}    # path -> file, or None for a folder
        self.modes = {}    # path -> mode
        self.bytes = {}    # file -> what is certain
        self.files = {}    # inode -> file or, of a folder, its path
        self.later = {}    # file -> (offset, bytes or None: cut there)
        self.changed = []  # names: folder, what, path or paths, file
        self.certain = {}  # folder -> so many of changed are
        self.seen = set()  # files that were written to by calls
        for folder, _, names in os.walk(root):
            self.add_folder(folder, os.stat(folder))
            for name in names:
                path = os.path.join(folder, name)
                found = os.lstat(path)
                if stat.S_ISREG(found.st_mode):
                    with open(path, "rb") as f:
                        self.add_file(path, found.st_ino, f.read())
                    self.modes[path] = found.st_mode

    def add_folder(self, path, found):
        self.names[path] = None
        self.modes[path] = found.st_mode
        self.files[found.st_ino] = path

    def new_file(self, inode, content=b""):
        file = len(self.bytes)
        self.files[inode] = file
        self.bytes[file] = content
        return file

    def add_file(self, path, inode, content):
        self.names[path] = self.new_file(inode, content)

    # ---- what happened ----

    def take(self, what, inode, offset, data):
        file = self.files.get(inode)
        if what in "WT":
            self.later.setdefault(file, []).append(
                (offset, data if what == "W" else None))
        elif what == "P":
            self.bytes[file] = changed(self.bytes[file], offset, data)
            self.seen.add(file)
        elif what == "S" and isinstance(file, str):
            self.certain[file] = len(self.changed)
        elif what == "S":
            self.bytes[file] = self.newest(file)
            self.later.pop(file, None)
        elif what == "E":
            self.later.pop(file, None)
        elif what in "CMUR":
            self.take_name(what, inode, data.decode())
        if what in "WT":
            self.seen.add(file)

    def take_name(self, what, inode, text):
        path, _, to = text.partition("\0")
        file = None
        if what == "C":
            file = self.new_file(inode)
            self.seen.add(file)
        elif what == "M":
            self.files[inode] = path
        elif what == "R" and isinstance(self.files.get(inode), str):
            self.files[inode] = to
        self.changed.append((os.path.dirname(to or path), what, path, to,
                             file))

    def newest(self, file):
        content = self.bytes[file]
        for offset, data in self.later.get(file, ()):
            content = changed(content, offset, data)
        return content

    # ---- what is left ----

    def left_of(self, file, keep):
        old, new = self.bytes[file], self.newest(file)
        if keep != "some":
            return old if keep == "nothing" else new
        size = len(DRAW.choice((old, new)))
        if DRAW.random() < 0.5:  # all sectors, or each for itself
            return changed(new, size, None)
        return b"".join(
            changed(DRAW.choice((old, new)), size, None)[at:at + SECTOR]
            for at in range(0, size, SECTOR))

    def left_names(self, keep):
        """What is certain of each folder, and some changes that follow."""
        later, lost = {}, set()
        for at, (folder, *_) in enumerate(self.changed):
            if at >= self.certain.get(folder, 0):
                later.setdefault(folder, []).append(at)
        for places in later.values():
            kept = DRAW.randint(0, len(places)) if keep == "some" else \
                len(places) if keep == "all" else 0
            lost.update(places[kept:])
        names = dict(self.names)
        for at, (_, what, path, to, file) in enumerate(self.changed):
            if at in lost:
                continue
            if what in "CM":
                names[path] = file
                self.modes.setdefault(path, 0o600 if what == "C" else 0o700)
            elif what == "U":
                names.pop(path, None)
            else:
                rename(names, self.modes, path, to)
        return names

    def write(self, keep):
        """In the place of what is there."""
        names = self.left_names(keep)
        left = {file: self.left_of(file, keep) for file in names.values()
                if file is not None}
        for inode, file in self.files.items():
            if file in left and file not in self.seen:
                left[file] = self.mapped(inode) or left[file]
        shutil.rmtree(self.root)
        for path in sorted(names):
            if names[path] is None:
                os.mkdir(path)
            elif os.path.isdir(os.path.dirname(path)):
                with open(path, "wb") as f:
                    f.write(left[names[path]])
            else:
                continue  # its folder is lost
            os.chmod(path, stat.S_IMODE(self.modes[path]))

    def mapped(self, inode):
        """Of a file that no call has changed, what memory has."""
        for folder, _, names in os.walk(self.root):
            for name in names:
                path = os.path.join(folder, name)
                if os.lstat(path).st_ino == inode:
                    with open(path, "rb") as f:
                        return f.read()
        return None


def changed(content, offset, data):
    """data None: cut, or grown with zeros, to offset."""
    grown = content + bytes(max(0, offset - len(content)))
    if data is None:
        return grown[:offset]
    return grown[:offset] + data + grown[offset + len(data):]


def rename(names, modes, path, to):
    """A file or a folder, if it is there."""
    if path not in names:
        return
    for old in [n for n in names if n == path or n.startswith(path + "/")]:
        new = to + old[len(path):]
        names[new] = names.pop(old)
        modes[new] = modes[old]
