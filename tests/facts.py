"""A country of many kinds of things, and what is drawn in it, by names that no policy changes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from sim.docket import Docket, NodeKind, draw
from sim.durations import DAY
from sim.network import Network, build
from sim.scenario.load import load_text
from sim.scenario.schema import Scenario

COUNTRY = """
period: {from: 2021-03-01, to: 2021-03-31}      # a Monday to a Wednesday
warm_up: 7 days
demand_cv: 10%
calendars:
  office: {hours: {mon-fri: ["07:30-11:30", "13:30-17:00"]}}
  mornings: {hours: {mon-sat: ["06:00-12:00"]}}
  evenings: {hours: {mon-fri: ["15:00-20:00"]}}
profiles: {uneven: {hours: {"07:30-09:00": 2}, day_cv: 40%}}
channels:
  counter: {profile: uneven}
  post: {calendar: always}
  online: {calendar: always, priority: 1}
levels:
  province:
    offices: [North, South]
    stations: {appraisal: {staff: 4}}
  city:
    within: province
    offices: 4                                  # 1 and 3 in North, 2 and 4 in South
    calendar: office
    stations:
      reception: {kind: counter, staff: 2, patience: {exponential: 3 h}}
      land: {staff: 3, absence: 15%}
      signing: {staff: [{count: 1}, {count: 2, calendar: evenings}], absence: 10%}
    pools: {floor: {staff: 1, serves: [reception]}}
  tax: {within: city, offices: {each: 2}, calendar: office, stations: {desk: {staff: 2}}}
  ward:
    within: city
    calendar: office
    offices:
      A1: {within: city-1, share: 3, staff: {reception: 2}}
      A2: {within: city-1, calendar: mornings}
      A3: {within: city-1, share: 0.5, staff: {clerk: [{count: 2, calendar: mornings}]}}
      B1: {within: city-2, share: 2}
      B2: {within: city-2, share: 0.5, calendar: evenings}
      B3: {within: city-2}
      C1: {within: city-3}
      D1: {within: city-4}
    stations:
      reception: {kind: counter, patience: {exponential: 3 h}}
      clerk: {absence: 20%}
  hamlet: {within: ward, offices: {each: 2}, stations: {head: {}, deputy: {}}}
transfers:
  - {from: ward, to: city, departs: ["10:00", "15:30"], takes: {uniform: [30 min, 1 h]}}
  - {from: city, to: province, takes: {uniform: [1 h, 3 h]}}
volumes: {country: {per_year: 6000}}
procedures:
  birth:
    field: civil
    received_at: ward
    volume: {of: country, share: 50%}
    time_limit: same day
    route:
      - at: ward.reception
        work: {exponential: 12 min}
        incomplete: {share: 20%, away: {exponential: 4 working h}, at_most: 2}
      - {at: ward.clerk, work: {exponential: 20 min}}
      - {id: visit-home, at: hamlet.head, work: {exponential: 30 min}}
  land-transfer:
    field: land
    received_at: {city: 40%, ward: 60%}
    volume: {per_working_day: 10}
    channels: {counter: 60%, post: 30%, online: 10%}
    time_limit: 10 working days
    priority: {1: 30%, 2: 70%}
    route:
      - at: city.reception
        work: {triangular: [10 min, 20 min, 60 min]}
        incomplete: {share: {counter: 30%, online: 10%}, away: {exponential: 9 working h}}
      - together:
          - [{at: tax.desk, work: {exponential: 40 min}}, {wait: {exponential: 2 working days}}]
          - - at: city.land
              work: {lognormal: {mean: 1 h, cv: 80%}}
            - choose:
                - share: 30%
                  route: [{id: on-site, at: ward.clerk, work: {exponential: 1 h}}]
                - {share: rest}
      - {at: province.appraisal, work: {exponential: 20 min}}
      - {at: city.signing, work: 4 min, decides: true}
      - {id: return, at: city.reception, work: {exponential: 3 min}, only: [counter]}
  permit:
    field: land
    received_at: city
    volume: {in_period: 150}
    channels: {post: 100%}
    route:
      - {at: city.land, work: {exponential: 30 min}}
      - {at: ward.clerk, work: {exponential: 30 min}}
