"""Memory that a replication takes, held against what there is."""

from __future__ import annotations

import psutil

_GIGABYTE = 1e9


def lack_of_memory(needed: float, free: float) -> str:
    """Say that a replication needs more memory than there is, and what to change; empty if not.

    Parameters
    ----------
    needed
        About how many bytes its process takes at its peak, itself included.
    free
        Bytes that there are.
    """
    if needed <= free:
        return ""
    return (
        f"a replication takes about {needed / _GIGABYTE:.1f} GB of memory, and there are "
        f"{free / _GIGABYTE:.1f} GB; take a shorter period, a shorter warm-up or a part of the "
        "offices, or a machine with more"
    )


def free_memory() -> float:
    """Give the bytes that this process has or may have; of a container's limit it knows nothing."""
    own: int = psutil.Process().memory_info().rss
    return available_memory() + own


def available_memory() -> float:
    """Give the bytes that other processes may have."""
    return float(psutil.virtual_memory().available)
