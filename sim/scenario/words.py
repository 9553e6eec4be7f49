"""The likely word for one that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Suggest the likely meant word, in brackets, or list what there is."""
    names = list(known)
    close = difflib.get_close_matches(word, names, n=1)
    if close:
        return f" (did you mean `{close[0]}`?)"
    return f"; there is: {', '.join(names)}" if 0 < len(names) <= 12 else ""
