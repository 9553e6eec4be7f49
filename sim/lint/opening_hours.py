"""Hours that do not fit: calendars without an open hour, profiles beside them, open always."""

from __future__ import annotations

from collections.abc import Iterator

from sim.calendars import Calendar
from sim.deadlines import LimitKind
from sim.distributions import Distribution
from sim.durations import DAY, HOUR, date_of, time_of_day
from sim.lint.subject import Subject
from sim.lint.unused import calendars_used
from sim.lint.ways import Way
from sim.lint.wording import counted, listed
from sim.network import Network, Procedure
from sim.scenario.references import Finding
from sim.scenario.schema import Scenario, UntilDue, Visit, Wait, steps_of
from sim.scenario.text import KeyPath
from sim.scenario.values import ALWAYS, parse_hours

_MORNING = 6 * HOUR
_IN_WORKING_TIME = (LimitKind.WORKING_DAYS, LimitKind.WORKING_HOURS)


def calendars_closed(subject: Subject) -> Iterator[Finding]:
    """Find calendars that are used and have no open hour in the period."""
    network = subject.network
    used = calendars_used(subject.scenario)
    for name in subject.scenario.calendars:
        open_time = network.calendars[name].open_time(network.period_start, network.end)
        if name in used and open_time == 0:
            message = "has no open hour in the period; look at its `hours`, `closed` and `open`"
            yield ("calendars", name), message


def hours_at_night(subject: Subject) -> Iterator[Finding]:
    """Find hours such as 01:30-05:00, by which the afternoon is meant."""
    for path, texts in _hours_of_calendars(subject.scenario):
        for number, text in enumerate(texts):
            start, end = parse_hours(text)
            if start >= HOUR and end <= _MORNING:
                later = f"{time_of_day(start + DAY // 2)}-{time_of_day(end + DAY // 2)}"
                yield (*path, number), f'{text} is in the night; if not, write "{later}"'


def hours_that_overlap(subject: Subject) -> Iterator[Finding]:
    """Find hours of one day that overlap, of which one may be misspelt."""
    for path, texts in _hours_of_calendars(subject.scenario):
        for number, text in enumerate(texts):
            for other in texts[:number]:
                if _overlap(parse_hours(text), parse_hours(other)):
                    yield (*path, number), f"{text} overlaps {other}; the time is open once"
                    break


