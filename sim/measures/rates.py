"""Counts of dossiers and the rates made of them (rules 18, 19, 24 and 25)."""

from __future__ import annotations

import math
from dataclasses import dataclass

COUNTS = (
    "received", "carried_over", "to_resolve", "resolved", "resolved_early", "resolved_on_time",
    "resolved_late", "resolved_late_by_law", "resolved_without_limit", "withdrawn",
    "open_within_limit", "open_overdue", "open_without_limit", "three_visits", "apologies",
    "resolved_late_announced", "resolved_late_again",
)  # fmt: skip


@dataclass(frozen=True)
class Rate:
    """A rate of rules 19 and 24: a sum of counts over a sum of counts, times a factor."""

    above: tuple[str, ...]
    below: tuple[str, ...]
    factor: float = 1.0


_KEPT = ("resolved_early", "resolved_on_time")
_IN_TIME = (*_KEPT, "open_within_limit")
_WITH_LIMIT = (*_KEPT, "resolved_late", "open_overdue", "open_within_limit")
RATES = {
    "on_time_rate": Rate(_KEPT, (*_KEPT, "resolved_late", "open_overdue")),
    "on_time_rate_of_resolved": Rate(_KEPT, (*_KEPT, "resolved_late")),
    "early_rate": Rate(("resolved_early",), (*_KEPT, "resolved_late")),
    "resolution_rate": Rate(("resolved",), ("to_resolve",)),
    "progress_766": Rate(_IN_TIME, _WITH_LIMIT, 20.0),
    "in_time_rate": Rate(_IN_TIME, _WITH_LIMIT),
    "three_visits_rate": Rate(("three_visits",), ("resolved",)),
}


def rates_of(counts: dict[str, float]) -> dict[str, float]:
    """Give the rates of some counts; NaN where the denominator is 0."""
    rates = {}
    for name, rate in RATES.items():
        below = sum(counts[count] for count in rate.below)
        above = sum(counts[count] for count in rate.above)
        rates[name] = rate.factor * above / below if below else math.nan
    return rates
