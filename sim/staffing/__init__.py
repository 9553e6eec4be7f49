"""The smallest staff that keeps a target, with a certificate; and the best for a budget.

`posts` says what may change, `trials` runs replications and remembers them, `sample` tells which
numbers of officers meet a demand, `search` finds the cheapest and `budget` the best, `certificate`
holds them against fresh replications, `frontier` sums up what was tried; `find` does it all.
"""

from sim.staffing.find import StaffingPlan, find_staff

__all__ = ["StaffingPlan", "find_staff"]
