"""One dossier's life: when it was due and why, its steps in order of time, and its outcome."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from sim.attribution import Loss, attribute, span_end
from sim.durations import MISSING, NEVER
from sim.engine.trace import OUTCOMES, Trace
from sim.network import Network
from sim.timeline.limits import Deadline, Due, Pause, deadline_of
from sim.timeline.steps import Step, not_reached, place_of, steps_of

__all__ = [
    "Deadline", "Due", "Lost", "Pause", "Step", "Timeline", "late_dossiers", "timeline",
]  # fmt: skip


@dataclass(frozen=True)
class Lost:
    """A part of a dossier's span, over all steps: a place, one of `LOST_TO`, microseconds."""

    place: str
    kind: str
    us: int


@dataclass(frozen=True)
class Timeline:
    """The life of one dossier.

    Parameters
    ----------
    dossier
        Its number in the replication.
    citizen, procedure, channel, outcome, ending
        As in the trace's table of dossiers; `ending` is empty if there is none.
    title
        The procedure's name in words.
    home, acceptor
        The office that received it and the one that accepts it, ``LEVEL@OFFICE``.
    is_open_at_start
        Whether it was open when the run started, so that it arrived then and what passed since
        its acceptance counts to the step that it had reached (rule 22).
    arrived, accepted, resolved, apologised, left, finished
        Instants; `MISSING` for what did not happen.
    new_due
        The new date that the apology promised, `MISSING` without one (rule 25).
    until
        When it was resolved or left, or else the end of the run.
    deadline, by_law
        When it was due by the time limit and by the statutory one; None without, or if it was
        not accepted.
    past_due
        Open time of the accepting office from the due instant to `until`, negative before;
        None if it was never due.
    steps
        Those that began, in the order in which they did.
    not_reached
        Ids of the visits and waits that had not begun when the run ended.
    lost
        Its span from acceptance to `until`, divided; the largest part first.
    """

    dossier: int
    citizen: str
    procedure: str
    title: str
    channel: str
    home: str
    acceptor: str
    is_open_at_start: bool
    arrived: int
    accepted: int
    resolved: int
    apologised: int
    new_due: int
    left: int
    finished: int
    until: int
    outcome: str
    ending: str
    deadline: Deadline | None
    by_law: Deadline | None
    past_due: int | None
    steps: tuple[Step, ...]
    not_reached: tuple[str, ...]
    lost: tuple[Lost, ...]


def timeline(trace: Trace, dossier: int) -> Timeline:
    """Tell the life of one dossier.

    Parameters
    ----------
    trace
        A replication of D dossiers.
    dossier
        The dossier's number, from 0 to D - 1.
    """
    docket, network = trace.docket, trace.network
    procedure = network.procedures[int(docket.procedure[dossier])]
    acceptor = int(docket.accepting_office[dossier])
    accepted, resolved = int(trace.accepted[dossier]), int(trace.resolved[dossier])
    until = span_end(trace, dossier)
    given = int(docket.due[dossier])
    deadline = deadline_of(trace, dossier, procedure.limit, given)
    past_due = None
    if deadline is not None and deadline.due < NEVER:
        past_due = network.offices[acceptor].calendar.open_time(deadline.due, until)
    losses = [] if accepted == MISSING else attribute(trace, dossier)
    ending = int(docket.ending[dossier])
    return Timeline(
        dossier=dossier,
        citizen=str(trace.dossiers["citizen"].iloc[dossier]),
        procedure=procedure.name,
        title=procedure.title,
        channel=network.channel_names[int(docket.channel[dossier])],
        home=network.office_address(int(docket.home[dossier])),
        acceptor=network.office_address(acceptor),
        is_open_at_start=bool(docket.accepted[dossier] != MISSING),
        arrived=int(docket.arrived[dossier]),
        accepted=accepted,
        resolved=resolved,
        apologised=int(trace.apologised[dossier]),
        new_due=int(trace.new_due[dossier]),
        left=int(trace.left[dossier]),
        finished=int(trace.finished[dossier]),
        until=until,
        outcome=OUTCOMES[int(trace.outcome[dossier])],
        ending=docket.endings[ending] if ending >= 0 else "",
        deadline=deadline,
        by_law=deadline_of(trace, dossier, procedure.statutory_limit, MISSING),
        past_due=past_due,
        steps=steps_of(trace, dossier, losses),
        not_reached=not_reached(trace, dossier),
        lost=_lost(network, losses),
    )


def late_dossiers(trace: Trace) -> list[int]:
    """List the dossiers that the measures count as late, the latest first.

    They were resolved late in the period, or are open and overdue at its end. The lateness is
    open time of the accepting office since the due instant, till resolution or the end; ties are
    by number.

    Parameters
    ----------
    trace
        A replication.
    """
    network = trace.network
    is_late = trace.outcome == OUTCOMES.index("late")
    is_late &= trace.resolved >= network.period_start
    is_late |= trace.outcome == OUTCOMES.index("overdue")
    until = np.where(trace.resolved == MISSING, network.end, trace.resolved)
    lateness = trace.open_times_of_acceptor(is_late, trace.due, until)
    numbers = np.flatnonzero(is_late)
    return [int(number) for number in numbers[np.argsort(-lateness, kind="stable")]]


def _lost(network: Network, losses: list[Loss]) -> tuple[Lost, ...]:
    sums: Counter[tuple[int, str]] = Counter()
    for loss in losses:
        sums[loss.station, loss.kind] += loss.us
    return tuple(
        Lost(place_of(network, station), kind, us) for (station, kind), us in sums.most_common()
    )
