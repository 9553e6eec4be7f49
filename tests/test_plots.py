"""The figures: what they draw is what the study holds, and every word can be read."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection, QuadMesh
from matplotlib.colors import to_rgba
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from scipy.stats import t as student

from sim.comparison import compare
from sim.errors import InputError
from sim.experiment import run
from sim.experiment.study import Plan, Study
from sim.plots import FIGURES, FileFormat, draw_figures, draw_staffing, suitable
from sim.plots.differences import held_against
from sim.plots.moved import LEAST
from sim.plots.page import MUTED, WIDTH, colour_of
from sim.plots.staffing import chance, frontier
from sim.plots.text import THIN, grouped, percent, signed, width, wrapped
from sim.plots.turnaround import PERCENTILES, percentiles_of
from sim.scenario.load import load_text
from sim.scenario.schema import Scenario
from sim.staffing import StaffingPlan, find_staff
from sim.staffing.certificate import Certificate
from sim.staffing.find import Rate
from sim.staffing.frontier import Point
from sim.statistics.binomial import share_interval
from sim.sweep import by_effect, ends, grid, of_measure, points_of, with_points, written

OUTCOMES = (
    "resolved_early", "resolved_on_time", "resolved_late", "open_overdue", "open_within_limit",
)  # fmt: skip
KINDS = ("waiting", "closed", "work", "suspended", "transfer", "citizen")

CALM = """
name: Phường Trưng Vương
period: {from: 2021-03-01, to: 2021-03-12}
calendars: {office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}}}
channels: {counter: {calendar: office}}
levels: {ward: {calendar: office, stations: {reception: {kind: counter}, clerk: {}}}}
procedures:
  birth:
    {received_at: ward, volume: {per_working_day: 20}, time_limit: 5 working days,
     route: [{at: ward.reception, work: {exponential: 12 min}}, {at: ward.clerk, work: 5 min}]}
"""

CROWDED = """
name: >-
  Trung tâm Phục vụ hành chính công xã Thượng Yên Công, thành phố Uông Bí, tỉnh Quảng Ninh,
  quý II năm 2021
period: {from: 2021-03-01, to: 2021-03-14}
calendars: {office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}}}
channels: {counter: {calendar: office}, online: {calendar: always}}
levels:
  city:
    calendar: office
    stations: {thẩm-định-hồ-sơ-đất-đai-và-môi-trường: {}, ký-duyệt: {}}
  phường-xã-thị-trấn:
    within: city
    calendar: office
    stations:
      tiếp-nhận: {kind: counter}
      hộ-tịch: {}
      chứng_thực_bản_sao_từ_bản_chính_giấy_tờ: {}
      văn-thư: {}
    pools:
      công-chức: {serves: [chứng_thực_bản_sao_từ_bản_chính_giấy_tờ, văn-thư], staff: 2}
procedures:
  khai-sinh:
    name: Đăng ký khai sinh có yếu tố nước ngoài cho trẻ em sinh ra tại Việt Nam
    received_at: phường-xã-thị-trấn
    volume: {per_working_day: 15}
    time_limit: 1 working day
    route:
      - {at: phường-xã-thị-trấn.tiếp-nhận, work: 8 min}
      - {at: phường-xã-thị-trấn.hộ-tịch, work: {exponential: 36 min}}
      - {at: city.ký-duyệt, work: {exponential: 8 min}}
  chứng-thực:
    name: Chứng thực bản sao từ bản chính giấy tờ do cơ quan có thẩm quyền của Việt Nam cấp
    received_at: phường-xã-thị-trấn
    volume: {per_working_day: 30}
    channels: {counter: 70%, online: 30%}
    time_limit: same day
    route:
      - {at: phường-xã-thị-trấn.tiếp-nhận, work: 4 min}
      - {at: phường-xã-thị-trấn.chứng_thực_bản_sao_từ_bản_chính_giấy_tờ, work: 15 min}
      - {at: phường-xã-thị-trấn.văn-thư, work: 2 min}
  đất-đai:
    name: Đăng ký biến động quyền sử dụng đất, quyền sở hữu nhà ở và tài sản gắn liền với đất
    received_at: phường-xã-thị-trấn
    volume: {per_working_day: 4}
    time_limit: 3 working days
    route:
      - {at: phường-xã-thị-trấn.tiếp-nhận, work: 10 min}
      - {at: city.thẩm-định-hồ-sơ-đất-đai-và-môi-trường, work: {exponential: 110 min}}
      - {at: city.ký-duyệt, work: 5 min}
policies:
  thêm-một-công-chức-hộ-tịch-tại-phường:
    - {staff: {phường-xã-thị-trấn.hộ-tịch: {add: 1}}}
  thêm-một-công-chức-thẩm-định-hồ-sơ-đất-đai-và-hai-công-chức-hộ-tịch:
    - {staff: {phường-xã-thị-trấn.hộ-tịch: {add: 2}}}
    - {staff: {city.thẩm-định-hồ-sơ-đất-đai-và-môi-trường: {add: 1}}}
  một_công_chức_chung_cho_chứng_thực_và_văn_thư_thay_vì_hai:
    - {staff: {phường-xã-thị-trấn.công-chức: {set: 1}}}
  hai-người-tiếp-nhận:
    - {staff: {phường-xã-thị-trấn.tiếp-nhận: {set: 2}}}
  ba-người-tiếp-nhận-và-hai-người-ký-duyệt-hồ-sơ-trong-ngày:
    - {staff: {phường-xã-thị-trấn.tiếp-nhận: {set: 3}, city.ký-duyệt: {set: 2}}}
"""

UNLIMITED = """
name: Không thời hạn, $5$ và 100 %
period: {from: 2021-03-01, to: 2021-03-01}
calendars: {office: {hours: {mon-fri: ["07:30-11:30"]}}}
channels: {counter: {calendar: office}}
levels: {ward: {calendar: office, stations: {clerk: {}}}}
procedures:
  advice: {received_at: ward, volume: {per_working_day: 5}, route: [{at: ward.clerk, work: 5 min}]}
