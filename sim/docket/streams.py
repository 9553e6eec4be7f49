"""Uniform numbers by name: a stream for each name, never for a position in a list.

The name's hash keys a Philox generator, so that the n-th number of a stream does not depend on
which other streams exist, nor on how many numbers anyone has taken.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

_NUMBERS_A_BLOCK = 4


def uniforms(
    seed: int, replication: int, name: tuple[str, ...], count: int, start: int = 0
) -> NDArray[np.float64]:
    """Give numbers `start` … `start` + `count` − 1 of the stream of that name.

    Parameters
    ----------
    seed, replication
        The study's seed and the replication's number.
    name
        What the numbers are for, such as (procedure, step id, round, purpose).
    count, start
        Which of the stream's numbers.

    Returns
    -------
    ndarray
        Shape (count,), each (k + ½) / 2⁵² with k the upper 52 raw bits: exact, never 0 or 1.
    """
    text = "\x1f".join([str(seed), str(replication), *name]).encode()
    key = int.from_bytes(hashlib.blake2b(text, digest_size=16).digest(), "little")
    generator = np.random.Philox(key=key)
    skipped = start // _NUMBERS_A_BLOCK
    generator.advance(skipped)
    first = start - skipped * _NUMBERS_A_BLOCK
    raw = generator.random_raw(first + count)[first:]
    raw >>= np.uint64(12)
    numbers = raw.astype(np.float64)
    numbers += 0.5
    numbers *= 2.0**-52
    return numbers
