"""What a validator found, in the words of the language."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from sim.errors import MOST_FOUND, faults_of, quoted
from sim.habits import way_out
from sim.scenario.references import Finding
from sim.scenario.schema import Part, Scenario
from sim.scenario.shape import all_models, keys_of, models_at
from sim.scenario.text import KeyPath, as_written, glued, path_in_file, value_at
from sim.scenario.words import likely

_CALLED = {
    "Scenario": "the scenario", "Period": "`period`", "CalendarRule": "a calendar",
    "Profile": "a profile", "Channel": "a channel", "StaffGroup": "an entry of `staff`",
    "Station": "a station", "Pool": "a pool", "Office": "an office", "Level": "a level",
    "EachParent": "`offices`", "TransferRule": "a transfer", "Volume": "a volume",
    "Incomplete": "`incomplete`", "Visit": "a visit", "UntilDue": "`wait`", "Wait": "a wait",
    "Branch": "a branch of `choose`", "Choose": "a choice", "Together": "a `together`",
    "Procedure": "a procedure", "PublishedFigure": "a published figure",
    "OpenDossier": "an open dossier", "Policy": "a policy", "Levers": "a change of a policy",
}  # fmt: skip
_LEVERS = {
    "Which": "a lever", "StaffChange": "a change of `staff`", "Move": "`move`",
    "MakePool": "`pool`", "Cut": "`cut`", "Insert": "`insert`", "Delegate": "`delegate`",
    "Online": "`online`", "Merge": "`merge`", "Times": "the `volume` of `demand`",
    "Demand": "`demand`",
}  # fmt: skip
_EXAMPLES = {
    "Scenario.period": "{from: 2021-01-01, to: 2021-12-31}",
    "Scenario.calendars": '{office: {hours: {mon-fri: ["07:30-11:30"]}}}',
    "Scenario.calendars.*": '{hours: {mon-fri: ["07:30-11:30"]}}',
    "Scenario.profiles": '{mornings: {hours: {"07:30-09:30": 1.6}}}',
    "Scenario.profiles.*": '{hours: {"07:30-09:30": 1.6}}',
    "Scenario.channels": "{counter: {calendar: office}, online: {calendar: always}}",
    "Scenario.channels.*": "{calendar: office}",
    "Scenario.levels": "{ward: {stations: {reception: {kind: counter, staff: 2}}}}",
    "Scenario.levels.*": "{stations: {reception: {kind: counter, staff: 2}}}",
    "Scenario.transfers": '[{from: ward, to: city, departs: ["10:00", "15:30"]}]',
    "Scenario.volumes": "{centre: {per_year: 128443}}",
    "Scenario.volumes.*": "{per_year: 128443}",
    "Scenario.routes": "{signed: [{at: ward.reception, work: 10 min}]}",
    "Scenario.routes.*": "[{at: ward.reception, work: 10 min}]",
    "Scenario.procedures": "{birth: {received_at: ward, volume: {per_year: 3800}, route: …}}",
    "Scenario.procedures.*": "{received_at: ward, volume: {per_year: 3800}, route: …}",
    "Scenario.published": "[{value: 95.35%, source: …, measure: early_rate, use: calibrated}]",
    "Scenario.policies": "{more: [{staff: {ward.clerk: {add: 1}}}]}",
    "Period.from": "2021-01-01",
    "Period.to": "2021-12-31",
    "CalendarRule.hours": '{mon-fri: ["07:30-11:30", "13:30-17:00"]}',
    "CalendarRule.hours.*": '["07:30-11:30", "13:30-17:00"]',
    "CalendarRule.holidays": "VN",
    "CalendarRule.closed": "[2021-02-08, 2021-04-19..2021-04-20]",
    "CalendarRule.open": '{2021-02-06: ["07:30-11:30"]}',
    "CalendarRule.open.*": '["07:30-11:30"]',
    "Profile.hours": '{"07:30-09:30": 1.6}',
    "Profile.weekdays": "{mon: 1.3, fri: 0.85}",
    "Profile.months": "{feb: 0.7}",
    "Profile.dates": "{2021-07-24..2021-09-21: 0.4}",
    "StaffGroup.count": "2",
    "Channel.calendar": "office",
    "Channel.profile": "mornings",
    "Level.within": "city",
    "Level.calendar": "office",
    "Office.within": "Uông Bí",
    "Office.calendar": "office",
    "StaffGroup.calendar": "office",
    "TransferRule.calendar": "office",
    "TransferRule.from": "ward",
    "TransferRule.to": "city",
    "TransferRule.within": "city",
    "Volume.of": "centre",
    "Scenario.transfers.*": "{from: ward, to: city}",
    "Scenario.published.*": "{value: 95.35%, source: …, measure: early_rate, use: calibrated}",
    "Station.staff.*": "{count: 2}",
    "Pool.staff.*": "{count: 2}",
    "Together.together.*": "[{wait: 2 h}]",
    "Policy.changes.*": "{staff: {ward.clerk: {add: 1}}}",
    "Choose.choose.*": "{share: 25%, route: […]}",
    "Level.stations": "{reception: {kind: counter, staff: 2}}",
    "Level.stations.*": "{kind: counter, staff: 2}",
    "Level.pools": "{floor: {staff: 1, serves: [reception]}}",
    "Level.pools.*": "{staff: 1, serves: [reception]}",
    "Level.offices.*": "{share: 2}",
    "Pool.staff": "1",
    "Pool.serves": "[reception]",
    "Office.staff": "{reception: 3}",
    "EachParent.each": "3",
    "TransferRule.departs": '["10:00", "15:30"]',
    "Incomplete.share": "20%",
    "Incomplete.away": "{exponential: 2 working days}",
    "Procedure.received_at": "ward",
    "Procedure.volume": "{per_year: 3800}",
    "Procedure.channels": "{counter: 80%, online: 20%}",
    "Procedure.priority": "{1: 10%, 2: 90%}",
    "Procedure.route": "[{at: ward.reception, work: 10 min}]",
    "Visit.at": "ward.reception",
    "Visit.work": "10 min",
    "Visit.incomplete": "{share: 20%, away: {exponential: 2 working days}}",
    "Visit.only": "[counter]",
    "Wait.only": "[counter]",
    "Choose.only": "[counter]",
    "Together.only": "[counter]",
    "UntilDue.until": "due",
    "Choose.choose": "[{share: 3%, end: refused}, {share: rest}]",
    "Branch.share": "25%",
    "Branch.route": "[{at: ward.clerk, work: 10 min}]",
    "Together.together": "[[{at: ward.clerk, work: 10 min}], [{wait: 2 h}]]",
    "PublishedFigure.value": "95.35%",
    "PublishedFigure.source": "seeds/uong-bi-2021#early",
    "PublishedFigure.measure": "early_rate",
    "PublishedFigure.use": "calibrated",
    "Policy.changes": "[{staff: {ward.clerk: {add: 1}}}]",
    "Policy.combine": "[more, less]",
    "Levers.staff": "{ward.clerk: {add: 1}}",
    "Levers.staff.*": "{add: 1}",
    "Levers.move": "{from: city.reception, to: city.land, count: 1}",
    "Levers.shift": "{city.signing: office}",
    "Levers.pool": "{at: city, name: counters, stations: [reception, return]}",
    "Levers.discipline": "{city.land: edd}",
    "Levers.insert": "{all: true, after: intake, steps: [{id: check, wait: 2 h}]}",
    "Levers.abolish": "[copies]",
    "Levers.delegate": "{all: true, moves: {city.reception: ward.reception}}",
    "Levers.online": "{all: true, share: 93%}",
    "Levers.merge": "{levels: [ward], into: 1, by: city}",
    "Levers.demand": "{all: true, volume: {times: 1.2}}",
    "Demand.volume": "{times: 1.2}",
    "Delegate.moves": "{city.reception: ward.reception}",
    "Levers.cut": "{all: true, work: 25%}",
    "Levers.on_the_spot": "[ward]",
    "Levers.set": "{procedures.birth.time_limit: 2 days}",
    "Cut.procedures": "[birth]",
    "Cut.fields": "[land]",
    "Cut.drop": "[sign]",
}
_COLLECTIONS = {
    "CalendarRule": "calendars",
    "Profile": "profiles",
    "Level": "levels",
    "Station": "stations",
    "Pool": "pools",
    "Procedure": "procedures",
}
_SECTIONS = frozenset(_COLLECTIONS.values()) & set(keys_of(Scenario))
_NONE_ALIKE: Mapping[KeyPath, str] = {}
_SET_AS = re.compile(r"([^\s={}]+)\s*=\s*([^={}]+)")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?\s*%?")
_OF_A_NUMBER = {
    "Procedure.volume": "`{{per_year: {}}}`, or in_period, per_day, per_working_day, per_hour",
    "Visit.incomplete": "`{{share: {}, away: {{exponential: 2 working days}}}}`",
}
"""What a bare number may be meant as, by the key that it stands at."""
_MOST_KEYS = 8
_MOST_LISTED = 12
_STEP = "{at: ward.reception, work: 10 min}"


def findings_of(
    error: ValidationError, data: object = None, alike: Mapping[KeyPath, str] = _NONE_ALIKE
) -> Iterator[Finding]:
    """Give the path and the message of each thing that a validator found in plain data.

    `alike` are new names beside nearly the same of a file that is extended.
    """
    models = {model.__name__: model for model in all_models()}
    root = models.get(error.title, Scenario)
    all_found = error.errors(include_url=False)[:MOST_FOUND]
    unknown = Counter(
        path_in_file(found["loc"][:-1]) for found in all_found if found["type"] == "extra_forbidden"
    )
    misplaced = _entries_without_header(data)
    yield from ((path, f"looks like {what}; `{among}:` is missing above it")
                for path, (what, among) in misplaced.items())  # fmt: skip
    lost = {(among,) for _, among in misplaced.values()}
    told: set[KeyPath] = set()
    for found in all_found:
        path = path_in_file(found["loc"])
        kind, given = found["type"], found["input"]
        if path[:2] in misplaced or path in lost:
            continue
        if kind in ("value_error", "assertion_error"):
            wrong = found["ctx"]["error"]
            for inner, why in faults_of(wrong):
                yield (*path, *inner), why
        elif kind == "missing":
            if path[-1] == "work" and "at" not in given:
                continue  # what makes it a visit is missing too, and is told
            if unknown[path[:-1]] > 0:
                unknown[path[:-1]] -= 1
                continue  # an unknown key is told in its place, with the keys that there are
            if path[:-1] in alike:
                if path[:-1] not in told:
                    told.add(path[:-1])
                    name, meant = path[-2], alike[path[:-1]]
                    why = f"is new here and lacks `{path[-1]}`"
                    yield path[:-1], f"{quoted(name)} {why} (did you mean {quoted(meant)}?)"
                continue
            yield path, _missing(path, root)
        elif kind == "extra_forbidden":
            tags = [str(part)[1:-1] for part in found["loc"][:-1] if str(part)[:1] == "<"]
            here = models_at(path[:-1], root)
            tagged = [model for model in here if model.__name__.lower() in tags[-1:]]
            beside = _keys_at(data, path[:-1])
            yield path, unknown_key(str(path[-1]), tagged or here, given, beside)
        else:
            yield path, _worded(kind, given, found.get("ctx", {}), path, root, found["msg"])


def _entries_without_header(data: object) -> dict[KeyPath, tuple[str, str]]:
    """Find entries of a section that is missing, which stand below the section before it.

    Gives what each looks like, and the missing key.
    """
    missing = _SECTIONS.difference(data) if isinstance(data, dict) else ()
    if not isinstance(data, dict) or not missing:
        return {}
    found: dict[KeyPath, tuple[str, str]] = {}
    for section, entries in data.items():
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            own = {key for model in models_at((section, name)) for key in keys_of(model)}
            like = _collection_of(entry)
            if like and like[1] in missing and not set(entry) <= own:
                found[section, name] = like
    return found


def unknown_key(
    key: str, here: Iterable[type[Part]], value: object, beside: Container[str] = ()
) -> str:
    """Say that no model here has a key, with the likely meant one or where it belongs.

    `beside` are the keys that stand beside it; none of them is meant.
    """
    models = list(here)
    if isinstance(value, Mapping) and [model.__name__ for model in models] == ["StaffChange"]:
        return f"{quoted(key)} changes nothing; write an address as one key, such as `city.{key}`"
    own = list(dict.fromkeys(own for model in models for own in keys_of(model)))
    collection = _collection_of(value)
    if collection is not None and likely(key, own, 0.8) is None:
        what, among = collection
        return f"{quoted(key)} looks like {what}; indent it deeper, below `{among}`"
    free = [name for name in own if name not in beside]
    if models and likely(key, free, 0.8) is None:
        of_levers = any(model.__name__ not in _CALLED for model in models)
        homes = [
            _called(m) if of_levers or m.__name__ in _CALLED else "a lever"
            for m in all_models()
            if m not in models and key in keys_of(m)
        ]
        if homes:
            places = _either(dict.fromkeys(homes))
            kinds = _either(dict.fromkeys(map(_called, models)))
            listed = f"; there is: {', '.join(own)}" if len(own) <= _MOST_KEYS else ""
            return f"{quoted(key)} is a key of {places}, not of {kinds}{listed}"
    meant = likely(key, free)
    if meant is not None:
        return f"there is no key {quoted(key)} here (did you mean {quoted(meant)}?)"
    listed = f"; there is: {', '.join(own)}" if 0 < len(own) <= _MOST_LISTED else ""
    return f"there is no key {quoted(key)} here{listed}"


def _keys_at(data: object, path: KeyPath) -> Container[str]:
    """Give the keys of a mapping in plain data, if there is one."""
    found = value_at(data, as_written(data, path))
    return found if isinstance(found, dict) else ()


def _collection_of(value: object) -> tuple[str, str] | None:
    """Tell what a mapping looks like, and the key under which such stand."""
    if not isinstance(value, Mapping) or len(value) < 2:
        return None
    for model in all_models():
        among = _COLLECTIONS.get(model.__name__)
        if among is not None and set(value) <= set(keys_of(model)):
            return _called(model), among
    return None


def _called(model: type[Part]) -> str:
    return _CALLED.get(model.__name__) or _LEVERS[model.__name__]


def _either(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def _example(path: KeyPath, root: type[Part]) -> str | None:
    """Give a value that may stand at a path."""
    for model in models_at(path[:-1], root):
        example = _EXAMPLES.get(f"{model.__name__}.{path[-1]}")
        if example is not None:
            return example
    for model in models_at(path[:-2], root) if len(path) > 1 else ():
        example = _EXAMPLES.get(f"{model.__name__}.{path[-2]}.*")
        if example is not None:
            return example
    return _STEP if len(models_at(path, root)) > 1 else None


def _missing(path: KeyPath, root: type[Part]) -> str:
    key = path[-1]
    example = _example(path, root)
    if key == "at":
        return f"`at` is required here: a step has `at: {example}`, or `wait`, `choose`, `together`"
    where = "here, or in `steps`" if key == "work" else "here"
    return f"`{key}` is required {where}" + (f": `{key}: {example}`" if example else "")


def _worded(
    kind: str, given: object, context: Mapping[str, Any], path: KeyPath, root: type[Part], text: str
) -> str:
    example = _example(path, root)
    own = f"; write `{path[-1]}: {example}`" if path and example else ""
    match kind:
        case "literal_error":
            return _not_one_of(given, str(context["expected"]))
        case "model_type" | "dict_type" | "model_attributes_type":
            if path and _NUMBER.fullmatch(str(given)):
                for model in models_at(path[:-1], root):
                    way = _OF_A_NUMBER.get(f"{model.__name__}.{path[-1]}", "").format(given)
                    if way:
                        return f"{quoted(given)} is not a mapping of keys to values; write {way}"
            return _not_a_mapping(given, f"; write `{example}`" if example else "")
        case "tuple_type" | "list_type":
            return _not_a_list(given, example)
        case "too_short":
            return "is empty; name at least one"
        case "int_type" | "int_parsing" | "int_from_float":
            way = way_out(given, _whole)
            return f"{quoted(given)} is not a whole number" + (f"; {way}" if way else own)
        case "greater_than_equal":
            return f"{quoted(given)} is too small; it is at least {context['ge']:,}"
        case "less_than_equal":
            return f"{quoted(given)} is too large; it is at most {context['le']:,}"
        case "bool_type" | "bool_parsing":
            return f"{quoted(given)} is not `true` or `false`" + _then(way_out(given, _truth))
        case "string_type":
            if isinstance(given, int | float) and not isinstance(given, bool):
                return f'{quoted(given)} is a number, not text; write it in quotes: "{given}"'
            return f"{quoted(given)} is not text{own}"
        case "float_type" | "float_parsing":
            return f"{quoted(given)} is not a number" + _then(way_out(given, _number))
        case "finite_number":
            return f"{quoted(given)} is too large a number"
    return text[0].lower() + text[1:]


def _then(way: str) -> str:
    return f"; {way}" if way else ""


def _whole(given: object) -> None:
    if isinstance(given, bool) or not isinstance(given, int):
        raise ValueError


def _number(given: object) -> None:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise ValueError


def _truth(given: object) -> None:
    if given not in ("true", "false"):
        raise ValueError


def _not_one_of(given: object, expected: str) -> str:
    words = re.findall(r"'([^']*)'", expected) or [expected.lower()]

    def read(word: object) -> None:
        if word not in words:
            raise ValueError

    ticked = [f"`{word}`" for word in words]
    few = ticked if len(ticked) <= _MOST_KEYS else [*ticked[:2], "…", ticked[-1]]
    fault = f"{quoted(given)} is not {_either(few)}"
    way = way_out(given, read)
    if way:
        return f"{fault}; {way}"
    meant = likely(given, words) if isinstance(given, str) else None
    return fault + (f" (did you mean `{meant}`?)" if meant else "")


def _not_a_mapping(given: object, form: str) -> str:
    parted = glued(given) if isinstance(given, str) else None
    if parted is not None:
        way = quoted(f"{parted[0]}: {parted[1]}")
        return f"{quoted(given)} has no space after its colon; write {way}"
    if isinstance(given, list | tuple):
        return f"a list is not a mapping of keys to values{form}"
    set_as = _SET_AS.fullmatch(given) if isinstance(given, str) else None
    if set_as is not None:
        form = f"; write {quoted(f'{{{set_as[1]}: {set_as[2]}}}')}"
    return f"{quoted(given)} is not a mapping of keys to values{form}"


def _not_a_list(given: object, example: str | None) -> str:
    if isinstance(given, Mapping) and {"at", "wait", "choose", "together"} & set(given):
        return "is one step, not a list of steps; put it in [ ], or a dash before it"
    if isinstance(given, Mapping):
        form = f"; write `{example}`" if example else ""
        return f"is not a list: each item begins with a dash, or stands in [ ]{form}"
    if isinstance(given, str) and given.endswith(".csv"):
        return f"{quoted(given)} is not a list; write {quoted(f'{{file: {given}}}')}"
    is_item = isinstance(given, str | int | float) and not isinstance(given, bool)
    if is_item and example and not example.startswith(("[{", "[[")):
        parts = [part.strip() for part in str(given).split(",")]
        items = ", ".join(f'"{part}"' if ":" in part else part for part in parts)
        return f"{quoted(given)} is not a list; write {quoted(f'[{items}]')}"
    form = f"; write `{example}`" if example else ""
    return f"{quoted(given)} is not a list{form}"
