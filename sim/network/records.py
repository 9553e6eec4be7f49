"""The frozen records of a network, with integer ids in network order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.calendars import Calendar
from sim.distributions import Distribution
from sim.network.intensity import Intensity, intensity_between
from sim.scenario.schema import Channel, Profile, Scenario, Step
from sim.scenario.values import AtClose, Discipline, Limit


@dataclass(frozen=True)
class Place:
    """One of the places among which a level's offices are drawn by share.

    It is an office, or what an office was before offices were merged, so that a draw is mapped
    and not made anew.

    Parameters
    ----------
    office
        Number of the office, or of the one that it became.
    parent
        Number of the place in which it lies, or lay; -1 for none.
    share
        Its relative share of what its level receives.
    calendar
        When it is open, or was.
    """

    office: int
    parent: int
    share: float
    calendar: Calendar


@dataclass(frozen=True)
class Level:
    """A level.

    Parameters
    ----------
    name
        Its name.
    parent
        Its parent level's number, -1 for none.
    offices
        Numbers of its offices.
    places
        Numbers of the places among which its offices are drawn.
    """

    name: str
    parent: int
    offices: tuple[int, ...]
    places: tuple[int, ...]


@dataclass(frozen=True)
class Office:
    """One office.

    Parameters
    ----------
    name
        Unique in its level.
    level, parent
        Numbers of its level and of the office it lies within (-1 for none).
    share
        Its relative share of what its level receives.
    calendar
        When it is open.
    """

    name: str
    level: int
    parent: int
    share: float
    calendar: Calendar


@dataclass(frozen=True)
class Station:
    """A station of one office: one queue, served by one or more groups."""

    address: str
    office: int
    counter: bool
    discipline: Discipline
    at_close: AtClose
    owner: bool
    patience: Distribution | None


@dataclass(frozen=True)
class Group:
    """Officers with one calendar who serve one station, or several as a pool (rule 5).

    Parameters
    ----------
    home
        Address of the station or pool after which its officers are named.
    entry
        Its place among the entries of that station's or pool's staff.
    pool
        Whether it serves several stations.
    office
        Number of its office.
    stations
        Numbers of the stations it serves.
    first_officer, officers
        Number of its first officer, and how many it has.
    first_number
        The first officer's number, from 1, among those of the home station or pool and office.
    calendar
        Its shifts, absences apart.
    absence
        Probability that an officer is absent on a date.
    """

    home: str
    entry: int
    pool: bool
    office: int
    stations: tuple[int, ...]
    first_officer: int
    officers: int
    first_number: int
    calendar: Calendar
    absence: float


@dataclass(frozen=True)
class Transfer:
    """A transfer rule; `calendar` None is that of the office left."""

    source: str | None
    target: str | None
    within: str | None
    departs: tuple[int, ...]
    cutoff: int | None
    takes: Distribution | None
    calendar: Calendar | None


@dataclass(frozen=True)
class Procedure:
    """One procedure, its volume as the expected number in the period.

    `channels` are the channels' shares; a dossier's is drawn by `drawn_channels`, and if that is
    another than `online` it is that one all the same with the probability `comes_online`.
    `apology_before` and `apology_extension` are working days, 0 without apologies (rule 25).
    """

    name: str
    title: str
    field: str | None
    received_at: tuple[tuple[int, float], ...]
    channels: tuple[tuple[int, float], ...]
    drawn_channels: tuple[tuple[int, float], ...]
    online: int
    comes_online: float
    volume: float
    limit: Limit
    statutory_limit: Limit
    early_by_date: bool
    early_margin: int
    apology_before: int
    apology_extension: int
    priority: tuple[tuple[int, float], ...]
    route: tuple[Step, ...]


@dataclass(frozen=True)
class OpenDossiers:
    """Open dossiers of one procedure that have reached one step when the run starts (rule 22).

    Parameters
    ----------
    procedure
        Number of the procedure.
    route
        What is left of its route.
    citizens
        Their places among the open dossiers of the procedure, from 0.
    homes
        Numbers of the places that received them.
    channels
        Of each, the channels through which it can have come, with relative shares.
    accepted, due
        Instants; `MISSING` for a due instant that follows from the limit.
    """

    procedure: int
    route: tuple[Step, ...]
    citizens: tuple[int, ...]
    homes: tuple[int, ...]
    channels: tuple[tuple[tuple[int, float], ...], ...]
    accepted: tuple[int, ...]
    due: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Network:
    """Everything that a docket is drawn from and that an engine runs on."""

    scenario: Scenario
    run_start: int
    period_start: int
    end: int
    same_day_cutoff: int
    calendars: Mapping[str, Calendar]
    levels: tuple[Level, ...]
    offices: tuple[Office, ...]
    places: tuple[Place, ...]
    stations: tuple[Station, ...]
    groups: tuple[Group, ...]
    transfers: tuple[Transfer, ...]
    channel_names: tuple[str, ...]
    channels: tuple[Channel, ...]
    procedures: tuple[Procedure, ...]
    backlog: tuple[OpenDossiers, ...]

    @cached_property
    def level_numbers(self) -> dict[str, int]:
        """Number of each level by name."""
        return {level.name: number for number, level in enumerate(self.levels)}

    @cached_property
    def station_numbers(self) -> dict[tuple[str, int], int]:
        """Number of each station by address and office."""
        return {
            (station.address, station.office): number
            for number, station in enumerate(self.stations)
        }

    @cached_property
    def groups_of_station(self) -> tuple[tuple[int, ...], ...]:
        """Numbers of the groups that serve each station, in network order."""
        served_by: list[list[int]] = [[] for _ in self.stations]
        for number, group in enumerate(self.groups):
            for station in group.stations:
                served_by[station].append(number)
        return tuple(tuple(groups) for groups in served_by)

    @cached_property
    def officers(self) -> int:
        """How many officers there are."""
        return sum(group.officers for group in self.groups)

    @cached_property
    def ancestors(self) -> tuple[tuple[int, ...], ...]:
        """Each office's line, itself first, then its parent, up to the root."""
        return _lines(self.offices)

    @cached_property
    def office_of_place(self) -> NDArray[np.int64]:
        """Number of the office that each place is or became."""
        return np.array([place.office for place in self.places], np.int64)

    def relative_places(self, level: int) -> list[tuple[Place, float]]:
        """Give the places of a level, each with its part of all their shares."""
        places = [self.places[number] for number in self.levels[level].places]
        total = sum(place.share for place in places) or 1.0
        return [(place, place.share / total) for place in places]

    @cached_property
    def place_ancestors(self) -> tuple[tuple[int, ...], ...]:
        """Each place's line, as `ancestors` of offices."""
        return _lines(self.places)

    def is_present(self, channel: int) -> bool:
        """Tell whether a channel's citizens are present at counters (rule 7)."""
        present = self.channels[channel].present
        return self.channel_names[channel] == "counter" if present is None else present

    def office_address(self, number: int) -> str:
        """Write an office's address, ``LEVEL@OFFICE``."""
        office = self.offices[number]
        return f"{self.levels[office.level].name}@{office.name}"

    @cached_property
    def counters(self) -> frozenset[str]:
        """Addresses of the stations at which the citizen is present."""
        return frozenset(station.address for station in self.stations if station.counter)

    @cached_property
    def _first_transfers(self) -> dict[tuple[str, str], int]:
        return {}

    def transfer_between(self, source: str, target: str) -> int:
        """Give the number of the first rule that matches, or -1 (rule 10)."""
        if (source, target) not in self._first_transfers:
            matching = self.transfers_between(source, target)
            self._first_transfers[source, target] = matching[0] if matching else -1
        return self._first_transfers[source, target]

    def transfers_between(self, source: str, target: str) -> list[int]:
        """Give the numbers of all rules that match, in file order."""
        between_kinds = (source in self.counters) != (target in self.counters)
        source_level, target_level = source.partition(".")[0], target.partition(".")[0]

        def matches(rule: Transfer) -> bool:
            if rule.within is not None:
                return source_level == target_level == rule.within and between_kinds
            return rule.source in (source, source_level) and rule.target in (target, target_level)

        return [number for number, rule in enumerate(self.transfers) if matches(rule)]

    @cached_property
    def _intensities(self) -> dict[tuple[int, Calendar], Intensity]:
        return {}

    def intensity(self, channel: int, office_calendar: Calendar) -> Intensity:
        """Give a channel's relative intensity over the run, for offices with one calendar."""
        given = self.channels[channel]
        calendar = office_calendar if given.calendar is None else self.calendars[given.calendar]
        if (channel, calendar) not in self._intensities:
            profile = self.scenario.profiles[given.profile] if given.profile else Profile()
            found = intensity_between(calendar, profile, self.run_start, self.end)
            self._intensities[channel, calendar] = found
        return self._intensities[channel, calendar]


def _lines(within: Sequence[Office | Place]) -> tuple[tuple[int, ...], ...]:
    lines: list[tuple[int, ...]] = []
    for number, one in enumerate(within):
        lines.append((number, *(lines[one.parent] if one.parent >= 0 else ())))
    return tuple(lines)
