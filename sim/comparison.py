"""Policies compared on the same citizens: differences paired by replication."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sim.engine import Trace
from sim.errors import InputError
from sim.experiment.precision import Goal
from sim.experiment.study import ESTIMATED, KEY, Study, put, rate_of_all, rate_parts
from sim.measures import RATES
from sim.statistics.binomial import reaches, share_interval
from sim.statistics.bootstrap import Ratios, simultaneous_differences, surely_greater
from sim.statistics.intervals import Floats, holm
from sim.timeline import late_dossiers

if TYPE_CHECKING:
    import pandas as pd

HEADLINE = "on_time_rate"
"""The measure of all dossiers by which policies are ranked."""
_OF_ALL = "all", "all", HEADLINE


@dataclass(frozen=True, eq=False)
class Comparison:
    """What the policies of a study change against one of them.

    Parameters
    ----------
    study
        The study.
    against
        The policy that the others are held against.
    differences
        Columns policy, against, scope, name, measure, estimate, low, high, replications,
        p_adjusted: the policy's value less the other's; a mean over the replications in which
        both have a value, for rates a difference of pooled rates. The 95 % intervals of a
        measure are right for all policies at once; p-values are Student's, paired, adjusted by
        Holm.
    """

    study: Study
    against: str
    differences: pd.DataFrame

    @cached_property
    def leaders(self) -> tuple[str, ...]:
        """Policies with the highest on-time rate and those not distinguishable from it.

        One alone is the best: its rate surely exceeds that of every other, all pairs taken
        together at 5 %. Highest first; none where no policy has a rate.
        """
        return _leaders(self.study.by_policy)


def compare(study: Study, against: str = "base") -> Comparison:
    """Compare the policies of a study.

    Parameters
    ----------
    study
        With `against` and at least one other policy; replications that all have are paired.
    against
        The policy that the others are held against.

    Raises
    ------
    InputError
        If the study lacks `against`, or has no other policy.
    """
    import pandas as pd

    tables = study.by_policy
    if against not in tables:
        raise InputError(f"the study has no policy `{against}`; it has: {', '.join(tables)}")
    others = [policy for policy in tables if policy != against]
    if not others:
        raise InputError(f"the study has only `{against}`; a comparison needs another policy")
    parts = [
        part
        for sharing, rows in _families(tables, against, others)
        for part in _differences({policy: tables[policy] for policy in sharing}, rows)
    ]
    found = pd.concat(parts)
    places = {policy: place for place, policy in enumerate(others)}
    order = np.lexsort((found.index.to_numpy(), found["policy"].map(places).to_numpy()))
    differences = found.iloc[order].reset_index(drop=True)
    differences.insert(1, "against", against)
    adjusted = differences.groupby(KEY, sort=False)["p_adjusted"].transform(
        lambda p: holm(p.to_numpy(np.float64))
    )
    differences["p_adjusted"] = adjusted
    return Comparison(study, against, differences)


def difference(measure: str, half_width: float, against: str) -> Goal:
    """Want the intervals of a measure's differences from a policy narrow, as the measure is."""
    return Goal(
        measure,
        half_width,
        False,
        lambda study: compare(study.of_scope("all"), against).differences,
    )


def chances_to_reach(study: Study, target: float) -> pd.DataFrame:
    """Estimate for each policy the chance that a replication's on-time rate reaches a target.

    Parameters
    ----------
    study
        A study.
    target
        A share.

    Returns
    -------
    DataFrame
        Columns policy, estimate, low, high, replications: exact 95 % intervals over the
        replications that have a rate; NaN without any.
    """
    import pandas as pd

    rows = []
    for policy, table in study.by_policy.items():
        rates = table.xs(_OF_ALL).dropna()
        # A hair less, as 99.9 / 100 is not 0.999 but the next number.
        reached = int(np.count_nonzero(reaches(rates.to_numpy(np.float64), target)))
        low, high = share_interval(reached, rates.size) if rates.size else (np.nan, np.nan)
        share = reached / rates.size if rates.size else np.nan
        rows.append((policy, share, low, high, rates.size))
    return pd.DataFrame(rows, columns=["policy", *ESTIMATED])


