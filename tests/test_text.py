"""Scenario text as strict YAML 1.2: plain data, and the place of every key."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest

from sim.errors import InputError, Problem
from sim.scenario.load import load_text
from sim.scenario.text import parse_document, read_document

FILE = "city.yaml"


def read(text: str) -> Any:
    return parse_document(text, FILE).data


def refused(text: str) -> tuple[Problem, ...]:
    try:
        return parse_document(text, FILE).problems
    except InputError as error:
        return error.problems


def place_of(text: str, word: str) -> tuple[int, int]:
    """Give the line and column of the first occurrence of a word, from 1."""
    before = text[: text.index(word)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


@pytest.mark.parametrize("plain", ["8:30", "15:00", "1:30:00", "NO", "no", "Yes", "on", "off", "y"])
def test_hours_and_words_of_yes_and_no_are_text(plain: str) -> None:
    assert read(f"value: {plain}") == {"value": plain}


@pytest.mark.parametrize(
    "plain", ["2021-02-06", "2021-04-19..2021-04-20", "25%", "1_000", "5 min", "<<", "=", "1.2.3"]
)
def test_dates_shares_and_durations_are_text(plain: str) -> None:
    assert read(f"value: {plain}") == {"value": plain}


@pytest.mark.parametrize(
    ("plain", "value"),
    [
        ("0", 0),
        ("12", 12),
        ("-3", -3),
        ("+7", 7),
        ("123456789012345678", 123456789012345678),
        ("9223372036854775807", 2**63 - 1),
    ],
)
def test_whole_numbers_are_whole_numbers(plain: str, value: int) -> None:
    found = read(f"value: {plain}")["value"]
    assert found == value
    assert type(found) is int


@pytest.mark.parametrize(
    ("plain", "value"),
    [("0.25", 0.25), ("1.", 1.0), (".5", 0.5), ("1e3", 1000.0), ("-2.5E-1", -0.25)],
)
def test_decimal_numbers_are_floats(plain: str, value: float) -> None:
    found = read(f"value: {plain}")["value"]
    assert found == value
    assert isinstance(found, float)
    assert str(found) == plain


@pytest.mark.parametrize(
    ("plain", "value"), [("true", True), ("True", True), ("false", False), ("FALSE", False)]
)
def test_only_true_and_false_are_truth_values(plain: str, value: bool) -> None:
    assert read(f"value: {plain}")["value"] is value


@pytest.mark.parametrize("written", ['"12"', "'true'", '"~"', "'012'", '""', '"null"'])
def test_what_stands_in_quotes_is_text(written: str) -> None:
    assert read(f"value: {written}") == {"value": written[1:-1]}


def test_keys_are_text_whatever_they_look_like() -> None:
    data = read("{12: a, true: b, 2021-02-06: c, 07:30-11:30: d, 012: e, 1.5: f, no: g}")
    assert list(data) == ["12", "true", "2021-02-06", "07:30-11:30", "012", "1.5", "no"]


def test_keys_keep_the_order_of_the_file() -> None:
    assert list(read("b: 1\na: 2\nc: 3\n")) == ["b", "a", "c"]


def test_a_number_with_a_leading_zero_is_refused_in_place() -> None:
    (problem,) = refused("levels:\n  seed: 012\n")
    assert (problem.line, problem.column, problem.path) == (2, 9, "levels.seed")
    assert "leading zero" in problem.message


@pytest.mark.parametrize("null", ["", " # nothing"])
def test_a_key_without_a_value_is_refused(null: str) -> None:
    (problem,) = refused(f"name: a\nabout: {null}\n")
    assert (problem.line, problem.path) == (2, "about")
    assert "has no value" in problem.message


def test_a_list_item_without_a_value_is_refused() -> None:
    (problem,) = refused("closed:\n  - 2021-01-04\n  -\n")
    assert (problem.line, problem.path) == (3, "closed.1")


def test_a_key_that_stands_twice_is_refused_with_both_lines() -> None:
    text = "seed: 1\nname: a\nseed: 2\n"
    (problem,) = refused(text)
    assert (problem.line, problem.column, problem.path) == (3, 1, "seed")
    assert "line 1" in problem.message


def test_a_key_that_stands_twice_in_one_line_or_in_quotes_is_refused() -> None:
    (problem,) = refused('levels: {city: {}, "city": {}}\n')
    assert (problem.line, problem.column, problem.path) == (1, 20, "levels.city")


def test_one_key_in_two_mappings_is_no_repetition() -> None:
    assert read("a: {b: 1}\nc: {b: 2}\n") == {"a": {"b": 1}, "c": {"b": 2}}


def test_all_small_problems_of_a_text_are_told_at_once() -> None:
    problems = refused("a: 012\na: 1\nb:\nc: [010, 007]\n")
    assert [problem.line for problem in problems] == [1, 2, 3, 4, 4]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a: &x 1\nb: 2\n", "an anchor (&name)"),
        ("a: 1\nb: &x {c: 1}\n", "an anchor (&name)"),
        ("a: 1\nb: &x [1]\n", "an anchor (&name)"),
        ("a: 1\nb: *x\n", "an alias (*name)"),
        ("a: !!str 12\n", "a tag (!name)"),
        ("a: !!python/object:os.system {}\n", "a tag (!name)"),
        ("a: !local 1\n", "a tag (!name)"),
        ("a: !!binary aGVsbG8=\n", "a tag (!name)"),
        ("a: !!set {b, c}\n", "a tag (!name)"),
        ("&x a: 1\n", "an anchor (&name)"),
        ("!!str a: 1\n", "a tag (!name)"),
        ("&x {a: 1}\n", "an anchor (&name)"),
        ("!!map {a: 1}\n", "a tag (!name)"),
    ],
)
def test_aliases_anchors_and_tags_are_refused(text: str, word: str) -> None:
    problem = refused(text)[0]
    assert word in problem.message
    mark = next(mark for mark in ("&", "*", "!") if mark in text)
    assert problem.line == place_of(text, mark)[0]


def test_a_bomb_of_aliases_is_refused_before_anything_is_built() -> None:
    doubled = "\n".join(f"k{n}: &k{n} [*k{n - 1}, *k{n - 1}]" for n in range(1, 60))
    problems = refused(f"k0: &k0 [1, 2]\n{doubled}\n")
    assert len(problems) == 60 + 2 * 59  # each anchor and each alias is told, none is followed


@pytest.mark.parametrize("text", ["? [a, b]\n: 1\n", "? {a: 1}\n: 1\n", "{[a]: 1}\n"])
def test_a_key_that_is_no_word_is_refused(text: str) -> None:
    (problem,) = refused(text)
    assert "key must be a word" in problem.message


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 1_000_000,
        "a: " + "{a: " * 300_000,
        "a:\n  " + "- " * 5_000 + "x\n",
        "".join(" " * depth + "a:\n" for depth in range(300)),
        "a: " + "[" * 100 + "]" * 100,
    ],
    ids=["brackets", "braces", "dashes", "indents", "closed"],
)
def test_deep_nesting_is_refused_before_it_is_read_to_its_end(text: str) -> None:
    (problem,) = refused(text)
    assert "nested deeper than 64" in problem.message
    assert problem.line >= 1


def test_nesting_as_deep_as_any_scenario_is_read() -> None:
    data = read("a: " + "[" * 60 + "1" + "]" * 60)["a"]
    for _ in range(60):
        (data,) = data
    assert data == 1


def test_a_second_document_is_refused_where_it_begins() -> None:
    (problem,) = refused("a: 1\n---\nb: 2\n")
    assert problem.line == 2
    assert "second document" in problem.message


def test_marks_of_one_document_are_allowed() -> None:
    assert read("--- # a scenario\na: 1\n...\n") == {"a": 1}


@pytest.mark.parametrize("text", ["", "\n\n", "# only a remark\n", "   \n"])
def test_an_empty_text_is_refused_as_empty(text: str) -> None:
    (problem,) = refused(text)
    assert "empty" in problem.message


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words\n", "12\n", "true\n", "[]\n"])
def test_a_text_that_is_no_mapping_is_refused(text: str) -> None:
    (problem,) = refused(text)
    assert "not a mapping" in problem.message


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a: [1, 2\nb: 3\n", 1, 4, "the `[` that opens here is not closed"),
        ("a: 1\n\tb: 2\n", 2, 1, "a tab stands here"),
        ("a: 1\n b: 2\n", 2, 2, "is indented deeper than line 1"),
        ('a: "open\n', 1, 4, 'the quote " that opens here is not closed'),
        ("a: 1\nb: }\n", 2, 4, "`}` closes nothing"),
        ("a: b: c\n", 1, 5, 'stands in quotes: `a: "b: c"`'),
    ],
)
def test_broken_yaml_is_told_where_it_was_broken(
    text: str, line: int, column: int, message: str
) -> None:
    (problem,) = refused(text)
    assert (problem.line, problem.column) == (line, column)
    assert message in problem.message


@pytest.mark.parametrize(
    ("text", "line"), [("a: \x01\n", 1), ("a: b\x00\n", 1), ("a: 1\nb: \x7f\n", 2)]
)
def test_control_characters_are_refused_in_one_line_and_in_place(text: str, line: int) -> None:
    (problem,) = refused(text)
    assert "cannot stand in a text" in problem.message
    assert "\n" not in str(problem)
    assert problem.line == line


PLACES = """\
name: A city
levels:
  city:
    stations:
      reception: {staff: 12, kind: counter}
      land:
        staff: [{count: 1}, {count: 2}]
