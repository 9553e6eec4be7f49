"""The likely word for one that is not known."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable

from sim.errors import quoted

LEFT_OUT = "__left_out__"
"""A name that stands in for what is wrong, and is no suggestion."""
NEARLY = 0.75
"""How alike a word is that is surely meant for another; what is suggested may be less alike."""
_MOST_LISTED = 12
_MOST_COMPARED = 1000
_LONGEST = 60


def likely(word: str, known: Iterable[str], alike: float = 0.6) -> str | None:
    """Find the likely meant word: alike but for accents, case and dashes, or nearly alike."""
    names = [name for name in known if name != word]
    if len(word) > _LONGEST or len(names) > _MOST_COMPARED:
        return None
    bare = {_bare(name): name for name in reversed(names)}
    if _bare(word) and _bare(word) in bare:
        return bare[_bare(word)]
    close = difflib.get_close_matches(_bare(word), bare, n=1, cutoff=alike)
    return bare[close[0]] if close else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Suggest the likely meant word, in brackets, or list what there is."""
    names = [name for name in known if LEFT_OUT not in name]
    meant = likely(word, names)
    if meant is not None:
        return f" (did you mean {quoted(meant)}?)"
    listed = list(dict.fromkeys(name for name in names if name != word))
    if 0 < len(listed) <= _MOST_LISTED:
        return f"; there is: {', '.join(quoted(name).strip('`') for name in listed)}"
    return ""


def _bare(word: str) -> str:
    """Leave out accents, case, spaces and dashes: ``Uông Bí`` is as ``uongbi``."""
    letters = unicodedata.normalize("NFKD", word.casefold().replace("đ", "d"))
    return re.sub(r"[\W_]", "", "".join(filter(lambda c: not unicodedata.combining(c), letters)))
