"""What a golden journal must give for ever: its answers, by name. make.py
writes them beside the journal, e2e/test_golden.py asks for them again."""
import json
import os

FOLDER = os.path.dirname(os.path.abspath(__file__))
CUTOFFS = "2024-05-31", "2024-06-30", "2024-07-31"
KNOWN_BY = "2024-07-06"


def expected(name):
    """The folder of its answers."""
    return os.path.join(FOLDER, name, "expected")


def journals():
    return sorted(name for name in os.listdir(FOLDER)
                  if os.path.isdir(expected(name)))


def answers(ask, directory):
    """ask(command, *words): what tally-audit prints. Of each size of the
    journal the figures' links; of the last one all views of the figures."""
    out = {"verify.json": ask("verify", directory, "--json")}
    size = json.loads(out["verify.json"])["entries"]
    replayed = [ask("replay", directory, "--until", str(at), "--json")
                for at in range(1, size + 1)]
    out["replay.jsonl"] = "".join(replayed)
    for cutoff in CUTOFFS:
        out[f"figures-{cutoff}.jsonl"] = ask(
            "figures", directory, "--cutoff", cutoff, "--all", "--json")
        out[f"known-by-{cutoff}.jsonl"] = ask(
            "figures", directory, "--cutoff", cutoff, "--known-by", KNOWN_BY,
            "--all", "--json")
    for view in "kept", "standings", "counts":
        out[view + ".jsonl"] = ask("figures", directory, "--" + view, "--all",
                                   "--json")
    return out
