"""Which places of a level lie nearest to a dossier's line (rule 9 of docs/rules.md)."""

from __future__ import annotations

from collections.abc import Sequence

from sim.network import Network


def nearest_places(
    network: Network, level: int, offices: Sequence[int], were: Sequence[int]
) -> list[int]:
    """Keep the places whose office is nearest now and, of these, those that were nearest.

    Near is what has the deepest common ancestor with the line, then with home.

    Parameters
    ----------
    network
        The network.
    level
        Number of the level that has the places.
    offices, were
        The offices already resolved, home first, and the places that they were.
    """
    of_offices, of_places = network.ancestors, network.place_ancestors

    def nearness(place: int) -> tuple[tuple[int, int], tuple[int, int]]:
        office = network.places[place].office
        return _nearness(of_offices, office, offices), _nearness(of_places, place, were)

    near = {place: nearness(place) for place in network.levels[level].places}
    best = max(near.values())
    return [place for place, nearness in near.items() if nearness == best]


def _nearness(
    ancestors: Sequence[tuple[int, ...]], one: int, line: Sequence[int]
) -> tuple[int, int]:
    """Count the levels down to the deepest common ancestor with a line, and with its first."""
    above = set(ancestors[one])
    common = [len(above.intersection(ancestors[other])) for other in line]
    return max(common), common[0]
