"""A network of a scenario: offices, groups and procedures numbered, volumes worked out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from sim.calendars import Calendar, calendar_of, public_holidays, weekly_calendar
from sim.deadlines import COUNTED_IN_DAYS, LimitKind
from sim.durations import DAY, HOUR, midnight
from sim.errors import InputError
from sim.network.backlog import backlog_of
from sim.network.records import Group, Level, Network, Office, Place, Procedure, Station, Transfer
from sim.scenario.offices import members_of, offices_of, staff_in_office
from sim.scenario.schema import CalendarRule, Scenario, StaffGroup, Volume
from sim.scenario.values import (
    ALWAYS,
    ONLINE,
    Limit,
    dates_between,
    parse_hours,
    parse_moment,
    weekdays_of,
)

BEFORE_THE_RUN = timedelta(days=31)
AFTER_THE_PERIOD_YEARS = 5
MOST_DOSSIERS = 100_000_000
"""Of one replication; those of a whole country in a year would be as many."""


def build(scenario: Scenario) -> Network:
    """Make a network of a scenario.

    Parameters
    ----------
    scenario
        With a policy applied, or the base.

    Raises
    ------
    InputError
        If nobody can come through a channel, or to a level's offices, or more dossiers come than
        a replication can hold.
    """
    run_start = midnight(scenario.period.first) - scenario.warm_up.us
    names = [ALWAYS, *scenario.calendars]
    calendars = {name: _build_calendar(scenario, name) for name in names}
    levels, offices, places = _offices(scenario, calendars)
    stations, groups = _stations(scenario, calendars, levels, offices)
    cutoff = scenario.same_day_cutoff
    network = Network(
        scenario=scenario,
        run_start=run_start,
        period_start=midnight(scenario.period.first),
        end=midnight(scenario.period.last) + DAY,
        same_day_cutoff=DAY if cutoff is None else cutoff,
        calendars=calendars,
        levels=levels,
        offices=offices,
        places=places,
        stations=stations,
        groups=groups,
        transfers=tuple(
            Transfer(
                rule.source,
                rule.target,
                rule.within,
                rule.departs,
                rule.cutoff,
                rule.takes,
                None if rule.calendar is None else calendars[rule.calendar],
            )
            for rule in scenario.transfers
        ),
        channel_names=tuple(scenario.channels),
        channels=tuple(scenario.channels.values()),
        procedures=tuple(
            _procedure(scenario, name, levels, calendars) for name in scenario.procedures
        ),
        backlog=backlog_of(scenario, levels, offices, places),
    )
    problems = [
        message
        for procedure in network.procedures
        for message in _unfit_channels(network, procedure)
    ]
    problems += _too_many(network)
    if problems:
        raise InputError(*problems)
    return network


def _build_calendar(scenario: Scenario, name: str) -> Calendar:
    earliest = scenario.period.first - timedelta(days=scenario.warm_up.us // DAY)
    accepted = (parse_moment(dossier.accepted)[0] for dossier in scenario.backlog)
    first = min([earliest, *accepted]) - BEFORE_THE_RUN
    last = date(scenario.period.last.year + AFTER_THE_PERIOD_YEARS, 12, 31)
    if name == ALWAYS:
        return calendar_of([(midnight(first), midnight(last) + DAY)])
    rule: CalendarRule = scenario.calendars[name]
    hours = {
        weekday: [parse_hours(text) for text in texts]
        for key, texts in rule.hours.items()
        for weekday in weekdays_of(key)
    }
    closed = [day for text in rule.closed for day in dates_between(text)]
    if rule.holidays is not None:
        closed.extend(public_holidays(rule.holidays, first.year, last.year))
    own = {day: [parse_hours(text) for text in texts] for day, texts in rule.open.items()}
    return weekly_calendar(first, last, hours, closed, own)


def _offices(
    scenario: Scenario, calendars: Mapping[str, Calendar]
) -> tuple[tuple[Level, ...], tuple[Office, ...], tuple[Place, ...]]:
    levels: list[Level] = []
    offices: list[Office] = []
    places: list[Place] = []
    office_numbers: dict[tuple[str, str], int] = {}
    place_numbers: dict[tuple[str, str], int] = {}
    order = list(scenario.levels)
    for name, level in scenario.levels.items():
        first_office, first_place = len(offices), len(places)
        for office_name, office in offices_of(scenario, name).items():
            parent = _parent(office_numbers, level.within, office.within)
            office_numbers[(name, office_name)] = len(offices)
            calendar = calendars[office.calendar or level.calendar]
            offices.append(Office(office_name, len(levels), parent, office.share, calendar))
        for member in members_of(scenario, name):
            parent = _parent(place_numbers, level.within, member.within)
            place_numbers[(name, member.name)] = len(places)
            became = office_numbers[(name, member.became)]
            calendar = calendars[member.calendar or level.calendar]
            share = member.part * offices[became].share
            places.append(Place(became, parent, share, calendar))
        parent_level = order.index(level.within) if level.within else -1
        own = tuple(range(first_office, len(offices)))
        levels.append(Level(name, parent_level, own, tuple(range(first_place, len(places)))))
    return tuple(levels), tuple(offices), tuple(places)


def _parent(numbers: Mapping[tuple[str, str], int], level: str | None, name: str | None) -> int:
    return numbers[(level, name)] if level and name else -1


def _stations(
    scenario: Scenario,
    calendars: Mapping[str, Calendar],
    levels: tuple[Level, ...],
    offices: tuple[Office, ...],
) -> tuple[tuple[Station, ...], tuple[Group, ...]]:
    stations: list[Station] = []
    groups: list[Group] = []
    officers = 0

    def add_groups(
        home: str,
        pool: bool,
        office: int,
        served: tuple[int, ...],
        staff: tuple[StaffGroup, ...],
        absence: float,
    ) -> None:
        nonlocal officers
        number = 1
        for place, entry in enumerate(staff):
            count = entry.count
            calendar = offices[office].calendar
            if entry.calendar is not None:
                calendar = calendars[entry.calendar]
            if entry.first is not None:
                calendar = calendar.starting(midnight(entry.first))
            groups.append(
                Group(home, place, pool, office, served, officers, count, number, calendar, absence)
            )
            officers += count
            number += count

    for level in levels:
        rules = scenario.levels[level.name]
        given = offices_of(scenario, level.name).values()
        for office, own in zip(level.offices, given, strict=True):
            numbers = {}
            for name, station in rules.stations.items():
                address = f"{level.name}.{name}"
                counter = station.kind == "counter"
                numbers[name] = len(stations)
                at_close = station.at_close or ("finish" if counter else "suspend")
                stations.append(
                    Station(
                        address,
                        office,
                        counter,
                        station.discipline,
                        at_close,
                        station.owner,
                        station.patience,
                    )
                )
                add_groups(
                    address,
                    False,
                    office,
                    (numbers[name],),
                    staff_in_office(rules, own, name),
                    station.absence,
                )
            for name, pool in rules.pools.items():
                served = tuple(sorted(numbers[station] for station in pool.serves))
                add_groups(
                    f"{level.name}.{name}",
                    True,
                    office,
                    served,
                    staff_in_office(rules, own, name),
                    pool.absence,
                )
    return tuple(stations), tuple(groups)


def _procedure(
    scenario: Scenario, name: str, levels: tuple[Level, ...], calendars: Mapping[str, Calendar]
) -> Procedure:
    given = scenario.procedures[name]
    level_numbers = {level.name: number for number, level in enumerate(levels)}
    channel_numbers = {channel: number for number, channel in enumerate(scenario.channels)}
    channels = scenario.channels_of(name)
    drawn_channels = scenario.moved.channels.get(name, channels)
    stay = 1 - drawn_channels.get(ONLINE, 0.0)
    moved = channels.get(ONLINE, 0.0) - drawn_channels.get(ONLINE, 0.0)
    limit = given.time_limit or Limit(kind=LimitKind.NONE)
    early = given.early or scenario.early
    apology = given.apology or scenario.apology
    margin = scenario.early_margin if given.early_margin is None else given.early_margin
    return Procedure(
        name=name,
        title=given.name or name,
        field=given.field,
        received_at=tuple((level_numbers[at], share) for at, share in given.received_at.items()),
        channels=_by_number(channel_numbers, channels),
        drawn_channels=_by_number(channel_numbers, drawn_channels),
        online=channel_numbers.get(ONLINE, -1),
        comes_online=moved / stay if moved else 0.0,
        volume=_expected_in_period(scenario, name, calendars),
        limit=limit,
        statutory_limit=given.statutory_limit or Limit(kind=LimitKind.NONE),
        early_by_date=early == "by_date" or (early == "by_slip" and limit.kind in COUNTED_IN_DAYS),
        early_margin=margin.us,
        apology_before=apology.before.amount if apology else 0,
        apology_extension=apology.extension.amount if apology else 0,
        priority=tuple(given.priority.items()),
        route=given.route,
    )


def _by_number(
    numbers: Mapping[str, int], shares: Mapping[str, float]
) -> tuple[tuple[int, float], ...]:
    return tuple((numbers[name], share) for name, share in shares.items())


def _expected_in_period(scenario: Scenario, name: str, calendars: Mapping[str, Calendar]) -> float:
    """Make a volume the expected number of dossiers in the period."""
    procedure = scenario.procedures[name]
    volume, share = procedure.volume, 1.0
    if volume.of is not None:
        volume, share = scenario.volumes[volume.of], volume.share or 0.0
    first, last = scenario.period.first, scenario.period.last
    days = (last - first).days + 1
    start, end = midnight(first), midnight(last) + DAY
    working_days = hours = 0.0
    for level, part in procedure.received_at.items():
        calendar = calendars[scenario.levels[level].calendar]
        in_period = [day for day in calendar.open_days if start <= day * DAY < end]
        working_days += part * len(in_period)
        hours += part * calendar.open_time(start, end) / HOUR
    return share * _total(volume, days, working_days, hours)


def _total(volume: Volume, days: int, working_days: float, hours: float) -> float:
    rates = (
        (volume.in_period, 1.0),
        (volume.per_year, days / 365),
        (volume.per_day, float(days)),
        (volume.per_working_day, working_days),
        (volume.per_hour, hours),
    )
    return next(rate * times for rate, times in rates if rate is not None)


def _too_many(network: Network) -> Iterator[str]:
    """Tell of the procedure with most dossiers if there are more than any machine can hold."""
    periods = (network.end - network.run_start) / (network.end - network.period_start)
    expected = sum(procedure.volume for procedure in network.procedures) * periods
    if expected > MOST_DOSSIERS:
        most = max(network.procedures, key=lambda procedure: procedure.volume)
        yield (
            f"procedures.{most.name}.volume: {expected:,.0f} dossiers would come in a replication, "
            f"{most.volume * periods:,.0f} of them here; at most {MOST_DOSSIERS:,} can"
        )


def _unfit_channels(network: Network, procedure: Procedure) -> Iterator[str]:
    if procedure.volume == 0:
        return
    path = f"procedures.{procedure.name}"
    for level, part in procedure.received_at:
        if part == 0:
            continue
        if sum(network.offices[office].share for office in network.levels[level].offices) == 0:
            yield f"{path}.received_at: no office of `{network.levels[level].name}` has a share"
        for channel, share in procedure.channels:
            for office in network.levels[level].offices:
                pieces = network.intensity(channel, network.offices[office].calendar)
                if share > 0 and not (pieces.starts >= network.period_start).any():
                    name = network.channel_names[channel]
                    yield (
                        f"{path}.channels: nobody can come through `{name}`: its calendar and "
                        "profile leave no open hour in the period"
                    )
                    return
