"""Known answers of queueing theory, each with its source; times are in mean works unless said.

The books: Kleinrock, *Queueing Systems*, vol. 1, 1975, and vol. 2, 1976; Gross, Shortle,
Thompson & Harris, *Fundamentals of Queueing Theory*, 4th ed., 2008.
"""

import heapq
import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from scipy.integrate import quad


def erlang_b(officers: int, load: float) -> float:
    """Chance that all officers are busy where nobody waits: Erlang 1917; Kleinrock 1, ch. 3.

    By the recursion 1/B(c) = 1 + (c/a) / B(c − 1).
    """
    inverse = 1.0
    for count in range(1, officers + 1):
        inverse = 1 + count / load * inverse
    return 1 / inverse


def erlang_c(officers: int, load: float) -> float:
    """Chance of waiting in M/M/c: Erlang 1917; Kleinrock 1, ch. 3."""
    blocked = erlang_b(officers, load)
    return blocked / (1 - load / officers * (1 - blocked))


def wait_in_mmc(officers: int, load: float) -> float:
    """Mean wait in M/M/c: Gross & others, ch. 2."""
    return erlang_c(officers, load) / (officers - load)


def chance_of_longer_wait_in_mmc(officers: int, load: float, than: float) -> float:
    """P(W > t) = C(c, a) e^{−(c − a) t} in M/M/c, in order of arrival: Gross & others, ch. 2."""
    return erlang_c(officers, load) * math.exp(-(officers - load) * than)


def pollaczek_khinchine(load: float, squared_cv: float) -> float:
    """Mean wait in M/G/1: Pollaczek 1930, Khinchine 1932; Kleinrock 1, ch. 5."""
    return load * (1 + squared_cv) / (2 * (1 - load))


def priority_waits(loads: Sequence[float], residual_work: float) -> list[float]:
    """Mean wait of each class, the first goes first, no work interrupted: Cobham 1954.

    W_k = W₀ / ((1 − σ_{k−1}) (1 − σ_k)), σ_k the load of an officer by classes 1 … k and W₀ the
    mean time until an officer is free as seen by who finds none (0 if there is one): with one
    officer Σ λ E[S²] / 2 (Kleinrock 2, ch. 3), with c and one mean C(c, a) / c.
    """
    ahead = [sum(loads[:count]) for count in range(len(loads) + 1)]
    return [residual_work / ((1 - before) * (1 - upto)) for before, upto in pairwise(ahead)]


def shortest_first_wait(load: float, longest: float = math.inf) -> float:
    """Mean wait in M/M/1, shortest work first, of works up to `longest`: Phipps 1956.

    W(x) = W₀ / (1 − ρ(x))², ρ(x) = λ ∫₀ˣ t dF(t), and W₀ = λ E[S²] / 2 = λ (Kleinrock 2, ch. 3).
    """

    def weighted(work: float) -> float:
        shorter = load * (1 - math.exp(-work) * (1 + work))
        return load / (1 - shorter) ** 2 * math.exp(-work)

    return float(quad(weighted, 0, longest)[0]) / (1 - math.exp(-longest))


def erlang_a(officers: int, load: float, patience: float) -> tuple[float, float, float]:
    """Chance to leave, chance to wait and mean number waiting in M/M/c+M: Palm 1943.

    From the birth and death rates; who waits leaves at rate 1 / patience (Garnett, Mandelbaum &
    Reiman 2002).
    """
    weights = [1.0]
    while weights[-1] > 1e-18 * max(weights) or len(weights) <= officers:
        count = len(weights)
        deaths = min(count, officers) + max(count - officers, 0) / patience
        weights.append(weights[-1] * load / deaths)
    total = sum(weights)
    waiting = sum((n - officers) * w for n, w in enumerate(weights) if n > officers) / total
    return waiting / patience / load, sum(weights[officers:]) / total, waiting


def fork_join_time(load: float) -> float:
    """Mean time until both of two M/M/1 fed by the same arrivals are done.

    Flatto & Hahn 1984; in this form Nelson & Tantawi 1988: T = (12 − ρ) / 8 · 1 / (1 − ρ).
    """
    return (12 - load) / 8 / (1 - load)


def rounds_of_feedback(share: float, at_most: int) -> float:
    """Mean visits of a dossier sent back with chance p at most n times: 1 + p + … + pⁿ."""
    return sum(share**count for count in range(at_most + 1))


def starts_of_work(
    arrived: Iterable[int], works: Iterable[int], patiences: Iterable[int], officers: int
) -> list[int | None]:
    """Starts in the order of arrival, first come first served, None for who leaves.

    The workload recursion of Kiefer & Wolfowitz 1955, for one officer Lindley's of 1952; who
    would wait longer than the patience adds no work: Baccelli, Boyer & Hébuterne 1984.
    """
    free = [-(2**62)] * officers
    starts: list[int | None] = []
    for instant, work, patience in zip(arrived, works, patiences, strict=True):
        start = max(instant, free[0])
        if start - instant > patience:
            starts.append(None)
        else:
            starts.append(start)
            heapq.heapreplace(free, start + work)
    return starts
