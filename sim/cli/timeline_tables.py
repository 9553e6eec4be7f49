"""Timelines of dossiers as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from sim.cli.tables import MISSING as NOTHING
from sim.cli.timeline_wording import (
    SPENT,
    apology_words,
    arrival_words,
    by_law_words,
    effect_of,
    instant_words,
    length,
    limit_words,
    outcome_words,
    short_instant,
    why_due,
)
from sim.durations import HOUR, MISSING
from sim.engine import Trace
from sim.timeline import Step, Timeline

if TYPE_CHECKING:
    from rich.table import Table

_TEXT_WIDTH = 83
"""So that with its label it fills a page of 100 letters."""
_INSTANTS = {
    "visit": ("in queue", "begins", "ends"),
    "wait": ("begins", "", "ends"),
    "absence": ("leaves", "", "returns"),
    "transfer": ("ready", "departs", "arrives"),
}
"""For each kind of step what its three instants are; a wait starts as it begins."""


def timeline_tables(trace: Trace, policy: str, told: Timeline) -> Iterator[Table]:
    """Lay out one dossier's life: who, when it was due and why, its steps, where its time went."""
    docket = trace.docket
    rows = [
        ("procedure", told.title if told.title == told.procedure
         else f"{told.title} ({told.procedure})"),
        ("arrived", arrival_words(told)),
        ("run", f"{trace.network.scenario.name}, policy {policy}, replication "
         f"{docket.replication}, seed {docket.seed}"),
    ]  # fmt: skip
    rows += _rows_of_limits(told, trace.network.same_day_cutoff)
    rows.append(("outcome", outcome_words(told)))
    if told.not_reached and told.outcome in ("open", "overdue"):
        rows.append(("not reached", ", ".join(told.not_reached)))
    yield _pairs(f"Dossier {told.dossier}, citizen {told.citizen}", rows)
    yield _step_table(told)
    if told.lost:
        yield _lost_table(told)


def _rows_of_limits(told: Timeline, cutoff: int) -> Iterator[tuple[str, str]]:
    if told.accepted == MISSING:
        yield "accepted", "not accepted, so that no limit began"
        return
    yield "accepted", f"{instant_words(told.accepted)} by {told.acceptor}"
    deadline = told.deadline
    if deadline is None:
        yield "limit", "none"
    else:
        yield "limit", limit_words(deadline.limit)
        yield "due", f"{instant_words(deadline.first.due)}: {why_due(deadline, cutoff)}"
        names = {step.node: step.name for step in told.steps}
        for pause in deadline.pauses:
            steps = ", ".join(dict.fromkeys(names[node] for node in pause.nodes))
            end = "on" if pause.ended == MISSING else f"to {instant_words(pause.ended)}"
            during = f"{instant_words(pause.began)} {end}, for {steps}"
            yield "pause", f"{during}: {effect_of(deadline.limit, pause)}"
        if told.apologised != MISSING:
            yield "apology", apology_words(told)
    if told.by_law is not None:
        yield "by law", by_law_words(told, told.by_law)


def _step_table(told: Timeline) -> Table:
    table = _table("Its steps, as they began", ("step", "", "", "its time"))
    is_parallel = any(step.branch for step in told.steps)
    stopping = {
        node for pause in (told.deadline.pauses if told.deadline else ()) for node in pause.nodes
    }
    for step in told.steps:
        what = list(_what(step))
        if is_parallel:
            what = [("* " if step.is_critical else "  ") + what[0], *(f"  {w}" for w in what[1:])]
        labels, when = zip(*_instants(step), strict=True)
        spent = _spent(step, told, step.node in stopping)
        table.add_row(_lines(what), _lines(labels), _lines(when), _lines(spent))
    if is_parallel:
        table.caption = (
            "* on the critical path, which fixed how long it took; other branches ran beside it\n"
        )
    return table


def _what(step: Step) -> Iterator[str]:
    names = {"absence": f"away from {step.name}", "transfer": f"way from {step.name}"}
    yield names.get(step.kind, step.name) + (f", round {step.round + 1}" if step.round else "")
    if step.place and step.kind == "visit":
        yield step.place
    if step.branch:
        yield f"branch {'.'.join(map(str, step.branch))}"


def _instants(step: Step) -> Iterator[tuple[str, str]]:
    if step.ended == step.joined:
        yield "at once", short_instant(step.joined)
        return
    for word, instant in zip(
        _INSTANTS[step.kind], (step.joined, step.started, step.ended), strict=True
    ):
        if word:
            yield word, NOTHING if instant == MISSING else short_instant(instant)


def _spent(step: Step, told: Timeline, stops: bool) -> Iterator[str]:
    for part in step.parts:
        yield f"{SPENT[part.kind]} {length(part.us)}"
    if stops:
        yield "the limit is paused"
    elif step.clock != "runs" and told.deadline is not None:
        yield f"not paused{_why_not(step, told)}"


def _why_not(step: Step, told: Timeline) -> str:
    if step.ended == step.joined:
        return ""
    if told.accepted > step.joined:
        return ": not accepted yet"
    if MISSING < told.resolved <= step.joined:
        return ": resolved"
    return ": already overdue"


def _lost_table(told: Timeline) -> Table:
    total = sum(lost.us for lost in told.lost)
    title = f"Where its {length(total)} since acceptance went"
    table = _table(title, ("spent on", "at", "hours", "share"), right=2)
    for lost in told.lost:
        share = f"{100 * lost.us / total:.1f} %"
        table.add_row(SPENT[lost.kind], lost.place or NOTHING, f"{lost.us / HOUR:.2f}", share)
    return table


def late_table(latest: Iterable[Timeline], count: int, where: str) -> Table:
    """Put the latest dossiers in rows, each with the part of its time that was largest."""
    latest = list(latest)
    of = "1 late dossier" if count == 1 else f"{count:,} late dossiers"
    title = f"The latest {len(latest)} of {of} in {where}"
    table = _table(title, ("dossier", "procedure", "when", "", "late by", "most of its time"))
    for told in latest:
        assert told.deadline is not None and told.past_due is not None
        worst = told.lost[0]
        resolved = "still open" if told.resolved == MISSING else instant_words(told.resolved)
        table.add_row(
            str(told.dossier), _lines((told.procedure, told.home)),
            "accepted\ndue\nresolved",
            _lines((instant_words(told.accepted), instant_words(told.deadline.due), resolved)),
            length(told.past_due),
            _lines((SPENT[worst.kind], length(worst.us), worst.place)),
        )  # fmt: skip
    table.caption = "late by: working time from the due instant to resolution, or to the end"
    return table


def _lines(words: Iterable[str]) -> str:
    return "\n".join(words)


def _pairs(title: str, rows: Iterable[tuple[str, str]]) -> Table:
    table = _table(title, ("", ""))
    table.show_header = False
    table.columns[1].max_width = _TEXT_WIDTH
    for row in rows:
        table.add_row(*row)
    return table


def _table(title: str, columns: Sequence[str], right: int = 0) -> Table:
    """Make a table no wider than a page, its last columns numbers."""
    from rich import box
    from rich.table import Table

    table = Table(
        title=title, title_justify="left", box=box.SIMPLE_HEAD, caption_justify="left",
        pad_edge=False, leading=0,
    )  # fmt: skip
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place >= len(columns) - right else "left")
    return table
