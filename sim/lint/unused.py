"""What is written and used nowhere: neither in the scenario nor by a policy of it.

What stands in a file that the scenario extends may be there for other scenarios.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.lint.subject import Subject
from sim.scenario.offices import offices_of, staff_in_office
from sim.scenario.references import Finding
from sim.scenario.schema import Scenario


def names_unused(subject: Subject) -> Iterator[Finding]:
    """Find calendars, profiles, channels and volumes that nothing uses."""
    scenario = subject.loaded.scenario
    used: dict[str, set[str | None]] = {
        "calendars": calendars_used(scenario),
        "profiles": {channel.profile for channel in scenario.channels.values()},
        "channels": {
            channel for name in scenario.procedures for channel in scenario.channels_of(name)
        },
        "volumes": {procedure.volume.of for procedure in scenario.procedures.values()},
    }
    for key, names in used.items():
        for name in getattr(scenario, key):
            unused = name not in names | subject.words_of_policies
            if unused and subject.is_written_here(key, name):
                yield (key, name), f"is used nowhere; use this {key[:-1]}, or leave it out"


def routes_unused(subject: Subject) -> Iterator[Finding]:
    """Find named routes that no procedure names.

    A route that is used has been put in place of its name, where its steps keep their places.
    """
    places = subject.loaded.document.places
    used = {place.path[:2] for place in places.values() if place.path is not None}
    for path in places:
        named = len(path) == 2 and path[0] == "routes"
        if named and path not in used and subject.is_written_here(*path):
            yield path, "no procedure has this route; give it to one, or leave it out"


def transfers_hidden(subject: Subject) -> Iterator[Finding]:
    """Find rules that an earlier rule comes before, between whichever stations (rule 10)."""
    network = subject.network
    stations = list(dict.fromkeys(station.address for station in network.stations))
    first: dict[int, set[int]] = {}
    for source in stations:
        for target in stations:
            matching = network.transfers_between(source, target)
            for number in matching:
                first.setdefault(number, set()).add(matching[0])
    for number, earlier in first.items():
        if number not in earlier and number < len(subject.loaded.scenario.transfers):
            before = ", ".join(str(other + 1) for other in sorted(earlier))
            yield (
                ("transfers", number),
                f"never holds: what it is for goes by an earlier rule ({before}. of the list); put "
                "the narrower rule first",
            )


def calendars_used(scenario: Scenario) -> set[str | None]:
    """Name the calendars of channels, levels, offices, staff and transfers."""
    used = {channel.calendar for channel in scenario.channels.values()}
    used.update(rule.calendar for rule in scenario.transfers)
    for name, level in scenario.levels.items():
        for office in offices_of(scenario, name).values():
            used.add(office.calendar or level.calendar)
            for home in (*level.stations, *level.pools):
                used.update(group.calendar for group in staff_in_office(level, office, home))
    return used
