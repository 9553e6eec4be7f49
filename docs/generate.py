"""Writes what of the documentation follows from the code.

`python docs/generate.py` writes scenario.schema.json and, in language.md, the tables of keys: what
stands between `<!-- keys: MODEL -->` and `<!-- end -->`. After the model, `: a, b` names the only
keys of the table, and ` but a, b` those that it leaves out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sim.scenario.json_schema import schema_text
from sim.scenario.keys import Key, forms
from sim.scenario.written import Schema

DOCS = Path(__file__).parent
TABLE = re.compile(
    r"(?P<head><!-- keys: (?P<model>\w+)(: (?P<only>[^>]+?)| but (?P<but>[^>]+?))? -->).*?"
    r"(?P<end><!-- end -->)",
    re.DOTALL,
)
RULES = re.compile(r"\b(?P<word>[Rr]ules?) (?P<numbers>\d+(?:(?:, | and )\d+)*)")
SECTIONS = {
    "address": "names-and-addresses",
    "coefficient of variation": "shares-and-weights",
    "date": "dates-and-hours",
    "dates": "dates-and-hours",
    "distribution": "distributions",
    "duration": "durations",
    "hour of the day": "dates-and-hours",
    "hours": "dates-and-hours",
    "change": "levers",
    "share": "shares-and-weights",
    "step": "routes-and-steps",
    "time limit": "time-limits",
    "weekdays": "dates-and-hours",
    "weight": "shares-and-weights",
}
"""Where each kind of value is explained."""
MODELS = {
    "CalendarRule": ("calendar", "calendars"),
    "Channel": ("channel", "channels"),
    "EachParent": ("`{each: N}`", "offices"),
    "Incomplete": ("`{share, away, …}`", "visits"),
    "Level": ("level", "levels"),
    "Levers": ("change", "levers"),
    "Office": ("office", "offices"),
    "OpenDossier": ("open dossier", "open-dossiers"),
    "Period": ("`{from: DATE, to: DATE}`", "the-scenario"),
    "Policy": ("policy", "policies"),
    "Pool": ("pool", "pools"),
    "Procedure": ("procedure", "procedures"),
    "Profile": ("profile", "profiles"),
    "PublishedFigure": ("figure", "published-figures"),
    "StaffChange": ("change", "staff"),
    "StaffGroup": ("group", "groups-of-officers"),
    "Station": ("station", "stations"),
    "TableOfBacklog": ("`{file: F.csv}`", "open-dossiers"),
    "TableOfOffices": ("`{file: F.csv, …}`", "offices"),
    "Times": ("`{times: X}`", "demand"),
    "TransferRule": ("rule", "transfers"),
    "UntilDue": ("`{until: due, then: …}`", "waits"),
    "Volume": ("volume", "volumes"),
    "Apology": ("`{before, extension}`", "apologies"),
    "Branch": ("branch", "choices"),
    "Cut": ("`{WHICH, time_limit, …}`", "cut"),
    "Delegate": ("`{WHICH, moves}`", "delegate"),
    "Demand": ("`{WHICH, volume}`", "demand"),
    "Insert": ("`{WHICH, after, steps}`", "insert"),
    "MakePool": ("`{at, name, stations}`", "pool"),
    "Merge": ("`{levels, into, by}`", "merge"),
    "Move": ("`{from, to, count}`", "move"),
    "Online": ("`{WHICH, share}`", "online"),
    **dict.fromkeys(("Visit", "Wait", "Choose", "Together"), ("step", "routes-and-steps")),
}
"""What a mapping is called in the tables, and where its keys are."""


def generated() -> dict[Path, str]:
    """Give each generated file with its text."""
    language = DOCS / "language.md"
    text = TABLE.sub(_filled, language.read_text("utf-8"))
    return {DOCS / "scenario.schema.json": schema_text() + "\n", language: text}


def _filled(marked: re.Match[str]) -> str:
    keys = forms()[marked["model"]].keys
    if marked["only"]:
        keys = {name: keys[name] for name in marked["only"].split(", ")}
    if marked["but"]:
        keys = {name: key for name, key in keys.items() if name not in marked["but"].split(", ")}
    return "\n".join([marked["head"], "", *_table(keys), "", marked["end"]])


def _table(keys: dict[str, Key]) -> Iterator[str]:
    defaults = [_default(key) for key in keys.values()]
    if not any(default for default in defaults if default != "none"):
        yield "| key | value | meaning |"
        yield "| --- | --- | --- |"
        for name, key in keys.items():
            yield f"| `{name}` | {in_words(key.value)} | {_meaning(key)} |"
        return
    yield "| key | value | default | meaning |"
    yield "| --- | --- | --- | --- |"
    for (name, key), default in zip(keys.items(), defaults, strict=True):
        yield f"| `{name}` | {in_words(key.value)} | {default} | {_meaning(key)} |"


def _default(key: Key) -> str:
    return "**required**" if key.required else _linked_rules(key.by_default) or "none"


def _meaning(key: Key) -> str:
    examples = ", or ".join(f"`{example}`" for example in key.examples)
    return f"{_linked_rules(key.meaning)} For example {examples}."


def _linked_rules(text: str) -> str:
    def linked(found: re.Match[str]) -> str:
        if found["numbers"].isdecimal():
            return f"[{found[0]}](rules.md#rule-{found['numbers']})"
        numbers = re.sub(r"\d+", r"[\g<0>](rules.md#rule-\g<0>)", found["numbers"])
        return f"{found['word']} {numbers}"

    return RULES.sub(linked, text)


def in_words(value: Schema, *, many: bool = False) -> str:
    """Say what a value is, with links to where it is explained."""
    return ", or ".join(dict.fromkeys(_ways(value, many)))


def _ways(value: Schema, many: bool) -> Iterator[str]:
    if "title" in value and not {"enum", "maximum"} & value.keys():
        yield _linked(_plural(value["title"]) if many else value["title"])
    elif "anyOf" in value:
        for way in value["anyOf"]:
            yield from _ways(way, many)
    else:
        yield _way(value, many)


def _way(value: Schema, many: bool) -> str:
    match value:
        case {"$ref": str(target)}:
            return _model(target.rpartition("/")[2], many)
        case {"title": "name of a measure"}:
            return "name of a [measure](results.md#measures)"
        case {"enum": list(words)}:
            return " or ".join([", ".join(f"`{word}`" for word in words[:-1]), f"`{words[-1]}`"])
        case {"const": word}:
            return f"`{str(word).lower() if isinstance(word, bool) else word}`"
        case {"type": "array", "items": items}:
            return f"{'lists' if many else 'list'} of {in_words(items, many=True)}"
        case {"type": "object", "properties": dict(months)}:
            first, *_, last = months
            return f"`{first}` … `{last}` → {in_words(months[first], many=True)}"
        case {"type": "object", "additionalProperties": values, **rest}:
            names = in_words(rest.get("propertyNames", {"type": "string"}), many=True)
            return f"{names} → {in_words(values, many=True)}"
        case {"type": "boolean"}:
            return "`true` or `false`"
        case {"type": "integer" | "number" as kind, **bounds}:
            noun = ("whole number" if kind == "integer" else "number") + ("s" if many else "")
            if "maximum" not in bounds:
                return noun
            most = "2⁶³ − 1" if bounds["maximum"] == 2**63 - 1 else f"{bounds['maximum']:,}"
            return f"{noun} ({bounds['minimum']} to {most})"
        case {"type": "string"}:
            return "text"
        case _:
            return "any value"


def _model(name: str, many: bool) -> str:
    called, section = MODELS[name]
    return f"[{_plural(called) if many else called}](#{section})"


def _linked(title: str) -> str:
    terms = SECTIONS | {_plural(term): section for term, section in SECTIONS.items()}
    longest_first = "|".join(sorted(map(re.escape, terms), key=len, reverse=True))
    return re.sub(rf"\b({longest_first})\b", lambda m: f"[{m[0]}](#{terms[m[0]]})", title, count=1)


def _plural(title: str) -> str:
    """Put a title into the plural: names of levels, hours of the day, steps or stations."""
    if title.startswith("`"):
        return title
    words = []
    for word in title.split(" or "):
        head, of, rest = word.partition(" of ")
        words.append(_several(head) + of + re.sub(r"^an? (\w+)", lambda m: _several(m[1]), rest))
    return " or ".join(words)


def _several(noun: str) -> str:
    if noun.endswith(("ss", "ch")):
        return f"{noun}es"
    if noun.endswith("y"):
        return f"{noun[:-1]}ies"
    return noun if noun.endswith("s") else f"{noun}s"


if __name__ == "__main__":
    for path, text in generated().items():
        path.write_text(text, "utf-8")
