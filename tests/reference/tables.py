"""CSV as spreadsheets write it. docs/figures.md, section 3."""

import csv
import io
import os


class Row(dict):
    """Filled cells by column; what is blank reads as the empty text."""

    number = 0

    def __missing__(self, key):
        return ""


def rows_of(data):
    if isinstance(data, bytes):
        try:
            data = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            data = data.decode("gb18030")
    head, found = None, []
    for number, cells in enumerate(csv.reader(io.StringIO(data, newline="")),
                                   1):
        cells = [cell.strip() for cell in cells]
        if head is None:
            head = cells
            continue
        if not any(cells) or cells[0].startswith("#"):
            continue
        row = Row((name, cell) for name, cell in zip(head, cells) if cell)
        row.number = number
        found.append(row)
    return found


def split(text):
    return [x.strip() for x in text.replace("；", ";").split(";") if x.strip()]


def read_folder(folder):
    """The tables of a catalogue by name."""
    found = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".csv"):
            with open(os.path.join(folder, name), "rb") as file:
                found[name[:-4]] = file.read()
    return found