"""


SIGNING, CIVIL = "city.ký-duyệt", "phường-xã-thị-trấn.hộ-tịch@phường-xã-thị-trấn"
CERTIFYING = "phường-xã-thị-trấn.chứng_thực_bản_sao_từ_bản_chính_giấy_tờ"
LIMIT = "procedures.khai-sinh.time_limit"
LIMITS = ["1 working day", "2 working days", "1 week"]
WORK = "procedures.khai-sinh.route.hộ-tịch.work"
WORKS = ["30 min", {"lognormal": {"mean": "36 min", "cv": "80%"}}]


def _run(scenario: Scenario, replications: int) -> Study:
    return run(scenario, ["base", *scenario.policies], replications=replications)


def _swept(points: list[dict[str, Any]]) -> Study:
    return _run(with_points(load_text(CROWDED), points), 3)


@pytest.fixture(scope="module")
def calm() -> Study:
    """Nobody is late; one policy, three replications."""
    return _run(load_text(CALM), 3)


@pytest.fixture(scope="module")
def crowded() -> Study:
    """Six policies, long Vietnamese names, many late, a pool, online dossiers."""
    return _run(load_text(CROWDED), 3)


@pytest.fixture(scope="module")
def unlimited() -> Study:
    """One day, one replication, no time limit, no counter."""
    return _run(load_text(UNLIMITED), 1)


@pytest.fixture(scope="module")
def numbers() -> Study:
    """One path of numbers, given in another order than theirs."""
    return _swept(grid({CIVIL: [3, 1, 2, 8]}))


@pytest.fixture(scope="module")
def limits() -> Study:
    """One path of values that are no numbers."""
    return _swept(grid({LIMIT: LIMITS}))


@pytest.fixture(scope="module")
def two_paths() -> Study:
    """Long paths and long values, of one of which no value is a number."""
    return _swept(grid({WORK: WORKS, CERTIFYING: [2, 1, 3]}))


@pytest.fixture(scope="module")
def many() -> Study:
    """Two paths of more values than have room for what is written in them."""
    points = grid({"ward.reception": list(range(95, 109)), "ward.clerk": list(range(1, 15))})
    return _run(with_points(load_text(CALM), points), 1)


@pytest.fixture(scope="module")
def alone() -> Study:
    """Four paths, one at a time."""
    varied: dict[str, list[Any]] = {SIGNING: [1, 2], LIMIT: LIMITS, CIVIL: [1, 2, 3], WORK: WORKS}
    return _swept(ends(varied))


@pytest.fixture(params=["calm", "crowded", "unlimited", "numbers", "limits", "two_paths", "alone"])
def study(request: pytest.FixtureRequest) -> Study:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Study)
    return found


@cache
def _drawn(name: str, study: Study) -> Figure:
    """Draw a figure, once for all tests."""
    figure = FIGURES[name](study)
    FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
    return figure


def _texts(figure: Figure) -> Iterator[Text]:
    """Give the texts that are seen: of ticks only those within the axis."""
    ticks: set[Text] = set()
    seen: set[Text] = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            slack = 1e-9 * (high - low)
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                labels = {tick.label1, tick.label2}
                ticks |= labels
                if axes.axison and low - slack <= tick.get_loc() <= high + slack:
                    seen |= labels
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        if text.get_visible() and text.get_text().strip() and (text not in ticks or text in seen):
            yield text


def _boxes(figure: Figure) -> tuple[list[str], np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    texts = list(_texts(figure))
    extents = [text.get_window_extent(renderer).extents for text in texts]
    return [text.get_text() for text in texts], np.array(extents)


def _off_the_page(figure: Figure) -> list[str]:
    texts, boxes = _boxes(figure)
    page = figure.bbox
    outside = (
        (boxes[:, 0] < page.x0 - 1) | (boxes[:, 2] > page.x1 + 1)
        | (boxes[:, 1] < page.y0 - 1) | (boxes[:, 3] > page.y1 + 1)
    )  # fmt: skip
    return [text for text, out in zip(texts, outside, strict=True) if out]


def _overlapping(figure: Figure) -> list[tuple[str, str]]:
    texts, boxes = _boxes(figure)
    x0, y0, x1, y1 = boxes.T
    across = np.minimum.outer(x1, x1) - np.maximum.outer(x0, x0)
    down = np.minimum.outer(y1, y1) - np.maximum.outer(y0, y0)
    pairs = np.argwhere(np.triu((across > 1) & (down > 1), k=1))
    return [(texts[one], texts[other]) for one, other in pairs]


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _words(figure: Figure) -> str:
    """Give all that is written, without spaces and line ends."""
    return "\n".join(_squeezed(text.get_text()) for text in _texts(figure))


def _labels(axes: Axes) -> list[str]:
    return [_squeezed(label.get_text()) for label in axes.get_yticklabels()]


def _value(study: Study, policy: str, measure: str) -> pd.Series[float]:
    """Give a measure of all dossiers under a policy, one value a replication."""
    table = study.measures
    own = (table["policy"] == policy) & (table["scope"] == "all") & (table["measure"] == measure)
    return table[own].set_index("replication")["value"]


def _summary(study: Study, policy: str, scope: str, measure: str) -> pd.DataFrame:
    summary = study.summary()
    own = (summary["policy"] == policy) & (summary["scope"] == scope)
    return summary[own & (summary["measure"] == measure)].set_index("name")


@pytest.mark.parametrize("name", FIGURES)
class TestEveryFigure:
    def test_all_that_is_written_lies_on_the_page(self, name: str, study: Study) -> None:
        assert _off_the_page(_drawn(name, study)) == []

    def test_no_text_lies_on_another(self, name: str, study: Study) -> None:
        assert _overlapping(_drawn(name, study)) == []

    def test_legends_are_outside_the_data(self, name: str, study: Study) -> None:
        figure = _drawn(name, study)
        renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
        for legend in figure.legends:
            box = legend.get_window_extent(renderer)
            assert all(Bbox.intersection(box, axes.bbox) is None for axes in figure.axes)
        assert all(axes.get_legend() is None for axes in figure.axes)

    def test_it_is_as_wide_as_a_page_of_text(self, name: str, study: Study) -> None:
        figure = _drawn(name, study)
        assert figure.get_figwidth() == WIDTH == pytest.approx(16 / 2.54, abs=0.01)
        assert figure.dpi == 200

    def test_title_and_footnote_say_what_was_run(self, name: str, study: Study) -> None:
        words = _words(_drawn(name, study))
        plan = study.plan
        times = "1replication," if plan.replications == 1 else f"{plan.replications}replications,"
        assert _squeezed(plan.scenario.name) in words
        assert f"{plan.scenario.period.first}to{plan.scenario.period.last}" in words
        assert f"{times}seed{plan.seed}." in words

    def test_type_is_large_enough_to_read(self, name: str, study: Study) -> None:
        figure = _drawn(name, study)
        assert min(float(text.get_fontsize()) for text in _texts(figure)) >= 7

    def test_the_users_settings_change_nothing(
        self, name: str, calm: Study, tmp_path: Path
    ) -> None:
        def picture() -> bytes:
            (file,) = draw_figures(replace(calm, folder=tmp_path), [name], "svg")
            return file.read_bytes()

        plain = picture()
        with mpl.rc_context({"font.size": 20, "axes.grid": True, "axes.facecolor": "red"}):
            before = dict(mpl.rcParams)
            assert picture() == plain
            assert dict(mpl.rcParams) == before


@pytest.mark.parametrize(
    "name", ["outcomes", "open", "turnaround", "utilisation", "lateness", "forest", "moved"]
)
def test_names_of_policies_are_whole(name: str, crowded: Study) -> None:
    words = _words(_drawn(name, crowded))
    assert [policy for policy in crowded.plan.policies if policy not in words] == []


class TestOutcomes:
    def test_bars_are_the_shares_of_the_pooled_counts(self, crowded: Study) -> None:
        shares, _ = _drawn("outcomes", crowded).axes
        bars = [c for c in shares.containers if isinstance(c, BarContainer)]
        assert len(bars) == len(OUTCOMES)
        for number, policy in enumerate(crowded.plan.policies):
            counts = np.array([_value(crowded, policy, outcome).sum() for outcome in OUTCOMES])
            widths = np.array([container[number].get_width() for container in bars])
            assert widths * counts.sum() == pytest.approx(counts)
            assert widths.sum() == pytest.approx(1)
            starts = [container[number].get_x() for container in bars]
            assert starts == pytest.approx([0, *np.cumsum(widths)[:-1]])

    def test_the_rate_is_rule_19s_and_its_whiskers_the_summarys(self, crowded: Study) -> None:
        _, rates = _drawn("outcomes", crowded).axes
        points = next(line for line in rates.lines if line.get_marker() == "o")
        whiskers = next(c for c in rates.collections if isinstance(c, LineCollection))
        for number, policy in enumerate(crowded.plan.policies):
            early, on_time, late, overdue, _ = (
                _value(crowded, policy, outcome).sum() for outcome in OUTCOMES
            )
            rate = (early + on_time) / (early + on_time + late + overdue)
            assert np.asarray(points.get_xdata())[number] == pytest.approx(rate)
            row = _summary(crowded, policy, "all", "on_time_rate").loc["all"]
            ends = np.asarray(whiskers.get_segments()[number])[:, 0]
            assert ends == pytest.approx(np.clip([row["low"], row["high"]], 0, 1))

    def test_policies_stand_in_the_studys_order(self, crowded: Study) -> None:
        shares, rates = _drawn("outcomes", crowded).axes
        assert _labels(shares) == list(crowded.plan.policies)
        assert list(rates.get_yticks()) == list(shares.get_yticks())
        assert np.all(np.diff(shares.get_yticks()) > 0)
        assert shares.yaxis_inverted()

    def test_without_time_limits_it_says_so(self, unlimited: Study) -> None:
        assert _squeezed("No dossier with a time limit") in _words(_drawn("outcomes", unlimited))


class TestOpen:
    def test_curves_end_where_the_counts_of_rule_18_do(self, crowded: Study) -> None:
        figure = _drawn("open", crowded)
        for policy, axes in zip(crowded.plan.policies, figure.axes, strict=True):
            overdue = _value(crowded, policy, "open_overdue").mean()
            within = _value(crowded, policy, "open_within_limit").mean()
            ends = {line.get_label(): np.asarray(line.get_ydata())[-1] for line in axes.lines}
            assert ends["overdue"] == pytest.approx(overdue)
            assert ends["open"] == pytest.approx(overdue + within)

    def test_every_day_of_the_period_has_a_point(self, crowded: Study) -> None:
        for axes in _drawn("open", crowded).axes:
            for line in axes.lines:
                assert len(np.asarray(line.get_xdata())) == 14

    def test_bands_hold_every_replication(self, crowded: Study) -> None:
        series = crowded.series
        figure = _drawn("open", crowded)
        for policy, axes in zip(crowded.plan.policies, figure.axes, strict=True):
            bands = [c for c in axes.collections if isinstance(c, PolyCollection)]
            for name, band in zip(("open", "overdue"), bands, strict=True):
                own = series[(series["policy"] == policy) & (series["series"] == name)]
                by_day = own.groupby("at")["value"]
                heights = np.asarray(band.get_paths()[0].vertices)[:, 1]
                assert heights.max() == by_day.max().max()
                assert set(by_day.min()) <= set(heights)

    def test_panels_share_the_vertical_axis(self, crowded: Study) -> None:
        limits = {axes.get_ylim() for axes in _drawn("open", crowded).axes}
        assert len(limits) == 1
        assert limits.pop()[0] == 0

    def test_of_a_short_period_the_dates_are_written_and_nothing_finer(
        self, unlimited: Study
    ) -> None:
        (axes,) = _drawn("open", unlimited).axes
        assert [label.get_text() for label in axes.get_xticklabels()] == ["01 Mar"]

    def test_of_one_replication_there_is_no_band(self, unlimited: Study) -> None:
        (axes,) = _drawn("open", unlimited).axes
        assert [c for c in axes.collections if isinstance(c, PolyCollection)] == []


class TestWaiting:
    def test_cells_weighted_by_visits_give_the_mean_wait_of_the_counter(
        self, crowded: Study
    ) -> None:
        figure = _drawn("waiting", crowded)
        series = crowded.series
        of_policy = dict(zip(crowded.plan.policies, figure.axes, strict=False))
        for policy, axes in of_policy.items():
            own = series[(series["policy"] == policy) & (series["scope"] == "all")]
            visits = own[own["series"] == "visits"].set_index(["replication", "at"])["value"]
            counter = series[
                (series["policy"] == policy)
                & (series["name"] == "phường-xã-thị-trấn.tiếp-nhận")
                & (series["series"] == "wait_minutes")
            ].set_index(["replication", "at"])["value"]
            expected = (counter * visits).sum() / visits.sum()
            cells = _cells(axes, figure.axes[0])
            in_slot = visits.groupby(level="at").sum()
            assert set(cells) == set(in_slot.index)
            total = sum(minutes * in_slot[at] for at, minutes in cells.items())
            assert total / in_slot.sum() == pytest.approx(expected)

    def test_only_days_and_hours_that_occur_are_shown(self, calm: Study) -> None:
        (axes,) = _drawn("waiting", calm).axes
        days = [label.get_text() for label in axes.get_xticklabels()]
        assert days == ["Mon", "Tue", "Wed", "Thu", "Fri"]
        hours = [f"{hour:02d}:00" for hour in (7, 8, 9, 10, 11, 13, 14, 15, 16)]
        assert _labels(axes) == hours

    def test_each_number_is_its_cells(self, calm: Study) -> None:
        (axes,) = _drawn("waiting", calm).axes
        written = [float(text.get_text()) for text in axes.texts]
        assert written == pytest.approx(list(_cells(axes, axes).values()), abs=0.5)

    def test_four_policies_are_shown_and_the_note_says_of_how_many(self, crowded: Study) -> None:
        figure = _drawn("waiting", crowded)
        assert [_squeezed(axes.get_title("left")) for axes in figure.axes] == list(
            crowded.plan.policies[:4]
        )
        assert _squeezed("The first 4 of 6 policies are shown.") in _words(figure)

    def test_without_a_counter_it_says_so(self, unlimited: Study) -> None:
        assert _squeezed("No visit at a counter") in _words(_drawn("waiting", unlimited))


def _cells(axes: Axes, first: Axes) -> dict[str, float]:
    """Give a heat map's values by weekday and hour, row by row; the first one has the labels."""
    mesh = next(c for c in axes.collections if isinstance(c, QuadMesh))
    days = [label.get_text().lower() for label in first.get_xticklabels()]
    hours = [label.get_text()[:2] for label in first.get_yticklabels()]
    values: Any = np.ma.asarray(mesh.get_array()).reshape(len(hours), len(days))
    return {
        f"{day} {hour}": float(values[row, column])
        for row, hour in enumerate(hours)
        for column, day in enumerate(days)
        if not np.ma.is_masked(values[row, column])
    }


