"""What is odd about a scenario that can run, said before it does.

Each warning is one named check, a pure function from a `Subject` to findings: `capacity`,
`limits`, `opening_hours`, `steps`, `effects`, `figures`, `names`, `unused`. `report` runs them on a
file. `arrivals`, `offered_load`, `ways` and `quickest` work out what they judge by, and
`replication` what a run takes. Nothing here draws or simulates.
"""

from sim.lint.offered_load import OfferedLoad, offered_load
from sim.lint.report import CHECKS, Report, check, warnings_of

__all__ = ["CHECKS", "OfferedLoad", "Report", "check", "offered_load", "warnings_of"]
