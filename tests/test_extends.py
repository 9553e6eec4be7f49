"""A scenario on a scenario: what is merged, what is replaced, and where a mistake is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.errors import InputError, Problem
from sim.scenario.load import load, load_text, read

BASE = """\
name: A ward
period: {from: 2021-01-01, to: 2021-12-31}
calendars:
  office: {hours: {mon-fri: ["07:30-11:30"]}, holidays: VN}
levels:
  ward:
    calendar: office
    offices: {Quang Trung: {share: 2, staff: {desk: 3}}, Thanh Sơn: {}}
    stations:
      desk: {staff: [{count: 1}, {count: 2, calendar: office}], patience: {exponential: 1 h}}
      signing: {staff: 1}
volumes: {all: {per_year: 1000}}
routes:
  plain:
    - {id: intake, at: ward.desk, work: {triangular: [1 min, 2 min, 3 min]}}
    - {id: sign, at: ward.signing, work: 1 min}
procedures:
  birth: {received_at: ward, volume: {of: all, share: 50%}, route: plain}
  death:
    received_at: ward
    volume: {per_day: 2}
    priority: {1: 50%, 2: 50%}
    time_limit: 2 days
    route: plain
policies:
  more: {about: One more, changes: [{staff: {ward.desk: {add: 1}}}]}
"""


def written(folder: Path, **texts: str) -> Path:
    """Write `top` and other scenarios into a folder; give the path of `top`."""
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder / "top.yaml"


def refused(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as error:
        load(path)
    return error.value.problems


def test_mappings_are_merged_by_key_and_the_rest_is_replaced(tmp_path: Path) -> None:
    top = """\
extends: base.yaml
name: Another ward
levels:
  ward:
    offices: {Thanh Sơn: {share: 4}}
    stations: {signing: {staff: 5}}
procedures:
  death: {time_limit: 3 days}
"""
    base = load(written(tmp_path, base=BASE, top=BASE))
    changed = load(written(tmp_path, base=BASE, top=top))
    assert changed.name == "Another ward"
    assert changed.period == base.period
    ward, was = changed.levels["ward"], base.levels["ward"]
    assert isinstance(ward.offices, dict)
    assert isinstance(was.offices, dict)
    assert ward.offices["Quang Trung"] == was.offices["Quang Trung"]
    assert ward.offices["Thanh Sơn"].share == 4
    assert ward.stations["desk"] == was.stations["desk"]
    assert ward.stations["signing"].staff is not None
    assert ward.stations["signing"].staff[0].count == 5
    assert str(changed.procedures["death"].time_limit) == "3 days"
    assert changed.procedures["birth"] == base.procedures["birth"]


def test_a_value_of_several_keys_is_replaced_whole(tmp_path: Path) -> None:
    """A distribution, a share, a volume and staff are one value each."""
    top = """\
extends: base.yaml
levels:
  ward:
    offices: {Quang Trung: {staff: {signing: 2}}}
    stations: {desk: {staff: {count: 4}, patience: {uniform: [1 h, 2 h]}}}
volumes: {all: {per_day: 3}}
procedures:
  birth: {volume: {per_hour: 1}, steps: {intake: {work: {exponential: 4 min}}}}
  death: {priority: {3: 100%}}
