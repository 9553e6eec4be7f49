"""How many dossiers are expected to arrive where and through which channel (rule 9)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sim.calendars import Calendar
from sim.network import Network, Procedure


@dataclass(frozen=True)
class Arrivals:
    """The expected dossiers of one procedure at one place, through one channel.

    Parameters
    ----------
    level, place, channel
        Numbers of the receiving level, the place of the home office, and the channel.
    in_run, in_period
        Expected numbers in the whole run, and in the period.
    """

    level: int
    place: int
    channel: int
    in_run: float
    in_period: float


def arrivals_of(network: Network, procedure: Procedure) -> Iterator[Arrivals]:
    """Give the expected arrivals of a procedure, those that a policy moves online as moved.

    What is moved stays in the run and comes when that channel's dossiers do, so that as many of
    it fall into the period as of them.
    """
    grown: dict[tuple[int, Calendar], float] = {}

    def growth(channel: int, calendar: Calendar) -> float:
        if (channel, calendar) not in grown:
            grown[channel, calendar] = _growth(network, channel, calendar)
        return grown[channel, calendar]

    for level, part in procedure.received_at if procedure.volume > 0 else ():
        placed = zip(network.levels[level].places, network.relative_places(level), strict=True)
        for number, (place, share_of_place) in placed:
            come = procedure.volume * part * share_of_place
            in_run: dict[int, float] = {}
            for channel, share in procedure.drawn_channels:
                through = come * share * growth(channel, place.calendar)
                moved = 0.0 if channel == procedure.online else through * procedure.comes_online
                for to, some in ((channel, through - moved), (procedure.online, moved)):
                    in_run[to] = in_run.get(to, 0.0) + some
            for channel, expected in in_run.items():
                if expected > 0:
                    in_period = expected / growth(channel, place.calendar)
                    yield Arrivals(level, number, channel, expected, in_period)


def _growth(network: Network, channel: int, calendar: Calendar) -> float:
    """Give the dossiers expected in the run for each one in the period; 0 if none can come."""
    pieces = network.intensity(channel, calendar)
    masses = pieces.masses
    in_period = masses[pieces.starts >= network.period_start].sum()
    return float(masses.sum() / in_period) if in_period > 0 else 0.0
