"""Commands run as a user runs them, in this process or in one of their own, and what they left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import sim.cli


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        def refuse(constant: str) -> None:
            pytest.fail(f"{constant} is not JSON")

        found = json.loads(self.out, parse_constant=refuse)
        assert isinstance(found, dict)
        return found


Onestop = Callable[..., Outcome]


def in_this_process(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Onestop:
    """Give what runs a command in this process."""

    def run(*arguments: str | Path) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["onestop", *map(str, arguments)])
        capsys.readouterr()
        try:
            sim.cli.main()
        except SystemExit as end:
            assert isinstance(end.code, int)
            return Outcome(end.code, *capsys.readouterr())
        pytest.fail("a command ends with an exit code")

    return run


def onestop_beside(**scenarios: str) -> Any:
    """Make a fixture that runs a command in this process, in a folder that has these scenarios."""

    @pytest.fixture
    def onestop(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> Onestop:
        monkeypatch.chdir(tmp_path)
        for name, text in scenarios.items():
            (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
        return in_this_process(monkeypatch, capsys)

    return onestop


def wait_until(process: subprocess.Popen[str], happened: Callable[[], bool]) -> None:
    """Wait until something happened, or the process has ended, or for twenty seconds."""
    for _ in range(400):
        if happened() or process.poll() is not None:
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)


def done(outcome: Outcome) -> Outcome:
    assert outcome.code == 0, outcome.err
    return outcome


def refused(outcome: Outcome) -> str:
    """Give what a refusal says; nothing else may be on the screen."""
    assert outcome.code == 2
    assert outcome.out == ""
    assert "Traceback" not in outcome.err
    assert outcome.err.endswith("\n")
    return outcome.err.rstrip("\n")


@contextmanager
def onestop_process(
    folder: Path, *arguments: str, stdout: int = subprocess.PIPE
) -> Iterator[subprocess.Popen[str]]:
    """Start a command as a terminal does, in a group of its own; nothing of it stays behind."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sim", *arguments],
        cwd=folder, stdout=stdout, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
