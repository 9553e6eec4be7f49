"""The city centre of Uông Bí in 2021: its published figures, and a year of it."""

import math
from pathlib import Path

import pytest
from shipped import Values, first_replication, values_of

from sim.network import build
from sim.scenario.load import load

ROOT = Path(__file__).parents[1]
SCENARIO = load(ROOT / "scenarios" / "uong-bi-2021.yaml")
DESK_OF_NINE = "land-desk-nine"

# The year is run once, whichever worker has it (with `--dist loadgroup`).
pytestmark = pytest.mark.xdist_group("uong-bi")


def a_year(policy: str) -> Values:
    return values_of(first_replication(SCENARIO.with_policy(policy)))


@pytest.fixture(scope="module")
def base() -> Values:
    return a_year("base")


@pytest.fixture(scope="module")
def nine() -> Values:
    return a_year(DESK_OF_NINE)


def published(measure_name: str) -> float:
    """Give the value of the one published figure of a measure that the scenario is fitted to."""
    (value,) = (
        figure.value
        for figure in SCENARIO.published
        if figure.measure == measure_name and figure.use == "calibrated"
    )
    return value


@pytest.mark.parametrize("policy", ["base", *SCENARIO.policies])
def test_every_policy_builds(policy: str) -> None:
    network = build(SCENARIO.with_policy(policy))
    assert {procedure.name for procedure in network.procedures} == set(SCENARIO.procedures)


def test_the_land_desk_of_nine_has_three_officers_less() -> None:
    before, after = build(SCENARIO), build(SCENARIO.with_policy(DESK_OF_NINE))
    assert after.officers == before.officers - 3


def test_every_published_figure_is_measured(base: Values) -> None:
    for figure in SCENARIO.published:
        assert not math.isnan(base[figure.scope, figure.name, figure.measure]), figure.source


def day_to_day_deviation() -> float:
    """Give the standard deviation of a year's intake, to a few per cent.

    A day's intake at the counters varies by the profile's `day_cv`, on each of some 250 working
    days of its own; what comes online, and the single arrivals, vary as a Poisson number does.
    """
    total = published("received")
    counter = sum(
        (procedure.volume.share or 0.0) * total * procedure.channels.get("counter", 1.0)
        if procedure.channels
        else (procedure.volume.share or 0.0) * total
        for procedure in SCENARIO.procedures.values()
    )
    cv = SCENARIO.profiles["mornings"].day_cv
    return math.hypot(cv * counter / math.sqrt(250), math.sqrt(total))


def test_the_intake_is_the_published_one(base: Values) -> None:
    received = base["level", "city", "received"]
    assert abs(received - published("received")) < 4 * day_to_day_deviation()


def test_the_share_resolved_is_the_published_one(base: Values) -> None:
    # What is open at the year's end is about a day's intake, 0.4 % of the year; it moves with the
    # last days' intake, by less than its three quarters.
    found = base["level", "city", "resolution_rate"]
    assert abs(found - published("resolution_rate")) < 0.003


def test_the_share_early_is_the_published_one(base: Values) -> None:
    # The shares and staff were fitted by hand to within half a point; years differ by some tenths
    # with the number of their busy days.
    found = base["level", "city", "early_rate"]
    assert abs(found - published("early_rate")) < 0.01


def test_none_is_late(base: Values) -> None:
    assert published("resolved_late") == 0
    assert base["level", "city", "resolved_late"] == 0
    assert base["level", "city", "open_overdue"] == 0


@pytest.mark.parametrize("year", ["base", "nine"])
def test_no_dossier_is_lost_or_counted_twice(year: str, request: pytest.FixtureRequest) -> None:
    """Rule 18, at every scope of dossiers."""
    values: Values = request.getfixturevalue(year)
    places = [(scope, name) for scope, name, measured in values if measured == "carried_over"]
    assert ("level", "city") in places
    assert len({scope for scope, _ in places}) == 6
    for place in places:

        def total(*counts: str, place: tuple[str, str] = place) -> float:
            return sum(values[*place, count] for count in counts)

        still_open = ("open_within_limit", "open_overdue", "open_without_limit")
        assert total("carried_over", "received") == total("resolved", "withdrawn", *still_open)
        outcomes = (f"resolved_{o}" for o in ("early", "on_time", "late", "without_limit"))
        assert total("resolved") == total(*outcomes)
    for measured in ("carried_over", "received", "resolved"):
        by_procedure = sum(
            value for (scope, _, name), value in values.items()
            if scope == "procedure" and name == measured
        )  # fmt: skip
        assert by_procedure == values["all", "all", measured]


def test_fewer_officers_at_the_land_desk_are_worse_for_the_same_citizens(
    base: Values, nine: Values
) -> None:
    city, land = ("level", "city"), ("field", "land")
    for place in (city, land):
        # Who comes, and when it is accepted, does not depend on the desk behind the counter.
        assert nine[*place, "received"] == base[*place, "received"]
        assert nine[*place, "on_time_rate"] < base[*place, "on_time_rate"]
        assert nine[*place, "resolved_late"] > base[*place, "resolved_late"]
    assert (
        nine["station", "city.land", "wait_minutes_mean"]
        > (base["station", "city.land", "wait_minutes_mean"])
    )
    assert (
        nine["station", "city.land", "utilisation"] > (base["station", "city.land", "utilisation"])
    )


@pytest.mark.parametrize("policy", ["three-to-the-counters", "one-floor"])
def test_officers_where_they_are_missed_shorten_the_wait(base: Values, policy: str) -> None:
    changed = a_year(policy)
    assert (
        changed["all", "all", "wait_minutes_mean"] < 0.9 * base["all", "all", "wait_minutes_mean"]
    )
    assert changed["all", "all", "resolved_late"] == 0


def test_shared_data_keep_limits_that_less_work_does_not() -> None:
    work, data = (a_year(policy) for policy in ("cut-sixty", "cut-sixty-shared-data"))
    assert data["all", "all", "on_time_rate"] > work["all", "all", "on_time_rate"]


def test_a_saturday_is_open_and_no_working_day() -> None:
    dossiers = first_replication(SCENARIO.with_policy("saturday-mornings")).dossiers
    assert (dossiers["accepted"].dt.day_name() == "Saturday").any()
    assert not dossiers["due"].dt.day_name().isin(["Saturday", "Sunday"]).any()