class TestTurnaround:
    def test_dossiers_spread_evenly_have_percentiles_at_their_share(self) -> None:
        counts = pd.Series(10.0, index=[number / 20 for number in range(20)])
        assert percentiles_of(counts) == pytest.approx([p / 100 for p in PERCENTILES])

    def test_within_one_bin_percentiles_divide_the_bin(self) -> None:
        assert percentiles_of(pd.Series([8.0], index=[0.5])) == pytest.approx(
            [0.5 + 0.05 * p / 100 for p in PERCENTILES]
        )

    def test_what_took_twice_the_limit_or_more_counts_as_twice(self) -> None:
        assert percentiles_of(pd.Series([3.0], index=[2.0])) == (2.0,) * len(PERCENTILES)

    @given(st.dictionaries(st.integers(0, 40), st.integers(1, 1000), min_size=1))
    def test_a_percentile_lies_in_the_bin_that_holds_its_dossier(
        self, bins: dict[int, int]
    ) -> None:
        counts = pd.Series({number / 20: float(count) for number, count in bins.items()})
        total = counts.sum()
        for percentile, value in zip(PERCENTILES, percentiles_of(counts), strict=True):
            below = sum(n for edge, n in counts.items() if float(str(edge)) + 0.05 <= value - 1e-9)
            at_most = sum(n for edge, n in counts.items() if float(str(edge)) <= value + 1e-9)
            assert below / total <= percentile / 100 + 1e-9 <= at_most / total + 2e-9

    def test_every_procedure_and_policy_has_its_strip(self, crowded: Study) -> None:
        (axes,) = _drawn("turnaround", crowded).axes
        series = crowded.series
        used = series[series["series"] == "limit_used"]
        drawn = _spans(axes, thickness=4)
        expected = [
            percentiles_of(own.groupby(own["at"].astype(float))["value"].sum())[1:4:2]
            for _, own in used.groupby(["name", "policy"])
        ]
        assert _in_order(np.array([xs for xs, _ in drawn])) == pytest.approx(
            _in_order(np.array(expected))
        )
        assert len({ys[0] for _, ys in drawn}) == 3 * 6

    def test_each_strip_stands_in_its_procedures_row_in_the_order_of_policies(
        self, crowded: Study
    ) -> None:
        (axes,) = _drawn("turnaround", crowded).axes
        series = crowded.series
        used = series[series["series"] == "limit_used"]
        spans = sorted(_spans(axes, thickness=4), key=lambda span: float(span[1][0]))
        for number, (xs, ys) in enumerate(spans):
            procedure = list(crowded.plan.scenario.procedures)[_row_at(axes, ys[0])]
            policy = crowded.plan.policies[number % 6]
            own = used[(used["name"] == procedure) & (used["policy"] == policy)]
            counts = own.groupby(own["at"].astype(float))["value"].sum()
            assert tuple(xs) == percentiles_of(counts)[1:4:2]

    def test_names_of_procedures_are_whole(self, crowded: Study) -> None:
        (axes,) = _drawn("turnaround", crowded).axes
        names = [procedure.name for procedure in crowded.plan.scenario.procedures.values()]
        assert _labels(axes) == [_squeezed(name) for name in names if name]

    def test_the_due_instant_is_at_the_whole_limit(self, crowded: Study) -> None:
        (axes,) = _drawn("turnaround", crowded).axes
        due = next(text for text in axes.texts if text.get_text() == "due")
        uprights = [xs[0] for xs, ys in _spans(axes, 1) if xs[0] == xs[1] and ys[0] != ys[1]]
        assert due.get_position()[0] == 1
        assert uprights == [1]

    def test_without_time_limits_it_says_so(self, unlimited: Study) -> None:
        assert _squeezed("No dossier with a time limit") in _words(_drawn("turnaround", unlimited))


