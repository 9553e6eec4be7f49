"""The page of three questions shows what its commands print."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "three-questions.md"
SHOWN = re.compile(
    r"^    (?P<command>onestop [^\n]*)\n(?P<between>(?:(?!^    onestop ).)*?)"
    r"^```text\n(?P<output>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
LEFT_OUT = "…"


@pytest.mark.slow
def test_every_line_shown_is_printed_in_that_order(tmp_path: Path) -> None:
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    examples = list(SHOWN.finditer(PAGE.read_text("utf-8")))
    assert len(examples) == PAGE.read_text("utf-8").count("\n    onestop ")
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
