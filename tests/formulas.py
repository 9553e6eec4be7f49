"""Known answers of queueing theory, each with its source; times are in mean works unless said.

The books: Kleinrock, *Queueing Systems*, vol. 1, 1975, and vol. 2, 1976; Gross, Shortle,
Thompson & Harris, *Fundamentals of Queueing Theory*, 4th ed., 2008.
"""

import heapq
import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.linalg import expm

Floats = NDArray[np.float64]


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


def quantile_of_wait_in_mmc(officers: int, load: float, share: float) -> float:
    """Give the wait that so large a share of those who come do not exceed: P(W > t), inverted."""
    longer = (1 - share) / erlang_c(officers, load)
    return max(0.0, -math.log(longer) / (officers - load))


def chance_of_no_queue_in_mmc(officers: int, load: float) -> float:
    """P(N ≤ c) = 1 − ρ C(c, a), since P(N ≥ c) = C and N is geometric from there: Gross, ch. 2."""
    return 1 - load / officers * erlang_c(officers, load)


def numbers_over_a_day(
    arrivals: Sequence[float], officers: int, work: float, most: int = 150
) -> Floats:
    """Chances of each number present, at each minute of a day like all days before, in M_t/M/c.

    Arrivals are Poisson with one rate an hour, for each of the 24 hours; the mean work is in
    hours. These are Kolmogorov's forward equations of 1931 for birth at rate λ(t) and death at
    min(n, c) / s (Gross & others, ch. 2). While λ is constant they are solved by the exponential
    of the generator. Where there are `most`, nobody comes.
    """
    present = np.arange(most + 1)
    deaths = np.minimum(present, officers) / work

    def in_a_minute(rate: float) -> Floats:
        births = np.where(present < most, rate, 0)
        generator = np.diag(births[:-1], 1) + np.diag(deaths[1:], -1) - np.diag(births + deaths)
        return np.asarray(expm(generator / 60))

    steps = {rate: in_a_minute(rate) for rate in set(arrivals)}
    chances = np.zeros((24 * 60 + 1, most + 1))
    chances[-1, 0] = 1
    while not np.allclose(chances[0], chances[-1], rtol=0, atol=1e-12):
        chances[0] = chances[-1]
        for minute in range(24 * 60):
            chances[minute + 1] = chances[minute] @ steps[arrivals[minute // 60]]
    return chances


def chance_of_longer_time_in_a_row(first: float, second: float, than: float) -> float:
    """P(T > t) of two exponential times with the rates a ≠ b, one after the other.

    (a e^{−b t} − b e^{−a t}) / (a − b). The time of a dossier in M/M/1 is exponential with rate
    1/s − λ, and its times at two in a row are independent: Burke 1956, Reich 1957.
    """
    slow, quick = math.exp(-second * than), math.exp(-first * than)
    return (first * slow - second * quick) / (first - second)


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
