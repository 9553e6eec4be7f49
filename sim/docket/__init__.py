"""Everything random in one replication, drawn before it runs.

`streams` gives each name its uniforms; `draw` makes the docket.
"""

from sim.docket.draw import Docket, draw
from sim.routes import NodeKind

__all__ = ["Docket", "NodeKind", "draw"]