"""
    changed = load(written(tmp_path, base=BASE, top=top))
    desk = changed.levels["ward"].stations["desk"]
    assert desk.staff is not None
    assert [group.count for group in desk.staff] == [4]
    assert desk.patience is not None
    assert desk.patience.family == "uniform"
    offices = changed.levels["ward"].offices
    assert isinstance(offices, dict)
    assert offices["Quang Trung"].staff == {"signing": 2}
    assert changed.volumes["all"].per_year is None
    assert changed.volumes["all"].per_day == 3
    assert changed.procedures["birth"].volume.of is None
    assert changed.procedures["death"].priority == {3: 1.0}


def test_null_deletes_a_key(tmp_path: Path) -> None:
    top = "extends: base.yaml\nprocedures: {death: null, birth: {steps: null, field: x}}\n"
    with_steps = BASE.replace("route: plain}", "route: plain, steps: {sign: {work: 9 min}}}", 1)
    changed = load(written(tmp_path, base=with_steps, top=top))
    assert list(changed.procedures) == ["birth"]
    assert changed.procedures["birth"].route[1].model_dump()["work"] == "1 min"


def test_keys_keep_the_order_of_the_file_that_has_them_first(tmp_path: Path) -> None:
    """Rule 8 and the dossiers' numbers go by file order, so that extending redraws nothing."""
    top = "extends: base.yaml\nprocedures:\n  marriage: {received_at: ward, volume: {per_day: 1}, "
    top += "route: plain}\n  death: {time_limit: 3 days}\n  birth: {field: x}\n"
    changed = load(written(tmp_path, base=BASE, top=top))
    assert list(changed.procedures) == ["birth", "death", "marriage"]


def test_several_are_taken_in_order_and_fragments_need_not_be_complete(tmp_path: Path) -> None:
    more = "levels: {ward: {stations: {signing: {staff: 7}, desk: {staff: 8}}}}\n"
    less = "levels: {ward: {stations: {signing: {staff: 2}}}}\nprocedures: {death: null}\n"
    top = "extends: [base.yaml, more.yaml, less.yaml]\nseed: 5\n"
    changed = load(written(tmp_path, base=BASE, more=more, less=less, top=top))
    staff = {name: s.staff for name, s in changed.levels["ward"].stations.items()}
    assert staff["signing"] is not None
    assert staff["signing"][0].count == 2
    assert staff["desk"] is not None
    assert staff["desk"][0].count == 8
    assert list(changed.procedures) == ["birth"]
    assert changed.seed == 5


def test_a_scenario_may_extend_one_that_extends_another_in_a_folder_below(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "base.yaml").write_text(BASE, encoding="utf-8")
    (tmp_path / "parts" / "middle.yaml").write_text("extends: base.yaml\nseed: 2\n")
    changed = load(written(tmp_path, top="extends: parts/middle.yaml\nreplications: 3\n"))
    assert (changed.name, changed.seed, changed.replications) == ("A ward", 2, 3)


def test_an_extended_scenario_equals_the_same_written_out(tmp_path: Path) -> None:
    written_out = load(written(tmp_path, top=BASE))
    half = BASE.index("levels:")
    path = written(tmp_path, first=BASE[:half], top="extends: first.yaml\n" + BASE[half:])
    assert load(path) == written_out


def test_a_mistake_is_told_in_the_file_in_which_it_stands(tmp_path: Path) -> None:
    base = BASE.replace("signing: {staff: 1}", "signing: {staff: 1, absense: 4%}")
    top = "extends: base.yaml\nprocedures:\n  birth:\n    received_at: wrd\n"
    in_base, in_top = refused(written(tmp_path, base=base, top=top))
    assert (Path(in_base.file).name, in_base.line) == ("base.yaml", 11)
    assert "absence" in in_base.message
    assert (Path(in_top.file).name, in_top.line, in_top.column) == ("top.yaml", 4, 5)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"top": "extends: top.yaml\n"}, "cannot extend itself: top.yaml → top.yaml"),
        (
            {"top": "extends: a.yaml\n", "a": "extends: b.yaml\n", "b": "extends: a.yaml\n"},
            "cannot extend itself: a.yaml → b.yaml → a.yaml",
        ),
        ({"top": "extends: ../base.yaml\n"}, "`../base.yaml` lies outside the scenario's folder"),
        ({"top": "extends: /etc/passwd\n"}, "`/etc/passwd` lies outside the scenario's folder"),
        ({"top": "extends: nowhere.yaml\n"}, "nowhere.yaml: no such file"),
        ({"top": "extends: [a.yaml, a.yaml]\n", "a": BASE}, "`a.yaml` stands twice"),
        ({"top": "extends: {a: b}\n"}, "names the scenario to build on"),
        ({"top": "extends: [1]\n"}, "names the scenario to build on"),
        ({"top": "extends: a.yaml\nabout: null\n", "a": BASE}, "there is none"),
        ({"top": BASE + "seed: ~\n"}, "there is none"),
    ],
)
def test_what_cannot_be_extended_is_told(
    tmp_path: Path, texts: dict[str, str], message: str
) -> None:
    problem = refused(written(tmp_path, **texts))[0]
    assert message in str(problem)
    assert problem.line >= 1