"""

Name = tuple[str, int]
"""A procedure and the number of one of its citizens."""


class Citizen(NamedTuple):
    """Who comes: when, to which office, through which channel, in which class."""

    arrived: int
    home: str
    channel: str
    priority: int


class Step(NamedTuple):
    """A round of a visit, or a wait, of a citizen."""

    who: Name
    step: str
    round: int
    kind: NodeKind


class Need(NamedTuple):
    """What a step takes, in microseconds."""

    duration: int
    patience: int


class Day(NamedTuple):
    """An officer's date, in days since 1970-01-01."""

    home: str
    office: str
    entry: int
    number: int
    date: int


@dataclass(frozen=True)
class Drawn:
    """A network with one replication, told by names."""

    network: Network
    docket: Docket

    @cached_property
    def names(self) -> list[Name]:
        """The name of each dossier."""
        procedures = [procedure.name for procedure in self.network.procedures]
        numbers = zip(self.docket.procedure.tolist(), self.docket.citizen.tolist(), strict=True)
        return [(procedures[procedure], citizen) for procedure, citizen in numbers]

    @cached_property
    def citizens(self) -> dict[Name, Citizen]:
        docket, network = self.docket, self.network
        return {
            name: Citizen(
                int(docket.arrived[number]),
                network.offices[docket.home[number]].name,
                network.channel_names[docket.channel[number]],
                int(docket.priority[number]),
            )
            for number, name in enumerate(self.names)
        }

    @cached_property
    def steps(self) -> dict[Step, int]:
        """The node of each round of a visit and of each wait."""
        docket = self.docket
        return {
            Step(
                self.names[docket.dossier[node]],
                docket.procedure_steps[docket.step[node]][1],
                int(docket.round[node]),
                NodeKind(kind),
            ): node
            for node, kind in enumerate(docket.kind.tolist())
            if kind in (NodeKind.VISIT, NodeKind.WAIT)
        }

    @cached_property
    def needs(self) -> dict[Step, Need]:
        docket = self.docket
        return {
            step: Need(int(docket.duration[node]), int(docket.patience[node]))
            for step, node in self.steps.items()
        }

    @cached_property
    def places(self) -> dict[Step, tuple[str, str]]:
        """The address of each visit's station, and its office."""
        stations = self.network.stations
        return {
            step: (
                stations[self.docket.station[node]].address,
                self.network.offices[stations[self.docket.station[node]].office].name,
            )
            for step, node in self.steps.items()
            if step.kind == NodeKind.VISIT
        }

    @cached_property
    def absences(self) -> dict[Day, bool]:
        """Whether an officer who can be is absent, on each date of the run with a shift."""
        network = self.network
        dates = range(network.run_start // DAY, network.end // DAY)
        found = {}
        for group in (group for group in network.groups if group.absence > 0):
            office = network.offices[group.office].name
            open_days = [date for date in group.calendar.open_days if date in dates]
            for number in range(group.officers):
                shifts = self.docket.shifts[group.first_officer + number]
                for date in open_days:
                    day = Day(group.home, office, group.entry, number + 1, date)
                    found[day] = shifts.open_time(date * DAY, (date + 1) * DAY) == 0
        return found


def country(*changes: str, text: str = COUNTRY) -> Scenario:
    """Give the country, with these changes applied if there are any."""
    policy = "policies:\n  tried:\n" + "".join(f"    - {change}\n" for change in changes)
    return load_text(text + policy).with_policy("tried") if changes else load_text(text)


@lru_cache(maxsize=64)
def drawn(*changes: str, text: str = COUNTRY) -> Drawn:
    """Draw one replication of the country, with these changes applied if there are any."""
    network = build(country(*changes, text=text))
    return Drawn(network, draw(network, seed=11, replication=3))
