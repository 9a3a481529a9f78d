"""The examples of the catalogue's guides: files, and what programs make of
them.

A block ```csv NAME is a file of the catalogue (or reports.csv) of its section.
Files that a section does not have are those of the first one, settings.csv and
units.csv alone where figures are shown (```text OPTIONS, what `tally-audit
figures` prints between its title and its counts), all of the catalogue where it
is tried (```text try, what `tally-agent apply --dry-run` says)."""
import os
import re

SOURCE = os.environ["TALLY_SOURCE"]
GUIDES = {"en": "catalogue.md", "zh": "catalogue.zh.md"}


class Example:
    def __init__(self, title):
        self.title = title
        self.files = {}
        self.options = None  # of figures
        self.shown = None  # what they print
        self.tried = None  # what a dry run says

    def catalogue(self, first):
        kept = first.files if self.tried is not None else {
            name: first.files[name] for name in ("settings.csv", "units.csv")}
        return {name: text for name, text in {**kept, **self.files}.items()
                if name != "reports.csv"}

    def reports(self):
        return self.files.get("reports.csv", "target,unit,period\n")


def examples(lang):
    """Of a guide, in order; each has files."""
    path = os.path.join(SOURCE, "docs", GUIDES[lang])
    with open(path, encoding="utf-8") as f:
        text = f.read()
    found, at = [], None
    for title, info, block in re.findall(
            r"^##+ (.*)$|^```(.+)\n((?:(?!```).*\n)*)```$", text, re.M):
        kind, _, rest = info.partition(" ")
        if title:
            at = Example(title)
        elif kind == "csv":
            if not at.files:
                found.append(at)
            if rest in at.files:
                raise AssertionError(f"{path}: {at.title}: {rest} twice")
            at.files[rest] = block
        elif rest == "try":
            at.tried = block
        else:
            at.options, at.shown = rest.split(), block
    return found


def figures_shown(printed):
    """The table without title and counts, as the guides show it."""
    return "".join(x.rstrip() + "\n"
                   for x in printed.split("\n\n")[1].splitlines())


def try_shown(run, folder):
    """What a dry run says, both streams."""
    return (run.stderr + run.stdout).replace(folder, "2024/")
