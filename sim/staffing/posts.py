"""What a search for staff may change: posts, each the officers of a station or pool."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import TypeVar

from sim.errors import InputError
from sim.lint.offered_load import offered_load
from sim.network import Group, Network, build
from sim.scenario.schema import Policy, Scenario
from sim.scenario.words import did_you_mean

T = TypeVar("T")
D = TypeVar("D")

Staff = tuple[int, ...]
"""A number of officers for each post."""


@dataclass(frozen=True)
class Need:
    """Work that several posts share, for which they must have time together.

    Parameters
    ----------
    times
        Addresses of the posts, each with the time that one officer has for it in the period.
    work
        What is left for them, others doing theirs; in microseconds as the times are.
    """

    times: tuple[tuple[str, int], ...]
    work: float


@dataclass(frozen=True)
class Post:
    """The officers of a station or pool, in each office of its level or in one.

    Parameters
    ----------
    address
        The station or pool, as ``city.land`` or ``city.land@Uông Bí``.
    stations
        Numbers of the stations that they serve.
    now
        How many the scenario has in each office; of the first group, if there are several.
    load
        How many the work of their stations keeps busy, in the office where that is most; others
        may do part of it.
    least, most
        How few and how many there may be.
    cost
        Of one officer more, over all offices that get one.
    needs
        What they share with other posts.
    """

    address: str
    stations: frozenset[int]
    now: int
    load: float
    least: int
    most: int | None
    cost: float
    needs: tuple[Need, ...] = ()


def posts_of(
    scenario: Scenario,
    stations: Iterable[str] = (),
    costs: Mapping[str, float] | None = None,
    least: Mapping[str, int] | None = None,
    most: Mapping[str, int] | None = None,
) -> list[Post]:
    """List the posts of a scenario that work comes to, or those asked for.

    Parameters
    ----------
    scenario
        The scenario.
    stations
        Addresses of stations and pools; by default all with officers and work, office by office
        where their numbers differ.
    costs
        Of one officer at an address; 1 where nothing is said.
    least, most
        Bounds at addresses. By default at least so many that the work does not exceed their time:
        the least whole number above the load.

    Raises
    ------
    InputError
        If an address is unknown, or the bounds leave nothing.
    """
    network = build(scenario)
    costs, least, most = costs or {}, least or {}, most or {}
    wanted = list(dict.fromkeys(stations))
    named = list(_office_by_office(network, wanted or _homes(network)))
    work = offered_load(network).work
    posts = [
        post for post in (_post(network, address, work, named) for address in named)
        if wanted or any(work[station] > 0 for station in post.stations)
    ]  # fmt: skip
    known = {name for post in posts for name in _names(post)}
    for option, given in (("--cost", costs), ("--min", least), ("--max", most)):
        for address in given:
            if address not in known:
                raise InputError(
                    f"{option} {address}: no such station is searched{did_you_mean(address, known)}"
                )
    for address, cost in costs.items():
        if not cost > 0:
            raise InputError(f"--cost {address}={cost:g}: an officer costs more than 0")
    settled = {post.address for post in posts if _given(least, post, None) is not None}
    return [
        _bounded(
            replace(post, needs=_needs(network, post, posts, work, settled)),
            _given(costs, post, 1.0), _given(least, post, None), _given(most, post, None),
        )
        for post in posts
    ]  # fmt: skip


def _names(post: Post) -> tuple[str, str]:
    """Give the names by which options may mean a post: its own, and that of all offices."""
    return post.address, post.address.partition("@")[0]


def _given(values: Mapping[str, T], post: Post, default: D) -> T | D:
    return next((values[name] for name in _names(post) if name in values), default)


def _homes(network: Network) -> list[str]:
    return list(dict.fromkeys(group.home for group in network.groups))


def _office_by_office(network: Network, addresses: Iterable[str]) -> Iterator[str]:
    """Give addresses, those of several offices apart where their numbers differ."""
    taken: dict[int, str] = {}
    for address in addresses:
        groups = _groups(network, address)
        for group in groups:
            other = taken.setdefault(group.first_officer, address)
            if other != address:
                raise InputError(f"--station {address}: its officers are among those of {other}")
        if len({group.officers for group in groups}) <= 1:
            yield address
        else:
            yield from (f"{address}@{network.offices[group.office].name}" for group in groups)


def _bounded(post: Post, cost: float, least: int | None, most: int | None) -> Post:
    if most is not None and least is not None and most < least:
        raise InputError(f"{post.address}: at most {most} officers, but at least {least}")
    if most is not None and least is None and most < post.least:
        raise InputError(
            f"{post.address}: at most {most} officers, but its work needs {post.least} (load "
            f"{post.load:.2f}); raise --max, or give a --min"
        )
    few = post.least if least is None else least
    return replace(post, cost=post.cost * cost, least=few, most=most)


def _post(network: Network, address: str, work: Sequence[float], searched: Iterable[str]) -> Post:
    groups = _groups(network, address)
    if not groups:
        raise InputError(
            f"--station {address}: no station or pool of this name has officers"
            f"{did_you_mean(address, _homes(network))}"
        )
    others = [group for one in searched if one != address for group in _groups(network, one)]
    is_shared = any(set(own.stations) & set(other.stations) for own in groups for other in others)
    return Post(
        address=address,
        stations=frozenset(station for group in groups for station in group.stations),
        now=groups[0].officers,
        load=max(_busy(network, group, work) for group in groups),
        # What others may become does the work, where they are searched too.
        least=0 if is_shared else max(_least(network, group, work) for group in groups),
        most=None,
        cost=float(len(groups)),
    )


def _groups(network: Network, address: str) -> list[Group]:
    """List the groups of an address, the first of each office."""
    home, at, office = address.partition("@")
    return [
        group for group in network.groups
        if group.home == home and group.entry == 0
        and (not at or network.offices[group.office].name == office)
    ]  # fmt: skip


def _needs(
    network: Network,
    post: Post,
    posts: Sequence[Post],
    work: Sequence[float],
    settled: Set[str],
) -> tuple[Need, ...]:
    """Give the needs of a post that shares work with others, but where a --min settles it."""
    groups = {other.address: _groups(network, other.address) for other in posts}
    owner = {group.first_officer: name for name, own in groups.items() for group in own}
    needs = []
    for group in groups[post.address]:
        tied = {station for other in network.groups for station in other.stations
                if set(other.stations) & set(group.stations)}  # fmt: skip
        for stations in (*({station} for station in group.stations), tied):
            serving = [other for other in network.groups if set(other.stations) & stations]
            shared = [other for other in serving if other.first_officer in owner]
            names = {owner[other.first_officer] for other in shared}
            if len(shared) < 2 or names & settled:
                continue
            fixed = sum(other.officers * _time_of_one(network, other)
                        for other in serving if other.first_officer not in owner)  # fmt: skip
            times = tuple((owner[other.first_officer], round(_time_of_one(network, other)))
                          for other in shared)  # fmt: skip
            needs.append(Need(times, sum(work[station] for station in stations) - fixed))
    return tuple(dict.fromkeys(needs))


def has_time(posts: Iterable[Post], staff: Staff) -> bool:
    """Tell whether posts that share work have more time than it takes."""
    posts = list(posts)
    counts = {post.address: count for post, count in zip(posts, staff, strict=True)}
    return all(
        sum(time * counts[address] for address, time in need.times) > need.work
        for post in posts for need in post.needs
    )  # fmt: skip


def _busy(network: Network, group: Group, work: Sequence[float], others: float = 0.0) -> float:
    """Give how many officers of a group its stations' work keeps busy, but for others' time."""
    time = _time_of_one(network, group)
    left = sum(work[station] for station in group.stations) - others
    return max(left, 0.0) / time if time else 0.0


def _least(network: Network, group: Group, work: Sequence[float]) -> int:
    """Give the least number of officers whose time, with that of others, exceeds the work."""
    others = sum(
        other.officers * _time_of_one(network, other) for other in network.groups
        if other is not group and set(other.stations) & set(group.stations)
    )  # fmt: skip
    return math.floor(_busy(network, group, work, others)) + 1


def _time_of_one(network: Network, group: Group) -> float:
    return group.calendar.open_time(network.period_start, network.end) * (1 - group.absence)


def staffed(scenario: Scenario, posts: Iterable[Post], staff: Staff, name: str) -> Scenario:
    """Give a scenario with one more policy, that sets these numbers of officers."""
    changes = tuple(
        {"staff": {post.address: {"set": count}}} for post, count in zip(posts, staff, strict=True)
    )
    policies = {**scenario.policies, name: Policy(changes=changes)}
    return scenario.model_copy(update={"policies": policies})


def cost_of(posts: Iterable[Post], staff: Staff) -> float:
    """Give what these numbers of officers cost together."""
    return sum(post.cost * count for post, count in zip(posts, staff, strict=True))


def with_count(staff: Staff, place: int, count: int) -> Staff:
    """Give the same numbers but for one post."""
    return (*staff[:place], count, *staff[place + 1 :])


def one_fewer(posts: Sequence[Post], staff: Staff) -> dict[str, Staff]:
    """Give the plans with one officer fewer that leave enough for the work, by address."""
    fewer = {
        post.address: with_count(staff, place, staff[place] - 1)
        for place, post in enumerate(posts)
        if staff[place] > post.least
    }
    return {address: less for address, less in fewer.items() if has_time(posts, less)}