procedures:
  land-transfer:
    route:
      - {id: intake, at: city.reception}
      -   id: examine
          at: city.land
"""


@pytest.mark.parametrize(
    ("path", "word"),
    [
        (("name",), "name:"),
        (("levels", "city", "stations", "reception"), "reception:"),
        (("levels", "city", "stations", "reception", "kind"), "kind:"),
        (("levels", "city", "stations", "land", "staff"), "staff: ["),
        (("levels", "city", "stations", "land", "staff", 1), "{count: 2}"),
        (("levels", "city", "stations", "land", "staff", 1, "count"), "count: 2"),
        (("procedures", "land-transfer", "route", 0), "{id: intake"),
        (("procedures", "land-transfer", "route", 0, "at"), "at: city.reception"),
        (("procedures", "land-transfer", "route", 1), "id: examine"),
        (("procedures", "land-transfer", "route", 1, "at"), "at: city.land"),
    ],
)
def test_every_key_and_item_has_its_line_and_column(path: tuple[str | int, ...], word: str) -> None:
    place = parse_document(PLACES, FILE).places[path]
    assert (place.line, place.column) == place_of(PLACES, word)
    assert place.file == FILE


def test_columns_count_characters_and_not_bytes() -> None:
    text = "{Đăng ký: 1, seed: 012}\n"
    (problem,) = refused(text)
    assert (problem.line, problem.column) == (1, text.index("012") + 1)


def test_a_problem_without_a_place_of_its_own_stands_at_the_key_around_it() -> None:
    document = parse_document(PLACES, FILE)
    problem = document.problem(("procedures", "land-transfer", "volume"), "is required")
    assert (problem.line, problem.column) == place_of(PLACES, "land-transfer:")
    assert problem.path == "procedures.land-transfer.volume"


def test_a_problem_is_written_as_file_line_column_path_and_message() -> None:
    assert (
        str(Problem("a.yaml", 3, 5, "levels.city", "is odd")) == "a.yaml:3:5: levels.city: is odd"
    )
    assert str(Problem("a.yaml", 0, 0, "", "no such file")) == "a.yaml: no such file"


def test_an_error_lists_its_problems_line_by_line() -> None:
    error = InputError(Problem("a.yaml", 1, 1, "x", "one"), "two")
    assert str(error) == "a.yaml:1:1: x: one\ntwo"


# Files


def file_refused(path: Path) -> Problem:
    with pytest.raises(InputError) as caught:
        read_document(path)
    (problem,) = caught.value.problems
    assert problem.file == str(path)
    return problem


@pytest.mark.parametrize(
    "raw",
    ["name: Quảng Ninh\n".encode("utf-16"), "name: Đo\n".encode("cp1258"), b"name: \xff\n"],
    ids=["utf-16", "cp1258", "stray byte"],
)
def test_a_file_that_is_not_utf_8_is_refused_with_a_way_out(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / FILE
    path.write_bytes(raw)
    assert "save it as UTF-8" in file_refused(path).message


def test_a_byte_order_mark_and_windows_line_ends_are_read_over(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_bytes(b"\xef\xbb\xbfname: A\r\nlevels: {}\r\n")
    document = read_document(path)
    assert document.data == {"name": "A", "levels": {}}
    assert document.places[("levels",)].line == 2


def test_an_empty_file_is_refused_as_empty(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_bytes(b"")
    assert "empty" in file_refused(path).message


def test_a_file_that_is_not_there_or_is_a_folder_is_refused(tmp_path: Path) -> None:
    assert "no such file" in file_refused(tmp_path / "none.yaml").message
    assert "folder" in file_refused(tmp_path).message


def test_a_file_larger_than_4_mb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_bytes(b"# " + b"x" * 4_000_000)
    assert "4 MB" in file_refused(path).message


DECOMPOSED = unicodedata.normalize("NFD", "Quảng Ninh")


def test_text_of_a_file_is_normalised_to_composed_letters(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text(f"name: {DECOMPOSED}\n{DECOMPOSED}: 1\n", encoding="utf-8")
    assert read_document(path).data == {"name": "Quảng Ninh", "Quảng Ninh": 1}


def test_text_that_is_given_is_normalised_as_that_of_a_file() -> None:
    scenario = load_text(f"""
name: {DECOMPOSED}
period: {{from: 2021-01-01, to: 2021-12-31}}
levels: {{city: {{stations: {{land: {{}}}}}}}}
procedures:
  copy: {{received_at: city, volume: {{per_day: 1}}, route: [{{at: city.land, work: 5 min}}]}}
""")
    assert scenario.name == "Quảng Ninh"
