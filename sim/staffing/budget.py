"""Where officers do most good, if they may cost no more than a budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sim.errors import InputError
from sim.staffing.posts import Post, Staff, cost_of
from sim.staffing.sample import FIRST_BATCH
from sim.staffing.trials import Trial, Trials

_CANDIDATES = 6
_MOST_MOVES = 100


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
    staff = tuple(post.least for post in posts)
    if cost_of(posts, staff) > budget:
        raise InputError(
            f"a budget of {budget:g} is too small: the work alone needs officers that cost "
            f"{cost_of(posts, staff):g}; raise it, or leave out stations with --station"
        )
    while further := _one_more(trials, posts, staff, budget):
        staff = _best(trials, posts, staff, further)
    say(f"A cost of {cost_of(posts, staff):g}, officer by officer; moving them now.")
    for _ in range(_MOST_MOVES):
        moved = _moved(trials, posts, staff, budget)
        kept = [_kept(own) for own in _first(trials, [staff, *moved])]
        if max(kept) <= kept[0]:
            break
        staff = moved[int(np.argmax(kept)) - 1]
    return staff


def _first(trials: Trials, staffs: Sequence[Staff]) -> list[list[Trial]]:
    return trials.of(staffs, range(1, FIRST_BATCH + 1))


def _kept(trials: Sequence[Trial]) -> float:
    return sum(trial.above for trial in trials) / max(sum(trial.below for trial in trials), 1.0)


def _one_more(trials: Trials, posts: Sequence[Post], staff: Staff, budget: float) -> list[Staff]:
    """Give the plans with one officer more, of the posts where late dossiers queue most."""
    (own,) = _first(trials, [staff])
    queued = np.sum([trial.queued for trial in own], axis=0)
    if not queued.sum():
        return []
    affordable = [
        _with(staff, place, 1) for place in np.argsort(-queued, kind="stable")
        if queued[place] > 0
        and cost_of(posts, staff) + posts[place].cost <= budget
        and staff[place] < (posts[place].most or staff[place] + 1)
    ]  # fmt: skip
    return affordable[:_CANDIDATES]


def _best(trials: Trials, posts: Sequence[Post], staff: Staff, further: Sequence[Staff]) -> Staff:
    before, *after = (_kept(own) for own in _first(trials, [staff, *further]))
    gains = [
        (kept - before) / (cost_of(posts, more) - cost_of(posts, staff))
        for kept, more in zip(after, further, strict=True)
    ]
    return further[int(np.argmax(gains))]


def _moved(trials: Trials, posts: Sequence[Post], staff: Staff, budget: float) -> list[Staff]:
    """Give the plans with one officer moved to where late dossiers queue most."""
    fewer = [
        _with(staff, place, -1) for place, post in enumerate(posts) if staff[place] > post.least
    ]
    (own,) = _first(trials, [staff])
    queued = np.sum([trial.queued for trial in own], axis=0)
    towards = [place for place in np.argsort(-queued, kind="stable")[:3] if queued[place] > 0]
    moved = [_with(less, place, 1) for less in fewer for place in towards]
    return [
        other for other in dict.fromkeys(moved)
        if other != staff and cost_of(posts, other) <= budget
        and all(count <= (post.most or count) for count, post in zip(other, posts, strict=True))
    ]  # fmt: skip


def _with(staff: Staff, place: int, more: int) -> Staff:
    return (*staff[:place], staff[place] + more, *staff[place + 1 :])
