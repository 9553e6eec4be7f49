"""The page that all figures share: width, type, colours, title, legend and footnote."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec

from matplotlib import style
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.legend import Legend

from sim.experiment.study import Study
from sim.plots.text import counted, lines, width, wrapped

P = ParamSpec("P")

WIDTH = 6.3
"""Inches: the text of an A4 page."""
MARGIN = 0.06
TITLE, LABEL, SMALL = 10.0, 8.0, 7.0
"""Sizes of type, in points."""
LINE = 1.25 / 72
"""Inches from line to line for each point of size."""

INK, MUTED, FAINT = "#222222", "#5A5A5A", "#DDDDDD"

STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": LABEL,
    "axes.titlesize": LABEL,
    "axes.titlelocation": "left",
    "axes.labelsize": LABEL,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": FAINT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "text.parse_math": False,
    "legend.fontsize": LABEL,
    "legend.frameon": False,
    "figure.dpi": 200,
    "savefig.dpi": 200,
    "svg.hashsalt": "onestop",
}

_POLICIES = ("#333333", "#4477AA", "#EE6677", "#228833", "#AA3377", "#CCBB44", "#66CCEE")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
COLOURS = len(_POLICIES)
"""Policies that colours tell apart."""

SHADES = LinearSegmentedColormap.from_list(
    "shades", ["#F4F8FB", "#9CCAE6", "#3E8FC4", "#0B4F86", "#062B4C"]
)
"""Of heat maps, from the lowest value to the highest."""


def ink_on(shade: float) -> str:
    """Give the colour of text that can be read on one of the shades, a number from 0 to 1."""
    return "white" if shade > 0.45 else INK


def colour_of(number: int) -> str:
    """Give the colour of a study's policy, by its place."""
    return _POLICIES[number % len(_POLICIES)]


def marker_of(number: int) -> str:
    """Give the marker of a study's policy, by its place."""
    return _MARKERS[number % len(_MARKERS)]


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the project's style, whatever the user's settings are."""
    with style.context(["default", STYLE]):
        yield


class Page(Figure):
    """A figure that is drawn in the project's style, whoever draws it."""

    def draw(self, renderer: RendererBase) -> None:
        """Draw; what matplotlib makes only now, such as ticks, has the style too."""
        with styled():
            super().draw(renderer)


def in_style(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Make a function draw in the project's style."""

    @wraps(draw)
    def styled_draw(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with styled():
            return draw(*args, **kwargs)

    return styled_draw


def page(
    study: Study,
    what: str,
    body: float,
    *,
    legend: Sequence[tuple[Artist, str]] = (),
    notes: Sequence[str] = (),
) -> Figure:
    """Make a figure with a title, a legend below it and a footnote; the axes are to come.

    Parameters
    ----------
    study
        The study, whose scenario the title names.
    what
        What the figure shows.
    body
        Height left for the axes, in inches.
    legend
        Handles and what they mean.
    notes
        Sentences of the footnote, beside the period, replications and seed.
    """
    room = WIDTH - 2 * MARGIN
    title = _title(what, study.plan.scenario.name, room)
    foot = "\n".join(
        wrapped(line, room, SMALL) for line in (" ".join(notes), _origin(study)) if line
    )
    title_height = lines([title]) * TITLE * LINE
    legend_height, columns = _legend_size(legend)
    head = MARGIN + title_height + 0.05 + legend_height
    below = MARGIN + lines([foot]) * SMALL * LINE + 0.04
    height = head + body + below
    figure = Page(
        figsize=(WIDTH, height),
        layout=ConstrainedLayoutEngine(
            w_pad=MARGIN, h_pad=0.04, wspace=0.04, rect=(0, below / height, 1, body / height)
        ),
    )
    left, top = MARGIN / WIDTH, 1 - MARGIN / height
    figure.text(left, top, title, size=TITLE, weight="bold", va="top", linespacing=1.15)
    figure.text(left, MARGIN / height, foot, size=SMALL, color=MUTED, va="bottom")
    if legend:
        _add_legend(figure, legend, columns, (left, 1 - (head - legend_height) / height))
    return figure


def _title(what: str, scenario: str, room: float) -> str:
    """Write a title in one line, or the scenario's name below what is shown."""
    if width(f"{what}, {scenario}", TITLE, bold=True) <= room:
        return f"{what}, {scenario}"
    parts = (wrapped(part, room, TITLE, bold=True) for part in (f"{what},", scenario))
    return "\n".join(parts)


def _origin(study: Study) -> str:
    plan = study.plan
    times = counted(plan.replications, "replication", "replications")
    period = plan.scenario.period
    return f"{period.first} to {period.last}; {times}, seed {plan.seed}."


def _legend_size(entries: Sequence[tuple[Artist, str]]) -> tuple[float, int]:
    """Give a legend's height in inches and the most columns with which it fits the page."""
    if not entries:
        return 0.0, 0
    for columns in range(len(entries), 0, -1):
        scratch = Figure(figsize=(WIDTH, 1))
        canvas = FigureCanvasAgg(scratch)
        legend = _add_legend(scratch, entries, columns, (0, 1))
        box = legend.get_window_extent(canvas.get_renderer())  # type: ignore[no-untyped-call]
        if box.width / scratch.dpi <= WIDTH - 2 * MARGIN:
            break
    return box.height / scratch.dpi + 0.05, columns


def _add_legend(
    figure: Figure,
    entries: Sequence[tuple[Artist, str]],
    columns: int,
    corner: tuple[float, float],
) -> Legend:
    handles = [handle for handle, _ in entries]
    labels = [wrapped(label, WIDTH / 2 - 0.5, LABEL) for _, label in entries]
    return figure.legend(
        handles, labels, ncols=columns, loc="upper left", bbox_to_anchor=corner,
        borderpad=0, borderaxespad=0, handlelength=1.3, handletextpad=0.5, columnspacing=1.4,
        labelspacing=0.35,
    )  # fmt: skip


def nothing(study: Study, what: str, message: str) -> Figure:
    """Make a figure that says why there is nothing to show."""
    figure = page(study, what, 0.8)
    axes = figure.add_subplot()
    axes.set_axis_off()
    axes.text(
        0.5, 0.5, wrapped(message, WIDTH - 1, TITLE), size=TITLE, color=MUTED,
        ha="center", va="center", transform=axes.transAxes,
    )  # fmt: skip
    return figure


def panels(figure: Figure, count: int, **options: Any) -> list[Axes]:
    """Add panels, side by side in twos, in reading order."""
    columns = min(count, 2)
    grid = figure.subplots(-(-count // columns), columns, squeeze=False, **options)
    places = list(grid.flat)
    for empty in places[count:]:
        empty.remove()
    return places[:count]


def shown(policies: Sequence[str], most: int) -> tuple[list[str], list[str]]:
    """Give the policies that get a panel, and a note if some get none."""
    if len(policies) <= most:
        return list(policies), []
    return list(policies[:most]), [f"The first {most} of {len(policies)} policies are shown."]
