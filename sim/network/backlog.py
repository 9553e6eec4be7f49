"""The open dossiers with which a run starts, put together by procedure and step (rule 22)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from sim.calendars import Calendar
from sim.durations import MISSING, NEVER, day_number, midnight
from sim.network.records import Level, Office, OpenDossiers, Place
from sim.scenario.backlog import channels_through, home_of, instant_of, route_of
from sim.scenario.offices import members_of
from sim.scenario.schema import OpenDossier, Scenario
from sim.scenario.values import parse_moment


def backlog_of(
    scenario: Scenario,
    levels: Sequence[Level],
    offices: Sequence[Office],
    places: Sequence[Place],
) -> tuple[OpenDossiers, ...]:
    """Put the open dossiers of one procedure at one step together, in file order."""
    numbers = {
        (level.name, member.name): number
        for level in levels
        for number, member in zip(level.places, members_of(scenario, level.name), strict=True)
    }
    counts: dict[str, int] = {}
    together: dict[tuple[str, str | None], list[tuple[int, OpenDossier]]] = {}
    for dossier in scenario.backlog:
        citizen = counts.get(dossier.procedure, 0)
        counts[dossier.procedure] = citizen + 1
        together.setdefault((dossier.procedure, dossier.step), []).append((citizen, dossier))
    procedures = list(scenario.procedures)
    channels = {name: number for number, name in enumerate(scenario.channels)}
    found = []
    for (name, _), dossiers in together.items():
        homes = [numbers[_home(scenario, dossier)] for _, dossier in dossiers]
        found.append(
            OpenDossiers(
                procedure=procedures.index(name),
                route=route_of(scenario.procedures[name], dossiers[0][1]),
                citizens=tuple(citizen for citizen, _ in dossiers),
                homes=tuple(homes),
                channels=tuple(
                    tuple(
                        (channels[channel], share)
                        for channel, share in channels_through(scenario, dossier).items()
                    )
                    for _, dossier in dossiers
                ),
                accepted=tuple(instant_of(dossier.accepted) for _, dossier in dossiers),
                due=tuple(
                    _due(dossier.due, offices[places[home].office].calendar)
                    for home, (_, dossier) in zip(homes, dossiers, strict=True)
                ),
            )
        )
    return tuple(found)


def _home(scenario: Scenario, dossier: OpenDossier) -> tuple[str, str]:
    home = home_of(scenario, dossier)
    assert home is not None
    return home


def _due(moment: str | None, calendar: Calendar) -> int:
    """Give the instant by which a dossier is due: on a date, the last closing from it on."""
    if moment is None:
        return MISSING
    day, hour = parse_moment(moment)
    if hour is not None:
        return midnight(day) + hour
    at = bisect_left(calendar.open_days, day_number(day))
    return calendar.last_closings[at] if at < len(calendar.last_closings) else NEVER
