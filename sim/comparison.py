"""Policies compared on the same citizens: differences paired by replication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.errors import InputError
from sim.experiment.study import KEY, Study, put, rate_parts
from sim.measures import RATES
from sim.statistics.intervals import holm, mean_estimates, ratio_difference_estimates

if TYPE_CHECKING:
    import pandas as pd


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
        p_adjusted: the policy's value less the other's, with a 95 % interval; a mean over the
        replications in which both have a value.
    """

    study: Study
    against: str
    differences: pd.DataFrame


def compare(study: Study, against: str = "base") -> Comparison:
    """Compare the policies of a study.

    Parameters
    ----------
    study
        With `against` and at least one other policy; replications that both have are paired.
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
    parts = [_differences(tables[policy], tables[against]) for policy in others]
    for policy, part in zip(others, parts, strict=True):
        part.insert(0, "policy", policy)
        part.insert(1, "against", against)
    differences = pd.concat(parts, ignore_index=True)
    adjusted = differences.groupby(KEY, sort=False)["p_adjusted"].transform(
        lambda p: holm(p.to_numpy(np.float64))
    )
    differences["p_adjusted"] = adjusted
    return Comparison(study, against, differences)


def _differences(table: pd.DataFrame, base: pd.DataFrame) -> pd.DataFrame:
    """Estimate the differences of what both policies have, unadjusted p-values included."""
    shared = base.index[base.index.isin(table.index)]
    replications = base.columns[base.columns.isin(table.columns)]
    table, base = table.loc[shared, replications], base.loc[shared, replications]
    estimates = mean_estimates(table.to_numpy(np.float64) - base.to_numpy(np.float64))
    for measure in RATES:
        rows, above, below = rate_parts(table, measure)
        _, base_above, base_below = rate_parts(base, measure)
        put(estimates, rows, ratio_difference_estimates(above, below, base_above, base_below))
    part = shared.to_frame(index=False)
    for column in ("estimate", "low", "high", "replications"):
        part[column] = getattr(estimates, column)
    part["p_adjusted"] = estimates.p
    return part
