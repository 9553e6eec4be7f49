"""The lever `set`: any other key, by its dotted path."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from sim.scenario.messages import findings_of
from sim.scenario.offices import offices_of
from sim.scenario.policies.levers import UnfitError, Which
from sim.scenario.policies.procedures import chosen
from sim.scenario.references import broken_parents
from sim.scenario.schema import RATES, Moved, Scenario
from sim.scenario.values import ALWAYS
from sim.scenario.words import did_you_mean

_WHICH = ("procedures", "fields", "all")


def set_values(scenario: Scenario, values: Mapping[str, Any]) -> Scenario:
    """Put values at dotted paths; with WHICH among the keys, within each such procedure."""
    which = {key: values[key] for key in _WHICH if key in values}
    paths = {path: value for path, value in values.items() if path not in which}
    if not paths:
        way = _dotted(values)
        raise UnfitError(("set",), "says no path to set" + (f"; write `{way}`" if way else ""))
    tree = scenario.model_dump(exclude_none=True)
    for path, value in paths.items():
        if isinstance(value, Mapping) and "file" in value:
            raise UnfitError(("set", path), "a table is read only where a scenario names it")
        for root in _roots(scenario, tree, which):
            _put(root, path, value)
    return _validated(scenario, tree, paths)


def _dotted(values: Mapping[str, Any]) -> str:
    """Write as a dotted path what was written as mappings in mappings."""
    keys: list[str] = []
    value: Any = values
    while isinstance(value, Mapping) and len(value) == 1:
        ((key, value),) = value.items()
        keys.append(str(key))
    return f"{'.'.join(keys)}: {value}" if len(keys) > 1 and isinstance(value, str | int) else ""


def _roots(scenario: Scenario, tree: Any, which: Mapping[str, Any]) -> list[Any]:
    """List what paths begin at: the scenario, or each of the procedures that are named."""
    if not which:
        return [tree]
    try:
        names = chosen(scenario, "set", Which.model_validate(which))
    except ValidationError as error:
        path, message = next(findings_of(error))
        raise UnfitError(("set", *path), message) from None
    return [tree["procedures"][name] for name in names]


def _validated(scenario: Scenario, tree: Any, paths: Mapping[str, Any]) -> Scenario:
    try:
        changed = Scenario.model_validate(tree)
    except ValidationError as error:
        found, message = next(findings_of(error))
        place = ".".join(str(part) for part in found)
        path = next(iter(paths)) if len(paths) == 1 else ""
        raise UnfitError(
            ("set", path) if path else ("set",), message if place == path else f"{place}: {message}"
        ) from None
    changed._as_read = scenario.as_read
    return changed.with_moved(_still_moved(scenario, changed))


def _still_moved(before: Scenario, after: Scenario) -> Moved:
    """Keep what policies moved where `set` gave nothing else in its place."""
    then, now = (
        {name: procedure.channels for name, procedure in scenario.procedures.items()}
        for scenario in (before, after)
    )
    channels = {
        name: shares
        for name, shares in before.moved.channels.items()
        if name in now and now[name] == then.get(name)
    }
    members = {
        level: own
        for level, own in before.moved.members.items()
        if not broken_parents(after) and _same_line(before, after, level)
    }
    return Moved(channels, members)


def _same_line(before: Scenario, after: Scenario, level: str | None) -> bool:
    """Tell whether the offices of a level and of those above it are those of before.

    The calendars that they had must be there too.
    """
    if level is None:
        return True
    if level not in after.levels or after.levels[level].within != before.levels[level].within:
        return False
    then, now = (
        [(name, office.within) for name, office in offices_of(scenario, level).items()]
        for scenario in (before, after)
    )
    known = {None, ALWAYS, *after.calendars}
    return (
        then == now
        and all(member.calendar in known for member in before.moved.members.get(level, ()))
        and _same_line(before, after, before.levels[level].within)
    )


def _put(tree: Any, path: str, value: object) -> None:
    *above, last = path.split(".")
    node: Any = tree
    for number, part in enumerate(above):
        if number == 0 and isinstance(node, dict) and part not in node:
            whole = _whole_path(node, path)
            if part == "routes":
                why = "named routes stand in their procedures; write `procedures.NAME.route.…`"
                raise UnfitError(("set", path), why)
            if whole is not None:
                raise UnfitError(("set", path), f"begins with no key; write `{whole}`")
        node = _below(node, part, path)
    if last == "id":
        raise UnfitError(("set", path), "a step keeps its id")
    if isinstance(node, list | tuple):
        if any(isinstance(item, dict) for item in node):
            one = "a step" if "route" in above else "an item"
            why = f"must end in a key of {one}, not in {one}: `{path}.KEY`"
        else:
            why = f"is one item of a list; set the whole: `{'.'.join(above)}: […]`"
        raise UnfitError(("set", path), why)
    if not isinstance(node, dict):
        raise UnfitError(("set", path), f"there is no key `{last}` to set")
    if "/" in path and "." not in path:
        dotted = path.replace("/", ".")
        raise UnfitError(("set", path), f"keys are parted by points; write `{dotted}`")
    others = [rate for rate in RATES if rate in node and rate != last]
    if last in RATES and others:
        whole, own = ".".join(above), f"{last}: {value}"
        raise UnfitError(
            ("set", path), f"`{whole}` has `{others[0]}`; set it as a whole: {{{own}}}"
        )
    node[last] = copy.deepcopy(value)


def _whole_path(tree: Mapping[str, Any], path: str) -> str | None:
    """Give the path that is meant by one that begins with a name: an address, a procedure."""
    first, _, rest = path.partition(".")
    level = tree["levels"].get(first, {})
    for homes in ("stations", "pools"):
        if rest.partition(".")[0] in level.get(homes, {}):
            return f"levels.{first}.{homes}.{rest}"
    sections = ("levels", "procedures", "calendars", "profiles", "channels", "volumes")
    home = next((section for section in sections if first in tree[section]), None)
    return None if home is None else f"{home}.{path}"


def _below(node: object, part: str, path: str) -> object:
    if isinstance(node, dict):
        if part in node:
            return node[part]
        hint = did_you_mean(part, [str(key) for key in node])
        raise UnfitError(("set", path), f"there is no `{part}`{hint}")
    if isinstance(node, list | tuple) and part.isascii() and part.isdecimal():
        if int(part) < len(node):
            return node[int(part)]
        raise UnfitError(("set", path), f"there is no place {part}; there are {len(node)}, from 0")
    if isinstance(node, list | tuple):
        steps = {step["id"]: step for step in _steps_in(node)}
        if part in steps:
            return steps[part]
        raise UnfitError(("set", path), f"there is no step `{part}`{did_you_mean(part, steps)}")
    raise UnfitError(("set", path), f"nothing lies below `{part}`")


def _steps_in(route: Any) -> Iterator[dict[str, Any]]:
    for step in route:
        if isinstance(step, dict) and "id" in step:
            yield step
            for branch in step.get("choose") or ():
                yield from _steps_in(branch["route"])
            for inner in step.get("together") or ():
                yield from _steps_in(inner)