def test_a_link_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    (inside / "link.yaml").symlink_to(tmp_path / "base.yaml")
    (problem,) = refused(written(inside, top="extends: link.yaml\n"))
    assert "outside the scenario's folder" in problem.message


def test_files_that_extend_each_other_without_end_are_read_once(tmp_path: Path) -> None:
    """Sixteen files, each twice on the next by two ways, would be 65,536 without memory."""
    texts = {f"a{n}": f"extends: [a{n + 1}.yaml, b{n + 1}.yaml]\n" for n in range(16)}
    texts |= {f"b{n}": f"extends: [a{n + 1}.yaml, b{n + 1}.yaml]\n" for n in range(17)}
    path = written(tmp_path, **texts, a16=BASE, b17=BASE, a17=BASE, top="extends: a0.yaml\n")
    assert load(path).name == "A ward"
    texts = {f"c{n}": f"extends: c{n + 1}.yaml\n" for n in range(80)}
    (problem,) = refused(written(tmp_path, **texts, c80=BASE, top="extends: c0.yaml\n"))
    assert "more than 64 files" in problem.message


def test_text_without_a_file_extends_nothing() -> None:
    with pytest.raises(InputError, match="read from text can name no file"):
        load_text("extends: base.yaml\n")


def test_reading_keeps_the_place_of_each_key_in_its_file(tmp_path: Path) -> None:
    top = "extends: base.yaml\nprocedures:\n  birth: {field: x}\n"
    document = read(written(tmp_path, base=BASE, top=top)).document
    assert Path(document.places["procedures", "birth", "field"].file).name == "top.yaml"
    assert Path(document.places["procedures", "death"].file).name == "base.yaml"


def test_a_misspelt_name_is_held_against_those_of_the_file_that_is_extended(tmp_path: Path) -> None:
    """Without it, one would be told of each key that a new procedure lacks."""
    top = "extends: base.yaml\nprocedures: {brith: {time_limit: 2 days}}\n"
    (problem,) = refused(written(tmp_path, base=BASE, top=top))
    assert problem.path == "procedures.brith"
    assert "did you mean `birth`" in problem.message


@pytest.mark.parametrize(("name", "meant"), [("bsae.yaml", "base.yaml"), ("base", "base.yaml")])
def test_a_misspelt_file_is_held_against_those_that_are_there(
    tmp_path: Path, name: str, meant: str
) -> None:
    (problem,) = refused(written(tmp_path, base="seed: 1\n", top=f"extends: {name}\n"))
    assert problem.message.endswith(f"{name}: no such file (did you mean `{meant}`?)")


def test_a_path_from_the_root_is_told_from_the_folder(tmp_path: Path) -> None:
    (problem,) = refused(
        written(tmp_path, base="seed: 1\n", top=f"extends: {tmp_path}/base.yaml\n")
    )
    assert problem.message.endswith("name it from the scenario's folder: `base.yaml`")


def test_a_null_for_a_misspelt_key_is_held_against_those_that_are_there(tmp_path: Path) -> None:
    (problem,) = refused(
        written(tmp_path, base=BASE, top="extends: base.yaml\npolicies: {mroe: null}\n")
    )
    assert problem.path == "policies.mroe"
    assert "did you mean `more`?" in problem.message
