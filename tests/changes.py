"""Changes of policies made up for a scenario: any lever, with arguments that mostly make sense."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence

from strategies import OPENING_HOURS, Plan, Source, scenario_from

from sim.scenario.load import load_text
from sim.scenario.offices import offices_of

LEVERS = (
    "staff", "move", "shift", "pool", "discipline", "cut", "insert", "abolish", "delegate",
    "online", "on_the_spot", "merge", "demand", "set",
    "merge", "merge",  # which seldom fits
)  # fmt: skip


class _Changes:
    """Writes changes of one scenario."""

    def __init__(self, source: Source, plan: Plan) -> None:
        self.source = source
        self.plan = plan
        self.levels = list(plan["levels"])
        self.procedures = list(plan["procedures"])
        self.calendars = [*plan["calendars"], "always", "none"]
        self.addresses = [
            f"{name}.{station}"
            for name, level in plan["levels"].items()
            for station in level["stations"]
        ]
        self.pools = [
            f"{name}.{pool}" for name, level in plan["levels"].items() for pool in
            level.get("pools", {})
        ]  # fmt: skip
        scenario = load_text(json.dumps(plan, ensure_ascii=False))
        self.offices = {level: list(offices_of(scenario, level)) for level in scenario.levels}
        self.steps = [
            step for given in plan["procedures"].values() for step in _ids(given["route"])
        ]

    def change(self, levers: Sequence[str]) -> Plan:
        lever = self.source.pick(levers)
        return {lever: getattr(self, lever)()}

    def home(self, one: bool = False) -> str:
        address = self.source.pick([*self.addresses, *self.pools])
        offices = self.offices[address.partition(".")[0]]
        if (one and len(offices) > 1) or self.source.chance(30):
            address += f"@{self.source.pick(offices)}"
        return address

    def which(self) -> Plan:
        if self.source.chance(50):
            return {"all": True}
        return {"procedures": self.source.some(self.procedures, least=1)}

    def staff(self) -> Plan:
        ways = [{"add": 1}, {"set": 2}, {"times": 1.5}, {"add": -1}, {"times": 0}]
        return {self.home(): self.source.pick(ways)}

    def move(self) -> Plan:
        return {
            "from": self.home(one=True), "to": self.home(one=True),
            "count": self.source.integer(1, 2),
        }  # fmt: skip

    def shift(self) -> Plan:
        return {self.home(): self.source.pick(self.calendars)}

    def pool(self) -> Plan:
        level = self.source.pick(self.levels)
        stations = self.source.some(list(self.plan["levels"][level]["stations"]), least=1)
        pool: Plan = {"at": level, "name": "pooled", "stations": stations}
        if self.source.chance(40):
            pool["staff"] = self.source.integer(0, 3)
        return pool

    def discipline(self) -> Plan:
        orders = ["edd", "spt", "fcfs"]
        stations = self.source.some(self.addresses, least=1)
        order = self.source.pick(orders)
        return dict.fromkeys(stations, order)

    def cut(self) -> Plan:
        ways: list[Plan] = [
            {"work": "50%"}, {"time_limit": "40%"}, {"incomplete": "100%"},
            {"drop": [self.source.pick(self.steps)]}, {"drop": [self.source.pick(self.addresses)]},
        ]  # fmt: skip
        return {**self.which(), **self.source.pick(ways)}

    def insert(self) -> Plan:
        visit = {"id": "new-visit", "at": self.source.pick(self.addresses), "work": "30 min"}
        wait = {"id": "new-wait", "wait": self.source.pick(["1 h", {"until": "due"}])}
        choose = {"id": "new-choose", "choose": [{"share": "40%", "end": "over"},
                                                 {"share": "rest", "route": [visit]}]}  # fmt: skip
        step = self.source.pick([visit, wait, choose])
        which = {"procedures": [self.source.pick(self.procedures)]}
        return {**which, "after": self.source.pick(self.steps), "steps": [step]}

    def abolish(self) -> list[str]:
        return [self.source.pick(self.procedures)]

    def delegate(self) -> Plan:
        moves = {self.source.pick(self.addresses): self.source.pick(self.addresses)}
        return {**self.which(), "moves": moves}

    def online(self) -> Plan:
        return {**self.which(), "share": self.source.pick(["93%", "50%", "100%", 0])}

    def on_the_spot(self) -> list[str]:
        return self.source.some(self.levels, least=1)

    def merge(self) -> Plan:
        source, levels = self.source, self.plan["levels"]
        inner = [name for name in levels if "within" in levels[name]] or list(levels)
        chosen = source.pick(inner)
        by = source.pick([levels[chosen].get("within", chosen), source.pick(self.levels)])
        merged = [chosen, source.pick(self.levels)] if source.chance(30) else [chosen]
        return {"levels": merged, "into": source.integer(1, 3), "by": by}

    def demand(self) -> Plan:
        return {**self.which(), "volume": {"times": self.source.pick([1.5, 1, 0.3, 0])}}

    def set(self) -> Plan:
        level, procedure = self.source.pick(self.levels), self.source.pick(self.procedures)
        hours = self.source.pick(OPENING_HOURS)
        return self.source.pick([
            {"warm_up": "1 days", "demand_cv": 0.2},
            {f"levels.{level}.calendar": self.source.pick(self.calendars)},
            {f"levels.{level}.offices": self.source.pick([2, {"each": 2}, ["P", "Q"]])},
            {f"levels.{level}.within": self.source.pick(self.levels)},
            {f"procedures.{procedure}.volume": {"per_day": 5}},
            {f"procedures.{procedure}.volume": {"of": "all", "share": "50%"}},
            {f"procedures.{procedure}.channels": {"online": "100%"}},
            {f"procedures.{procedure}.time_limit": "3 working days"},
            {"calendars": {"hours-1": {"hours": {"mon-sun": hours}}}},
            {"channels": {"counter": {}}},
            {"levels": copy.deepcopy(self.plan["levels"])},
        ])  # fmt: skip


def _ids(route: list[Plan]) -> list[str]:
    ids = []
    for step in route:
        ids.append(step["id"])
        for branch in step.get("choose", []):
            ids += _ids(branch.get("route", []))
        for inner in step.get("together", []):
            ids += _ids(inner)
    return ids


def with_levers(source: Source, levers: Sequence[str] = LEVERS) -> Plan:
    """Write a scenario with a policy `tried` of some of these levers, which may not fit."""
    plan = scenario_from(source)
    count = source.pick([1, 1, 2, 3])
    changes = _Changes(source, plan)
    return {**plan, "policies": {"tried": [changes.change(levers) for _ in range(count)]}}
