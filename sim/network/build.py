"""A network of a scenario: offices, groups and procedures numbered, volumes worked out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from sim.calendars import Calendar, calendar_of, public_holidays, weekly_calendar
from sim.deadlines import COUNTED_IN_DAYS, LimitKind
from sim.durations import DAY, HOUR, midnight
from sim.errors import InputError
from sim.network.records import Group, Level, Network, Office, Place, Procedure, Station, Transfer
from sim.scenario.offices import offices_of, staff_in_office
from sim.scenario.schema import (
    CalendarRule,
    Choose,
    Scenario,
    StaffGroup,
    Step,
    Together,
    UntilDue,
    Visit,
    Volume,
    Wait,
    steps_of,
)
from sim.scenario.values import ALWAYS, ONLINE, Limit, dates_between, parse_hours, weekdays_of

BEFORE_THE_RUN = timedelta(days=31)
AFTER_THE_PERIOD_YEARS = 5


def build(scenario: Scenario) -> Network:
    """Make a network of a scenario.

    Parameters
    ----------
    scenario
        With a policy applied, or the base.

    Raises
    ------
    InputError
        If a calendar, a route's marks or the places on a route do not fit together.
    """
    run_start = midnight(scenario.period.first) - scenario.warm_up.us
    names = [ALWAYS, *scenario.calendars]
    calendars = {name: _build_calendar(scenario, name) for name in names}
    levels, offices = _offices(scenario, calendars)
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
    )
    problems = list(_unfit(network))
    if problems:
        raise InputError(*problems)
    return network


def _build_calendar(scenario: Scenario, name: str) -> Calendar:
    first = scenario.period.first - timedelta(days=scenario.warm_up.us // DAY) - BEFORE_THE_RUN
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
) -> tuple[tuple[Level, ...], tuple[Office, ...]]:
    levels: list[Level] = []
    offices: list[Office] = []
    numbers: dict[tuple[str, str], int] = {}
    order = list(scenario.levels)
    for name, level in scenario.levels.items():
        first = len(offices)
        for office_name, office in offices_of(scenario, name).items():
            parent = (
                numbers[(level.within, office.within)] if level.within and office.within else -1
            )
            numbers[(name, office_name)] = len(offices)
            calendar = calendars[office.calendar or level.calendar]
            offices.append(Office(office_name, len(levels), parent, office.share, calendar))
        parent_level = order.index(level.within) if level.within else -1
        own = range(first, len(offices))
        places = tuple(
            Place(
                numbers[name, member.became],
                member.part * offices[numbers[name, member.became]].share,
                calendars[member.calendar],
            )
            for member in scenario.moved.members.get(name, ())
        ) or tuple(Place(n, offices[n].share, offices[n].calendar) for n in own)
        levels.append(Level(name, parent_level, tuple(own), places))
    return tuple(levels), tuple(offices)


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
                        address, office, counter, station.discipline, at_close, station.patience
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
    channels = given.channels or {next(iter(scenario.channels)): 1.0}
    drawn_channels = scenario.moved.channels.get(name, channels)
    stay = 1 - drawn_channels.get(ONLINE, 0.0)
    moved = channels.get(ONLINE, 0.0) - drawn_channels.get(ONLINE, 0.0)
    limit = given.time_limit or Limit(kind=LimitKind.NONE)
    early = given.early or scenario.early
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


def _unfit(network: Network) -> Iterator[str]:
    """Say what on the network's routes and channels does not fit together."""
    for procedure in network.procedures:
        path = f"procedures.{procedure.name}"
        found = list(_unfit_inside_together(procedure.route, False))
        for channel, share in procedure.channels:
            for level, _ in procedure.received_at:
                words = {network.channel_names[channel], network.levels[level].name}
                found.extend(_unfit_marks(procedure.route, words))
                if share > 0 and fewest_visits(procedure.route, words) == 0:
                    through = network.channel_names[channel]
                    found.append(f"a dossier that comes through `{through}` can have no visit")
        yield from (f"{path}.route: {message}" for message in dict.fromkeys(found))
        yield from _unfit_waits(procedure, path)
        yield from _unfit_channels(network, procedure, path)


def holds_for(step: Step, words: set[str]) -> bool:
    """Tell whether a step is on the route of dossiers with that channel and receiving level."""
    return not step.only or not words.isdisjoint(step.only)


