"""The figures of `seeds/` are complete, and their arithmetic holds."""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

Entry = dict[str, Any]

SEEDS = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parents[1] / "seeds").glob("*.yaml"))
}
TEXTS = ("unit", "period", "place", "source", "use", "note")
USES = {"input", "validation", "lever", "structure", "context"}
ID = r"[a-z0-9]+(?:-[a-z0-9]+)*"
REFERENCE = re.compile(rf"\{{({ID})\}}")
OPERATORS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def entries(seed: Entry) -> list[Entry]:
    return [*seed["figures"], *seed.get("derived", [])]


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def exact(value: float) -> Fraction:
    # by way of the text: 95.35 means 95.35, not the nearest binary fraction
    return Fraction(str(value))


def evaluate(formula: str, known: Mapping[str, float]) -> Fraction:
    # brackets, so that a negative figure stays one operand
    text = REFERENCE.sub(lambda match: f"({known[match[1]]})", formula)

    def walk(node: ast.expr) -> Fraction:
        match node:
            case ast.BinOp(left, op, right) if type(op) in OPERATORS:
                return OPERATORS[type(op)](walk(left), walk(right))
            case ast.UnaryOp(ast.USub(), operand):
                return -walk(operand)
            case ast.Constant(value) if is_number(value):
                return exact(value)  # type: ignore[arg-type]
            case _:
                raise ValueError(f"not plain arithmetic: {formula}")

    return walk(ast.parse(text, mode="eval").body)


def rounds_to(computed: Fraction, printed: float) -> bool:
    # half a unit of the last printed digit, either way: no source says how it rounds a tie
    exponent = Decimal(str(printed)).as_tuple().exponent
    assert isinstance(exponent, int)
    return abs(computed - exact(printed)) <= Fraction(10) ** exponent / 2


@pytest.mark.parametrize("name", SEEDS)
def test_seed_is_complete(name: str) -> None:
    seed = SEEDS[name]
    assert seed.keys() - {"derived"} == {"about", "sources", "figures"}
    assert seed["about"].strip()
    assert {entry["source"] for entry in entries(seed)} == set(seed["sources"])
    for source in seed["sources"].values():
        assert {"title", "note"} <= source.keys() <= {"title", "note", "publisher", "date", "where"}
        assert all(isinstance(text, str) and text.strip() for text in source.values())


@pytest.mark.parametrize("name", SEEDS)
def test_ids_are_unique(name: str) -> None:
    ids = [entry["id"] for entry in entries(SEEDS[name])]
    assert sorted(ids) == sorted(set(ids))
    assert all(re.fullmatch(ID, entry_id) for entry_id in ids)


@pytest.mark.parametrize("name", SEEDS)
def test_every_entry_is_complete(name: str) -> None:
    seed = SEEDS[name]
    for entry in entries(seed):
        extra = {"from", "formula"} if entry in seed.get("derived", []) else set()
        assert entry.keys() == {"id", "value", *TEXTS} | extra, entry["id"]
        assert all(isinstance(entry[key], str) and entry[key].strip() for key in TEXTS), entry["id"]
        assert entry["use"] in USES, entry["id"]


@pytest.mark.parametrize("name", SEEDS)
def test_values_are_numbers_or_ranges(name: str) -> None:
    for entry in entries(SEEDS[name]):
        value = entry["value"]
        if isinstance(value, list):
            low, high = value
            assert is_number(low) and is_number(high) and low < high, entry["id"]
        else:
            assert is_number(value), entry["id"]


@pytest.mark.parametrize("name", SEEDS)
def test_derived_values_follow_from_their_formula(name: str) -> None:
    seed = SEEDS[name]
    known = {figure["id"]: figure["value"] for figure in seed["figures"]}
    for entry in seed.get("derived", []):
        # only what stands above counts as known, so that nothing is derived from itself
        assert set(entry["from"]) <= known.keys(), entry["id"]
        assert sorted(entry["from"]) == sorted(set(REFERENCE.findall(entry["formula"])))
        computed = evaluate(entry["formula"], known)
        assert rounds_to(computed, entry["value"]), (entry["id"], float(computed))
        known[entry["id"]] = entry["value"]


@pytest.mark.parametrize(
    ("name", "printed", "formula"),
    [
        ("do-luong-tan-ky-2024", "procedures", "{procedures-district} + {procedures-commune}"),
        (
            "ha-noi-2019",
            "department-units-cut",
            "{department-units-before} - {department-units-after}",
        ),
        ("ha-noi-2019", "district-units-cut", "{district-units-before} - {district-units-after}"),
        ("ha-noi-2019", "project-boards-cut", "{project-boards-before} - {project-boards-after}"),
        ("ha-noi-2019", "plan-units-target", "{plan-units} + {plan-units-missing}"),
        (
            "ha-noi-2019",
            "department-units-cut-share",
            "{department-units-cut} / {department-units-before} * 100",
        ),
        (
            "ha-noi-2019",
            "district-units-cut-share",
            "{district-units-cut} / {district-units-before} * 100",
        ),
        (
            "ha-noi-2019",
            "project-boards-cut-share",
            "{project-boards-cut} / {project-boards-before} * 100",
        ),
        ("uong-bi-2021", "commune-resolution", "{commune-resolved} / {commune-received} * 100"),
    ],
)
def test_printed_figures_agree_with_each_other(name: str, printed: str, formula: str) -> None:
    figures = {figure["id"]: figure["value"] for figure in SEEDS[name]["figures"]}
    computed = evaluate(formula, figures)
    assert rounds_to(computed, figures[printed]), float(computed)
