"""A study run again: what is the same, and what is not as it was recorded."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from commands import Onestop, done, onestop_beside, refused
from studies import TEXT, described

beside_a_ward = onestop_beside(ward=TEXT)


@pytest.fixture
def onestop(beside_a_ward: Onestop) -> Onestop:
    """Give a command in a folder with a study `s` of two policies and three replications."""
    options = ["--policy", "second-clerk", "-n", "3", "-o", "s", "-q"]
    done(beside_a_ward("compare", "ward.yaml", *options))
    return beside_a_ward


def redescribe(**changed: Any) -> None:
    file = Path("s/study.json")
    file.write_text(json.dumps(described(Path("s")) | changed), "utf-8")


def test_a_study_as_it_was_recorded_is_verified(onestop: Onestop) -> None:
    found = done(onestop("verify", "s"))
    assert found.out == "6 replications verified: every number is as it was recorded.\n"
    assert found.err == ""
    assert done(onestop("verify", "s", "-q")).out == ""


def test_processes_verify_as_well(onestop: Onestop) -> None:
    assert done(onestop("verify", "s", "-j", "2")).out.startswith("6 replications verified")


@pytest.mark.parametrize("kind", ["measures", "series"])
def test_a_number_that_was_changed_is_named(onestop: Onestop, kind: str) -> None:
    file = Path(f"s/{kind}/base/000002.parquet")
    table = pd.read_parquet(file)
    row = 6
    name = str(table["measure" if kind == "measures" else "series"][row])
    was = float(table["value"][row])
    table.loc[row, "value"] = 12345.0
    table.to_parquet(file, index=False)
    found = onestop("verify", "s")
    assert found.code == 1
    changed, other = found.out.splitlines()
    assert changed == f"{kind}/base/000002.parquet: is not as it was written"
    assert other.startswith(f"base/2: another result from the same docket: {name} of all")
    assert other.endswith(f"is {was:g}, recorded is 12345")


def test_a_number_that_was_changed_with_its_hash_is_named_all_the_same(onestop: Onestop) -> None:
    file = Path("s/measures/base/000002.parquet")
    table = pd.read_parquet(file)
    table.loc[:3, "value"] = -1.0
    table.to_parquet(file, index=False)
    found = described(Path("s"))
    found["files"].pop("measures/base/000002.parquet")
    redescribe(files=found["files"])
    outcome = onestop("verify", "s")
    assert outcome.code == 1
    (line,) = outcome.out.splitlines()
    assert line.startswith("base/2: another result from the same docket: ")
    assert line.endswith("recorded is -1, and 3 more numbers")


@pytest.mark.parametrize("content", [b"", b"PAR1 and no more", None], ids=["empty", "cut", "gone"])
def test_a_file_that_is_damaged_is_named(onestop: Onestop, content: bytes | None) -> None:
    file = Path("s/series/second-clerk/000001.parquet")
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    found = onestop("verify", "s")
    assert found.code == 1
    first, *others = found.out.splitlines()
    told = "is missing" if content is None else "is not as it was written"
    assert first == f"series/second-clerk/000001.parquet: {told}"
    if content is not None:
        (other,) = others
        assert other.startswith("second-clerk/1: ")
        assert "damaged" in other


def change_scenario(old: str, new: str) -> None:
    scenario = described(Path("s"))["scenario"]
    text = json.dumps(scenario["resolved"])
    assert old in text
    redescribe(scenario=scenario | {"resolved": json.loads(text.replace(old, new))})


def test_another_scenario_is_another_docket(onestop: Onestop) -> None:
    change_scenario('"share": 0.2', '"share": 0.9')
    found = onestop("verify", "s")
    assert found.code == 1
    first, *others = found.out.splitlines()
    assert first == "study.json: its scenario or seed is not what was run: its hash differs"
    assert len(others) == 6
    assert all("another docket" in line for line in others)


def test_a_scenario_with_other_rules_is_another_result_from_the_same_docket(
    onestop: Onestop,
) -> None:
    """The discipline of a queue is nothing that is drawn."""
    change_scenario('"edd"', '"spt"')
    found = onestop("verify", "s")
    assert found.code == 1
    first, *others = found.out.splitlines()
    assert first.startswith("study.json: ")
    assert any("another result from the same docket" in line for line in others)
    assert not any("another docket:" in line for line in others)


def test_another_version_or_machine_is_said_first(onestop: Onestop) -> None:
    found = described(Path("s"))
    redescribe(
        versions=found["versions"] | {"numpy": "1.0"}, machine={"system": "Plan 9"} | {
            "processor": found["machine"]["processor"]
        },
    )  # fmt: skip
    outcome = done(onestop("verify", "s"))
    numpy = found["versions"]["numpy"]
    assert outcome.err.startswith(f"s was made elsewhere: numpy 1.0, here {numpy}; system Plan 9")


def test_what_is_no_study_is_refused(onestop: Onestop) -> None:
    assert "is not a folder" in refused(onestop("verify", "nowhere"))
    Path("empty").mkdir()
    assert "is not a study" in refused(onestop("verify", "empty"))
    redescribe(scenario={"resolved": {}})
    assert "damaged" in refused(onestop("verify", "s"))


def test_a_table_of_other_kinds_of_values_is_named(onestop: Onestop) -> None:
    file = Path("s/measures/base/000002.parquet")
    table = pd.read_parquet(file)
    table["value"] = table["value"].astype(str)
    table.to_parquet(file, index=False)
    found = onestop("verify", "s")
    assert found.code == 1
    assert "is not of this study" in found.out.splitlines()[1]


def test_a_replication_that_cannot_be_run_again_is_told_from_one_that_differs(
    onestop: Onestop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("no officer")

    monkeypatch.setattr("sim.experiment.replicate.simulate", broken)
    found = onestop("verify", "s")
    assert found.code == 3
    assert "no officer" in found.out.splitlines()[0]
