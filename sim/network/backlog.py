"""The open dossiers with which a run starts, put together by procedure and step (rule 22)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from sim.calendars import Calendar
from sim.durations import MISSING, NEVER, day_number, midnight
from sim.network.records import Level, Office, OpenDossiers
from sim.scenario.backlog import accepting_level, channels_through, home_of, route_of
from sim.scenario.schema import OpenDossier, Scenario
from sim.scenario.values import parse_moment


def backlog_of(
    scenario: Scenario, levels: Sequence[Level], offices: Sequence[Office]
) -> tuple[OpenDossiers, ...]:
    """Put the open dossiers of one procedure at one step together, in file order."""
    numbers = {
        (level.name, offices[number].name): number for level in levels for number in level.offices
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
        accepting = accepting_level(scenario, name)
        found.append(
            OpenDossiers(
                procedure=procedures.index(name),
                route=route_of(scenario.procedures[name], dossiers[0][1]),
                citizens=tuple(citizen for citizen, _ in dossiers),
                homes=tuple(homes),
                accepting_level=(
                    offices[homes[0]].level
                    if accepting is None
                    else [level.name for level in levels].index(accepting)
                ),
                channels=tuple(
                    tuple(
                        (channels[channel], share)
                        for channel, share in channels_through(scenario, dossier).items()
                    )
                    for _, dossier in dossiers
                ),
                accepted=tuple(_instant(dossier.accepted) for _, dossier in dossiers),
                due=tuple(
                    _due(dossier.due, offices[home].calendar)
                    for home, (_, dossier) in zip(homes, dossiers, strict=True)
                ),
            )
        )
    return tuple(found)


def _home(scenario: Scenario, dossier: OpenDossier) -> tuple[str, str]:
    home = home_of(scenario, dossier)
    assert home is not None
    return home


def _instant(moment: str) -> int:
    day, hour = parse_moment(moment)
    return midnight(day) + (hour or 0)


def _due(moment: str | None, calendar: Calendar) -> int:
    """Give the instant by which a dossier is due: on a date, the last closing from it on."""
    if moment is None:
        return MISSING
    day, hour = parse_moment(moment)
    if hour is not None:
        return midnight(day) + hour
    at = bisect_left(calendar.open_days, day_number(day))
    return calendar.last_closings[at] if at < len(calendar.last_closings) else NEVER
