"""Bringing together what has the same number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.intp]


def by_number(numbers: NDArray[np.integer[Any]], count: int) -> tuple[Places, Places]:
    """Bring together the places where each number below `count` stands; negative ones are none.

    Parameters
    ----------
    numbers
        From -1 to below `count`, shape (n,).

    Returns
    -------
    order
        Places in `numbers`, by number, then by place, shape (n,).
    first
        Where in `order` those of each number begin, shape (count + 1,).
    """
    narrow = numbers.astype(np.min_scalar_type(-1 - count))  # short ones are sorted in one pass
    order = np.argsort(narrow, kind="stable")
    return order, np.searchsorted(narrow[order], np.arange(count + 1))
