"""What can be worked out of a scenario before it runs, without a draw and without a queue.

`offered_load` gives each station's expected work; `ways` lists the ways through a procedure;
`quickest` lets one dossier go its way alone.
"""

from sim.lint.offered_load import OfferedLoad, offered_load

__all__ = ["OfferedLoad", "offered_load"]
