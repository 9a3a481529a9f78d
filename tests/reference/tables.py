"""CSV as spreadsheets write it. docs/figures.md, section 3."""

import csv
import io
import os

from rules import mark


class Row(dict):
    """Filled cells by column; what is blank reads as the empty text."""

    number = 0

    def __missing__(self, key):
        return ""


def rows_of(data):
    if isinstance(data, bytes):
        try:
            if data.startswith(b"\xef\xbb\xbf"):
                mark("3 byte order mark")
            data = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            mark("3 GB18030")
            data = data.decode("gb18030")
    if "\r\n" in data:
        mark("3 CRLF")
    head, found = None, []
    for number, cells in enumerate(csv.reader(io.StringIO(data, newline="")),
                                   1):
        cells = [cell.strip() for cell in cells]
        if head is None:
            head = cells
            continue
        if not any(cells) or cells[0].startswith("#"):
            mark("3 comment row" if any(cells) else "3 blank row")
            continue
        if any("\n" in cell for cell in cells):
            mark("3 line break in a cell")
        row = Row((name, cell) for name, cell in zip(head, cells) if cell)
        row.number = number
        found.append(row)
    return found


def split(text):
    if "；" in text:
        mark("3 list by ；")
    return [x.strip() for x in text.replace("；", ";").split(";") if x.strip()]


def read_folder(folder):
    """The tables of a catalogue by name."""
    found = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".csv"):
            with open(os.path.join(folder, name), "rb") as file:
                found[name[:-4]] = file.read()
    return found
