"""A scenario as frozen records with integer ids: what an engine and a docket work on.

Offices, stations and groups are numbered in network order: levels, offices and stations in
file order, a station's groups in file order, then that office's pools (rule 8).
`records` holds the records, `intensity` cuts open time by a profile, `backlog` puts open dossiers
together, `build` makes a network of a scenario.
"""

from sim.network.build import build
from sim.network.intensity import Intensity
from sim.network.records import (
    Group,
    Level,
    Network,
    Office,
    OpenDossiers,
    Procedure,
    Station,
    Transfer,
)

__all__ = [
    "Group", "Intensity", "Level", "Network", "Office", "OpenDossiers", "Procedure", "Station",
    "Transfer", "build",
]  # fmt: skip
