"""Tables, sentences and JSON of a staffing plan."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sim.cli.tables import MISSING, number, show, titled_table
from sim.staffing import StaffingPlan
from sim.staffing.sample import SAMPLE
from sim.statistics.binomial import share_interval

_HAIR = 1e-5
"""Shares that part a bound from a target."""

if TYPE_CHECKING:
    from rich.table import Table

    from sim.staffing.certificate import Certificate
    from sim.staffing.find import Rate


def show_plan(plan: StaffingPlan) -> None:
    """Print what was found, on standard output."""
    show(
        _plan_table(plan), *_sentences(plan),
        _frontier_table(plan) if plan.frontier else None,
    )  # fmt: skip


def _plan_table(plan: StaffingPlan) -> Table:
    wanted = (
        "for the budget" if plan.target is None
        else f"for {plan.measure} of {number(plan.target, plan.measure)} or more"
    )  # fmt: skip
    columns = ("load", "today", "plan", "change", "with one fewer")
    table = titled_table(f"{plan.scenario}: officers {wanted}", "station", columns)
    near = {neighbour.station: neighbour for neighbour in plan.neighbours}
    for post, count in zip(plan.posts, plan.staff, strict=True):
        other = near.get(post.address)
        table.add_row(
            post.address, f"{post.load:.2f}", str(post.now), str(count),
            f"{count - post.now:+d}" if count != post.now else "",
            _rate(other.rate, plan.measure) if other else "",
        )  # fmt: skip
    today = sum(post.cost * post.now for post in plan.posts)
    table.add_row("cost", "", f"{today:g}", f"{plan.cost:g}", f"{plan.cost - today:+g}", "")
    table.caption = (
        "load: how many officers the work keeps busy\n"
        f"with one fewer: {plan.measure} on {SAMPLE} fresh replications; none where the work needs "
        "all"
    )
    return table


def _sentences(plan: StaffingPlan) -> list[str]:
    rate = f"{plan.measure} {_rate(plan.rate, plan.measure)}"
    if plan.unreachable:
        return [
            f"Unreachable by staffing, because {plan.unreachable}. With the officers above: {rate} "
            f"on {plan.rate.replications} replications."
        ]
    told = []
    certificate = plan.certificate
    if certificate is None:
        told.append(f"{rate} on {plan.rate.replications} fresh replications.")
    else:
        told.append(f"Certified on {certificate.replications} fresh replications: {rate}; "
                    f"{_held(plan, certificate)}.")  # fmt: skip
        if certificate.attempt > 1:
            told.append(f"It is plan {certificate.attempt} that was held against fresh ones.")
        told.append(
            f"On the {SAMPLE} replications of the search no plan of a cost below {plan.bound:g} "
            f"keeps it, so that {plan.gap:g} could be saved at most."
            if plan.gap
            else f"No cheaper plan keeps it on the {SAMPLE} replications of the search, if more "
            "officers never keep fewer limits."
        )
    told.append(f"{plan.trials:,} replications in all.".replace(",", "\u202f"))
    return [" ".join(told)]


def _held(plan: StaffingPlan, certificate: Certificate) -> str:
    """Say what fresh replications certify."""
    sure = f"{100 * plan.confidence:g} % sure"
    years = certificate.replications
    if certificate.allowed is not None:
        return f"{certificate.bad_years} of them miss it, where {certificate.allowed} may"
    if certificate.low is not None:
        return f"{sure} that it is {number(certificate.low, plan.measure, error=_HAIR)} or more"
    kept = share_interval(years - certificate.bad_years, years, 2 * plan.confidence - 1)[0]
    return (
        f"{certificate.bad_years} of them miss the target, too few to bound the rate by; {sure} "
        f"that {number(kept, plan.measure)} of the years or more reach it"
    )


def _frontier_table(plan: StaffingPlan) -> Table:
    columns = [plan.measure]
    if plan.target is not None:
        columns.append(f"chance of a year with\n{number(plan.target, plan.measure)} or more")
    columns.append("officers")
    table = titled_table("What each cost buys, of the plans tried", "cost", columns)
    before: tuple[int, ...] | None = None
    for point in plan.frontier:
        cells = [_with_ends(point.estimate, point.low, point.high, plan.measure)]
        if plan.target is not None:
            cells.append(
                _with_ends(point.chance, point.chance_low, point.chance_high, plan.measure)
            )
        cells.append(_told(plan, point.staff, before))
        mark = " *" if point.staff == plan.staff else ""
        table.add_row(f"{point.cost:g}{mark}", *cells)
        before = point.staff
    table.columns[-1].no_wrap, table.columns[-1].justify = False, "left"
    table.caption = f"* the plan; on the {SAMPLE} replications of the search"
    return table


def _told(plan: StaffingPlan, staff: tuple[int, ...], before: tuple[int, ...] | None) -> str:
    """Write what changes from the plan before; all of the first are as in the table above."""
    reference = plan.staff if before is None else before
    changes = [
        f"{post.address} {count - was:+d}"
        for post, count, was in zip(plan.posts, staff, reference, strict=True)
        if count != was
    ]
    told = ", ".join(changes) or "the plan"
    return f"the plan and {told}" if before is None and changes else told


def _rate(rate: Rate, measure: str) -> str:
    return _with_ends(rate.estimate, rate.low, rate.high, measure)


def _with_ends(estimate: float | None, low: float | None, high: float | None, measure: str) -> str:
    if estimate is None:
        return MISSING
    if low is None or high is None or low == high:
        return number(estimate, measure)
    half = (high - low) / 2
    ends = (number(end, measure, error=half).removesuffix(" %") for end in (low, high))
    return f"{number(estimate, measure, error=half)} ({' – '.join(ends)})"


def json_of(plan: StaffingPlan) -> dict[str, Any]:
    """Give a plan as JSON has it; what is missing is null."""
    return {
        "format": 1,
        "scenario": plan.scenario,
        "measure": plan.measure,
        "target": plan.target,
        "reading": plan.reading,
        "confidence": plan.confidence,
        "plan": plan.plan,
        "today": {post.address: post.now for post in plan.posts},
        "cost": plan.cost,
        plan.measure: asdict(plan.rate),
        "certificate": None if plan.certificate is None else asdict(plan.certificate),
        "neighbours": [
            {
                "station": near.station, "plan": _named(plan, near.staff), "cost": near.cost,
                plan.measure: asdict(near.rate),
            }
            for near in plan.neighbours
        ],
        "bound": plan.bound,
        "gap": plan.gap,
        "unreachable": plan.unreachable or None,
        "frontier": [
            {**asdict(point), "staff": _named(plan, point.staff)} for point in plan.frontier
        ],
        "replications": plan.trials,
    }  # fmt: skip


def _named(plan: StaffingPlan, staff: tuple[int, ...]) -> dict[str, int]:
    return {post.address: count for post, count in zip(plan.posts, staff, strict=True)}
