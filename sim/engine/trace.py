"""Everything that happened in one replication, as arrays, and as tables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.calendars import Timetables, open_times_by, timetables, told_apart
from sim.deadlines import LimitKind, new_date
from sim.docket import Docket, NodeKind
from sim.docket.records import Numbers
from sim.durations import DAY, MISSING, NEVER
from sim.grouping import Places
from sim.network import Network

if TYPE_CHECKING:
    import pandas as pd

Instants = NDArray[np.int64]

OUTCOMES = (
    "early", "on_time", "late", "without_limit", "open", "overdue", "withdrawn", "left",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Trace:
    """What an engine gives: instants in microseconds, `MISSING` for what did not happen.

    Parameters
    ----------
    network, docket
        What it ran on; D dossiers, S nodes.
    instants
        Of each node `joined`, `started` and `ended`, shape (S, 3).
    officer
        Officer of each visit that started, else -1, shape (S,).
    accepted, resolved
        Of each dossier, shape (D,).
    due, due_by_law
        The due instant by the time limit and by the statutory one, as it was last set;
        `NEVER` without a limit. Shape (D,).
    stopped
        Whether the clock of the time limit stood still at the end, shape (D,).
    apologised
        When an apology was sent (rule 25), shape (D,).
    left
        When the dossier left before its route ended, or was withdrawn at its end, shape (D,).
    finished
        When its route ended or it left, shape (D,).
    """

    network: Network
    docket: Docket
    instants: Instants
    officer: NDArray[np.int32]
    accepted: Instants
    resolved: Instants
    due: Instants
    due_by_law: Instants
    stopped: NDArray[np.bool_]
    apologised: Instants
    left: Instants
    finished: Instants

    @property
    def joined(self) -> Instants:
        """When each visit joined its queue, each wait or transfer began, shape (S,)."""
        return self.instants[:, 0]

    @property
    def started(self) -> Instants:
        """When the service of each visit and each wait started, each transfer departed, (S,)."""
        return self.instants[:, 1]

    @property
    def ended(self) -> Instants:
        """When each visit or wait ended, each transfer arrived, shape (S,)."""
        return self.instants[:, 2]

    @cached_property
    def outcome(self) -> NDArray[np.int8]:
        """Outcome of each dossier at the end of the run: a place in `OUTCOMES`, shape (D,)."""
        resolved, accepted = self.resolved != MISSING, self.accepted != MISSING
        limited = self._procedure_facts[0][self.docket.procedure]
        late = self.resolved > self.due
        early = self._early()
        code = np.select(
            [
                resolved & ~limited,
                resolved & late,
                resolved & early,
                resolved,
                (self.left != MISSING) & accepted,
                self.left != MISSING,
                self.overdue_at(self.network.end),
            ],
            [np.int8(OUTCOMES.index(word)) for word in (
                "without_limit", "late", "early", "on_time", "withdrawn", "left", "overdue",
            )],
            np.int8(OUTCOMES.index("open")),
        )  # fmt: skip
        return np.asarray(code, np.int8)

    @cached_property
    def timetables(self) -> tuple[Timetables, Places, Places]:
        """The calendars of stations and officers laid out, and each one's number among them."""
        offices, stations = self.network.offices, self.network.stations
        calendars = [offices[station.office].calendar for station in stations]
        distinct, numbers = told_apart([*calendars, *self.docket.shifts])
        return timetables(distinct), numbers[: len(stations)], numbers[len(stations) :]

    @cached_property
    def _procedure_facts(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_], Instants]:
        procedures = self.network.procedures
        return (
            np.array([p.limit.kind != LimitKind.NONE for p in procedures]),
            np.array([p.early_by_date for p in procedures]),
            np.array([p.early_margin for p in procedures], np.int64),
        )

    def _early(self) -> NDArray[np.bool_]:
        """Tell which resolved dossiers were early, if they were not late (rule 16)."""
        _, by_date, margins = self._procedure_facts
        by_date = by_date[self.docket.procedure]
        due_day, day = (self.due - 1) // DAY, (self.resolved - 1) // DAY
        early = day < due_day
        timed = (self.resolved != MISSING) & (self.due < NEVER) & ~by_date
        before_due = self.open_times_of_acceptor(timed, self.resolved, self.due)
        early[timed] = before_due > margins[self.docket.procedure[timed]]
        return early

    @cached_property
    def new_due(self) -> Instants:
        """The new date that each apology promised, `MISSING` without one (rule 25), shape (D,)."""
        new_due = np.full(self.apologised.size, MISSING)
        which = np.flatnonzero(self.apologised != MISSING)
        promised = np.array(
            [p.apology_before + p.apology_extension for p in self.network.procedures]
        )
        days_on = promised[self.docket.procedure[which]]
        calendars, of_office = told_apart(office.calendar for office in self.network.offices)
        calendar_of = of_office[self.docket.accepting_office[which]]
        for number, days in set(zip(calendar_of.tolist(), days_on.tolist(), strict=True)):
            own = which[(calendar_of == number) & (days_on == days)]
            calendar = calendars[number]
            new_due[own] = new_date(
                self.apologised[own], days, calendar.open_days, calendar.last_closings
            )
        return new_due

    def open_times_of_acceptor(
        self, which: NDArray[np.bool_], start: Instants, end: Instants
    ) -> Instants:
        """Give open time of the accepting office between two instants of some dossiers.

        Parameters
        ----------
        which
            The dossiers, shape (D,).
        start, end
            Of all dossiers, shape (D,).

        Returns
        -------
        array
            Of those dossiers, in microseconds.
        """
        calendars, of_office = told_apart(office.calendar for office in self.network.offices)
        office = self.docket.accepting_office[which]
        return open_times_by(calendars, of_office[office], start[which], end[which])

    def overdue_at(self, instant: int) -> NDArray[np.bool_]:
        """Tell which accepted dossiers, open at `instant`, were past their due instant.

        A pause moves only a due instant that has not passed, so that the last one tells; while
        the clock stands still, none passes.
        """
        open_then = (
            (self.accepted != MISSING)
            & (self.accepted < instant)
            & ((self.resolved == MISSING) | (self.resolved >= instant))
            & ((self.left == MISSING) | (self.left >= instant))
        )
        overdue: NDArray[np.bool_] = open_then & ~self.stopped & (self.due < instant)
        return overdue

    @cached_property
    def steps(self) -> pd.DataFrame:
        """One row for each visit, wait and transfer that the dossiers' routes hold.

        Columns: dossier, step, kind, station, office, round, officer, joined, started, ended;
        instants are ``datetime64[us]``, ``NaT`` for what did not happen.
        """
        import pandas as pd

        docket, network = self.docket, self.network
        real = np.flatnonzero(docket.kind <= NodeKind.TRANSFER)
        station = docket.station[real]
        addresses = [s.address for s in network.stations]
        offices = [network.offices[s.office].name for s in network.stations]
        return pd.DataFrame(
            {
                "dossier": docket.dossier[real],
                "step": _words([step for _, step in docket.procedure_steps], docket.step[real]),
                "kind": _words([kind.name.lower() for kind in NodeKind], docket.kind[real]),
                "station": _words(addresses, station),
                "office": _words(offices, station),
                "round": docket.round[real],
                "officer": _words(officer_names(network), self.officer[real]),
                "joined": _datetimes(self.joined[real]),
                "started": _datetimes(self.started[real]),
                "ended": _datetimes(self.ended[real]),
            }
        )

    @cached_property
    def dossiers(self) -> pd.DataFrame:
        """One row for each dossier.

        Columns: dossier, citizen (its name, ``PROCEDURE-i``, or
        ``PROCEDURE+i`` if it is open when the run starts), procedure, office, channel,
        arrived, accepted, due, resolved, apologised, new_due, outcome, ended, ending (the word
        of its `end`).
        """
        import pandas as pd

        docket, network = self.docket, self.network
        procedures = [procedure.name for procedure in network.procedures]
        names = np.array(procedures, object)[docket.procedure]
        opened = np.where(docket.accepted == MISSING, "-", "+")
        citizens = [f"{n}{o}{i}" for n, o, i in zip(names, opened, docket.citizen, strict=True)]
        return pd.DataFrame(
            {
                "dossier": np.arange(docket.arrived.size),
                "citizen": citizens,
                "procedure": _words(procedures, docket.procedure),
                "office": _words([office.name for office in network.offices], docket.home),
                "channel": _words(list(network.channel_names), docket.channel),
                "arrived": _datetimes(docket.arrived),
                "accepted": _datetimes(self.accepted),
                "due": _datetimes(self.due),
                "resolved": _datetimes(self.resolved),
                "apologised": _datetimes(self.apologised),
                "new_due": _datetimes(self.new_due),
                "outcome": _words(list(OUTCOMES), self.outcome),
                "ended": _datetimes(self.finished),
                "ending": _words(list(docket.endings), docket.ending),
            }
        )


def officer_names(network: Network) -> list[str]:
    """Name each officer after its station or pool, office and number, ``city.land@Uông Bí #3``."""
    return [
        f"{group.home}@{network.offices[group.office].name} #{group.first_number + number}"
        for group in network.groups
        for number in range(group.officers)
    ]


def _words(words: list[str], codes: Numbers) -> pd.Series[str]:
    """Put words for codes; -1 is missing."""
    import pandas as pd

    distinct = list(dict.fromkeys(words))
    places = np.array([distinct.index(word) for word in words] + [-1], np.int64)
    categories = pd.Index(distinct)
    return pd.Series(pd.Categorical.from_codes(places[codes].tolist(), categories=categories))


def _datetimes(instants: Instants) -> NDArray[np.datetime64]:
    return np.where(instants >= NEVER, MISSING, instants).view("datetime64[us]")
