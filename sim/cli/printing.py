"""Printing of JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

import click


def print_object(found: dict[str, Any]) -> None:
    """Print one JSON object, its letters as they are where the output can take them."""
    unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    click.echo(json.dumps(found, ensure_ascii=not unicode, allow_nan=False))