Points = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def _in_order(spans: Points) -> Points:
    """Sort spans by their start."""
    return np.asarray(spans[np.lexsort((spans[:, 1], spans[:, 0]))])


def _spans(axes: Axes, thickness: float) -> list[tuple[Points, Points]]:
    """Give the lines from point to point of one thickness."""
    return [
        (np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float))
        for line in axes.lines
        if isinstance(line, Line2D) and line.get_linewidth() == thickness
        and len(np.asarray(line.get_xdata())) == 2
    ]  # fmt: skip


def _row_at(axes: Axes, height: float) -> int:
    """Give the number of the row nearest to a height."""
    return int(np.argmin(np.abs(np.asarray(axes.get_yticks()) - height)))


class TestUtilisation:
    def test_points_and_whiskers_are_the_summarys(self, crowded: Study) -> None:
        (axes,) = _drawn("utilisation", crowded).axes
        points = [line for line in axes.lines if line.get_marker() not in ("None", "")]
        whiskers = [c for c in axes.collections if isinstance(c, LineCollection)]
        assert len(points) == len(whiskers) == len(crowded.plan.policies)
        for policy, line, intervals in zip(crowded.plan.policies, points, whiskers, strict=True):
            own = pd.concat(
                [_summary(crowded, policy, scope, "utilisation") for scope in ("station", "pool")]
            ).dropna(subset="estimate")
            assert sorted(np.asarray(line.get_xdata())) == pytest.approx(sorted(own["estimate"]))
            ends = np.array([np.asarray(pair)[:, 0] for pair in intervals.get_segments()])
            expected = own[["low", "high"]].clip(0, 1).to_numpy()
            assert _in_order(ends) == pytest.approx(_in_order(expected))

    def test_each_point_stands_in_its_stations_row_and_none_on_another(
        self, crowded: Study
    ) -> None:
        (axes,) = _drawn("utilisation", crowded).axes
        labels = _labels(axes)
        points = [line for line in axes.lines if line.get_marker() not in ("None", "")]
        for policy, line in zip(crowded.plan.policies, points, strict=True):
            stations = _summary(crowded, policy, "station", "utilisation")["estimate"]
            for x, y in np.asarray(line.get_xydata()):
                label = labels[_row_at(axes, y)]
                if "(pool)" not in label:
                    (name,) = (name for name in stations.index if name.endswith(f".{label}"))
                    assert x == pytest.approx(stations[name])
        places = np.concatenate([np.asarray(line.get_ydata(), float) for line in points])
        assert len(set(places)) == places.size

    def test_stations_stand_by_level_in_file_order_and_those_of_a_pool_are_left_out(
        self, crowded: Study
    ) -> None:
        (axes,) = _drawn("utilisation", crowded).axes
        assert _labels(axes) == [
            "city", "thẩm-định-hồ-sơ-đất-đai-và-môi-trường", "ký-duyệt",
            "phường-xã-thị-trấn", "tiếp-nhận", "hộ-tịch", "công-chức(pool)",
        ]  # fmt: skip

    def test_of_one_replication_there_are_points_and_no_whiskers(self, unlimited: Study) -> None:
        (axes,) = _drawn("utilisation", unlimited).axes
        (point,) = (line for line in axes.lines if line.get_marker() not in ("None", ""))
        busy = _summary(unlimited, "base", "station", "utilisation")["estimate"]
        assert np.asarray(point.get_xdata()) == pytest.approx(busy.to_numpy())
        segments = [s for c in axes.collections if isinstance(c, LineCollection)
                    for s in c.get_segments()]  # fmt: skip
        assert not any(len(pair) and np.isfinite(np.asarray(pair)).all() for pair in segments)
        assert "Whiskers" not in _words(_drawn("utilisation", unlimited))


class TestLateness:
    def test_bars_of_a_panel_are_all_that_late_dossiers_lost(self, crowded: Study) -> None:
        figure = _drawn("lateness", crowded)
        for policy, axes in zip(crowded.plan.policies, figure.axes, strict=True):
            bars = [c for c in axes.containers if isinstance(c, BarContainer)]
            for kind, container in zip(KINDS, bars, strict=True):
                drawn = sum(bar.get_width() for bar in container)
                lost = _value(crowded, policy, f"late_{kind}_hours").mean()
                assert drawn == pytest.approx(lost), (policy, kind)

    def test_names_of_stations_are_whole(self, crowded: Study) -> None:
        stations = {
            f"{level}.{station}"
            for level, rules in crowded.plan.scenario.levels.items()
            for station in rules.stations
        }
        labels = _labels(_drawn("lateness", crowded).axes[0])
        assert labels
        assert set(labels) <= stations

    def test_panels_have_the_rows_in_the_same_order(self, crowded: Study) -> None:
        drawn = _drawn("lateness", crowded).axes
        assert len({axes.get_ylim() for axes in drawn}) == 1
        assert len({tuple(_labels(axes)) for axes in drawn[::2]}) == 1

    def test_twelve_stations_are_shown_and_the_rest_is_summed(self, calm: Study) -> None:
        hours = {f"ward.s{number:02d}": 100.0 * number for number in range(1, 16)}
        figure = _drawn("lateness", _lost_at(calm, hours, before_any_station=7.0))
        (axes,) = figure.axes
        waiting = axes.containers[0]
        assert isinstance(waiting, BarContainer)
        widths = dict(zip(_labels(axes), (bar.get_width() for bar in waiting), strict=True))
        largest = [f"ward.s{number:02d}" for number in range(15, 3, -1)]
        assert list(widths) == [*largest, "elsewhere"]
        assert [widths[station] for station in largest] == [hours[s] for s in largest]
        assert widths["elsewhere"] == pytest.approx(100 + 200 + 300 + 7)

    def test_a_policy_without_late_dossiers_has_no_panel(self, crowded: Study) -> None:
        table = crowded.measures.copy()
        spared = crowded.plan.policies[2]
        lost = table["measure"].str.match("late_.*_hours") & (table["policy"] == spared)
        table.loc[lost, "value"] = 0.0
        figure = _drawn("lateness", replace(crowded, measures=table))
        assert len(figure.axes) == len(crowded.plan.policies) - 1
        assert spared not in _words(figure)
        assert _squeezed("Policies without a late dossier are left out.") in _words(figure)

    def test_if_nobody_was_late_it_says_so(self, calm: Study) -> None:
        assert _squeezed("No dossier was late.") in _words(_drawn("lateness", calm))


def _lost_at(study: Study, hours: dict[str, float], before_any_station: float) -> Study:
    """Make a study in which late dossiers waited so many hours at some stations."""
    rows = [
        ("base", number, *row)
        for number in (1, 2, 3)
        for row in [
            *(
                ("station", station, f"late_{kind}_hours", lost if kind == "waiting" else 0.0)
                for station, lost in hours.items()
                for kind in KINDS
            ),
            *(("all", "all", f"late_{kind}_hours", 0.0) for kind in KINDS if kind != "waiting"),
            ("all", "all", "late_waiting_hours", sum(hours.values()) + before_any_station),
            ("all", "all", "resolved_late", 9.0),
            ("all", "all", "open_overdue", 0.0),
        ]
    ]
    table = study.measures
    others = table[(table["scope"] == "all") & ~table["measure"].isin([row[4] for row in rows])]
    made_up = pd.DataFrame(rows, columns=list(table.columns))
    return replace(study, measures=pd.concat([others, made_up], ignore_index=True))


