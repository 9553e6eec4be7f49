"""The clock of a time limit: when a dossier is due, and what pauses do to it."""

from __future__ import annotations

from dataclasses import dataclass

from sim.calendars import Calendar
from sim.deadlines import due_instant, remaining_limit, resumed_due
from sim.durations import NEVER
from sim.scenario.values import Limit


@dataclass(slots=True)
class LimitClock:
    """One dossier's clock for one limit (rules 14 and 15)."""

    limit: Limit
    calendar: Calendar
    cutoff: int
    due: int = NEVER
    remaining: int = 0
    stopped: bool = False

    def begin(self, instant: int) -> None:
        """Let the limit begin at `instant`."""
        self.due = self.due_from(instant)

    def due_from(self, instant: int) -> int:
        """Give the due instant of a limit that begins at `instant`."""
        calendar = self.calendar
        return due_instant(
            self.limit.kind, self.limit.amount, instant, self.cutoff, calendar.opens,
            calendar.closes, calendar.before, calendar.open_days, calendar.last_closings,
        )  # fmt: skip

    def stop(self, instant: int) -> None:
        """Stop, unless the due instant has passed."""
        if instant > self.due:
            return
        calendar = self.calendar
        self.stopped = True
        self.remaining = remaining_limit(
            self.limit.kind, self.due, instant, calendar.opens, calendar.closes,
            calendar.before, calendar.open_days,
        )  # fmt: skip

    def go_on(self, instant: int, restarts: bool) -> None:
        """Go on with what remained, or begin anew."""
        self.stopped = False
        if restarts:
            self.begin(instant)
            return
        calendar = self.calendar
        self.due = resumed_due(
            self.limit.kind, self.remaining, instant, calendar.opens, calendar.closes,
            calendar.before, calendar.open_days, calendar.last_closings,
        )  # fmt: skip
