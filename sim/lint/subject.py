"""What is checked: a scenario under one policy, its network, and the file that it stands in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from sim.lint.offered_load import OfferedLoad, offered_load
from sim.lint.ways import Ways, ways_of
from sim.network import Group, Network
from sim.scenario.load import Loaded
from sim.scenario.references import Finding
from sim.scenario.schema import Scenario, placed_steps
from sim.scenario.text import KeyPath


@dataclass(frozen=True, eq=False)
class Subject:
    """A scenario that is checked, and what several checks ask of it.

    Parameters
    ----------
    loaded
        The scenario as its file has it, with the places of its keys.
    scenario
        The same under a policy.
    network
        The network of `scenario`.
    """

    loaded: Loaded
    scenario: Scenario
    network: Network

    @cached_property
    def load(self) -> OfferedLoad:
        """What is expected at each station."""
        return offered_load(self.network)

    @cached_property
    def serving(self) -> tuple[tuple[Group, ...], ...]:
        """The groups that serve each station, by the station's number."""
        network = self.network
        return tuple(
            tuple(network.groups[number] for number in numbers)
            for numbers in network.groups_of_station
        )

    @cached_property
    def ways(self) -> tuple[Ways, ...]:
        """The ways through each procedure, by its number."""
        return tuple(ways_of(self.network, procedure) for procedure in self.network.procedures)

    @cached_property
    def words_of_policies(self) -> frozenset[str]:
        """Every word in the changes of policies, and the parts of addresses and paths."""
        changes = [policy.changes for policy in self.scenario.policies.values()]
        words = set(_words(changes))
        return frozenset(words | {part for word in words for part in word.split(".")})

    @cached_property
    def step_paths(self) -> dict[tuple[str, str], KeyPath]:
        """The path in the file of each step, by procedure and id."""
        return {
            (name, step.id): path
            for name, procedure in self.loaded.scenario.procedures.items()
            for path, step in placed_steps(("procedures", name, "route"), procedure.route)
        }

    def is_written(self, *path: str | int) -> bool:
        """Tell whether a key stands in the file, or in one that it extends."""
        return path in self.loaded.document.places

    def is_written_here(self, *path: str | int) -> bool:
        """Tell whether a key stands in the file itself."""
        document = self.loaded.document
        return self.is_written(*path) and document.places[path].file == document.file


Check = Callable[[Subject], Iterator[Finding]]
"""One named check: it yields the path of a key and what is odd about it, in one line.

A step is named by its id, ``("procedures", "copies", "route", "sign", "work")``.
"""


def _words(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value.partition("@")[0]
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _words(key)
            yield from _words(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _words(inner)
