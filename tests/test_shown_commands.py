"""The pages that show what commands print show what they print."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = (
    ROOT / "docs" / "three-questions.md",
    *sorted((ROOT / "docs" / "scenarios").glob("[!R]*.md")),
)
SHOWN = re.compile(
    r"^    (?P<command>onestop [^\n]*)\n(?P<between>(?:(?!^    onestop ).)*?)"
    r"^```text\n(?P<output>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
LEFT_OUT = "…"


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_line_shown_is_printed_in_that_order(page: Path, tmp_path: Path) -> None:
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    text = page.read_text("utf-8")
    examples = list(SHOWN.finditer(text))
    assert len(examples) == text.count("\n    onestop ") - text.count("\n    onestop plot ")
    for example in examples:
        _, *arguments = shlex.split(example["command"])
        done = subprocess.run(
            [sys.executable, "-m", "sim", *arguments], cwd=tmp_path, capture_output=True,
            text=True, encoding="utf-8", timeout=1800, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        printed = iter([line.strip() for line in done.stdout.splitlines()])
        for line in example["output"].splitlines():
            if line.strip() not in ("", LEFT_OUT):
                assert line.strip() in printed, (example["command"], line)
