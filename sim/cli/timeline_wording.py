"""What timelines of dossiers say, in words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from sim.deadlines import COUNTED_IN_DAYS, LimitKind
from sim.durations import DAY, MINUTE, MISSING, NEVER, SECOND, date_of, time_of_day
from sim.scenario.values import MONTHS, WEEKDAYS, Limit
from sim.timeline import Deadline, Due, Pause, Timeline

_MOST_CLOSED = 8
SPENT = {
    "waiting": "waiting, office open",
    "closed": "waiting, office closed",
    "work": "work",
    "suspended": "work suspended",
    "transfer": "transfer",
    "citizen": "wait or absence",
}
"""What time is lost to, in words."""


def _date(day: int) -> str:
    date = date_of(day)
    return (
        f"{WEEKDAYS[date.weekday()].capitalize()} {date.day} {MONTHS[date.month - 1].capitalize()}"
    )


def short_instant(instant: int) -> str:
    """Write an instant without its year."""
    return f"{_date(instant // DAY)} {time_of_day(instant % DAY)}"


def instant_words(instant: int) -> str:
    """Write an instant with its year."""
    if instant == MISSING:
        return "not by the end of the run"
    if instant >= NEVER:
        return "never, as the calendars end before"
    return f"{_date(instant // DAY)} {date_of(instant // DAY).year} {time_of_day(instant % DAY)}"


def length(us: int) -> str:
    """Write a length of time in hours and minutes, a short one in seconds."""
    if us < MINUTE:
        return f"{round(us / SECOND)} s" if us else "0 min"
    hours, minutes = divmod(round(us / MINUTE), 60)
    if not hours:
        return f"{minutes} min"
    written = f"{hours:,} h".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return f"{written} {minutes:02d} min" if minutes else written


def _counted(number: float, unit: str) -> str:
    """Write a number of days."""
    return f"{number:g} {unit}{'' if number == 1 else 's'}"


def limit_words(limit: Limit) -> str:
    """Write a limit."""
    match limit.kind:
        case LimitKind.SAME_DAY:
            return "same day"
        case LimitKind.WORKING_DAYS:
            return _counted(limit.amount, "working day")
        case LimitKind.DAYS:
            return _counted(limit.amount, "day")
        case LimitKind.WORKING_HOURS:
            return f"{length(limit.amount)} of working time"
        case _:
            return f"{length(limit.amount)} by the clock"


def _how_counted(limit: Limit) -> str:
    """Say how a limit counts from an acceptance, or from where it begins anew."""
    match limit.kind:
        case LimitKind.WORKING_DAYS:
            return "counted from the next working day on, to the close of the last"
        case LimitKind.DAYS:
            return "counted from the next day on, open or not, to the close of the last"
        case LimitKind.WORKING_HOURS:
            return "counted while the office is open"
        case _:
            return "counted by the clock, whether the office is open or not"


def _closed(dates: Sequence[int]) -> str:
    """List closed dates, those that follow each other by their ends."""
    runs = [
        [date for _, date in run]
        for _, run in groupby(enumerate(dates), lambda pair: pair[1] - pair[0])
    ]
    words = [_date(r[0]) if len(r) == 1 else f"{_date(r[0])} to {_date(r[-1])}" for r in runs]
    if len(words) > _MOST_CLOSED:
        words = [*words[: _MOST_CLOSED - 1], f"… ({len(dates)} dates in all)"]
    return ", ".join(words)


def why_due(deadline: Deadline, cutoff: int) -> str:
    """Say why the acceptance made it due when it did."""
    limit, first = deadline.limit, deadline.first
    if deadline.is_given:
        return "given with the open dossiers of the scenario"
    if limit.kind == LimitKind.SAME_DAY:
        return _why_that_day(first, cutoff)
    closed = _not_counted(limit, first)
    return f"{_how_counted(limit)}{closed}"


def _why_that_day(first: Due, cutoff: int) -> str:
    day = first.since // DAY
    before = "the office closed" if cutoff == DAY else f"the cut-off, {time_of_day(cutoff)}"
    if (first.due - 1) // DAY == day:
        return f"accepted before {before}, so by the close of that day"
    closed = _not_counted(Limit(LimitKind.SAME_DAY), first)
    if day in first.closed:
        return f"accepted on a closed day, so by the close of the next working day{closed}"
    after = f"not before {before}" if first.since % DAY >= cutoff else "once the office had closed"
    return f"accepted {after}, so by the close of the next working day{closed}"


def _not_counted(limit: Limit, due: Due) -> str:
    if not due.closed:
        return ""
    if limit.kind == LimitKind.DAYS:
        return f"; that falls on closed days ({_closed(due.closed)}), so the next working day"
    return f"; closed and not counted: {_closed(due.closed)}"


def _remaining(limit: Limit, pause: Pause) -> str:
    if pause.remaining >= NEVER:
        return "the limit was beyond the calendars"
    if limit.kind == LimitKind.SAME_DAY or not pause.remaining:
        return "nothing of the limit was left to count"
    if limit.kind in COUNTED_IN_DAYS:
        unit = "working day" if limit.kind == LimitKind.WORKING_DAYS else "day"
        return f"{_counted(pause.remaining, unit)} of the limit {_were(pause.remaining)} left"
    of = "working time" if limit.kind == LimitKind.WORKING_HOURS else "the limit"
    return f"{length(pause.remaining)} of {of} were left"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def effect_of(limit: Limit, pause: Pause) -> str:
    """Say what a pause did to the due instant."""
    if pause.after is None:
        return f"{_remaining(limit, pause)}, and it was still paused at the end"
    what = "the limit begins anew at its end" if pause.restarts else _remaining(limit, pause)
    closed = _not_counted(limit, pause.after)
    if pause.after.due == pause.before.due:
        return f"{what}; still due {instant_words(pause.before.due)}{closed}"
    due, before = instant_words(pause.after.due), instant_words(pause.before.due)
    later = f"{length(pause.moved)} of working time later"
    return f"{what}; due {due} in place of {before}, {later}{closed}"


def arrival_words(told: Timeline) -> str:
    """Say when and where it came, or that it was open when the run started."""
    where = f"at {told.home}, channel {told.channel}"
    if not told.is_open_at_start:
        return f"{instant_words(told.arrived)} {where}"
    return (
        f"before the run, which starts {instant_words(told.arrived)}, {where}; the time since its "
        "acceptance counts to the step that it had reached"
    )


def apology_words(told: Timeline) -> str:
    """Say when an apology was sent, and whether the new date was kept."""
    sent = f"sent {instant_words(told.apologised)}, new date {instant_words(told.new_due)}"
    if told.until > told.new_due:
        return f"{sent}, not kept"
    is_kept = told.resolved != MISSING and told.new_due < NEVER
    return f"{sent}, kept" if is_kept else sent


def outcome_words(told: Timeline) -> str:
    """Say how it came out."""
    ending = f", with the ending `{told.ending}`" if told.ending else ""
    resolved = f"resolved {instant_words(told.resolved)}{ending}"
    match told.outcome:
        case "early" | "on_time":
            return f"{told.outcome.replace('_', ' ')}: {resolved}{_before_due(told)}"
        case "late":
            return f"late by {_late_since(told)}, {resolved}"
        case "without_limit":
            return f"{resolved}; its procedure has no time limit"
        case "overdue":
            return f"overdue, still open at the end of the run: late by {_late_since(told)}"
        case "withdrawn":
            return f"withdrawn {instant_words(told.left)}{ending}"
        case "left":
            return f"left {instant_words(told.left)}, before it was accepted{ending}"
        case _:
            stopped = told.deadline is not None and told.deadline.is_stopped
            return f"open at the end of the run{', its clock standing still' if stopped else ''}"


def _before_due(told: Timeline) -> str:
    if told.past_due is None:
        return ""
    return f", {length(-told.past_due)} of working time before it was due"


def _late_since(told: Timeline) -> str:
    assert told.past_due is not None and told.deadline is not None
    by_clock = length(told.until - told.deadline.due)
    late_by = f"{length(told.past_due)} of working time ({by_clock} by the clock)"
    return f"{late_by}, due {instant_words(told.deadline.due)}"


def by_law_words(told: Timeline, by_law: Deadline) -> str:
    """Say when it was due by law, and whether that was kept where it is known."""
    due = f"{limit_words(by_law.limit)}, due {instant_words(by_law.due)}"
    if told.resolved == MISSING and (told.left != MISSING or by_law.is_stopped):
        return due
    is_late = told.until > by_law.due
    if told.resolved == MISSING:
        return f"{due}: {'overdue' if is_late else 'not overdue'} by law"
    return f"{due}: {'late' if is_late else 'not late'} by law"
