"""Timelines of dossiers as plain data, to be printed as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sim.cli.timeline_wording import limit_words
from sim.deadlines import COUNTED_IN_DAYS
from sim.durations import HOUR, MISSING, NEVER, date_of
from sim.engine import Trace
from sim.scenario.measure_names import LOST_TO
from sim.scenario.values import Limit
from sim.timeline import Deadline, Due, Pause, Step, Timeline


def timeline_as_json(trace: Trace, policy: str, told: Timeline) -> dict[str, Any]:
    """Write one dossier's life as plain data."""
    return {
        **_run_as_json(trace, policy),
        **_dossier_as_json(told),
        "limit": _deadline_as_json(told, told.deadline),
        "statutory_limit": _deadline_as_json(told, told.by_law),
        "steps": [_step_as_json(step) for step in told.steps],
        "not_reached": list(told.not_reached),
        "lost": [
            {"kind": lost.kind, "station": lost.place or None, "hours": lost.us / HOUR}
            for lost in told.lost
        ],
    }


def latest_as_json(
    trace: Trace, policy: str, latest: Iterable[Timeline], count: int
) -> dict[str, Any]:
    """Write the latest dossiers as plain data."""
    return {
        **_run_as_json(trace, policy),
        "late_dossiers": count,
        "latest": [
            _dossier_as_json(told)
            | {
                "largest_loss": {
                    "kind": told.lost[0].kind,
                    "station": told.lost[0].place or None,
                    "hours": told.lost[0].us / HOUR,
                }
            }
            for told in latest
        ],
    }


def _run_as_json(trace: Trace, policy: str) -> dict[str, Any]:
    return {
        "format": 1,
        "scenario": trace.network.scenario.name,
        "policy": policy,
        "replication": trace.docket.replication,
        "seed": trace.docket.seed,
    }


def _dossier_as_json(told: Timeline) -> dict[str, Any]:
    deadline = told.deadline
    return {
        "dossier": told.dossier,
        "citizen": told.citizen,
        "procedure": told.procedure,
        "office": told.home,
        "accepting_office": told.acceptor,
        "channel": told.channel,
        "open_at_start": told.is_open_at_start,
        "arrived": _iso(told.arrived),
        "accepted": _iso(told.accepted),
        "due": None if deadline is None else _iso(deadline.due),
        "resolved": _iso(told.resolved),
        "apologised": _iso(told.apologised),
        "new_due": _iso(told.new_due),
        "left": _iso(told.left),
        "ended": _iso(told.finished),
        "outcome": told.outcome,
        "ending": told.ending or None,
        "past_due_working_hours": None if told.past_due is None else told.past_due / HOUR,
    }


def _deadline_as_json(told: Timeline, deadline: Deadline | None) -> dict[str, Any] | None:
    if deadline is None:
        return None
    names = {step.node: step.name for step in told.steps}
    return {
        "limit": limit_words(deadline.limit),
        "due": _iso(deadline.due),
        "given": deadline.is_given,
        "first": _due_as_json(deadline.first),
        "pauses": [
            {
                "steps": [names[node] for node in pause.nodes],
                "began": _iso(pause.began),
                "ended": _iso(pause.ended),
                **_remaining_as_json(deadline.limit, pause),
                "restarts": pause.restarts,
                "due_before": _iso(pause.before.due),
                "after": None if pause.after is None else _due_as_json(pause.after),
                "moved_working_hours": pause.moved / HOUR,
            }
            for pause in deadline.pauses
        ],
    }


def _remaining_as_json(limit: Limit, pause: Pause) -> dict[str, float | None]:
    remaining = None if pause.remaining >= NEVER else pause.remaining
    if limit.kind in COUNTED_IN_DAYS:
        return {"remaining_days": remaining}
    return {"remaining_hours": None if remaining is None else remaining / HOUR}


def _due_as_json(due: Due) -> dict[str, Any]:
    return {
        "since": _iso(due.since),
        "due": _iso(due.due),
        "closed_dates": [date_of(day).isoformat() for day in due.closed],
    }


def _step_as_json(step: Step) -> dict[str, Any]:
    hours = dict.fromkeys(LOST_TO, 0.0) | {part.kind: part.us / HOUR for part in step.parts}
    return {
        "step": step.name,
        "kind": step.kind,
        "station": step.place or None,
        "round": step.round,
        "branch": list(step.branch),
        "joined": _iso(step.joined),
        "started": _iso(step.started),
        "ended": _iso(step.ended),
        "critical": step.is_critical,
        "clock": step.clock,
        **{f"{kind}_hours": spent for kind, spent in hours.items()},
    }


def _iso(instant: int) -> str | None:
    """Write an instant by ISO 8601, in local time; None for what did not happen or never will."""
    if instant == MISSING or instant >= NEVER:
        return None
    return (datetime(1970, 1, 1) + timedelta(microseconds=instant)).isoformat()
