"""Texts of scenarios with a few random mistakes, as hands and editors make them.

``python tests/mutations.py COUNT SEED`` goes through many more than the suite does, by the
command line's own door, and prints what ended in another way than 0 or 2.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = (
    ROOT / "scenarios" / "first-steps.yaml",
    ROOT / "sim" / "cli" / "template.yaml",
    ROOT / "scenarios" / "small-city.yaml",
    ROOT / "scenarios" / "small-city-today.yaml",
    ROOT / "scenarios" / "uong-bi-2021.yaml",
)
WEIGHTS = (50, 35, 7, 7, 1)
"""How often each is taken: the long ones take long."""
NASTY: tuple[str, ...] = (
    *"\t\n\r :;,.-+*&!|>%@`'\"[]{}()#?~<=\\/_0123456789eExX",
    "\u00a0", "\u200b", "\u2028", "\ufeff", "\u201c", "\u2019", "\uff1a", "ộ", "o\u0302\u0323",
    "\x00", "\x1b", "\x85", "\ud7ff", "\U0001f600", "null", "true", "NO", "<<", "---", "...",
)  # fmt: skip
TOKENS: tuple[str, ...] = (
    "128,443", "0,5 h", "95,35%", "31/12/2021", "2021-02-30", "07:30", "7h30", "-1", "0", "1e400",
    ".inf", ".nan", "9" * 40, "rest", "always", "base", "[]", "{}", "[[]]", "{a: {b: c}}", "2 days",
    "working days", "25%", "125%", "counter", "due", "extends", "*x", "&x", "!x", "each", "file",
    "1 working h", "city.land@", "@", "..", "~", "''", "'", '"', "x" * 300, "{file: wards.csv}",
)  # fmt: skip


def mutated(text: str, chance: random.Random) -> str:
    """Make one to three random changes in a text."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        text = _changed(text, chance)
    return text


def _changed(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    place = chance.randrange(len(text) + 1)
    match chance.randrange(11):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[chance.randrange(len(lines))])
        case 2:
            other = chance.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        case 3:
            lines[at] = " " * chance.randrange(5) + lines[at]
        case 4:
            lines[at] = lines[at].removeprefix(" " * chance.randrange(1, 5))
        case 5:
            return text[:place] + chance.choice(NASTY) + text[place:]
        case 6:
            return text[:place] + text[place + chance.randrange(1, 12) :]
        case 7:
            return text[:place]
        case 8:
            words = lines[at].split(" ")
            words[chance.randrange(len(words))] = chance.choice(TOKENS)
            lines[at] = " ".join(words)
        case 9:
            words, others = lines[at].split(" "), text.split()
            words[chance.randrange(len(words))] = chance.choice(others or [""])
            lines[at] = " ".join(words)
        case _:
            lines[at] = lines[at].swapcase()
    return "\n".join(lines)


def encoded(text: str, chance: random.Random) -> bytes:
    """Write a text as UTF-8, now and then as something else."""
    if chance.random() < 0.98:
        return text.encode("utf-8", "surrogatepass")
    return text.encode(chance.choice(("utf-16", "utf-8-sig", "cp1258", "utf-32")), "replace")


def folder_with_tables(folder: Path) -> Path:
    """Put the files that scenarios name into a folder; give the path of the scenario to write."""
    shutil.copytree(ROOT / "scenarios" / "tables", folder / "tables")
    shutil.copy(ROOT / "scenarios" / "small-city.yaml", folder)
    return folder / "mutated.yaml"


def main(count: int, seed: int) -> None:
    """Check many mutations with `onestop check` and print what went wrong."""
    import contextlib
    import io

    from sim.cli import onestop
    from sim.errors import InputError

    chance = random.Random(seed)
    texts = [source.read_text("utf-8") for source in SOURCES]
    ends: Counter[str] = Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        path = folder_with_tables(Path(folder))
        for number in range(count):
            content = encoded(mutated(chance.choices(texts, WEIGHTS)[0], chance), chance)
            path.write_bytes(content)
            begun = time.process_time()
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    onestop.main(["check", "-q", str(path)], standalone_mode=False)
                end = "0"
            except InputError as error:
                lines = content.count(b"\n") + content.count(b"\r") + 2
                wrong = [p for p in error.problems if len(str(p).splitlines()) != 1]
                far = [p for p in error.problems if p.file == str(path) and p.line > lines]
                end = "2" if error.problems and not wrong and not far else "2, ill told"
            except BaseException as error:
                end = f"{type(error).__name__}: {error}"[:200]
            took = time.process_time() - begun
            slowest = max(slowest, took)
            if end not in ("0", "2") or took > 5:
                kept = Path(tempfile.gettempdir()) / f"mutation-{seed}-{number}.yaml"
                kept.write_bytes(content)
                print(f"{kept}: {end} ({took:.1f} s)", flush=True)
            ends[end] += 1
    print(f"{count} mutations, slowest {slowest:.2f} s: {dict(ends)}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
