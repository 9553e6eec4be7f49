"""When a dossier was due by a limit and why: the clock of the limit, run again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from sim.deadlines import LimitKind, due_day
from sim.docket import NodeKind
from sim.durations import DAY, MISSING, NEVER
from sim.engine.clock import LimitClock
from sim.engine.trace import Trace
from sim.scenario.values import Limit
from sim.timeline.steps import clock_of, nodes_of

_Turn = tuple[int, int]
"""An instant, and how many (b) of rule 8 it had had before."""


@dataclass(frozen=True)
class Due:
    """A due instant as it is set: at acceptance, and anew whenever a stopped clock goes on.

    Parameters
    ----------
    since
        The instant from which it counts, in microseconds.
    due
        The due instant; `NEVER` beyond the calendar.
    closed
        Dates on the way that did not count, as days since 1970-01-01, ascending.
    """

    since: int
    due: int
    closed: tuple[int, ...]


@dataclass(frozen=True)
class Pause:
    """A time during which the clock of a limit stood still (rule 15).

    Parameters
    ----------
    began, ended
        Instants; `MISSING` if it had not ended when the run did, or the dossier left.
    nodes
        The waits because of which it stood still, in the order in which they began.
    remaining
        What remained of the limit: days of a limit in days, else microseconds.
    restarts
        Whether the limit began anew at the end, so that nothing of `remaining` was used.
    before, after
        The due instants that it came from and led to; `after` is None if it had not ended.
    moved
        Open time of the accepting office between these two, in microseconds.
    """

    began: int
    ended: int
    nodes: tuple[int, ...]
    remaining: int
    restarts: bool
    before: Due
    after: Due | None
    moved: int


@dataclass(frozen=True)
class Deadline:
    """When a dossier was due by one of its limits, and why then.

    Parameters
    ----------
    limit
        The limit.
    first
        The due instant as acceptance set it.
    is_given
        Whether `first` was given with a dossier that was open at the start, and not counted.
    pauses
        What stopped the clock since, in order.
    """

    limit: Limit
    first: Due
    is_given: bool
    pauses: tuple[Pause, ...]

    @property
    def due(self) -> int:
        """The due instant as it was last set."""
        return next((p.after.due for p in reversed(self.pauses) if p.after), self.first.due)

    @property
    def is_stopped(self) -> bool:
        """Whether the clock stood still at the end."""
        return any(pause.after is None for pause in self.pauses)


def deadline_of(trace: Trace, dossier: int, limit: Limit, given: int) -> Deadline | None:
    """Let the clock of a limit run again as in the engine, and keep what it passed through.

    Parameters
    ----------
    trace, dossier
        A replication and the number of a dossier in it.
    limit
        The limit.
    given
        The due instant that was given with an open dossier, or `MISSING`.

    Returns
    -------
    Deadline or None
        None without a limit, or if the dossier was not accepted.
    """
    accepted = int(trace.accepted[dossier])
    if limit.kind == LimitKind.NONE or accepted == MISSING:
        return None
    docket, network = trace.docket, trace.network
    calendar = network.offices[int(docket.accepting_office[dossier])].calendar
    clock = LimitClock(limit, calendar, network.same_day_cutoff)
    clock.begin(accepted)
    first = Due(accepted, clock.due, _closed_dates(clock, accepted, limit.amount))
    if given != MISSING:
        clock.due = given
        first = Due(accepted, given, ())
    pauses: list[Pause] = []
    before, began, nodes, restarts = first, MISSING, list[int](), False
    running: dict[int, _Turn] = {}
    for turn, changes in groupby(_turns_of_pauses(trace, dossier), lambda change: change[0]):
        instant, _ = turn
        starting = []
        for _, node, starts in changes:
            if starts:
                starting.append(node)
                running[node] = turn
            elif running.pop(node) < turn:
                restarts |= clock_of(trace, node) == "restarts"
        if running and clock.stopped:
            nodes += [node for node in starting if node in running]
        elif running:
            clock.stop(instant)
            began, nodes = instant, list(running)
        elif clock.stopped:
            remaining = clock.remaining
            clock.go_on(instant, restarts)
            counted = limit.amount if restarts else remaining
            after = Due(instant, clock.due, _closed_dates(clock, instant, counted))
            moved = calendar.open_time(before.due, after.due)
            pauses.append(
                Pause(began, instant, tuple(nodes), remaining, restarts, before, after, moved)
            )
            before = after
        if not running:
            restarts = False
    if clock.stopped:
        pauses.append(Pause(began, MISSING, tuple(nodes), clock.remaining, False, before, None, 0))
    return Deadline(limit, first, given != MISSING, tuple(pauses))


def _closed_dates(clock: LimitClock, since: int, counted: int) -> tuple[int, ...]:
    """List the closed dates that a due instant passed over, of what is counted since an instant."""
    day = since // DAY
    match clock.limit.kind:
        case LimitKind.CLOCK:
            return ()
        case LimitKind.DAYS:
            day += counted
        case LimitKind.WORKING_HOURS:
            day += 1
        case LimitKind.WORKING_DAYS if counted:
            day += 1
    if clock.due == NEVER:
        return ()
    open_days = set(clock.calendar.open_days)
    return tuple(date for date in range(day, due_day(clock.due) + 1) if date not in open_days)


def _turns_of_pauses(trace: Trace, dossier: int) -> list[tuple[_Turn, int, bool]]:
    """List when the dossier's pauses started (True) and ended, those that may count, in order."""
    docket = trace.docket
    accepts, resolves = int(docket.accepts[dossier]), int(docket.resolves[dossier])
    found = []
    for node, joined, ended in _turns(trace, dossier):
        is_pause = docket.kind[node] == NodeKind.WAIT and clock_of(trace, node) != "runs"
        if is_pause and accepts < node and (node < resolves or resolves < 0):
            found.append((joined, node, True))
            if ended[0] != MISSING:
                found.append((ended, node, False))
    return sorted(found, key=lambda change: (change[0], change[1], not change[2]))


def _turns(trace: Trace, dossier: int) -> Iterator[tuple[int, _Turn, _Turn]]:
    """Give when each node of a dossier that began did so, and when it ended.

    A (b) passes at an instant whenever work of no length ends, and between the two ends of a
    wait until a due instant that is past.
    """
    docket, templates = trace.docket, trace.docket.templates
    first = int(docket.first_node[dossier])
    turns: dict[int, _Turn] = {}
    for node in nodes_of(trace, dossier):
        joined, started, ended = (int(instant) for instant in trace.instants[node])
        if joined == MISSING:
            continue
        own = int(docket.place[node])
        passed = max(
            (turns[first + p][1] for p in templates.before[own] if turns[first + p][0] == joined),
            default=0,
        )
        after = 0
        if ended == started:
            settles = docket.kind[node] == NodeKind.VISIT or templates.until_due[own]
            after = (passed if started == joined else 0) + bool(settles)
        turns[node] = ended, after
        yield node, (joined, passed), (ended, after)