def fewest_visits(route: tuple[Step, ...], words: set[str]) -> int:
    """Count the visits that a dossier has at least, up to an `end`."""
    least, _ = _visits_and_way_on(route, words)
    return least


def _visits_and_way_on(route: tuple[Step, ...], words: set[str]) -> tuple[int, bool]:
    """Count the least visits of the ways through a route, and tell if any goes on after it."""
    count, ended = 0, []
    for step in route:
        if not holds_for(step, words):
            continue
        if isinstance(step, Visit):
            count += 1
        elif isinstance(step, Together):
            count += sum(_visits_and_way_on(inner, words)[0] for inner in step.together)
        elif isinstance(step, Choose):
            going_on = []
            for branch, share in zip(step.choose, step.shares, strict=True):
                if share == 0:
                    continue
                visits, goes_on = _visits_and_way_on(branch.route, words)
                if branch.end is not None or not goes_on:
                    ended.append(count + visits)
                else:
                    going_on.append(visits)
            if not going_on:
                return min(ended), False
            count += min(going_on)
    return min([count, *ended]), True


def _unfit_inside_together(route: tuple[Step, ...], inside: bool) -> Iterator[str]:
    """Say which marks, ends and restarts stand inside `together` (rules 11, 13 and 15)."""
    for step in route:
        if isinstance(step, Visit) and inside and (step.accepts or step.decides):
            mark = "accepts" if step.accepts else "decides"
            yield f"`{step.id}` {mark} inside `together`; put the mark on a visit outside"
        clocked = step.incomplete if isinstance(step, Visit) else step
        if inside and getattr(clocked, "clock", None) == "restarts":
            yield f"`{step.id}` restarts the clock inside `together`; let it pause, or run"
        if isinstance(step, Choose):
            for branch in step.choose:
                if inside and branch.end is not None:
                    yield f"`{step.id}` ends the dossier inside `together`"
                yield from _unfit_inside_together(branch.route, inside)
        elif isinstance(step, Together):
            for inner in step.together:
                yield from _unfit_inside_together(inner, True)


def _unfit_marks(route: tuple[Step, ...], words: set[str]) -> Iterator[str]:
    """Say which marks come twice, or decide before accepting, on some route (rule 13)."""
    going_on, ended = _marked_ways(route, words)
    for visits in going_on + ended:
        for mark in ("accepts", "decides"):
            marked = [visit.id for visit in visits if getattr(visit, mark)]
            if len(marked) > 1:
                yield f"`{marked[0]}` and `{marked[1]}` both have `{mark}`; one route has one"
                return
        accepting = [n for n, visit in enumerate(visits) if visit.accepts]
        deciding = [n for n, visit in enumerate(visits) if visit.decides]
        if accepting and deciding and deciding[0] < accepting[0]:
            yield f"`{visits[deciding[0]].id}` decides before `{visits[accepting[0]].id}` accepts"
            return


def _marked_ways(
    route: tuple[Step, ...], words: set[str]
) -> tuple[list[list[Visit]], list[list[Visit]]]:
    """List the sequences of marked visits that dossiers can meet: those that go on, and end."""
    going_on: list[list[Visit]] = [[]]
    ended: list[list[Visit]] = []
    for step in route:
        if not holds_for(step, words):
            continue
        if isinstance(step, Visit) and (step.accepts or step.decides):
            going_on = [[*way, step] for way in going_on]
        elif isinstance(step, Choose):
            longer: list[list[Visit]] = []
            for branch in step.choose:
                inner, inner_ended = _marked_ways(branch.route, words)
                if branch.end is not None:
                    inner, inner_ended = [], inner + inner_ended
                longer.extend([*way, *more] for way in going_on for more in inner)
                ended.extend([*way, *more] for way in going_on for more in inner_ended)
            going_on = _distinct(longer)
    return going_on, _distinct(ended)


def _distinct(ways: list[list[Visit]]) -> list[list[Visit]]:
    return list({tuple(visit.id for visit in way): way for way in ways}.values())


def _unfit_waits(procedure: Procedure, path: str) -> Iterator[str]:
    if procedure.limit.kind != LimitKind.NONE:
        return
    for step in steps_of(procedure.route):
        if isinstance(step, Wait) and isinstance(step.wait, UntilDue):
            yield f"{path}.route: `{step.id}` waits until due, but there is no `time_limit`"


def _unfit_channels(network: Network, procedure: Procedure, path: str) -> Iterator[str]:
    if procedure.volume == 0:
        return
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
