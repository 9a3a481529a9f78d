#!/usr/bin/env python3
"""Writes files, and those of a folder of pages, as a C source:
embed.py FOLDER OUT [FILE..]"""
import gzip
import hashlib
import os
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}


def array(name, data):
    rows = [", ".join(str(byte) for byte in data[at:at + 20])
            for at in range(0, len(data), 20)]
    return (f"static const uint8_t {name}[] = {{\n\t" + ",\n\t".join(rows) +
            "\n};\n")


def main(folder, out, *more):
    paths = [os.path.join(folder, name) for name in os.listdir(folder)
             if os.path.splitext(name)[1] in TYPES]
    text, table = [], []
    for number, path in enumerate(sorted([*paths, *more])):
        name = os.path.basename(path)
        with open(path, "rb") as f:
            data = f.read()
        packed = gzip.compress(data, mtime=0)
        text += [array(f"plain_{number}", data),
                 array(f"packed_{number}", packed)]
        etag = hashlib.sha256(data).hexdigest()[:16]
        kind = TYPES[os.path.splitext(name)[1]]
        table.append(f'\t{{ "/{name}", "{kind}", "\\"{etag}\\"", '
                     f"plain_{number}, packed_{number}, {len(data)}, "
                     f"{len(packed)} }},\n")
    with open(out, "w", encoding="utf-8") as f:
        f.write('#include "collector/assets.h"\n\n' + "\n".join(text) +
                "\nconst struct asset assets[] = {\n" + "".join(table) +
                "};\nconst size_t asset_count = sizeof(assets) / "
                "sizeof(assets[0]);\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
