"""The cheapest numbers of officers that meet a demand on a sample.

Cuts of a monotone integer program: each plan that falls short, made as large as it can be while
it does, forbids all below it (Atlason, Epelman & Henderson, *Optimizing call center staffing
using simulation and analytic center cutting-plane methods*, 2008, for cuts from simulation).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from sim.staffing.posts import Post, Staff, cost_of, one_fewer, with_count
from sim.staffing.sample import Sample
from sim.staffing.steps import one_more, shares_kept

_MOST_CUTS = 100
_MORE = 1e-6
"""By how much, as a share of the work, officers must have more time than it takes."""
_MOST_DOUBLINGS = 6


@dataclass(frozen=True)
class Found:
    """What a search found.

    Parameters
    ----------
    staff
        The cheapest numbers of officers that meet the demand, as far as is known.
    bound
        A cost below which none meet it, if more officers keep no fewer limits.
    """

    staff: Staff
    bound: float


def most_that_helps(sample: Sample) -> Staff:
    """Give numbers of officers beyond which no more limits are kept.

    A generous staff, doubled until that keeps no more, within the posts' bounds.
    """

    def bounded(times: int) -> Staff:
        return tuple(_bounded(post, times * _generous(post)) for post in sample.posts)

    times = 1
    (kept,) = shares_kept(sample.trials, [bounded(times)])
    for _ in range(_MOST_DOUBLINGS):
        if kept == 1:
            break
        (further,) = shares_kept(sample.trials, [bounded(2 * times)])
        if further <= kept:
            break
        times, kept = 2 * times, further
    return bounded(times)


def _generous(post: Post) -> int:
    return max(math.ceil(post.load + 3 * math.sqrt(post.load)), post.now, 1)


def _bounded(post: Post, count: int) -> int:
    return max(post.least, count if post.most is None else min(count, post.most))


def cheapest(sample: Sample, most: Staff, say: Callable[[str], None]) -> Found:
    """Find the cheapest numbers of officers that meet a demand in all replications of a sample.

    Parameters
    ----------
    sample
        Tells which meet it; `most` does.
    most
        The largest numbers.
    say
        Called with a line about what was reached.
    """
    found = _cheapest(sample, most, say)
    while found.staff != most and not sample.confirms(found.staff):
        found = _cheapest(sample, most, say)
    return found


def _cheapest(sample: Sample, most: Staff, say: Callable[[str], None]) -> Found:
    posts = sample.posts
    least = _least_alone(sample, most)
    say(f"What each post needs, with the others at most, costs {cost_of(posts, least):g} together.")
    best = _trimmed(sample, _raised(sample, least, most), least)
    cuts: list[Staff] = []
    bound = cost_of(posts, least)
    while len(cuts) < _MOST_CUTS:
        proposed = cheapest_allowed(posts, least, most, cuts)
        if proposed is None:
            return Found(best, cost_of(posts, best))
        bound = max(bound, cost_of(posts, proposed))
        if bound >= cost_of(posts, best):
            return Found(best, cost_of(posts, best))
        if sample.meets([proposed])[0]:
            return Found(proposed, bound)
        say(
            f"A cost of {cost_of(posts, best):g} is enough, one of less than {bound:g} is not; "
            "looking between."
        )
        cuts.append(_enlarged(sample, proposed, most, range(len(posts))))
        better = _trimmed(sample, _raised(sample, proposed, most), least)
        best = min(best, better, key=lambda staff: cost_of(posts, staff))
    return Found(best, bound)


def _least_alone(sample: Sample, most: Staff) -> Staff:
    """Give the least number at each post with which the demand is met, all others at most."""
    low = [post.least for post in sample.posts]
    high = list(most)
    while unsure := [place for place in range(len(low)) if low[place] < high[place]]:
        middle = {place: (low[place] + high[place]) // 2 for place in unsure}
        met = sample.meets([with_count(most, place, count) for place, count in middle.items()])
        for place, is_met in zip(unsure, met, strict=True):
            if is_met:
                high[place] = middle[place]
            else:
                low[place] = middle[place] + 1
    return tuple(low)


def _raised(sample: Sample, staff: Staff, most: Staff) -> Staff:
    """Add officers, each where most limits are kept for its cost, until the demand is met."""
    posts = sample.posts
    while not sample.meets([staff])[0]:
        free = [place for place in range(len(posts)) if staff[place] < most[place]]
        more = one_more(sample.trials, posts, staff, free)
        # Where late dossiers queue for none of them, any may be what it takes.
        staff = more[0] if more else with_count(staff, free[0], most[free[0]])
    return staff


def _trimmed(sample: Sample, staff: Staff, least: Staff) -> Staff:
    """Take officers away, the dearest first, while the demand is met."""
    posts = sample.posts
    while True:
        fewer = [
            less for less in one_fewer(posts, staff).values()
            if all(count >= few for count, few in zip(less, least, strict=True))
        ]  # fmt: skip
        enough = [
            less for less, met in zip(fewer, sample.meets(fewer), strict=True) if met
        ]  # fmt: skip
        if not enough:
            return staff
        staff = min(enough, key=lambda less: cost_of(posts, less))


def _enlarged(sample: Sample, staff: Staff, most: Staff, places: Sequence[int]) -> Staff:
    """Add officers at some places while the demand is not met, so many that no more can be."""
    raised = staff
    for place in places:
        raised = with_count(raised, place, most[place])
    if not sample.meets([raised])[0]:
        return raised
    if len(places) > 1:
        half = len(places) // 2
        staff = _enlarged(sample, staff, most, places[:half])
        return _enlarged(sample, staff, most, places[half:])
    (place,) = places
    low, high = staff[place], most[place]
    while high - low > 1:
        middle = (low + high) // 2
        if sample.meets([with_count(staff, place, middle)])[0]:
            high = middle
        else:
            low = middle
    return with_count(staff, place, low)


def cheapest_allowed(
    posts: Sequence[Post], least: Staff, most: Staff, cuts: Sequence[Staff]
) -> Staff | None:
    """Give the cheapest numbers with time for the work that no cut forbids.

    One number at least is above each cut. A binary for each officer beyond the least: whether
    there are that many. None if there are no such numbers.
    """
    officers = [
        (place, count)
        for place in range(len(posts))
        for count in range(least[place] + 1, most[place] + 1)
    ]
    column = {officer: number for number, officer in enumerate(officers)}
    needs = [need for post in posts for need in post.needs]
    if not officers or not (cuts or needs):
        return least
    rows: list[list[tuple[int, float]]] = []
    floors: list[float] = []
    for place, count in officers:
        if (place, count + 1) in column:
            rows.append([(column[place, count], 1.0), (column[place, count + 1], -1.0)])
            floors.append(0.0)
    for cut in cuts:
        beyond = [(place, count + 1) for place, count in enumerate(cut)]
        rows.append([(column[officer], 1.0) for officer in beyond if officer in column])
        floors.append(1.0)
    counts = {post.address: few for post, few in zip(posts, least, strict=True)}
    places = {post.address: place for place, post in enumerate(posts)}
    for need in needs:
        there = sum(time * counts[address] for address, time in need.times)
        # In shares of the work, so that rounding is alike in all rows.
        scale = max(need.work, 1.0)
        rows.append(
            [
                (column[place, count], time / scale)
                for address, time in need.times
                for place, count in officers
                if place == places[address]
            ]
        )
        floors.append((need.work - there) / scale + _MORE)
    entries = [(row, at, value) for row, own in enumerate(rows) for at, value in own]
    numbers, columns, values = zip(*entries, strict=True)
    matrix = coo_array((values, (numbers, columns)), shape=(len(rows), len(officers)))
    solved = milp(
        [posts[place].cost for place, _ in officers],
        constraints=LinearConstraint(matrix.tocsr(), floors, np.inf),
        integrality=np.ones(len(officers), np.int64),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0.0},
    )
    if solved.x is None:
        return None
    chosen = np.round(solved.x).astype(int)
    added = [0] * len(posts)
    for (place, _), is_there in zip(officers, chosen, strict=True):
        added[place] += int(is_there)
    return tuple(fewest + more for fewest, more in zip(least, added, strict=True))
