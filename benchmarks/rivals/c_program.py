"""C: a program written for this network alone, with the calendar and the trace of onestop."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from rivals.network import Outcome, Run

SOURCE = Path(__file__).with_name("six_stations.c")
COMPILER = shutil.which("cc")


@contextmanager
def compiled() -> Iterator[Run]:
    """Compile the program for this machine, and give what runs it."""
    with TemporaryDirectory() as folder:
        program = Path(folder) / "six_stations"
        options = ["-std=c11", "-O3", "-march=native"]
        subprocess.run([str(COMPILER), *options, SOURCE, "-lm", "-o", program], check=True)

        def run(seed: int) -> Outcome:
            printed = subprocess.run([program, str(seed)], check=True, capture_output=True)
            visits, seconds, *waits = printed.stdout.split()
            return Outcome(int(visits), float(seconds), tuple(map(float, waits)))

        yield run
