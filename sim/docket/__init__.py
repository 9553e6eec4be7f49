"""Everything random in one replication, drawn before it runs.

`streams` gives each name its uniforms; `routes` resolves a dossier's own route; `draw` makes
the docket.
"""

from sim.docket.draw import Docket, NodeKind, draw

__all__ = ["Docket", "NodeKind", "draw"]
