"""What is said of the keys: every key has its words and examples, and every example loads."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from sim.scenario.json_schema import scenario_schema
from sim.scenario.keys import forms
from sim.scenario.load import load
from sim.scenario.text import parse_document

CITY = """
name: A small city
period: {from: 2021-01-01, to: 2021-12-31}
apology: {extension: 2 working days}
calendars:
  office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}, holidays: VN}
  signing: {hours: {mon-fri: ["10:00-11:30", "15:30-17:00"]}, holidays: VN}
  late: {hours: {mon-fri: ["10:00-19:00"]}}
profiles: {mornings: {hours: {"07:30-09:30": 1.6}}}
channels: {counter: {calendar: office}, online: {calendar: always}}
levels:
  city:
    offices: [Uông Bí]
    calendar: office
    stations:
      reception: {kind: counter, staff: [{count: 3}]}
      land: {staff: 5}
      signing: {staff: 2}
      return: {kind: counter}
    pools: {floor: {staff: 2, serves: [reception, return]}}
  tax: {within: city, offices: {each: 1}, calendar: office, stations: {desk: {}}}
  ward:
    within: city
    offices: {Quang Trung: {}, Thanh Sơn: {}}
    calendar: office
    stations: {reception: {kind: counter}, clerk: {}}
transfers:
  - {from: ward, to: city}
volumes: {centre: {per_year: 1000}}
routes:
  signed:
    - {id: intake, at: city.reception, work: 8 min}
    - {id: sign, at: city.signing, work: 4 min, decides: true}
procedures:
  copies:
    received_at: city
    volume: {of: centre, share: 10%}
    time_limit: same day
    route: signed
    steps: {sign: {work: 2 min}}
  permit:
    field: land
    received_at: city
    volume: {per_year: 100}
    channels: {counter: 90%, online: 10%}
    time_limit: 10 working days
    route:
      - {id: intake, at: city.reception, work: 8 min, incomplete: {share: 20%, away: 2 days}}
      - {id: examine, at: city.land, work: 2 h}
      - {id: tax, at: tax.desk, work: 20 min}
      - {id: pay, wait: 2 working days}
      - {id: outcome, choose: [{share: 3%, end: refused}, {share: rest}]}
      - {id: consult, together: [[{id: hear, at: ward.clerk, work: 5 min}], []]}
      - {id: sign, at: city.signing, work: 5 min}
      - {id: pickup, wait: {until: due}}
backlog:
  - {procedure: permit, office: Uông Bí, accepted: 2020-12-30}
published:
  - {value: 9%, source: a book, measure: on_time_rate, scope: level, name: city, use: held_back}
policies:
  two-more-officers: [{staff: {city.land: {add: 2}}}]
  cut-forty: [{cut: {fields: [land], time_limit: 40%}}]
  changed: {about: One change, changes: [{cut: {all: true, work: 10%}}]}
"""
FILES = {
    "small-city.yaml": CITY,
    "more-staff.yaml": "extends: []\nlevels: {city: {stations: {land: {staff: 9}}}}\n",
    "wards.csv": "ward,city,people,hours,counters\nQuang Trung,Uông Bí,19000,office,2\n",
    "open.csv": "procedure,office,accepted,step\npermit,Uông Bí,2020-12-30,sign\n",
}
SMALL = """
period: {from: 2021-01-01, to: 2021-12-31}
calendars: {office: {hours: {mon-fri: ["07:30-11:30"]}}}
levels: {city: {stations: {reception: {}}}}
procedures:
  copies: {received_at: city, volume: {per_day: 3}, route: [{at: city.reception, work: 8 min}]}
