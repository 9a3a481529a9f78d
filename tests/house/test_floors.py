#!/usr/bin/env python3
"""A file includes only what lies below it, and each library has one door."""
import os
import re
import unittest

SOURCE = os.environ["TALLY_SOURCE"]

# Folder -> folders it may include from, its own among them.
FLOORS = {
    "base": {"base"},
    "base/rt": {"base", "base/rt"},
    "proto": {"base", "proto"},
    "proto/catalogue": {"base", "proto", "proto/catalogue"},
    "proto/figure": {"base", "proto", "proto/catalogue", "proto/figure"},
}
SAID = FLOORS["proto/figure"]
FLOORS["store"] = SAID | {"store"}
for program in ("collector", "agent", "audit"):
    FLOORS[program] = FLOORS["store"] | {"base/rt", program}

# Header of a library -> the only files that may include it.
DOORS = {
    "lmdb.h": r"store/db\.c",
    "zmq.h": r"base/rt/loop\.c|collector/gate\.c|agent/socket\.c",
    ".*\\.pb-c\\.h": r"proto/wire(_\w+)?\.[ch]",
    "protobuf-c/.*": r"proto/wire(_\w+)?\.[ch]",
    "openssl/.*": r"proto/hash\.c",
    "sodium.h": r"proto/sign\.c",
    "gmp.h": r"proto/figure/rational\.c",
    "isa-l.*|crc.h": r"store/crc\.c",
    "ini.h": r"base/rt/config\.c",
    "jansson.h": r"proto/figure/measure_json\.c",
    "microhttpd.h": r"base/rt/http\.c",
    "xlsxwriter.*": r"base/rt/sheet\.c",
    "iconv.h": r"proto/csv(_\w+)?\.c",
}

# Comments and strings; the definition of a function that others may call.
WORDS = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)
FUNCTION = re.compile(
    r"^(?!static|typedef|#)[a-z_][^;{}()=]*?\b(\w+)\([^;{}]*?\)\n\{", re.M)
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def sources():
    for folder in FLOORS:
        for name in sorted(os.listdir(os.path.join(SOURCE, folder))):
            if name.endswith((".c", ".h")):
                path = f"{folder}/{name}"
                with open(os.path.join(SOURCE, path), encoding="utf-8") as f:
                    yield folder, path, INCLUDE.findall(f.read())


class Floors(unittest.TestCase):
    def test_files_include_only_lower_floors(self):
        seen = 0
        for folder, path, includes in sources():
            for kind, name in includes:
                if kind == "<" or name.endswith(".pb-c.h"):
                    continue
                seen += 1
                self.assertIn(os.path.dirname(name), FLOORS[folder],
                              f"{path} includes {name}")
                self.assertTrue(
                    os.path.exists(os.path.join(SOURCE, name)),
                    f"{path} includes {name}, which is not there")
        self.assertGreater(seen, 50)

    def test_files_of_a_folder_form_an_order(self):
        graph = {}
        for _, path, includes in sources():
            module = path.rsplit(".", 1)[0]
            wanted = graph.setdefault(module, set())
            if path.endswith(".h"):
                wanted.update(name.rsplit(".", 1)[0]
                              for kind, name in includes if kind == '"')
        done, path = set(), []

        def visit(module):
            self.assertNotIn(module, path,
                             "circle: " + " > ".join(path + [module]))
            if module in done:
                return
            path.append(module)
            for other in sorted(graph.get(module, ())):
                visit(other)
            path.pop()
            done.add(module)

        for module in sorted(graph):
            visit(module)

    def test_what_calls_what_has_no_circle_either(self):
        """A header that several sources share hides circles from the test
        above: here a source stands on those whose functions it names."""
        homes, texts = {}, {}
        for _, path, _ in sources():
            if not path.endswith(".c"):
                continue
            with open(os.path.join(SOURCE, path), encoding="utf-8") as f:
                text = WORDS.sub(" ", f.read())
            texts[path] = set(re.findall(
                r"(?<!struct )(?<!enum )(?<!->)(?<!\.)\b\w+\b", text))
            for name in FUNCTION.findall(text):
                homes[name] = path
        self.assertGreater(len(homes), 500)
        graph = {path: {homes[word] for word in words
                        if word in homes and homes[word] != path and
                        os.path.dirname(homes[word]) == os.path.dirname(path)}
                 for path, words in texts.items()}
        done = set()

        def visit(source, trail):
            self.assertNotIn(source, trail,
                             "circle: " + " > ".join(trail + [source]))
            if source not in done:
                for other in sorted(graph[source]):
                    visit(other, trail + [source])
                done.add(source)

        for source in sorted(graph):
            visit(source, [])

    def test_each_library_has_one_door(self):
        for _, path, includes in sources():
            for _, name in includes:
                for library, door in DOORS.items():
                    if re.fullmatch(library, name):
                        self.assertRegex(path, f"^({door})$",
                                         f"{path} includes {name}")

    def test_a_source_includes_its_own_header_first(self):
        for _, path, includes in sources():
            own = path[:-1] + "h"
            if path.endswith(".c") and os.path.exists(
                    os.path.join(SOURCE, own)):
                self.assertTrue(includes and includes[0][1] == own,
                                f"{path} does not include {own} first")


if __name__ == "__main__":
    unittest.main()
