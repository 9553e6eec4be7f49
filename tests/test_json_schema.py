"""The JSON Schema of the language: it accepts what loads, and refuses what an editor can tell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from strategies import case_of
from test_docs import FRAGMENTS, SCENARIOS
from test_fuzz import VALUES, places

from sim.errors import InputError
from sim.scenario.json_schema import scenario_schema
from sim.scenario.load import load_text
from sim.scenario.text import parse_document

ROOT = Path(__file__).parents[1]
FILES = [*sorted((ROOT / "scenarios").glob("*.yaml")), ROOT / "sim" / "cli" / "template.yaml"]
SCHEMA = scenario_schema()
VALIDATOR = Draft7Validator(SCHEMA)
WARD = """
period: {from: 2021-03-01, to: 2021-03-31}
calendars: {office: {hours: {mon-fri: ["07:30-11:30"]}}}
levels:
  ward:
    calendar: office
    offices: [Quang Trung]
    stations: {reception: {kind: counter, staff: 1}, clerk: {staff: 2}}
    pools: {floor: {staff: 1, serves: [clerk]}}
transfers:
  - {within: ward, departs: ["15:00"]}
volumes: {centre: {per_year: 100}}
routes:
  signed:
    - {id: intake, at: ward.reception, work: 8 min}
    - {id: sign, at: ward.clerk}
procedures:
  birth:
    received_at: ward
    volume: {per_working_day: 25}
    time_limit: 1 working day
    priority: {1: 10%, 2: 90%}
    route:
      - {id: intake, at: ward.reception, work: 10 min, incomplete: {share: 20%, away: 2 days}}
      - {id: pay, wait: {exponential: 2 working days}, clock: pauses}
      - {id: outcome, choose: [{share: 10%, end: refused}, {share: rest}]}
      - {id: consult, together: [[{id: sign, at: ward.clerk, work: 3 min}]]}
  copies:
    received_at: ward
    volume: {of: centre, share: 50%}
    route: signed
    steps: {sign: {work: 2 min}}
published:
  - {value: 95%, source: a yearbook, measure: on_time_rate, use: calibrated}
policies:
  more: [{staff: {ward.clerk: {add: 1}}}]
  less: {about: Half the limits, changes: [{cut: {all: true, time_limit: 50%}}]}
  both: {combine: [more, less]}