"""
ROUTE = "procedures/permit/route"
CHANGE = "policies/changed/changes/0"
PLACES = {
    "Scenario": "",
    "Period": "period",
    "Apology": "apology",
    "CalendarRule": "calendars/office",
    "Profile": "profiles/mornings",
    "Channel": "channels/online",
    "Level": "levels/ward",
    "Level.stations": "levels/city",
    "Level.pools": "levels/city",
    "Office": "levels/ward/offices/Quang Trung",
    "EachParent": "levels/tax/offices",
    "TableOfOffices": "levels/ward/offices",
    "Station": "levels/city/stations/land",
    "StaffGroup": "levels/city/stations/reception/staff/0",
    "Pool": "levels/city/pools/floor",
    "TransferRule": "transfers/0",
    "Volume": "procedures/permit/volume",
    "Procedure": "procedures/permit",
    "Visit": f"{ROUTE}/1",
    "Incomplete": f"{ROUTE}/0/incomplete",
    "Wait": f"{ROUTE}/3",
    "UntilDue": f"{ROUTE}/7/wait",
    "Choose": f"{ROUTE}/4",
    "Branch": f"{ROUTE}/4/choose/0",
    "Together": f"{ROUTE}/5",
    "OpenDossier": "backlog/0",
    "TableOfBacklog": "backlog",
    "PublishedFigure": "published/0",
    "Policy": "policies/changed",
    "Levers": CHANGE,
    "StaffChange": f"{CHANGE}/staff/city.land",
    "Move": f"{CHANGE}/move",
    "MakePool": f"{CHANGE}/pool",
    "Which": f"{CHANGE}/cut",
    "Cut": f"{CHANGE}/cut",
    "Insert": f"{CHANGE}/insert",
    "Delegate": f"{CHANGE}/delegate",
    "Online": f"{CHANGE}/online",
    "Merge": f"{CHANGE}/merge",
    "Demand": f"{CHANGE}/demand",
    "Times": f"{CHANGE}/demand/volume",
}
"""Where the mapping of each form stands in the city, or the one for a certain key of it."""
WITHOUT_WHICH = {
    "Which": "{cut: {work: 10%}}",
    "Cut": "{cut: {work: 10%}}",
    "Insert": "{insert: {after: sign, steps: [{id: check, at: city.land, work: 10 min}]}}",
    "Delegate": "{delegate: {moves: {city.land: ward.clerk}}}",
    "Online": "{online: {share: 93%}}",
    "Demand": "{demand: {volume: {times: 2}}}",
}
WITH: dict[str, dict[str, str]] = {
    "Scenario.extends": {"": "{}"},
    "Scenario.warm_up": {"backlog": "[]"},
    "Scenario.levels": {"": SMALL.replace("city", "ward")},
    "Scenario.procedures": {"": SMALL},
    "Level.stations": {"": SMALL},
    "TableOfOffices": {"levels/ward/offices": "{file: wards.csv, name: ward}"},
    "TableOfBacklog": {"backlog": "{}"},
    "TransferRule.within": {"transfers/0": "{}"},
    "Volume": {"procedures/permit/volume": "{}"},
    "Volume.of": {"procedures/permit/volume": "{share: 6%}"},
    "Volume.share": {"procedures/permit/volume": "{of: centre}"},
    "Branch.share": {f"{ROUTE}/4/choose": "[{share: 3%}, {share: 97%}]"},
    "Policy.combine": {"policies/changed": "{}"},
    "Levers": {CHANGE: "{}"},
    "Levers.pool": {CHANGE: "{}", "levels/city/pools": "{}"},
    "StaffChange": {CHANGE: "{staff: {city.land: {}}}"},
    "Move": {CHANGE: "{move: {from: city.reception, to: city.land, count: 1}}"},
    "MakePool": {
        CHANGE: "{pool: {at: city, name: floor, stations: [reception, return]}}",
        "levels/city/pools": "{}",
    },
    "Insert": {CHANGE: WITHOUT_WHICH["Insert"].replace("{after", "{fields: land, after")},
    "Delegate": {CHANGE: WITHOUT_WHICH["Delegate"].replace("{moves", "{all: true, moves")},
    "Online": {CHANGE: "{online: {all: true}}"},
    "Merge": {CHANGE: "{merge: {levels: [ward], into: 1, by: city}}"},
    "Demand": {CHANGE: "{demand: {all: true}}"},
    "Times": {CHANGE: "{demand: {all: true, volume: {}}}"},
    **{
        f"{form}.{key}": {CHANGE: change}
        for form, change in WITHOUT_WHICH.items()
        for key in ("procedures", "fields", "all")
    },
}
"""What else stands in the city, so that a form or a certain key of it has its place."""
EXAMPLES = [
    (form, name, example)
    for form, found in forms().items()
    for name, key in found.keys.items()
    for example in key.examples
]
VALIDATOR = Draft7Validator(scenario_schema())


def data_of(text: str) -> Any:
    """Read a whole scenario, or a value as it stands after a key."""
    if "\n" in text:
        return parse_document(text, "").data
    return parse_document(f"key: {text}", "").data["key"]


def put(tree: Any, path: str, value: Any) -> Any:
    """Put a value at a path into a copy of a tree."""
    whole = {"": deepcopy(tree)}
    node: Any = whole
    *above, last = ["", *filter(None, path.split("/"))]
    for part in above:
        node = node[int(part) if isinstance(node, list) else part]
    node[int(last) if isinstance(node, list) else last] = value
    return whole[""]


def scenario_with(form: str, key: str, example: str) -> Any:
    """Put an example into the city, and beside it what it needs."""
    tree = data_of(CITY)
    for path, text in WITH.get(f"{form}.{key}", WITH.get(form, {})).items():
        tree = put(tree, path, data_of(text))
    place = PLACES.get(f"{form}.{key}", PLACES[form])
    return put(tree, f"{place}/{key}", data_of(example))


def test_every_form_has_a_place_in_the_city() -> None:
    assert set(forms()) == {place for place in PLACES if "." not in place}


def test_every_key_has_a_meaning_and_an_example() -> None:
    for form in forms().values():
        for key in form.keys.values():
            assert key.meaning.endswith(".")
            assert key.examples


@pytest.mark.parametrize(
    ("form", "key", "example"), EXAMPLES, ids=[f"{form}.{key}" for form, key, _ in EXAMPLES]
)
def test_every_example_of_a_key_loads_and_is_valid(
    form: str, key: str, example: str, tmp_path: Path
) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    tree = scenario_with(form, key, example)
    (tmp_path / "scenario.yaml").write_text(json.dumps(tree), encoding="utf-8")
    load(tmp_path / "scenario.yaml")
    assert [error.message for error in VALIDATOR.iter_errors(tree)] == []
