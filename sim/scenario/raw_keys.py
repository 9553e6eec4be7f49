"""Keys that stand in a file and are worked in before the models read it.

Each has the JSON Schema of its value and, in the form of `sim.scenario.keys`, what is said of
it.
"""

from __future__ import annotations

from sim.scenario.written import NAME, Schema, either, ref, text

STEPS = ("Visit", "Wait", "Choose", "Together")
"""The models of the kinds of step."""


def lacking(name: str) -> str:
    """Name the definition of a part of a named route, which may lack what `steps` gives."""
    return f"{name}.lacking"


_NAMED_ROUTE = {
    "type": "array",
    "items": either(*(ref(lacking(step)) for step in STEPS)),
    "minItems": 1,
}
ROUTE_NAME = text("name of a route")
RAW_KEYS: dict[str, dict[str, tuple[Schema, str]]] = {
    "Scenario": {
        "extends": (
            either(text("file"), {"type": "array", "items": text("file")}),
            "Files of other scenarios, over which this one is laid: mappings are merged by key, "
            "anything else is replaced, and null takes a key away. Only the result must be "
            "complete; with `[]`, the file is a part for others. "
            "For example `small-city.yaml`, or `[small-city.yaml, staff.yaml]`, or `[]`.",
        ),
        "routes": (
            {"type": "object", "additionalProperties": _NAMED_ROUTE},
            "Routes that procedures share, by name. A step may lack what each procedure gives "
            "with `steps`. For example `{signed: [{at: city.reception, work: 8 min}, "
            "{id: sign, at: city.signing, decides: true}]}`.",
        ),
    },
    "Procedure": {
        "steps": (
            {
                "type": "object",
                "propertyNames": NAME,
                "additionalProperties": ref("KeysOfStep"),
            },
            "Keys of steps of the route, by step id and at any depth, put in place of what the "
            "route has; not their `id`. For example `{sign: {work: 2 min}}`.",
        ),
    },
}