"""
WRONG = {
    "a misspelt key of the scenario": ("volumes:", "volume:"),
    "a misspelt key of a station": ("kind: counter", "knd: counter"),
    "a misspelt key of a step": ("clock: pauses", "clok: pauses"),
    "a key of another kind of step": ("clock: pauses", "work: 5 min"),
    "a date that is none": ("from: 2021-03-01", "from: 1/3/2021"),
    "a date with an hour": ("from: 2021-03-01", 'from: "2021-03-01 07:30"'),
    "a key that is required": (", to: 2021-03-31", ""),
    "weekdays that are none": ("mon-fri", "weekday"),
    "hours that are none": ('"07:30-11:30"', '"7:30-11:30"'),
    "an hour past the day's end": ('"15:00"', '"24:01"'),
    "offices by halves": ("offices: [Quang Trung]", "offices: 1.5"),
    "an office with the sign of an address": ("Quang Trung", "Quang@Trung"),
    "no station": ("stations: {reception: {kind: counter, staff: 1}, clerk: {staff: 2}}",
                   "stations: {}"),
    "a kind of station that is none": ("kind: counter", "kind: window"),
    "fewer than no officers": ("clerk: {staff: 2}", "clerk: {staff: -2}"),
    "officers in words": ("clerk: {staff: 2}", "clerk: {staff: two}"),
    "a pool that serves nothing": ("serves: [clerk]", "serves: []"),
    "a transfer from nowhere": ("within: ward,", "to: ward,"),
    "a transfer by two ways": ("within: ward,", "within: ward, from: ward, to: ward,"),
    "departures and a cutoff": ('departs: ["15:00"]', 'departs: ["15:00"], cutoff: "15:00"'),
    "two volumes": ("per_working_day: 25", "per_working_day: 25, per_year: 1"),
    "a share of nothing": ("of: centre, share: 50%", "share: 50%"),
    "a negative volume": ("per_working_day: 25", "per_working_day: -25"),
    "a limit of no kind": ("1 working day\n", "1 office day\n"),
    "a limit without a unit": ("1 working day\n", "1\n"),
    "a priority class that is no number": ("{1: 10%, 2: 90%}", "{high: 10%, 2: 90%}"),
    "work without a unit": ("work: 10 min", "work: 10"),
    "an officer's work in days": ("work: 10 min", "work: 10 days"),
    "work of an unknown distribution": ("work: 10 min", "work: {normal: 10 min}"),
    "a distribution that lacks a bound": ("work: 10 min", "work: {uniform: [10 min]}"),
    "two distributions": ("{exponential: 2 working days}",
                          "{exponential: 2 h, uniform: [1 h, 2 h]}"),
    "a share of more than all": ("share: 20%", "share: 120%"),
    "a share in words": ("share: 20%", "share: often"),
    "a clock that does something else": ("clock: pauses", "clock: stops"),
    "no branch": ("[{share: 10%, end: refused}, {share: rest}]", "[]"),
    "a name with a space": ("end: refused", "end: not accepted"),
    "a step laid over with another id": ("steps: {sign: {work: 2 min}}",
                                         "steps: {sign: {work: 2 min, id: signed}}"),
    "a step of a named route with an unknown key": ("sign, at: ward.clerk}",
                                                    "sign, at: ward.clerk, wrok: 2 min}"),
    "an unknown measure": ("on_time_rate", "on_time_ratio"),
    "an unknown lever": ("staff: {ward.clerk", "stuff: {ward.clerk"),
    "two levers in one change": ("[{cut: {", "[{on_the_spot: [ward], cut: {"),
    "a lever without WHICH": ("all: true, time_limit", "time_limit"),
    "two changes of one number": ("add: 1", "add: 1, set: 2"),
    "a policy of two kinds": ("{combine:", "{changes: [{on_the_spot: [ward]}], combine:"),
    "a policy that is one change": ("more: [{staff: {ward.clerk: {add: 1}}}]",
                                    "more: {staff: {ward.clerk: {add: 1}}}"),
    "a step that is inserted without an id": (
        "[{cut: {all: true, time_limit: 50%}}]",
        "[{insert: {all: true, after: intake, steps: [{at: ward.clerk, work: 5 min}]}}]",
    ),
    "offices from a table of unknown columns": (
        "offices: [Quang Trung]", "offices: {file: wards.csv, names: ward}"
    ),
    "open dossiers without an office": (
        "volumes: {centre", "backlog: [{procedure: birth, accepted: 2021-02-26}]\nvolumes: {centre"
    ),
    "null in a complete scenario": ("clerk: {staff: 2}", "clerk: {staff: null}"),
}  # fmt: skip


def data_of(text: str) -> Any:
    """Give what an editor reads; `null` stands for itself there."""
    return json.loads(json.dumps(parse_document(text, "text").data, default=lambda _: None))


def wrong(data: Any) -> list[str]:
    """List where data is not valid and why."""
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(data)]


def test_it_is_a_schema_of_draft_7() -> None:
    Draft7Validator.check_schema(SCHEMA)


def test_beside_a_reference_stands_only_what_refuses_nothing() -> None:
    """Validators of draft 7 pass over whatever else stands there."""
    for path in places(SCHEMA):
        if path[-1] == "$ref":
            node: Any = SCHEMA
            for part in path[:-1]:
                node = node[part]
            assert set(node) <= {"$ref", "description", "default", "defaultSnippets"}, path
            assert node["$ref"].removeprefix("#/definitions/") in SCHEMA["definitions"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_scenario_of_the_project_is_valid_and_names_the_schema(path: Path) -> None:
    text = path.read_text("utf-8")
    assert wrong(data_of(text)) == []
    (named,) = [line for line in text.splitlines() if line.startswith("# yaml-language-server")]
    assert named.endswith("scenario.schema.json")


@pytest.mark.parametrize(("where", "text"), SCENARIOS, ids=[where for where, _ in SCENARIOS])
def test_every_scenario_of_the_documentation_is_valid(where: str, text: str) -> None:
    assert wrong(data_of(text)) == []


@pytest.mark.parametrize(("where", "text"), FRAGMENTS, ids=[where for where, _ in FRAGMENTS])
def test_every_fragment_of_the_documentation_is_a_valid_fragment(where: str, text: str) -> None:
    assert wrong({"extends": [], **data_of(text)}) == []


@pytest.mark.parametrize("seed", range(100))
def test_a_resolved_scenario_is_valid(seed: int) -> None:
    scenario = case_of(seed).network.scenario
    assert wrong(json.loads(scenario.model_dump_json(exclude_none=True))) == []


def test_the_ward_of_these_tests_loads_and_is_valid() -> None:
    load_text(WARD)
    assert wrong(data_of(WARD)) == []


@pytest.mark.parametrize(("right", "mistake"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_by_itself_is_refused_by_the_schema_and_by_the_loader(
    right: str, mistake: str
) -> None:
    assert WARD.count(right) >= 1
    text = WARD.replace(right, mistake, 1)
    assert wrong(yaml.safe_load(text) if "null" in mistake else data_of(text))
    with pytest.raises(InputError):
        load_text(text)


@pytest.mark.parametrize(
    "written",
    [
        "share: 0.2",
        "share: 12.5 %",
        "share: {counter: 25%}",
        "share: 100%",
        "share: 0",
    ],
)
def test_a_share_may_be_written(written: str) -> None:
    text = WARD.replace("share: 20%", written)
    load_text(text)
    assert wrong(data_of(text)) == []


@given(st.integers(0, 200), st.data())
def test_what_loads_is_valid_whatever_stands_in_it(seed: int, data: st.DataObject) -> None:
    scenario = case_of(seed).network.scenario
    tree = json.loads(scenario.model_dump_json(exclude_none=True))
    *above, last = data.draw(st.sampled_from(list(places(tree))))
    node = tree
    for part in above:
        node = node[part]
    node[last] = data.draw(VALUES)
    try:
        load_text(json.dumps(tree))
    except InputError:
        return
    assert wrong(tree) == []


# A file with `extends` is a fragment


def shorter(tree: Any, path: tuple[Any, ...]) -> Any:
    """Leave out one key."""
    copied = deepcopy(tree)
    node = copied
    for part in path[:-1]:
        node = node[part]
    del node[path[-1]]
    return copied


def keys_of(tree: Any) -> Iterator[tuple[Any, ...]]:
    for path in places(tree):
        if isinstance(path[-1], str) and not any(isinstance(part, int) for part in path):
            yield path


@pytest.mark.parametrize("path", list(keys_of(data_of(WARD))), ids=".".join)
def test_a_fragment_may_lack_any_key_or_take_it_away_with_null(path: tuple[str, ...]) -> None:
    fragment = {"extends": "base.yaml", **data_of(WARD)}
    assert wrong(shorter(fragment, path)) == []
    node = fragment
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = None
    assert wrong(fragment) == []


def test_a_fragment_has_no_unknown_keys_and_no_wrong_values() -> None:
    assert wrong({"extends": [], "warm_up": "60 days"}) == []
    assert wrong({"extends": [], "warmup": "60 days"})
    assert wrong({"extends": [], "warm_up": 60})
    assert wrong({"extends": [], "levels": {"ward": {"stations": {"clerk": {"knd": "desk"}}}}})
    assert wrong({"extends": 1})


def test_without_extends_a_scenario_is_complete() -> None:
    for required in ("period", "levels", "procedures"):
        assert any(required in message for message in wrong(shorter(data_of(WARD), (required,))))
