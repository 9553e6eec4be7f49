"""A sample of replications on which numbers of officers are tried until it is clear what they do.

More officers are taken to keep no fewer limits, so that what is known of some decides others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from sim.staffing.posts import Post, Staff, has_time
from sim.staffing.trials import Trials, sums
from sim.statistics.binomial import reaches
from sim.statistics.intervals import Floats

Reading = Literal["pooled", "year"]

FIRST_BATCH = 5
"""Replications after which a clear case is decided."""
_ROUNDING = 1e-9
_CLEAR = 4.0
"""Standard errors from the target that make a case clear."""


@dataclass(frozen=True)
class Demand:
    """What a sample is to show.

    Parameters
    ----------
    target
        The rate, a share.
    reading
        Whether the pooled rate is to reach it, or each year but a few.
    confidence
        The share of years that are to reach it.
    """

    target: float
    reading: Reading
    confidence: float

    def is_met(self, above: Floats, below: Floats, is_all: bool) -> bool | None:
        """Tell whether replications, shape (n,), show it; None where more may decide otherwise.

        No denominator is 0.
        """
        if self.reading == "year":
            bad = int(np.count_nonzero(~reaches(above / below, self.target)))
            allowed = math.floor((1 - self.confidence) * SAMPLE + _ROUNDING)
            return False if bad > allowed else True if is_all else None
        rate = above.sum() / below.sum()
        error = float(np.std(above - rate * below, ddof=1)) / math.sqrt(above.size) / below.mean()
        if is_all or abs(rate - self.target) > _CLEAR * error:
            return bool(reaches(rate, self.target))
        return None


SAMPLE = 20
"""Replications of the search; those after them are fresh."""
TRIALS_OF_A_SEARCH = 50 * SAMPLE
"""About how many it takes, to choose where they are run."""


@dataclass
class Sample:
    """What replications 1 to `SAMPLE` say of numbers of officers.

    Parameters
    ----------
    trials
        Where they are run and remembered.
    posts
        The posts.
    demand
        What is wanted.
    enough, short
        Numbers of officers that are known to meet it, or not to.
    """

    trials: Trials
    posts: Sequence[Post]
    demand: Demand
    enough: set[Staff] = field(default_factory=set)
    short: set[Staff] = field(default_factory=set)

    def meets(self, staffs: Sequence[Staff]) -> list[bool]:
        """Tell which numbers of officers meet the demand, running what must be."""
        self.short.update(staff for staff in staffs if not has_time(self.posts, staff))
        open_ = [staff for staff in dict.fromkeys(staffs) if self._known(staff) is None]
        for last in range(FIRST_BATCH, SAMPLE + 1, FIRST_BATCH):
            if not open_:
                break
            found = self.trials.of(open_, range(1, last + 1))
            undecided = []
            for staff, above, below in zip(open_, *sums(found), strict=True):
                met = self.demand.is_met(above, below, last == SAMPLE)
                if met is None:
                    undecided.append(staff)
                else:
                    (self.enough if met else self.short).add(staff)
            open_ = undecided
        return [bool(self._known(staff)) for staff in staffs]

    def confirms(self, staff: Staff) -> bool:
        """Tell whether all replications agree that a plan meets the demand.

        What was decided by a few, none of them a bad year, may not last.
        """
        above, below = sums(self.trials.of([staff], range(1, SAMPLE + 1)))
        if self.demand.is_met(above[0], below[0], is_all=True):
            return True
        self.enough = {more for more in self.enough if not _at_most(more, staff)}
        self.short.add(staff)
        return False

    def _known(self, staff: Staff) -> bool | None:
        if any(_at_most(less, staff) for less in self.enough):
            return True
        if any(_at_most(staff, more) for more in self.short):
            return False
        return None


def _at_most(one: Staff, other: Staff) -> bool:
    return all(mine <= theirs for mine, theirs in zip(one, other, strict=True))