def flipped(before: Trace, after: Trace) -> pd.DataFrame:
    """List the dossiers that are late in one of two traces and not in the other (rule 18).

    Parameters
    ----------
    before, after
        The same replication under two policies: whoever is in both is known by name.

    Returns
    -------
    DataFrame
        Columns citizen, procedure, office, flipped (``late`` or ``not late``: what it became),
        and accepted, due, resolved and outcome in each, the first as ``…_against``.
    """
    columns = ["accepted", "due", "resolved", "outcome"]
    was, now = (
        trace.dossiers.assign(is_late=trace.dossiers["dossier"].isin(late_dossiers(trace)))
        for trace in (before, after)
    )
    # Who came at another time is another citizen, though the name is the same.
    both = now.merge(
        was[["citizen", "arrived", "is_late", *columns]],
        on=["citizen", "arrived"], suffixes=("", "_against"),
    )  # fmt: skip
    both["flipped"] = np.where(both["is_late"], "late", "not late")
    others = [f"{column}_against" for column in columns]
    wanted = ["citizen", "procedure", "office", "flipped", *others, *columns]
    flips = both.loc[both["is_late"] != both["is_late_against"], wanted]
    return flips.sort_values(["accepted", "citizen"])


def _families(
    tables: Mapping[str, pd.DataFrame], against: str, others: Sequence[str]
) -> Iterator[tuple[list[str], pd.MultiIndex]]:
    """Give what `against` measures in parts, each with the policies that measure it too."""
    base = tables[against].index
    having = np.array([base.isin(tables[policy].index) for policy in others])
    for pattern in np.unique(having, axis=1).T:
        if pattern.any():
            sharing = [policy for policy, has in zip(others, pattern, strict=True) if has]
            yield [against, *sharing], base[(having == pattern[:, None]).all(axis=0)]


def _differences(tables: Mapping[str, pd.DataFrame], rows: pd.MultiIndex) -> Iterator[pd.DataFrame]:
    """Estimate the differences of the later policies from the first, p-values not adjusted.

    Their index is the place in the first's table.
    """
    (_, whole), *_ = tables.items()
    replications = _shared_replications(tables)
    base, *others = (table.loc[rows, replications] for table in tables.values())
    values = base.to_numpy(np.float64)
    policies = [_ratios(other, other.to_numpy(np.float64) - values) for other in others]
    found = simultaneous_differences(policies, _ratios(base, np.zeros_like(values)))
    for policy, estimates in zip(list(tables)[1:], found, strict=True):
        part = rows.to_frame(index=False).set_index(whole.index.get_indexer(rows))
        part.insert(0, "policy", policy)
        for column in ESTIMATED:
            part[column] = getattr(estimates, column)
        part["p_adjusted"] = estimates.p
        yield part


def _ratios(table: pd.DataFrame, values: Floats) -> Ratios:
    """Give rates as ratios of counts in a table, and of all else the means of some values."""
    ratios = Ratios.of_means(values)
    for measure in RATES:
        rows, above, below = rate_parts(table, measure)
        put(ratios, rows, Ratios.of(above, below))
    return ratios


def _leaders(tables: Mapping[str, pd.DataFrame]) -> tuple[str, ...]:
    shared = _shared_replications(tables)
    parts = [rate_of_all(table[shared], HEADLINE) for table in tables.values()]
    above, below = (np.concatenate(side) for side in zip(*parts, strict=True))
    ratios = Ratios.of(above, below)
    highest_first = np.argsort(-ratios.estimate, kind="stable")
    known = highest_first[~np.isnan(ratios.estimate[highest_first])]
    if not known.size:
        return ()
    behind = surely_greater(ratios)[known[0]]
    names = list(tables)
    return tuple(names[place] for place in known if not behind[place])


def _shared_replications(tables: Mapping[str, pd.DataFrame]) -> pd.Index[str]:
    first, *others = (table.columns for table in tables.values())
    return first[np.all([first.isin(other) for other in others], axis=0)]
