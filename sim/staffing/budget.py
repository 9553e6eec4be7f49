"""Where officers do most good, if they may cost no more than a budget."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from sim.errors import InputError
from sim.staffing.posts import Post, Staff, cost_of, one_fewer, with_count
from sim.staffing.search import cheapest_allowed
from sim.staffing.steps import one_more, queues, shares_kept
from sim.staffing.trials import Trials

_MOST_MOVES = 100
_TOWARDS = 3
"""Posts to which an officer is moved: where late dossiers queue most."""


def most_good(
    trials: Trials, posts: Sequence[Post], budget: float, say: Callable[[str], None]
) -> Staff:
    """Give numbers of officers that keep many limits for no more than a budget.

    From the least, officer by officer where most limits are kept for the cost, then one moved at
    a time while that keeps more.

    Raises
    ------
    InputError
        If the least that the work needs costs more.
    """
    most = tuple(
        max(post.least, math.ceil(post.load) + 1) if post.most is None else post.most
        for post in posts
    )
    staff = cheapest_allowed(posts, tuple(post.least for post in posts), most, [])
    if staff is None:
        raise InputError("the officers that --max allows have no time for the work; raise it")
    if cost_of(posts, staff) > budget:
        raise InputError(
            f"a budget of {budget:g} is too small: the work alone needs officers that cost "
            f"{cost_of(posts, staff):g}; raise it, or leave out stations with --station"
        )
    while more := one_more(trials, posts, staff, _affordable(posts, staff, budget)):
        further, gain = more
        if gain <= 0:
            break
        staff = further
    say(f"A cost of {cost_of(posts, staff):g}, officer by officer; moving them now.")
    for _ in range(_MOST_MOVES):
        moved = _moved(trials, posts, staff, budget)
        kept = shares_kept(trials, [staff, *moved])
        if max(kept) <= kept[0]:
            break
        staff = moved[int(np.argmax(kept)) - 1]
    return staff


def _affordable(posts: Sequence[Post], staff: Staff, budget: float) -> list[int]:
    """List the posts that may have one officer more."""
    left = budget - cost_of(posts, staff)
    return [
        place for place, post in enumerate(posts)
        if post.cost <= left and (post.most is None or staff[place] < post.most)
    ]  # fmt: skip


def _moved(trials: Trials, posts: Sequence[Post], staff: Staff, budget: float) -> list[Staff]:
    """Give the plans with one officer moved to where late dossiers queue most."""
    towards = queues(trials, staff)[:_TOWARDS]
    return [
        with_count(less, place, less[place] + 1)
        for less in one_fewer(posts, staff).values()
        for place in towards
        if less[place] == staff[place] and place in _affordable(posts, less, budget)
    ]
