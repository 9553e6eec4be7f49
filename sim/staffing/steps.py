"""One officer more or fewer: where it does most good, or least harm.

Judged by the first replications of the search, on which all plans meet the same citizens.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from sim.staffing.posts import Post, Staff, cost_of, one_fewer, with_count
from sim.staffing.sample import FIRST_BATCH
from sim.staffing.trials import Trial, Trials, sums

_CANDIDATES = 6
"""Posts among which the next officer is looked for: where late dossiers queue most."""


def first_trials(trials: Trials, staffs: Sequence[Staff]) -> list[list[Trial]]:
    """Give the first trials of some plans."""
    return trials.of(staffs, range(1, FIRST_BATCH + 1))


def shares_kept(trials: Trials, staffs: Sequence[Staff]) -> list[float]:
    """Give the pooled rates of some plans in their first trials."""
    above, below = sums(first_trials(trials, staffs))
    return list((above.sum(axis=1) / below.sum(axis=1)).tolist())


def queues(trials: Trials, staff: Staff) -> list[int]:
    """List the posts for which late dossiers queue, most first."""
    (own,) = first_trials(trials, [staff])
    queued = np.sum([trial.queued for trial in own], axis=0)
    return [int(place) for place in np.argsort(-queued, kind="stable") if queued[place] > 0]


def one_more(
    trials: Trials, posts: Sequence[Post], staff: Staff, allowed: Iterable[int]
) -> tuple[Staff, float] | None:
    """Add the officer by whom most limits are kept for the cost, and say how much that gains.

    At one of some posts; None where late dossiers queue for none of them.
    """
    free = set(allowed)
    places = [place for place in queues(trials, staff) if place in free][:_CANDIDATES]
    if not places:
        return None
    further = [with_count(staff, place, staff[place] + 1) for place in places]
    before, *after = shares_kept(trials, [staff, *further])
    gains = [(kept - before) / posts[place].cost for place, kept in zip(places, after, strict=True)]
    best = int(np.argmax(gains))
    return further[best], gains[best]


def least_missed(trials: Trials, posts: Sequence[Post], staff: Staff) -> Staff | None:
    """Take the officer away by whom fewest limits are kept for the cost; None if all are needed."""
    fewer = list(one_fewer(posts, staff).values())
    if not fewer:
        return None
    before, *after = shares_kept(trials, [staff, *fewer])
    losses = [
        (before - kept) / (cost_of(posts, staff) - cost_of(posts, less))
        for less, kept in zip(fewer, after, strict=True)
    ]
    return fewer[int(np.argmin(losses))]