class TestForest:
    def test_points_and_whiskers_are_the_comparisons(self, crowded: Study) -> None:
        found = compare(crowded).differences
        for axes, (measure, factor) in zip(
            _drawn("forest", crowded).axes,
            [("on_time_rate", 100), ("turnaround_working_hours_mean", 1)],
            strict=True,
        ):
            own = found[(found["scope"] == "all") & (found["measure"] == measure)]
            own = own.set_index("policy")
            points = {y: x for line in _markers(axes) for x, y in np.asarray(line.get_xydata())}
            (whiskers,) = (c for c in axes.collections if isinstance(c, LineCollection))
            for row, policy in enumerate(crowded.plan.policies[1:]):
                y = axes.get_yticks()[row]
                assert points[y] == pytest.approx(factor * own["estimate"][policy])
                segment = whiskers.get_segments()[row]
                ends = factor * own.loc[policy, ["low", "high"]].to_numpy(float)
                assert list(segment[:, 0]) == pytest.approx(list(ends))
                assert list(segment[:, 1]) == [y, y]

    def test_filled_are_those_whose_interval_leaves_0_out(self, crowded: Study) -> None:
        policies = crowded.plan.policies
        study = _moved_by(crowded, {name: float(n // 2) for n, name in enumerate(policies)})
        _, hours = _drawn("forest", study).axes
        found = of_measure(compare(study).differences, "turnaround_working_hours_mean")
        filled = dict(enumerate((found["low"] > 0) | (found["high"] < 0)))
        assert set(filled.values()) == {True, False}
        for line in _markers(hours):
            for y in np.asarray(line.get_ydata()):
                assert (line.get_markerfacecolor() != "white") == filled[_row_at(hours, y)]
        words = _words(_drawn("forest", study))
        assert _squeezed("not distinguishable from 0") in words

    def test_each_row_says_its_estimate_and_half_its_interval(self, crowded: Study) -> None:
        _, hours = _drawn("forest", crowded).axes
        found = of_measure(compare(crowded).differences, "turnaround_working_hours_mean")
        halves = (found["high"] - found["low"]) / 2
        texts = [text.get_text() for text in hours.texts]
        assert texts == [signed(*pair) for pair in zip(found["estimate"], halves, strict=True)]
        assert _labels(_drawn("forest", crowded).axes[0]) == list(crowded.plan.policies[1:])

    def test_without_intervals_there_are_hollow_points_and_a_note(self, crowded: Study) -> None:
        once = _once(crowded)
        figure = _drawn("forest", once)
        assert "Toofewreplicationsdiffer" in _words(figure)
        assert "95%" not in _words(figure)
        found = of_measure(compare(once).differences, "turnaround_working_hours_mean")
        drawn = [x for line in _markers(figure.axes[1]) for x in np.asarray(line.get_xdata())]
        assert sorted(drawn) == pytest.approx(sorted(found["estimate"]))
        assert {line.get_markerfacecolor() for line in _markers(figure.axes[1])} == {"white"}

    def test_a_line_is_at_0(self, crowded: Study) -> None:
        for axes in _drawn("forest", crowded).axes:
            assert [xs for xs, ys in _spans(axes, 0.8) if list(ys) == [0, 1]] == [
                pytest.approx([0, 0])
            ]

    def test_it_is_against_base_wherever_it_stands(self) -> None:
        assert held_against(["more", "base", "fewer"]) == "base"
        assert held_against(["city:more", "city:base", "ward:base"]) == "city:base"
        assert held_against(["more", "fewer"]) == "more"

    def test_one_policy_has_none_to_be_held_against(self, calm: Study) -> None:
        for name in ("forest", "moved"):
            assert _squeezed("The study has one policy") in _words(_drawn(name, calm))

    def test_without_time_limits_the_turnaround_is_still_compared(self) -> None:
        policies = "policies: {two: [{staff: {ward.clerk: {set: 2}}}]}"
        figure = _drawn("forest", _run(load_text(UNLIMITED + policies), 3))
        rates, hours = figure.axes
        assert [text.get_text() for text in rates.texts] == ["–"]
        assert len([x for line in _markers(hours) for x in np.asarray(line.get_xdata())]) == 1
        assert _overlapping(figure) == []
        assert _off_the_page(figure) == []


def _markers(axes: Axes) -> list[Line2D]:
    """Give the lines of markers that have any."""
    lines = [line for line in axes.lines if np.asarray(line.get_xdata()).size]
    return [line for line in lines if line.get_marker() not in ("None", "")]


def _once(study: Study) -> Study:
    """Give the first replication of a study as one of its own."""
    first = study.measures[study.measures["replication"] == 1]
    return replace(study, plan=replace(study.plan, replications=1), measures=first)


def _moved_by(study: Study, hours: dict[str, float]) -> Study:
    """Make a study in which the turnaround of each policy is the base's and so many hours."""
    table = study.measures
    own = (table["scope"] == "all") & (table["measure"] == "turnaround_working_hours_mean")
    base = _value(study, "base", "turnaround_working_hours_mean")
    values = table["value"].copy()
    values[own] = table["replication"][own].map(base) + table["policy"][own].map(hours)
    return replace(study, measures=table.assign(value=values))


class TestMoved:
    def test_bars_are_the_hours_lost_by_kind(self, crowded: Study) -> None:
        above, _ = _drawn("moved", crowded).axes
        bars = [c for c in above.containers if isinstance(c, BarContainer)]
        assert _labels(above) == list(crowded.plan.policies)
        for row, policy in enumerate(crowded.plan.policies):
            for kind, container in zip(KINDS, bars, strict=True):
                lost = _value(crowded, policy, f"late_{kind}_hours").mean()
                assert container[row].get_width() == pytest.approx(lost), (policy, kind)

    def test_beside_them_is_the_change_with_half_its_interval(self, crowded: Study) -> None:
        above, _ = _drawn("moved", crowded).axes
        base = _late_hours(crowded, "base", "all").sum()
        for policy, text in zip(crowded.plan.policies[1:], above.texts[1:], strict=True):
            own = _late_hours(crowded, policy, "all").sum()
            changes = (own - base).to_numpy()
            # Student's t with Bonferroni's correction: five policies of three replications.
            half = student.ppf(1 - 0.05 / 2 / 5, 2) * changes.std(ddof=1) / np.sqrt(3)
            change = signed(changes.mean(), half)
            assert text.get_text() == f"{grouped(own.mean())} ({change})"

    def test_markers_stand_where_the_stations_hours_are_after(self, crowded: Study) -> None:
        _, below = _drawn("moved", crowded).axes
        labels = _labels(below)
        assert labels
        for number, policy in enumerate(crowded.plan.policies[1:], 1):
            lines = [one for one in _markers(below) if one.get_color() == colour_of(number)]
            drawn = {
                labels[_row_at(below, y)]: x
                for one in lines for x, y in np.asarray(one.get_xydata())
            }  # fmt: skip
            after = {
                station: _late_hours(crowded, policy, "station", station).sum().mean()
                for station in labels
            }
            assert drawn == pytest.approx(after)

    def test_lines_begin_where_the_hours_were_before(self, crowded: Study) -> None:
        _, below = _drawn("moved", crowded).axes
        before = [_late_hours(crowded, "base", "station", s).sum().mean() for s in _labels(below)]
        uprights = []
        for collection in (c for c in below.collections if isinstance(c, LineCollection)):
            for (x0, y0), (x1, y1) in (np.asarray(s)[[0, -1]] for s in collection.get_segments()):
                if x0 == x1 and y0 != y1:
                    uprights.append(x0)
                else:
                    assert before[_row_at(below, y0)] == pytest.approx(x0)
        assert uprights == pytest.approx(before)

    def test_the_stations_with_the_largest_changes_are_shown_largest_first(
        self, calm: Study
    ) -> None:
        hours = {f"ward.s{number:02d}": 100.0 * number for number in range(1, 16)}
        before = _lost_at(calm, hours, before_any_station=7.0)
        more = {station: 2 * lost for station, lost in hours.items()} | {"ward.s15": 1500.0}
        after = _lost_at(calm, more, before_any_station=7.0).measures.assign(policy="more")
        study = replace(
            before,
            plan=replace(before.plan, policies=("base", "more")),
            measures=pd.concat([before.measures, after], ignore_index=True),
        )
        _, below = _drawn("moved", study).axes
        assert _labels(below) == [f"ward.s{number:02d}" for number in range(14, 6, -1)]

    def test_stations_where_next_to_nothing_changes_are_left_out(self, crowded: Study) -> None:
        _, below = _drawn("moved", crowded).axes
        changes = {
            station: max(
                abs((_late_hours(crowded, policy, "station", station).sum()
                     - _late_hours(crowded, "base", "station", station).sum()).mean())
                for policy in crowded.plan.policies[1:]
            )
            for station in _summary(crowded, "base", "station", "late_work_hours").index
        }  # fmt: skip
        largest = max(changes.values())
        assert set(_labels(below)) == {s for s, c in changes.items() if c >= LEAST * largest}

    def test_policies_that_change_no_station_have_their_totals(self, calm: Study) -> None:
        study = _lost_at(calm, {"ward.clerk": 5.0}, before_any_station=1.0)
        twice = replace(
            study,
            plan=replace(study.plan, policies=("base", "same")),
            measures=pd.concat([study.measures, study.measures.assign(policy="same")]),
        )
        (above,) = _drawn("moved", twice).axes
        assert [text.get_text() for text in above.texts] == ["6", "6 (0)"]

    def test_if_nobody_was_late_it_says_so(self) -> None:
        policies = "policies: {two: [{staff: {ward.clerk: {set: 2}}}]}"
        study = _run(load_text(CALM + policies), 2)
        assert _squeezed("No dossier was late.") in _words(_drawn("moved", study))


def _late_hours(study: Study, policy: str, scope: str, name: str = "all") -> pd.DataFrame:
    """Give the hours of late dossiers somewhere: a row each kind, a column each replication."""
    table = study.measures
    own = (table["policy"] == policy) & (table["scope"] == scope) & (table["name"] == name)
    late = table[own & table["measure"].isin([f"late_{kind}_hours" for kind in KINDS])]
    return late.pivot_table(index="measure", columns="replication", values="value")


class TestSweep:
    def test_a_line_goes_through_the_estimates_by_value(self, numbers: Study) -> None:
        (axes,) = _drawn("sweep", numbers).axes
        line = next(line for line in axes.lines if line.get_marker() == "o")
        whiskers = next(c for c in axes.collections if isinstance(c, LineCollection))
        found = of_measure(numbers.summary(), "on_time_rate")
        assert list(np.asarray(line.get_xdata())) == [1, 2, 3, 8]
        policies = {point.values[CIVIL]: point.policy for point in points_of(numbers.plan)}
        rates = [found["estimate"][policies[value]] for value in (1, 2, 3, 8)]
        assert list(np.asarray(line.get_ydata())) == pytest.approx(rates)
        for value, segment in zip((1, 2, 3, 8), whiskers.get_segments(), strict=True):
            low, high = (found[end][policies[value]] for end in ("low", "high"))
            assert list(segment[:, 0]) == [value, value]
            assert list(segment[:, 1]) == pytest.approx(np.clip([low, high], 0, 1))
        (base,) = (line for line in axes.lines if line is not next(iter(axes.lines)))
        assert set(np.asarray(base.get_ydata())) == {found["estimate"]["base"]}
        assert (axes.get_xlabel(), axes.get_ylabel()) == (CIVIL, "on_time_rate")
        assert axes.get_ylim()[1] <= 1

    def test_values_that_are_no_numbers_are_rows_in_their_order(self, limits: Study) -> None:
        (axes,) = _drawn("sweep", limits).axes
        assert _labels(axes) == [_squeezed(limit) for limit in LIMITS]
        assert axes.yaxis_inverted()
        dots = next(line for line in axes.lines if line.get_marker() == "o")
        found = of_measure(limits.summary(), "on_time_rate")
        rates = [found["estimate"][point.policy] for point in points_of(limits.plan)]
        assert list(np.asarray(dots.get_xdata())) == pytest.approx(rates)
        assert axes.get_xlabel() == "on_time_rate"

    def test_two_paths_are_a_map_with_every_value_written_in_it(self, two_paths: Study) -> None:
        (axes,) = _drawn("sweep", two_paths).axes
        (mesh,) = (c for c in axes.collections if isinstance(c, QuadMesh))
        values = np.asarray(mesh.get_array())
        assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2", "3"]
        assert _labels(axes) == [_squeezed(written(work)) for work in WORKS]
        found = of_measure(two_paths.summary(), "on_time_rate")["estimate"]
        texts = {text.get_position(): text.get_text() for text in axes.texts}
        for point in points_of(two_paths.plan):
            row, column = WORKS.index(point.values[WORK]), point.values[CERTIFYING] - 1
            assert values[row, column] == pytest.approx(found[point.policy])
            assert texts[column + 0.5, row + 0.5] == percent(found[point.policy])
        words = _words(_drawn("sweep", two_paths))
        assert f"rows:{WORK}" in words
        assert f"columns:{_squeezed(CERTIFYING)}" in words

    def test_a_map_without_room_to_write_says_what_its_colours_mean(self, many: Study) -> None:
        figure = _drawn("sweep", many)
        axes, bar = figure.axes
        assert not axes.texts
        assert bar.get_ylabel() == "on_time_rate"
        assert _off_the_page(figure) == []
        assert _overlapping(figure) == []

    def test_the_measure_is_the_one_that_was_asked_for(
        self, numbers: Study, two_paths: Study, alone: Study, tmp_path: Path
    ) -> None:
        (tmp_path / "sweep.csv").write_text("\ufeffx,measure\n1,visits_mean\n2,received\n", "utf-8")
        for name, study in (("sweep", numbers), ("sweep", two_paths), ("tornado", alone)):
            figure = FIGURES[name](replace(study, folder=tmp_path))
            assert "visits_mean" in _words(figure)
            assert "on_time_rate" not in _words(figure)

    def test_more_than_two_paths_and_no_sweep_are_told(self, calm: Study) -> None:
        points = grid({CIVIL: [1], SIGNING: [1], CERTIFYING: [1]})
        assert "3pathswerevaried" in _words(_drawn("sweep", _swept(points)))
        assert _squeezed("varies no grid") in _words(_drawn("sweep", calm))


class TestTornado:
    def test_bars_and_whiskers_are_the_paired_differences(self, alone: Study) -> None:
        (axes,) = _drawn("tornado", alone).axes
        found = of_measure(compare(alone).differences, "on_time_rate")
        groups = by_effect(points_of(alone.plan), found)
        bars = [c for c in axes.containers if isinstance(c, BarContainer)]
        whiskers = [c for c in axes.collections if isinstance(c, LineCollection)]
        for row, group in enumerate(groups):
            for end, point in enumerate(group):
                bar, segment = bars[end][row], whiskers[end].get_segments()[row]
                assert bar.get_width() == pytest.approx(found["estimate"][point.policy])
                limits = [found["low"][point.policy], found["high"][point.policy]]
                assert list(segment[:, 0]) == pytest.approx(limits)
                middle = bar.get_y() + bar.get_height() / 2
                assert list(segment[:, 1]) == pytest.approx([middle, middle])
        assert all(bar.get_x() == 0 for container in bars for bar in container)

    def test_the_largest_effect_is_on_top_and_each_row_says_its_values(self, alone: Study) -> None:
        (axes,) = _drawn("tornado", alone).axes
        widths = [[abs(bar.get_width()) for bar in container] for container in axes.containers]
        largest = np.max(widths, axis=0)
        assert list(largest) == sorted(largest, reverse=True)
        assert axes.yaxis_inverted()
        assert set(_labels(axes)) == {
            _squeezed(f"{path}: {first} / {last}")
            for path, first, last in (
                (SIGNING, 1, 2), (LIMIT, LIMITS[0], LIMITS[-1]), (CIVIL, 1, 3),
                (WORK, WORKS[0], written(WORKS[-1])),
            )
        }  # fmt: skip

    def test_a_study_that_varies_paths_together_says_so(self, two_paths: Study) -> None:
        assert _squeezed("not vary one path at a time") in _words(_drawn("tornado", two_paths))


def _point(cost: float, rate: float, half: float, years: int) -> Point:
    """Make a point of the frontier of which so many of 20 years reach the target."""
    chance = years / 20, *share_interval(years, 20)
    return Point((int(cost),), cost, rate, rate - half, min(rate + half, 1.0), *chance, 20)


FRONTIER = (
    _point(20, 0.31, 0.2, 0), _point(26, 0.971, 0.04, 2), _point(27, 0.982, 0.01, 6),
    _point(28, 0.9905, 0.006, 16), _point(29, 0.9931, 0.004, 19), _point(31, 0.9952, 0.002, 20),
    _point(60, 0.9965, 0.001, 20), _point(90, 0.9991, 0.0005, 20),
)  # fmt: skip
NEIGHBOURS = ((28, 0.9802), (28, 0.989), (26, 0.6), (28.5, 0.9897))


@pytest.fixture(scope="module")
def bought() -> StaffingPlan:
    """What a search for a budget found, with plans one step cheaper."""
    busy = CALM.replace("per_working_day: 20", "per_working_day: 36")
    return find_staff(load_text(busy.replace("5 working days", "same day")), budget=3)


@pytest.fixture
def staffing(bought: StaffingPlan) -> StaffingPlan:
    """A plan for 99 %, some of whose surroundings are far away in cost and rate."""
    neighbours = [
        replace(bought.neighbours[0], cost=cost, rate=Rate(rate, rate - 0.01, rate + 0.005, 20))
        for cost, rate in NEIGHBOURS
    ]
    return replace(
        bought, target=0.99, staff=(29,), cost=29.0, rate=Rate(0.9925, 0.991, 0.9938, 200),
        certificate=Certificate(200, True, 0.9902, 0, None, 0.0, 1),
        neighbours=tuple(neighbours), frontier=FRONTIER,
    )  # fmt: skip


def _by_years(plan: StaffingPlan, bad: int) -> StaffingPlan:
    certificate = Certificate(153, bad <= 3, None, bad, 3, 0.0, 1)
    return replace(plan, reading="year", certificate=certificate)


@pytest.fixture(scope="module")
def searched() -> Study:
    """Only what is known before anything has run."""
    plan = Plan(load_text(CROWDED), (), 500, 1, "auto")
    return Study(plan, pd.DataFrame(), pd.DataFrame())


def _spots(axes: Axes, colour: str, fill: str) -> list[tuple[float, float]]:
    return [
        (float(x), float(y))
        for line in axes.lines
        if line.get_marker() == "o"
        and (line.get_color(), line.get_markerfacecolor()) == (colour, fill)
        for x, y in np.asarray(line.get_xydata())
    ]


def _whiskers(axes: Axes, colour: Any) -> dict[float, list[float]]:
    """Give the ends of upright whiskers of a colour by where they stand."""
    return {
        float(segment[0, 0]): [float(y) for y in segment[:, 1]]
        for c in axes.collections
        if isinstance(c, LineCollection) and np.allclose(np.asarray(c.get_color()), to_rgba(colour))
        for segment in map(np.asarray, c.get_segments())
        if segment.size
    }


CHOSEN = "#D55E00"


class TestStaffing:
    def test_the_frontier_is_what_each_cost_keeps(
        self, staffing: StaffingPlan, searched: Study
    ) -> None:
        (axes,) = frontier(staffing, searched).axes
        near = [point for point in FRONTIER if 26 <= point.cost <= 31]
        assert _spots(axes, MUTED, MUTED) == [(point.cost, point.estimate) for point in near]
        whiskers = _whiskers(axes, MUTED)
        assert whiskers == {point.cost: [point.low, point.high] for point in near}
        (steps,) = (line for line in axes.lines if line.get_drawstyle() == "steps-post")
        assert list(np.asarray(steps.get_xdata())) == [point.cost for point in near]
        assert list(np.asarray(steps.get_ydata())) == [point.estimate for point in near]

    def test_the_chosen_plan_is_as_fresh_replications_found_it(
        self, staffing: StaffingPlan, searched: Study
    ) -> None:
        figure = frontier(staffing, searched)
        (axes,) = figure.axes
        assert _spots(axes, CHOSEN, CHOSEN) == [(29, 0.9925)]
        assert _whiskers(axes, CHOSEN) == {29: [0.991, 0.9938]}
        assert [text.get_text().strip() for text in axes.texts] == ["chosen plan, cost 29"]
        words = _words(figure)
        assert "chosenplan,200freshreplications" in words
        assert "bestplansofthesearch,20replications" in words
        assert _words(frontier(replace(staffing, cost=29.5), searched)).count("cost29.5") == 1

    def test_plans_one_step_cheaper_are_hollow(
        self, staffing: StaffingPlan, searched: Study
    ) -> None:
        (axes,) = frontier(staffing, searched).axes
        drawn = _spots(axes, MUTED, "white")
        assert drawn == [(28, 0.9802), (28, 0.989), (28.5, 0.9897)]
        alone = frontier(replace(staffing, neighbours=()), searched)
        assert "oneofficerfewer" not in _words(alone)

    def test_a_dashed_line_is_at_the_target(self, staffing: StaffingPlan, searched: Study) -> None:
        figure = frontier(staffing, searched)
        (level,) = (
            np.asarray(line.get_ydata(), float) for line in figure.axes[0].lines
            if line.get_linestyle() == "--"
        )  # fmt: skip
        assert list(level) == [0.99, 0.99]
        assert "wanted:99%" in _words(figure)

    def test_what_is_far_away_is_told_and_does_not_squeeze_the_rest(
        self, staffing: StaffingPlan, searched: Study
    ) -> None:
        figure = frontier(staffing, searched)
        (axes,) = figure.axes
        (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
        assert 20 < left < 26
        assert 31 < right < 60
        assert 0.95 < bottom < 0.971
        assert top == 1
        assert _squeezed("Plans that keep less than 96 % are left out.") in _words(figure)
        assert _squeezed("Dearer plans are left out; they keep at most 99.9 %.") in _words(figure)

    def test_the_first_dearer_plan_is_shown_wherever_it_is(
        self, staffing: StaffingPlan, searched: Study
    ) -> None:
        far = replace(staffing, frontier=(FRONTIER[4], FRONTIER[7], _point(99, 0.9992, 0.0, 20)))
        (axes,) = frontier(far, searched).axes
        assert [cost for cost, _ in _spots(axes, MUTED, MUTED)] == [29, 90]

    def test_chances_have_their_exact_intervals(
        self, staffing: StaffingPlan, searched: Study
    ) -> None:
        figure = chance(staffing, searched)
        (axes,) = figure.axes
        expected = {26: 2, 27: 6, 28: 16, 29: 19, 31: 20}
        assert dict(_spots(axes, MUTED, MUTED)) == {cost: n / 20 for cost, n in expected.items()}
        whiskers = _whiskers(axes, MUTED)
        assert whiskers == {cost: list(share_interval(n, 20)) for cost, n in expected.items()}
        assert [text.get_text().strip() for text in axes.texts] == ["chosen plan, cost 29"]
        assert _squeezed("Chance of on_time_rate 99 % or more in a replication") in _words(figure)

    def test_of_a_certificate_by_years_the_chosen_plan_has_its_chance(
        self, staffing: StaffingPlan, searched: Study
    ) -> None:
        figure = chance(_by_years(staffing, 2), searched)
        (axes,) = figure.axes
        assert _spots(axes, CHOSEN, CHOSEN) == [(29, 151 / 153)]
        assert _whiskers(axes, CHOSEN) == {29: list(share_interval(151, 153))}
        assert "wanted:95%" in _words(figure)
        assert "notcertified" not in _words(figure)

    def test_a_plan_that_is_not_certified_says_so(
        self, staffing: StaffingPlan, searched: Study
    ) -> None:
        plan = replace(_by_years(staffing, 4), unreachable="more officers do not help further")
        for draw in (frontier, chance):
            said = _squeezed("not certified: more officers do not help further.")
            assert said in _words(draw(plan, searched))

    def test_a_target_out_of_reach_says_why(self, staffing: StaffingPlan, searched: Study) -> None:
        plan = replace(staffing, frontier=(), certificate=None, unreachable="60% waiting")
        for draw in (frontier, chance):
            said = _squeezed("No plan reaches the target: 60% waiting.")
            assert said in _words(draw(plan, searched))

    def test_every_word_can_be_read_on_a_page(
        self, staffing: StaffingPlan, searched: Study
    ) -> None:
        by_years = _by_years(staffing, 4)
        alone = replace(staffing, frontier=FRONTIER[4:5], neighbours=())
        last = replace(staffing, cost=31.0)
        without_rate = replace(staffing, target=None, rate=Rate(None, None, None, 20))
        figures = [
            *(frontier(p, searched) for p in (staffing, by_years, alone, last, without_rate)),
            *(chance(p, searched) for p in (staffing, by_years, alone, last)),
        ]
        for figure in figures:
            FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
            assert figure.get_figwidth() == WIDTH
            assert _off_the_page(figure) == []
            assert _overlapping(figure) == []
            assert min(float(text.get_fontsize()) for text in _texts(figure)) >= 7

    def test_what_a_search_finds_is_drawn_into_the_folder(
        self, bought: StaffingPlan, searched: Study, tmp_path: Path
    ) -> None:
        scenario = load_text(CALM)
        aimed = find_staff(scenario, 0.9)
        study = replace(searched, plan=replace(searched.plan, scenario=scenario))
        files = draw_staffing(aimed, study, tmp_path / "aimed")
        assert files == [
            tmp_path / "aimed/figures/frontier.png",
            tmp_path / "aimed/figures/chance.png",
        ]
        assert all(file.read_bytes().startswith(b"\x89PNG\r\n") for file in files)
        (file,) = draw_staffing(bought, study, tmp_path / "bought", "svg")
        assert file == tmp_path / "bought/figures/frontier.svg"
        assert "wanted" not in _words(frontier(bought, study))

    def test_a_folder_that_cannot_be_written_is_refused(
        self, staffing: StaffingPlan, searched: Study, tmp_path: Path
    ) -> None:
        (tmp_path / "figures").write_text("in the way")
        with pytest.raises(InputError, match="cannot be written"):
            draw_staffing(staffing, searched, tmp_path)


class TestSuitable:
    def test_a_study_of_policies_has_their_figures(self, crowded: Study) -> None:
        assert suitable(crowded) == [name for name in FIGURES if name not in {"sweep", "tornado"}]

    def test_one_policy_has_no_figures_of_differences(self, calm: Study) -> None:
        of_several = {"forest", "moved", "sweep", "tornado"}
        assert suitable(calm) == [name for name in FIGURES if name not in of_several]

    def test_a_sweep_has_its_own(
        self, numbers: Study, two_paths: Study, many: Study, alone: Study
    ) -> None:
        assert suitable(numbers) == [name for name in FIGURES if name != "tornado"]
        assert "sweep" in suitable(two_paths)
        assert suitable(many) == ["sweep"]
        assert [name for name in suitable(alone) if name in {"sweep", "tornado"}] == ["tornado"]


class TestFiles:
    @pytest.mark.parametrize("file_format", ["png", "svg"])
    def test_files_appear_in_the_studys_folder_and_nothing_else(
        self, file_format: FileFormat, calm: Study, tmp_path: Path
    ) -> None:
        files = draw_figures(replace(calm, folder=tmp_path), FIGURES, file_format)
        assert files == [tmp_path / "figures" / f"{name}.{file_format}" for name in FIGURES]
        assert sorted((tmp_path / "figures").iterdir()) == sorted(files)
        for file in files:
            if file_format == "png":
                assert file.read_bytes().startswith(b"\x89PNG\r\n")
            else:
                assert ElementTree.parse(file).getroot().tag == "{http://www.w3.org/2000/svg}svg"

    @pytest.mark.parametrize("file_format", ["png", "svg"])
    def test_the_same_study_gives_the_same_bytes(
        self, file_format: FileFormat, calm: Study, tmp_path: Path
    ) -> None:
        drawn = []
        for part in ("one", "two"):
            kept = replace(calm, folder=tmp_path / part)
            drawn.append([file.read_bytes() for file in draw_figures(kept, FIGURES, file_format)])
        assert drawn[0] == drawn[1]

    def test_only_the_named_figures_are_drawn_each_once(self, calm: Study, tmp_path: Path) -> None:
        files = draw_figures(replace(calm, folder=tmp_path), ["open", "outcomes", "open"], "svg")
        assert [file.name for file in files] == ["open.svg", "outcomes.svg"]

    def test_an_unknown_figure_is_refused_with_the_likely_or_the_known_ones(
        self, calm: Study, tmp_path: Path
    ) -> None:
        kept = replace(calm, folder=tmp_path)
        with pytest.raises(InputError, match=r"no figure `utilization`.*`utilisation`"):
            draw_figures(kept, ["outcomes", "utilization"])
        with pytest.raises(InputError, match="no figure `xyz`") as refused:
            draw_figures(kept, ["xyz"])
        assert all(name in str(refused.value) for name in FIGURES)
        assert list(tmp_path.iterdir()) == []

    def test_a_study_without_a_folder_is_refused(self, calm: Study) -> None:
        with pytest.raises(InputError, match="folder"):
            draw_figures(replace(calm, folder=None), ["outcomes"])

    def test_a_folder_that_cannot_be_written_is_refused(self, calm: Study, tmp_path: Path) -> None:
        (tmp_path / "figures").write_text("in the way")
        with pytest.raises(InputError, match="cannot be written"):
            draw_figures(replace(calm, folder=tmp_path), ["outcomes"])


class TestText:
    def test_wrapping_keeps_every_letter_and_fits(self) -> None:
        text = "Đăng ký biến động quyền sử_dụng_đất/nhà ở-và.tài:sản " + "ữ" * 60
        for room in (0.4, 0.8, 2.0):
            broken = wrapped(text, room, 8)
            assert _squeezed(broken) == _squeezed(text)
            assert all(width(line, 8) <= room for line in broken.split("\n"))

    def test_words_stay_whole_where_they_fit(self) -> None:
        text = "Chứng thực bản sao từ bản chính"
        assert wrapped(text, 1.0, 8).split() == text.split()

    def test_a_letter_and_its_marks_stay_together(self) -> None:
        decomposed = "Uo\N{COMBINING CIRCUMFLEX ACCENT}ng Bi\N{COMBINING ACUTE ACCENT}"
        assert wrapped(decomposed, 5, 8) == "Uông Bí"

    def test_numbers_are_written_as_people_read_them(self) -> None:
        assert grouped(1234567.4) == f"1{THIN}234{THIN}567"
        assert grouped(999) == "999"
        assert percent(0.9541) == f"95.4{THIN}%"
        assert percent(1.0) == f"100.0{THIN}%"
        assert percent(float("nan")) == "–"

    def test_what_is_below_all_is_never_written_as_all(self) -> None:
        assert percent(0.99996) == f"99.996{THIN}%"

    def test_a_difference_is_written_as_exactly_as_it_is_known(self) -> None:
        minus = "\N{MINUS SIGN}"
        assert signed(1.2345, 0.0678) == "+1.234 ± 0.068"
        assert signed(-12345.6, 1234.5) == f"{minus}12{THIN}346 ± 1{THIN}234"
        assert signed(-0.001, 0.5) == "+0.00 ± 0.50"
        assert signed(-0.25) == f"{minus}0.25"
        assert signed(1234567.0, 0.0) == f"+1{THIN}234{THIN}567"
        assert signed(0.0) == "0"
        assert signed(float("nan"), float("nan")) == "–"

    def test_dollar_signs_are_text(self, unlimited: Study) -> None:
        assert not any(text.get_parse_math() for text in _texts(_drawn("open", unlimited)))


@pytest.mark.parametrize(
    ("program", "absent"),
    [
        ("import sim, sim.cli, sim.experiment, sim.comparison", "matplotlib"),
        ("import sim.plots", "matplotlib.pyplot"),
    ],
)
def test_what_is_not_needed_is_not_imported(program: str, absent: str) -> None:
    code = f"import sys; {program}; sys.exit({absent!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
