"""Whatever stands in a scenario, it loads and builds, or its problems are told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutations import SOURCES, WEIGHTS, encoded, folder_with_tables, mutated
from strategies import case_of

from sim.errors import InputError
from sim.network import build
from sim.scenario.load import load, load_text

WORDS = [
    "city",
    "always",
    "rest",
    "all",
    "base",
    "counter",
    "due",
    "id",
    "-1",
    "",
    "@",
    "1 h",
    "25%",
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(WORDS)
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner),
    max_leaves=6,
)


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the path of every key and item of a tree."""
    entries = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in entries:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


@given(st.integers(0, 200), st.data())
def test_a_scenario_with_a_wrong_value_anywhere_never_ends_in_a_traceback(
    seed: int, data: st.DataObject
) -> None:
    tree = json.loads(
        json.dumps(case_of(seed).network.scenario.model_dump(mode="json", exclude_none=True))
    )
    policies = {"p": [{"staff": {"l0.s0": {"add": 1}}}, {"set": {"seed": 3}}]}
    tree = json.loads(json.dumps(tree)) | {"policies": policies}
    *above, last = data.draw(st.sampled_from(list(places(tree))))
    node = tree
    for part in above:
        node = node[part]
    node[last] = data.draw(VALUES)
    try:
        build(load_text(json.dumps(tree)))
    except InputError as error:
        assert all(problem.message and "\n" not in str(problem) for problem in error.problems)


@pytest.mark.parametrize(
    "text",
    ["warm_up: 12 h", "a: \r b: [", "a: \u2028\nb: [", "procedures: {p: {route: [{id: [a]}]}}"],
)
def test_odd_text_is_told_as_problems(text: str) -> None:
    with pytest.raises(InputError):
        load_text(text)


@pytest.mark.parametrize("seed", range(120))
def test_a_text_with_random_mistakes_loads_or_is_told_what_is_wrong(
    seed: int, tmp_path: Path
) -> None:
    """`python tests/mutations.py 100000 1` goes through many more, by the command `check`."""
    chance = Random(seed)
    text = chance.choices(SOURCES, WEIGHTS)[0].read_text("utf-8")
    content = encoded(mutated(text, chance), chance)
    path = folder_with_tables(tmp_path)
    path.write_bytes(content)
    try:
        load(path)
    except InputError as error:
        lines = content.count(b"\n") + content.count(b"\r") + 2
        for problem in error.problems:
            assert problem.message
            assert len(str(problem).splitlines()) == 1
            assert problem.file != str(path) or problem.line <= lines
