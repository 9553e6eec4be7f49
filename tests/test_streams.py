"""Uniform numbers by name: the n-th of a stream depends on its name and on n alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from sim.docket.streams import uniforms

NAME = ("land-transfer", "examine", "1", "work")
MANY = 200_000
SURE = 1e-6
"""Chance with which a right generator would fail a test here."""


@given(st.integers(0, 300), st.integers(0, 40))
def test_numbers_from_an_offset_are_the_slice_of_the_stream(start: int, count: int) -> None:
    whole = uniforms(7, 3, NAME, 400)
    assert np.array_equal(uniforms(7, 3, NAME, count, start), whole[start : start + count])


def test_a_far_number_of_a_stream_can_be_taken_alone() -> None:
    whole = uniforms(7, 3, NAME, 100_003)
    assert uniforms(7, 3, NAME, 1, 100_002)[0] == whole[100_002]


def test_a_longer_stream_begins_with_the_shorter_one() -> None:
    assert np.array_equal(uniforms(7, 3, NAME, 10), uniforms(7, 3, NAME, 1000)[:10])


def test_taking_from_other_streams_changes_nothing() -> None:
    before = uniforms(7, 3, NAME, 100)
    uniforms(7, 3, ("another", "name"), 12_345)
    assert np.array_equal(before, uniforms(7, 3, NAME, 100))


OTHERS = [
    (7, 3, ("land-transfer", "examine", "2", "work")),
    (7, 3, ("land-transfer", "examine", "1", "wait")),
    (7, 3, ("land-transfer", "examine", "1work")),
    (7, 3, ("land-transfer", "examine1", "work")),
    (7, 3, ("land-transfer", "examine", "1", "work", "")),
    (7, 3, ()),
    (7, 4, NAME),
    (8, 3, NAME),
    (3, 7, NAME),
    (73, 3, NAME),
    (2**63 - 1, 3, NAME),
]


@pytest.mark.parametrize(("seed", "replication", "name"), OTHERS)
def test_another_name_seed_or_replication_is_another_stream(
    seed: int, replication: int, name: tuple[str, ...]
) -> None:
    one, other = uniforms(7, 3, NAME, MANY), uniforms(seed, replication, name, MANY)
    assert np.intersect1d(one, other).size == 0
    # The correlation of independent numbers is about normal with deviation 1/√n.
    bound = stats.norm.isf(SURE / 2) / np.sqrt(MANY)
    assert abs(np.corrcoef(one, other)[0, 1]) < bound


def test_neighbours_in_a_stream_are_independent() -> None:
    drawn = uniforms(1, 0, NAME, MANY)
    bound = stats.norm.isf(SURE / 2) / np.sqrt(MANY)
    for lag in (1, 2, 3, 4):
        assert abs(np.corrcoef(drawn[lag:], drawn[:-lag])[0, 1]) < bound


@pytest.mark.parametrize("seed", [0, 1, 2**63 - 1])
def test_a_stream_is_uniform(seed: int) -> None:
    drawn = uniforms(seed, 0, NAME, MANY)
    assert stats.kstest(drawn, "uniform").pvalue > SURE
    cells = np.bincount((drawn * 500).astype(int), minlength=500)
    assert stats.chisquare(cells).pvalue > SURE


def test_the_first_numbers_of_many_streams_are_uniform() -> None:
    first = np.array([uniforms(1, 0, ("copy", str(n)), 1)[0] for n in range(4000)])
    assert stats.kstest(first, "uniform").pvalue > SURE
    of_replications = np.array([uniforms(1, n, NAME, 1)[0] for n in range(4000)])
    assert stats.kstest(of_replications, "uniform").pvalue > SURE


def test_no_numbers_are_an_empty_array() -> None:
    assert uniforms(1, 0, NAME, 0).shape == (0,)
    assert uniforms(1, 0, NAME, 0, 6).shape == (0,)


class Raw:
    """A bit generator that gives the same 64 bits again and again."""

    bits = 0

    def __init__(self, key: int) -> None:
        self.key = key

    def advance(self, blocks: int) -> None:
        """Go nowhere."""

    def random_raw(self, count: int) -> NDArray[np.uint64]:
        return np.full(count, self.bits, np.uint64)


@pytest.mark.parametrize(
    "bits",
    [0, 2**11 - 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64 - 2**11, 2**64 - 2**12],
    ids=hex,
)
def test_no_bits_give_0_or_1(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Raw, "bits", bits)
    monkeypatch.setattr(np.random, "Philox", Raw)
    drawn = uniforms(1, 0, NAME, 1)[0]
    assert 0 < drawn < 1
    # (k + ½) / 2⁵³ is within one step of the bits read as a fraction.
    assert drawn == pytest.approx(bits / 2**64, abs=2.0**-52)