def dates_far_from_the_period(subject: Subject) -> Iterator[Finding]:
    """Find dates more than a year before or after what is simulated, beside others within it."""
    network = subject.network
    first = date_of(network.run_start // DAY).year - 1
    last = date_of(network.end // DAY).year + 1
    for path, texts in _dates_written(subject.scenario):
        outside = {key: text for key, text in texts.items() if not first <= int(text[:4]) <= last}
        if len(outside) < len(texts):
            for key, text in outside.items():
                yield (*path, key), f"{text} is years away from the period; look at its year"


def _hours_of_calendars(scenario: Scenario) -> Iterator[tuple[KeyPath, tuple[str, ...]]]:
    for name, calendar in scenario.calendars.items():
        for days, texts in calendar.hours.items():
            yield ("calendars", name, "hours", days), texts
        for day, texts in calendar.open.items():
            yield ("calendars", name, "open", str(day)), texts


def _dates_written(scenario: Scenario) -> Iterator[tuple[KeyPath, dict[str | int, str]]]:
    for name, calendar in scenario.calendars.items():
        yield ("calendars", name, "closed"), dict(enumerate(calendar.closed))
        yield ("calendars", name, "open"), {str(day): str(day) for day in calendar.open}
    for name, profile in scenario.profiles.items():
        yield ("profiles", name, "dates"), {text: text for text in profile.dates}


def profiles_beside_the_hours(subject: Subject) -> Iterator[Finding]:
    """Find hours of profiles in which none of the profile's channels is ever open."""
    network = subject.network
    for name, profile in subject.scenario.profiles.items():
        channels = [
            word for word, given in subject.scenario.channels.items() if given.profile == name
        ]
        times = {time for word in channels for time in _times_open(network, word)}
        if not times:
            continue
        beside = [
            text
            for text in profile.hours
            if not any(_overlap(parse_hours(text), time) for time in times)
        ]
        through = listed([f"`{word}`" for word in channels], "channel")
        closed = f"{through} {'is' if len(channels) == 1 else 'are'} never open then"
        if len(beside) == len(profile.hours) > 1:
            message = f"none of its hours meets those of {through}, so that they change nothing"
            yield ("profiles", name, "hours"), message
            continue
        for text in beside:
            yield (
                ("profiles", name, "hours", text),
                f"{closed}, so that this weight changes nothing",
            )


def levels_open_day_and_night(subject: Subject) -> Iterator[Finding]:
    """Find levels that have no `calendar` in the file, so that their officers always work."""
    for number, level in enumerate(subject.network.levels):
        officers = _always_at_work_unsaid(subject, number)
        if officers:
            yield (
                ("levels", level.name),
                f"has no `calendar`: it is open day and night, with {counted(officers, 'officer')} "
                f"always at work; give it one, or write `calendar: {ALWAYS}` if that is meant",
            )


def working_time_on_always(subject: Subject) -> Iterator[Finding]:
    """Find levels open always where limits or waits are in working time."""
    network = subject.network
    counting: dict[int, list[str]] = {}
    for procedure, ways in zip(network.procedures, subject.ways, strict=True):
        levels = set()
        for way in ways.ways:
            if procedure.limit.kind in _IN_WORKING_TIME:
                levels.add(_accepting_level(network, way))
            if _waits_for_working_time(procedure):
                levels.add(way.level)
        for number in levels:
            counting.setdefault(number, []).append(procedure.name)
    always = network.calendars[ALWAYS]
    for number, level in enumerate(network.levels):
        open_always = any(network.offices[office].calendar is always for office in level.offices)
        if number in counting and open_always and not _always_at_work_unsaid(subject, number):
            names = listed(counting[number], "procedure")
            yield (
                ("levels", level.name, "calendar"),
                f"open always: for {names} a working day is 8 h in a row, and every date is one; "
                "use clock time there, or a calendar that closes",
            )


def _always_at_work_unsaid(subject: Subject, number: int) -> int:
    """Count the officers who always work because nothing is said of their level's hours."""
    network = subject.network
    level = network.levels[number]
    if subject.is_written("levels", level.name, "calendar"):
        return 0
    always, offices = network.calendars[ALWAYS], set(level.offices)
    return sum(
        group.officers
        for group in network.groups
        if group.calendar is always and group.office in offices
    )


def _accepting_level(network: Network, way: Way) -> int:
    """Give the number of the level at which the dossiers of a way are accepted (rule 13)."""
    if way.template.accepts < 0:
        return way.level
    address = way.template.nodes[way.template.accepts].place or ""
    return network.level_numbers[address.partition(".")[0]]


def _waits_for_working_time(procedure: Procedure) -> bool:
    for step in steps_of(procedure.route):
        match step:
            case Visit(incomplete=incomplete) if incomplete is not None:
                working = incomplete.away.working
            case Wait(wait=UntilDue(then=length)) | Wait(wait=Distribution() as length):
                working = length.working
            case _:
                working = False
        if working:
            return True
    return False


def _times_open(network: Network, channel: str) -> set[tuple[int, int]]:
    """Give the hours of the day at which a channel is open on some date of the period."""
    number = network.channel_names.index(channel)
    given = network.channels[number].calendar
    if given is not None:
        calendars = {network.calendars[given]}
    else:
        calendars = {
            network.offices[office].calendar
            for procedure in network.procedures
            for level, _ in procedure.received_at
            for office in network.levels[level].offices
            if number in dict(procedure.channels)
        }
    return {time for calendar in calendars for time in _times_of(network, calendar)}


def _times_of(network: Network, calendar: Calendar) -> Iterator[tuple[int, int]]:
    for opens, closes in zip(calendar.opens, calendar.closes, strict=True):
        start, end = max(opens, network.period_start), min(closes, network.end)
        for day in range(start // DAY, (end - 1) // DAY + 1) if start < end else ():
            yield max(start - day * DAY, 0), min(end - day * DAY, DAY)


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return max(one[0], other[0]) < min(one[1], other[1])
