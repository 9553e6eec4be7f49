"""What the how-to pages show runs as it stands, in the order in which it stands."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs" / "how-to").glob("*.md"))
ELSEWHERE = "192.0.2.1"
SHOWN = re.compile(
    r"^ {4,7}(?P<command>(?:onestop|tar) [^\n]*)$"
    r"|^```python\n# runs as it stands\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


def shown(page: Path) -> list[tuple[str, str]]:
    """Give the commands and the Python that a page shows and this machine can run."""
    found = []
    for match in SHOWN.finditer(page.read_text("utf-8")):
        if match["code"]:
            found.append(("code", match["code"]))
        elif ELSEWHERE not in match["command"]:
            found.append(("command", match["command"]))
    return found


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_a_how_to_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    steps = shown(page)
    if page.stem == "archive-a-study":
        steps = [*made_before(), *steps]
    assert steps
    for kind, text in steps:
        if kind == "code":
            (tmp_path / "shown.py").write_text(text, "utf-8")
            arguments = [sys.executable, "shown.py"]
        else:
            program, *rest = shlex.split(text)
            programs = {"onestop": [sys.executable, "-m", "sim"]}
            arguments = [*programs.get(program, [program]), *rest]
        done = subprocess.run(
            arguments, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8",
            timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (text, done.stderr)
        assert "Traceback" not in done.stderr
        assert done.stdout or text.startswith("tar")


def made_before() -> list[tuple[str, str]]:
    """Give what made the study that is archived."""
    return shown(ROOT / "docs" / "how-to" / "read-a-study.md")[:1]
