"""Mistakes of analysts, each with the whole message that leads to its mending.

`mistakes.yaml` has all parts of the language. `mistakes.txt` lists edits of it: lines to take out
(`-`), lines to put in (`+`) and what is told (`=`). A `¦` in what is put in is a place that is
told; what is told elsewhere has its line and column. Letters that cannot be seen are written
`<U+00A0>`, as messages write them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sim.errors import MOST_FOUND, MOST_TOLD, InputError, Problem, one_line
from sim.scenario.load import load, load_text
from sim.scenario.text import parse_document

HERE = Path(__file__).parent
GOOD = (HERE / "mistakes.yaml").read_text(encoding="utf-8")
PLACE = "¦"
MARK = re.compile(r"=(?:(?P<line>\d+):(?P<column>\d+))? (?P<told>.+)")
LETTER = re.compile(r"<U\+([0-9A-F]{4})>")


@dataclass(frozen=True)
class Mistake:
    """An edit of the good scenario and what is to be told of it."""

    section: str
    old: str
    new: str
    told: tuple[str, ...]
    places: frozenset[tuple[int, int]]

    @property
    def text(self) -> str:
        return GOOD.replace(self.old, self.new)

    @property
    def part(self) -> tuple[str, ...]:
        """The part of the scenario in which it is: a calendar, a level, a procedure."""
        return tuple(re.split(r"[.:]", self.told[0])[:2])


def place_of(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - before.rfind("\n")


def mistakes() -> Iterator[Mistake]:
    section = ""
    lines = (HERE / "mistakes.txt").read_text(encoding="utf-8").splitlines()
    for filled, block in groupby(lines, key=bool):
        entries = list(block)
        if entries[0].startswith("## "):
            section = entries[0][3:]
        elif filled:
            yield mistake(section, entries)


def mistake(section: str, entries: list[str]) -> Mistake:
    old = "\n".join(entry[2:] for entry in entries if entry[0] == "-")
    assert GOOD.count(old) == 1, f"`{old}` stands {GOOD.count(old)} times"
    written = "\n".join(entry[2:] for entry in entries if entry[0] == "+")
    new, *marked = LETTER.sub(lambda m: chr(int(m[1], 16)), written).split(PLACE)
    offsets = []
    for part in marked:
        offsets.append(GOOD.index(old) + len(new))
        new += part
    found = [MARK.fullmatch(entry) for entry in entries if entry[0] == "="]
    told = [match for match in found if match is not None]
    assert len(told) == len(found)
    text = GOOD.replace(old, new)
    places = {place_of(text, offset) for offset in offsets}
    places |= {(int(match["line"]), int(match["column"])) for match in told if match["line"]}
    return Mistake(section, old, new, tuple(match["told"] for match in told), frozenset(places))


MISTAKES = list(mistakes())
STRUCTURE = "Lines, colons, dashes, indentation"


def is_read(text: str) -> bool:
    try:
        parse_document(text, "city")
    except InputError:
        return False
    return True


VALUES = [m for m in MISTAKES if m.section != STRUCTURE and is_read(m.text)]


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        load_text(text, "city")
    return caught.value.problems


def told_of(problem: Problem) -> str:
    return one_line(f"{problem.path}: {problem.message}" if problem.path else problem.message)


def test_the_scenario_that_is_edited_is_right() -> None:
    load_text(GOOD)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.new.split("\n")[-1].strip()[:60])
def test_a_mistake_is_told_in_its_place_with_its_way_out(mistake: Mistake) -> None:
    problems = problems_of(mistake.text)
    assert [told_of(problem) for problem in problems] == list(mistake.told)
    assert {(problem.line, problem.column) for problem in problems} == mistake.places


def test_every_problem_is_one_line_that_can_be_read_on_a_terminal() -> None:
    for mistake in MISTAKES:
        lines = [str(problem) for problem in problems_of(mistake.text)]
        assert all(line.isprintable() and len(line) < 450 for line in lines)


def test_messages_differ_where_mistakes_do() -> None:
    counted = Counter(told for mistake in MISTAKES for told in mistake.told)
    assert [told for told, count in counted.items() if count > 1] == []


def test_no_message_speaks_of_the_program() -> None:
    jargon = re.compile(
        r"(?i)\b(dict|tuple|str|int|float|nonetype|input should|valid|strict|literal|pydantic|"
        r"scalar|token|parser|sequence|YAML)\b"
    )
    messages = [told for mistake in MISTAKES for told in mistake.told]
    assert [told for told in messages if jargon.search(told)] == []


def are_independent(first: Mistake, other: Mistake) -> bool:
    """Tell whether two mistakes are in parts that do not need one another."""
    told = first.told[0], other.told[0]
    overlap = first.old in other.old or other.old in first.old
    of_offices = all(re.search("offices|no office", each) for each in told)
    # A policy is not tried where the line of levels is broken.
    untried = any("policies" in each for each in told) and any(".within:" in each for each in told)
    return first.part != other.part and not (overlap or of_offices or untried)


@given(st.sampled_from(VALUES), st.sampled_from(VALUES))
def test_mistakes_in_two_parts_are_told_at_once_as_each_alone(
    first: Mistake, other: Mistake
) -> None:
    """No mistake hides another, and none is told that is gone when another is mended."""
    assume(are_independent(first, other))
    both = problems_of(first.text.replace(other.old, other.new))
    told = {without_what_there_is(told_of(problem)) for problem in both}
    assert told == {without_what_there_is(each) for each in (*first.told, *other.told)}


def without_what_there_is(told: str) -> str:
    """Leave out the names that there are, which may lie in what is wrong elsewhere."""
    return re.sub(r" \(did you mean .*|; there is: .*", "", told)


# What only follows from a mistake


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('  signing: {hours: {mon-fri: ["10:00-11:30"]}}', "  signing: mon-fri"),
        ("      signing: {staff: [{", "      signing: {stuff: 1, staff: [{"),
        ("    offices: [Uông Bí, Đông Triều]", "    offices: [Uông Bí, Đông Triều, 1.5]"),
        ("    stations:\n      clerk: {}\n", ""),
        ("    received_at: {city: 80%, ward: 20%}", "    received_at: {city: 80%, ward: 20 %%}"),
        ("    route: signed", "    route: sinned"),
        ("    volume: {per_year: 1500}", "    volume: {per_year: about 1500}"),
        ("  centre: {per_year: 20000}", "  centre: {per_year: about 20000}"),
        ("    field: land", "    field: [land]"),
        ("  counter: {calendar: office, profile: mornings}", "  counter: at the office"),
        ("  mornings:\n", "  mornings:\n    evenings: 3\n"),
        ("      - id: consult\n", "      - id: consult\n        togethre: []\n"),
        ("      floor: {staff: 1, serves: [reception, return]}", "      floor: {staff: 1}"),
        ("    within: city\n", ""),
    ],
)
def test_a_part_that_is_wrong_is_not_told_to_be_missing(old: str, new: str) -> None:
    """Calendars, stations, offices, routes, volumes and steps are used elsewhere in the file."""
    assert GOOD.count(old) == 1
    problems = problems_of(GOOD.replace(old, new))
    lines = {problem.line for problem in problems}
    assert len(lines) == 1, "\n".join(map(str, problems))


def test_a_wrong_step_of_a_route_of_several_procedures_is_told_once() -> None:
    second = "  second: {received_at: city, volume: {per_day: 1}, route: signed, "
    second += "steps: {sign: {work: 3 min}}}\n  permit:\n"
    text = GOOD.replace("  permit:\n", second).replace(
        "[5 min, 8 min, 15 min]", "[5 min, 8, 15 min]"
    )
    (problem,) = problems_of(text)
    assert problem.path == "routes.signed.0.work.triangular.1"


def test_what_a_procedure_gives_to_a_step_is_told_where_it_is_given() -> None:
    (problem,) = problems_of(GOOD.replace("{sign: {work: 2 min}}", "{sign: {work: 2}}"))
    assert problem.path == "procedures.copies.steps.sign.work"


def test_a_named_route_that_no_procedure_names_may_lack_what_steps_would_give() -> None:
    spare = "routes:\n  spare:\n    - {id: look, decides: true}\n    - {at: city.land}\n"
    load_text(GOOD.replace("routes:\n", spare))


# Accents, case and letters that look alike


@pytest.mark.parametrize(
    "name", ["Uong Bi", "uông bí", "UÔNG BÍ", "Uông-Bí", "Uông  Bí", "Uông Bi"]
)
def test_names_are_found_without_accents_and_case(name: str) -> None:
    (problem,) = problems_of(GOOD.replace("within: Uông Bí", f'within: "{name}"'))
    assert problem.message.endswith("(did you mean `Uông Bí`?)")


def test_a_word_is_never_suggested_for_itself() -> None:
    for mistake in MISTAKES:
        for told in mistake.told:
            meant = re.search(r"`([^`]+)`[^`]*\(did you mean `([^`]+)`\?\)", told)
            assert meant is None or meant[1] != meant[2]


# Files


def refused(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        load(path)
    return caught.value.problems


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (GOOD.encode("utf-16"), "city.yaml: is not UTF-8 but UTF-16; save it as UTF-8"),
        ("name: Đo\n".encode("cp1258"), "city.yaml:1:7: is not UTF-8 from here on; save it as"),
        (b"name: a\nabout: \xff", "city.yaml:2:8: is not UTF-8 from here on; save it as UTF-8"),
        (b"name: a\0b", "city.yaml:1:8: the character U+0000 cannot stand in a text; delete it"),
        (b"#" * 4_000_001, "city.yaml: is larger than 4 MB, the most that is read"),
    ],
    ids=["utf-16", "cp1258", "stray byte", "nul", "large"],
)
def test_what_is_no_text_is_told_with_its_place(tmp_path: Path, raw: bytes, told: str) -> None:
    path = tmp_path / "city.yaml"
    path.write_bytes(raw)
    (problem,) = refused(path)
    assert str(problem).removeprefix(f"{tmp_path}/").startswith(told)


def test_a_files_name_cannot_reach_the_terminal(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path / "a\x1b[31m\nb.yaml")
    assert str(problem).endswith("/a<U+001B>[31m<U+000A>b.yaml: no such file")


def test_mistakes_of_extended_files_are_told_in_theirs(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(GOOD.replace("absence: 4%", "absense: 4,5%"), "utf-8")
    top = tmp_path / "top.yaml"
    top.write_text("extends: base.yaml\nlevels: {ward: {calender: ofice}}\n", "utf-8")
    told = [str(problem).removeprefix(f"{tmp_path}/") for problem in refused(top)]
    assert told == [
        "base.yaml:39:9: levels.city.stations.land.absense: `4,5%` is not a share; write `4.5%` "
        "(decimals come after a point)",
        "base.yaml:39:9: levels.city.stations.land.absense: there is no key `absense` here "
        "(did you mean `absence`?)",
        "top.yaml:2:17: levels.ward.calender: there is no calendar `ofice` "
        "(did you mean `office`?)",
        "top.yaml:2:17: levels.ward.calender: there is no key `calender` here "
        "(did you mean `calendar`?)",
    ]


def test_a_wrong_cell_is_told_by_its_line_in_the_table(tmp_path: Path) -> None:
    start, end = GOOD.index("      Quang Trung"), GOOD.index("    stations:\n      clerk")
    text = GOOD[:start] + GOOD[end:]
    offices = "offices: {file: wards.csv, name: ward, within: city, share: people}"
    text = text.replace("offices:\n", f"{offices}\n").replace("@Mạo Khê", "")
    path = tmp_path / "city.yaml"
    path.write_text(text, "utf-8")
    table = 'ward,city,people\nA,Uong Bi,1\nB,Uông Bí,"2,5"\n'
    (tmp_path / "wards.csv").write_text(table, "utf-8")
    told = [str(problem).removeprefix(f"{tmp_path}/") for problem in refused(path)]
    assert told == [
        "wards.csv:2:1: levels.ward.offices.A.within: there is no office `Uong Bi` "
        "(did you mean `Uông Bí`?)",
        "wards.csv:3:1: levels.ward.offices.B.share: `2,5` is not a number; write `2.5` "
        "(decimals come after a point)",
    ]


# Many problems, and text that is made to harm


def test_of_many_problems_the_first_are_shown_and_the_rest_is_counted() -> None:
    text = GOOD + "".join(f"key{n}: 1\n" for n in range(120))
    with pytest.raises(InputError) as caught:
        load_text(text)
    lines = str(caught.value).splitlines()
    assert len(lines) == MOST_TOLD + 1
    assert lines[-1] == f"… and {120 - MOST_TOLD} more problems"


@pytest.mark.parametrize(
    "line",
    ["seed: 1\n", "key{n}: 1\n", "key{n}:\n", "key{n}: &a{n} 1\n", "key{n}: *a\n", "{n}: !x 1\n"],
)
def test_no_more_problems_are_looked_for_than_anyone_reads(line: str) -> None:
    text = GOOD + "".join(line.format(n=n) for n in range(3 * MOST_FOUND))
    assert len(problems_of(text)) <= 2 * MOST_FOUND


@pytest.mark.parametrize(
    "text",
    [
        "name: " + "x" * 1_000_000 + "\n",
        "seed: " + "9" * 1_000_000 + "\n",
        'about: "' + "x" * 1_000_000,
        "x" * 1_000_000 + ": 1\n",
        "a: " + "[" * 1_000_000,
        "a: " + "'\"" * 100_000,
        "\n" * 100_000 + "a: {",
        "[a]: 1\n" * 100_000,
        "---\na: 1\n" * 100_000,
    ],
    ids=["text", "number", "quote", "key", "brackets", "quotes", "lines", "lists", "documents"],
)
def test_huge_text_is_refused_in_few_short_lines(text: str) -> None:
    with pytest.raises(InputError) as caught:
        load_text(text + GOOD)
    lines = str(caught.value).splitlines()
    assert len(lines) < 10
    assert all(len(line) < 300 for line in lines)


@pytest.mark.parametrize("hidden", ["\x1b[2J", "\r", "\u2028", "\u202e", "\x7f", "\u200b", "\t"])
def test_no_letter_that_steers_a_terminal_is_shown(hidden: str) -> None:
    written = "".join(f"\\U{ord(letter):08x}" for letter in hidden)
    for text in (f'"a{written}b": 1\n', f'early: "a{written}b"\n', f'transfers: ["{written}"]\n'):
        kept = "\n".join(line for line in GOOD.splitlines() if line != "early: by_slip")
        problems = problems_of(kept + "\n" + text)
        assert all(str(problem).isprintable() for problem in problems)
