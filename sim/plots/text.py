"""Text on figures: its measured width, lines that fit, numbers as people write them."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties
from matplotlib.ticker import FuncFormatter

from sim.scenario.measure_names import SHARES

THIN = "\N{NARROW NO-BREAK SPACE}"
_MINUS = "\N{MINUS SIGN}"
_DPI = 200
_PIECE = re.compile(r"[^\s\-_.:/]*(?:[\-_.:/]+|\s+|$)")


@lru_cache(maxsize=1)
def _renderer() -> RendererAgg:
    return RendererAgg(1, 1, _DPI)  # type: ignore[no-untyped-call]


@lru_cache(maxsize=4096)
def width(text: str, size: float, bold: bool = False) -> float:
    """Measure a line of text, in inches."""
    font = FontProperties(family="DejaVu Sans", size=size, weight="bold" if bold else "normal")
    pixels, _, _ = _renderer().get_text_width_height_descent(  # type: ignore[no-untyped-call]
        text, font, ismath=False
    )
    return float(pixels) / _DPI


def wrapped(text: str, room: float, size: float, bold: bool = False) -> str:
    """Break a text into lines no wider than so many inches; every letter of it stays.

    Lines end at spaces and after ``- _ . : /``, and elsewhere only in a word that is too long.
    Accents are composed first: a letter and its marks are never apart.
    """
    lines = [""]
    for piece in _pieces(unicodedata.normalize("NFC", text), room, size, bold):
        if lines[-1] and width((lines[-1] + piece).rstrip(), size, bold) > room:
            lines.append("")
        lines[-1] += piece
    return "\n".join(line.strip() for line in lines)


def _pieces(text: str, room: float, size: float, bold: bool) -> Iterator[str]:
    for piece in _PIECE.findall(text):
        rest = piece
        while width(rest.rstrip(), size, bold) > room and len(rest) > 1:
            fits = next(
                n for n in range(len(rest) - 1, 0, -1)
                if n == 1 or width(rest[:n], size, bold) <= room
            )  # fmt: skip
            yield rest[:fits]
            rest = rest[fits:]
        yield rest


def lines(texts: Iterable[str]) -> int:
    """Count the lines of the longest of some texts."""
    return max((text.count("\n") + 1 for text in texts), default=1)


def grouped(value: float) -> str:
    """Write a number as a whole one, its thousands apart."""
    return f"{round(value):,}".replace(",", THIN)


def counted(value: float, one: str, many: str) -> str:
    """Write a number and what it counts."""
    text = grouped(value)
    return f"{text} {one if text == '1' else many}"


def percent(share: float, decimals: int = 1) -> str:
    """Write a share as a percentage, without rounding what is below 100 % up to it."""
    if math.isnan(share):
        return "–"
    while share < 1 and round(100 * share, decimals) >= 100 and decimals < 4:
        decimals += 1
    return f"{100 * share:.{decimals}f}{THIN}%"


def measured(value: float, measure: str) -> str:
    """Write a value of a measure with three digits; shares in per cent, with a decimal."""
    if measure in SHARES:
        return percent(value)
    decimals = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{value:,.{decimals}f}".replace(",", THIN)


def signed(value: float, half: float = math.nan) -> str:
    """Write a difference with its sign, and half its interval with two digits if it has any."""
    if math.isnan(value):
        return "–"
    if half > 0:
        decimals = max(1 - math.floor(math.log10(half)), 0)
        rounded = round(value, decimals) or 0.0  # not "-0.00"
        text = f"{rounded:+,.{decimals}f} ± {half:,.{decimals}f}"
    else:
        text = f"{value:+,.0f}" if abs(value) >= 1000 else f"{value:+.4g}" if value else "0"
    return text.replace(",", THIN).replace("-", _MINUS)


def percent_axis() -> FuncFormatter:
    """Write the ticks of an axis of shares."""
    return FuncFormatter(lambda share, _: f"{100 * share:.5g}{THIN}%")


def grouped_axis() -> FuncFormatter:
    """Write the ticks of an axis of counts."""
    return FuncFormatter(lambda value, _: grouped(value))


def signed_axis(factor: float = 1) -> FuncFormatter:
    """Write the ticks of an axis of differences, multiplied by a factor."""
    return FuncFormatter(lambda value, _: signed(factor * value))
