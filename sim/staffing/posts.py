"""What a search for staff may change: posts, each the officers of a station or pool."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sim.errors import InputError
from sim.lint.offered_load import offered_load
from sim.network import Group, Network, build
from sim.scenario.schema import Policy, Scenario
from sim.scenario.words import did_you_mean

Staff = tuple[int, ...]
"""A number of officers for each post."""


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
        How many the work that comes keeps busy, in the office where that is most.
    least, most
        How few and how many there may be.
    cost
        Of one officer more, over all offices that get one.
    """

    address: str
    stations: frozenset[int]
    now: int
    load: float
    least: int
    most: int | None
    cost: float


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
    named = wanted or list(_addresses(network))
    work = offered_load(network).work
    posts = [_post(network, address, work, named) for address in named]
    posts = [
        post for post in posts
        if post.address in wanted or any(work[station] > 0 for station in post.stations)
    ]  # fmt: skip
    addresses = [post.address for post in posts]
    for option, given in (("--cost", costs), ("--min", least), ("--max", most)):
        for address in given:
            if address not in addresses:
                raise InputError(
                    f"{option} {address}: no such station is searched"
                    f"{did_you_mean(address, addresses)}"
                )
    for address, cost in costs.items():
        if not cost > 0:
            raise InputError(f"--cost {address}={cost:g}: an officer costs more than 0")
    return [
        _bounded(
            replace(
                post, cost=post.cost * costs.get(post.address, 1.0),
                least=least.get(post.address, post.least), most=most.get(post.address),
            )
        )
        for post in posts
    ]  # fmt: skip


def _addresses(network: Network) -> Iterator[str]:
    for home in dict.fromkeys(group.home for group in network.groups):
        groups = _groups(network, home)
        if len({group.officers for group in groups}) == 1:
            yield home
        else:
            yield from (f"{home}@{network.offices[group.office].name}" for group in groups)


def _bounded(post: Post) -> Post:
    if post.most is not None and post.most < post.least:
        raise InputError(
            f"{post.address}: at most {post.most} officers, but at least {post.least} are needed "
            f"for its work (load {post.load:.2f}); raise --max, or lower --min"
        )
    return post


def _post(network: Network, address: str, work: Sequence[float], searched: Iterable[str]) -> Post:
    groups = _groups(network, address)
    if not groups:
        known = dict.fromkeys(group.home for group in network.groups)
        raise InputError(
            f"--station {address}: no station or pool of this name has officers"
            f"{did_you_mean(address, known)}"
        )
    load = max(_load(network, group, work) for group in groups)
    others = [group for one in searched if one != address for group in _groups(network, one)]
    is_shared = any(set(own.stations) & set(other.stations) for own in groups for other in others)
    return Post(
        address=address,
        stations=frozenset(station for group in groups for station in group.stations),
        now=groups[0].officers,
        load=load,
        # What others may become does the work, where they are searched too.
        least=0 if is_shared else max(math.floor(load) + 1, 0),
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


def _load(network: Network, group: Group, work: Sequence[float]) -> float:
    """Give how many officers of a group its stations' work keeps busy, others doing theirs."""
    beside = [
        other for other in network.groups
        if other is not group and set(other.stations) & set(group.stations)
    ]  # fmt: skip
    own_time = _time_of_one(network, group)
    their_time = sum(other.officers * _time_of_one(network, other) for other in beside)
    left = sum(work[station] for station in group.stations) - their_time
    return max(left, 0.0) / own_time if own_time else 0.0


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
    return {
        post.address: with_count(staff, place, staff[place] - 1)
        for place, post in enumerate(posts)
        if staff[place] > post.least
    }
