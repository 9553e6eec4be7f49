"""Every scenario of the project: its published figures, its warnings, its page, a slice of it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from shipped import ROOT, SCENARIOS, first_replication, of_the_seed, slice_of, values_of

import sim
from sim.lint import check
from sim.scenario.schema import PublishedFigure

PAGES = ROOT / "docs" / "scenarios"
OF_THE_SOURCES = tuple(file for file in SCENARIOS if sim.load(file).published)
FIGURES = [(file, figure) for file in OF_THE_SOURCES for figure in sim.load(file).published]


def page_of(file: Path) -> str:
    return (PAGES / f"{file.stem}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "figure"), FIGURES, ids=[f"{f.stem}-{figure.source}" for f, figure in FIGURES]
)
def test_a_published_value_is_the_one_of_its_source(file: Path, figure: PublishedFigure) -> None:
    entry = of_the_seed(figure.source)
    printed = figure.value * 100 if entry["unit"] == "%" else figure.value
    # A share is written in binary: 95.35 % is 95.35 up to the last bits.
    assert math.isclose(printed, entry["value"], rel_tol=1e-12, abs_tol=0.0)


@pytest.mark.parametrize("file", OF_THE_SOURCES, ids=lambda file: file.stem)
def test_what_was_held_back_was_not_fitted_as_well(file: Path) -> None:
    published = sim.load(file).published
    fitted = {figure.source for figure in published if figure.use == "calibrated"}
    held_back = {figure.source for figure in published if figure.use == "held_back"}
    assert not fitted & held_back


@pytest.mark.parametrize("file", OF_THE_SOURCES, ids=lambda file: file.stem)
def test_each_warning_is_explained(file: Path) -> None:
    """The page names the place, and says why."""
    report = check(file)
    assert not report.errors
    for warning in report.warnings:
        assert f"`{warning.path}`" in page_of(file), warning


@pytest.mark.parametrize("file", OF_THE_SOURCES, ids=lambda file: file.stem)
def test_a_page_tells_of_each_policy(file: Path) -> None:
    page = page_of(file)
    for policy in sim.load(file).policies:
        assert f"`{policy}`" in page, policy


@pytest.mark.parametrize("file", OF_THE_SOURCES, ids=lambda file: file.stem)
def test_a_slice_is_measured_at_each_published_figure(file: Path) -> None:
    scenario = slice_of(file)
    values = values_of(first_replication(scenario))
    for figure in scenario.published:
        assert math.isfinite(values[figure.scope, figure.name, figure.measure]), figure.source
