"""What a validator found, in the words of the language."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from pydantic import ValidationError

from sim.scenario.references import Finding
from sim.scenario.schema import Part
from sim.scenario.text import path_in_file
from sim.scenario.words import did_you_mean


def findings_of(error: ValidationError) -> Iterator[Finding]:
    """Give the path and the message of each thing that a validator found."""
    for found in error.errors(include_url=False):
        path = path_in_file(found["loc"])
        key = str(path[-1]) if path else ""
        text, context = found["msg"], found.get("ctx", {})
        match found["type"]:
            case "extra_forbidden":
                message = f"there is no key `{key}` here{did_you_mean(key, _all_keys())}"
            case "missing":
                message = f"`{key}` is required here"
            case "value_error" | "assertion_error":
                message = str(context.get("error", text))
            case "literal_error":
                message = f"`{found['input']}` must be one of {context['expected']}"
            case "model_type" | "dict_type" | "model_attributes_type":
                message = "is not a mapping of keys to values"
            case "tuple_type" | "list_type":
                message = "is not a list"
            case _:
                message = text[0].lower() + text[1:]
        yield path, message


@lru_cache
def _all_keys() -> tuple[str, ...]:
    keys = {"routes", "steps"}
    models: list[type[Part]] = [Part]
    while models:
        model = models.pop()
        models.extend(model.__subclasses__())
        keys |= {field.alias or name for name, field in model.model_fields.items()}
    return tuple(sorted(keys))
