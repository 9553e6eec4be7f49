"""Everything random in one replication, drawn before it runs.

`streams` gives each name its uniforms; `draw` makes the docket, which `records` describes.
"""

from sim.docket.draw import draw, with_officers_of
from sim.docket.records import CLOCKS, Docket, Templates
from sim.routes import NodeKind

__all__ = ["CLOCKS", "Docket", "NodeKind", "Templates", "draw", "with_officers_of"]
