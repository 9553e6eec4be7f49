"""Tables that a scenario names: offices, measured times; and where a wrong cell is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.distributions import quantiles
from sim.durations import MINUTE
from sim.errors import InputError, Problem
from sim.network import build
from sim.scenario.load import load
from sim.scenario.schema import Visit

TOP = """\
period: {{from: 2021-01-01, to: 2021-12-31}}
calendars: {{short: {{hours: {{mon-fri: ["07:30-11:30"]}}}}}}
levels:
  city: {{offices: [Uông Bí, Đông Triều], stations: {{desk: {{}}}}}}
  ward:
    within: city
    offices: {offices}
    stations: {{reception: {{staff: 2}}, clerk: {{}}}}
procedures:
  birth:
    received_at: ward
    volume: {{per_day: 1}}
    route: [{{at: ward.reception, work: {work}}}]
"""
FROM_FILE = "{file: wards.csv, name: Phường, within: Thành phố, share: dân, staff: {reception: số}}"
WARDS = """\
Phường,Thành phố,dân,số
Quang Trung,Uông Bí,2.5,3
Thanh Sơn,Đông Triều,,
"Vàng Danh, cũ",Uông Bí,1e3,
"""
MEASURED = "{empirical: {file: times.csv, column: phút, unit: min}}"


def top(folder: Path, offices: str = "3", work: str = "5 min", **files: str) -> Path:
    path = folder / "top.yaml"
    path.write_text(TOP.format(offices=offices, work=work), encoding="utf-8")
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return path


def refused(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as error:
        load(path)
    return error.value.problems


def test_offices_come_from_a_table_with_parents_shares_and_staff(tmp_path: Path) -> None:
    network = build(load(top(tmp_path, FROM_FILE, wards=WARDS)))
    wards = [office for office in network.offices if network.levels[office.level].name == "ward"]
    assert [office.name for office in wards] == ["Quang Trung", "Thanh Sơn", "Vàng Danh, cũ"]
    assert [office.share for office in wards] == [2.5, 1.0, 1000.0]
    parents = [network.offices[office.parent].name for office in wards]
    assert parents == ["Uông Bí", "Đông Triều", "Uông Bí"]
    staff = {
        (group.home, network.offices[group.office].name): group.officers for group in network.groups
    }
    assert staff["ward.reception", "Quang Trung"] == 3
    assert staff["ward.reception", "Thanh Sơn"] == 2
    assert staff["ward.clerk", "Quang Trung"] == 1


def test_a_table_says_the_same_as_the_offices_written_out(tmp_path: Path) -> None:
    by_hand = (
        "{Quang Trung: {within: Uông Bí, share: 2.5, staff: {reception: 3}}, "
        "Thanh Sơn: {within: Đông Triều}, 'Vàng Danh, cũ': {within: Uông Bí, share: 1e3}}"
    )
    from_file = load(top(tmp_path, FROM_FILE, wards=WARDS))
    assert from_file == load(top(tmp_path, by_hand))


def test_each_parent_has_as_many_offices_dealt_in_turn(tmp_path: Path) -> None:
    each = build(load(top(tmp_path, "{each: 2}")))
    wards = [office for office in each.offices if each.levels[office.level].name == "ward"]
    assert [office.name for office in wards] == ["ward-1", "ward-2", "ward-3", "ward-4"]
    assert [each.offices[office.parent].name for office in wards] == [
        "Uông Bí", "Đông Triều", "Uông Bí", "Đông Triều",
    ]  # fmt: skip


def test_an_office_may_be_called_each_or_file(tmp_path: Path) -> None:
    offices = "{each: {within: Uông Bí}, file: {within: Uông Bí}}"
    loaded = load(top(tmp_path, offices))
    assert isinstance(loaded.levels["ward"].offices, dict)
    assert list(loaded.levels["ward"].offices) == ["each", "file"]


def test_measured_times_are_drawn_each_as_likely(tmp_path: Path) -> None:
    """The quantile function is the inverse of the empirical distribution."""
    path = top(tmp_path, work=MEASURED, times="ngày,phút\n1,4\n2,4\n3,2.5\n4,12\n")
    (visit,) = load(path).procedures["birth"].route
    assert isinstance(visit, Visit)
    assert visit.work.mean == (4 + 4 + 2.5 + 12) / 4 * MINUTE
    u = np.array([0.01, 0.24, 0.26, 0.5, 0.74, 0.76, 0.99])
    drawn = quantiles(visit.work, u) / MINUTE
    assert drawn.tolist() == [2.5, 2.5, 4, 4, 4, 12, 12]


def test_a_loaded_scenario_needs_its_tables_no_more(tmp_path: Path) -> None:
    path = top(tmp_path, FROM_FILE, MEASURED, wards=WARDS, times="phút\n4\n3\n3\n")
    loaded = load(path)
    again = type(loaded).model_validate(loaded.model_dump(exclude_none=True))
    assert again == loaded


@pytest.mark.parametrize(
    ("wards", "line", "message"),
    [
        (WARDS + "Quang Trung,Uông Bí,1,1\n", 5, "office `Quang Trung` stands twice"),
        (WARDS + ",Uông Bí,1,1\n", 5, "the office has no name"),
        (WARDS + "Nam Khê,Uông Bí,1\n", 5, "the row has 3 cells, the header 4"),
        (WARDS + "Nam Khê,Uông Bi,1,1\n", 5, "did you mean `Uông Bí`?"),
        (WARDS + 'Nam Khê,Uông Bí,"0,5",1\n', 5, "`0,5`"),
        (WARDS + "Nam Khê,Uông Bí,1,2.5\n", 5, "staff.reception"),
        (WARDS + "Nam Khê,Uông Bí,1,-2\n", 5, "staff.reception"),
        (WARDS + "Nam.Khê,Uông Bí,1,2\n", 5, "cannot name an office"),
        (WARDS + "Nam Khê,,1,2\n", 5, "several offices; say which"),
        (WARDS + 'Nam "Khê",Uông Bí,1,2\n"x', 6, "a quote"),
        (WARDS.replace(",", ";"), 1, "not parted by commas"),
        ("Phường,Thành phố,dân,số\n", 1, "lists no office"),
        ("Phường,Thành phố,dân,dân,số\n", 1, "the column `dân` stands twice"),
    ],
)
def test_a_wrong_row_is_told_by_its_line_in_the_table(
    tmp_path: Path, wards: str, line: int, message: str
) -> None:
    problem = refused(top(tmp_path, FROM_FILE, wards=wards))[0]
    assert Path(problem.file).name == "wards.csv"
    assert problem.line == line
    assert message in str(problem)


@pytest.mark.parametrize(
    ("offices", "message"),
    [
        ("{file: nowhere.csv, name: a}", "nowhere.csv: no such file"),
        ("{file: ../wards.csv, name: a}", "lies outside the scenario's folder"),
        ("{file: wards.csv, name: Phưòng}", "has no column `Phưòng` (did you mean `Phường`?)"),
        ("{file: wards.csv}", "`name` is required here"),
        ("{file: wards.csv, name: Phường, shares: dân}", "did you mean `share`?"),
        ("{file: empty.csv, name: Phường}", "is empty; its first row names the columns"),
        ("{file: wards.csv, name: Phường, staff: số}", "names a column for each station"),
        ("{file: latin.csv, name: Phường}", "is not UTF-8"),
    ],
)
def test_a_table_that_cannot_be_read_is_told_where_it_is_named(
    tmp_path: Path, offices: str, message: str
) -> None:
    (tmp_path / "latin.csv").write_bytes("Phường".encode("utf-16"))
    problem = refused(top(tmp_path, offices, wards=WARDS, empty="\n"))[0]
    assert Path(problem.file).name == "top.yaml"
    assert problem.line == 7
    assert message in problem.message


@pytest.mark.parametrize(
    ("work", "times", "line", "message"),
    [
        (MEASURED, "phút\n4\n-3\n", 3, "`-3` is not a number from 0 on"),
        (MEASURED, 'phút\n4\n"3,5"\n', 3, "write `3.5`"),
        (MEASURED, "phút,x\n4,1\n,1\n", 3, "the cell of `phút` is empty"),
        (MEASURED, "phút\n", 1, "lists no time"),
    ],
)
def test_a_measured_time_that_is_none_is_told_by_its_line(
    tmp_path: Path, work: str, times: str, line: int, message: str
) -> None:
    problem = refused(top(tmp_path, work=work, times=times))[0]
    assert Path(problem.file).name == "times.csv"
    assert problem.line == line
    assert message in problem.message


@pytest.mark.parametrize(
    ("unit", "message"), [("minits", "not a unit"), ("phút", "write `min`"), ("7", "not a unit")]
)
def test_a_unit_that_is_none_is_told_once_where_it_stands(
    tmp_path: Path, unit: str, message: str
) -> None:
    work = MEASURED.replace("unit: min", f"unit: {unit}")
    (problem,) = refused(top(tmp_path, work=work, times="phút\n4\n5\n"))
    assert problem.path.endswith("work.empirical.unit")
    assert message in problem.message


def test_other_mistakes_are_told_together_with_those_of_a_table(tmp_path: Path) -> None:
    path = top(tmp_path, FROM_FILE, wards=WARDS + "Nam Khê,Uông Bí,1\n")
    path.write_text(path.read_text(encoding="utf-8").replace("work: 5 min", "work: 5 mín"))
    problems = refused(path)
    assert {Path(problem.file).name for problem in problems} == {"wards.csv", "top.yaml"}
