"""Distributions of durations, as quantile functions.

A draw is one uniform put through `quantiles`, so that a changed mean or shape keeps a
citizen's rank among all citizens.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sim.durations import LONGEST, MILLISECOND, Duration, parse_duration

Uniforms = NDArray[np.float64]
Microseconds = NDArray[np.int64]
Family = Literal[
    "constant",
    "exponential",
    "uniform",
    "triangular",
    "lognormal",
    "gamma",
    "weibull",
    "erlang",
    "discrete",
]

_WAY_OUT = (
    "write a duration, or one of exponential: MEAN, uniform: [A, B], triangular: [A, MODE, B], "
    "lognormal | gamma | weibull: {mean: M, cv: C}, erlang: {mean: M, k: K}, "
    "discrete: {VALUE: SHARE, …}"
)


@dataclass(frozen=True)
class Distribution:
    """A distribution of durations.

    Parameters
    ----------
    family
        Its kind.
    durations
        Its durations: the value; the mean; the bounds; the bounds with the mode between; or
        the values, by family.
    numbers
        Its plain numbers: the coefficient of variation, the number of phases, or the shares
        of the values, by family.
    """

    family: Family
    durations: tuple[Duration, ...]
    numbers: tuple[float, ...] = ()

    @property
    def working(self) -> bool:
        """Whether its draws are open time of an office rather than clock time."""
        return self.durations[0].working

    @property
    def mean(self) -> float:
        """Its mean, in microseconds, before rounding to milliseconds."""
        us = [duration.us for duration in self.durations]
        match self.family:
            case "uniform" | "triangular":
                return sum(us) / len(us)
            case "discrete":
                return sum(u * share for u, share in zip(us, self.numbers, strict=True))
            case _:
                return float(us[0])

    def written(self) -> str | dict[str, object]:
        """Give the value that `parse_distribution` reads as this distribution."""
        texts = [str(duration) for duration in self.durations]
        match self.family:
            case "constant":
                return texts[0]
            case "exponential":
                return {"exponential": texts[0]}
            case "uniform" | "triangular":
                return {self.family: texts}
            case "discrete":
                written: dict[str, object] = {}
                for text, share in zip(texts, self.numbers, strict=True):
                    written[text] = written.get(text, 0.0) + share  # type: ignore[operator]
                return {"discrete": written}
            case "erlang":
                return {"erlang": {"mean": texts[0], "k": int(self.numbers[0])}}
            case _:
                return {self.family: {"mean": texts[0], "cv": self.numbers[0]}}


def quantiles(distribution: Distribution, u: Uniforms) -> Microseconds:
    """Put uniforms through the quantile function.

    Parameters
    ----------
    distribution
        Which one.
    u
        Numbers in (0, 1), shape (n,).

    Returns
    -------
    Microseconds
        Shape (n,), microseconds, rounded half-even to whole milliseconds, at most `LONGEST`.

    Notes
    -----
    Gamma and lognormal by mean m and coefficient of variation c: shape 1/c², scale m c²; and
    σ² = log(1 + c²), μ = log m − σ²/2. Law, *Simulation Modeling and Analysis*, ch. 6.
    """
    with np.errstate(over="ignore"):
        drawn = _quantiles(distribution, np.asarray(u, np.float64))
    return (np.rint(np.minimum(drawn, LONGEST) / MILLISECOND) * MILLISECOND).astype(np.int64)


def _quantiles(distribution: Distribution, u: Uniforms) -> NDArray[np.float64]:
    us = [float(duration.us) for duration in distribution.durations]
    numbers = distribution.numbers
    match distribution.family:
        case "constant":
            return np.full(u.shape, us[0])
        case "exponential":
            return np.asarray(-us[0] * np.log1p(-u), np.float64)
        case "uniform":
            return np.asarray(us[0] + (us[1] - us[0]) * u, np.float64)
        case "triangular":
            return _triangular(us[0], us[1], us[2], u)
        case "lognormal":
            return _lognormal(us[0], numbers[0], u)
        case "gamma":
            return gamma_quantiles(us[0], numbers[0], u)
        case "erlang":
            return np.asarray(special.gammaincinv(numbers[0], u), np.float64) * (us[0] / numbers[0])
        case "weibull":
            shape = _weibull_shape(numbers[0])
            scale = us[0] / math.gamma(1 + 1 / shape)
            return np.asarray(scale * (-np.log1p(-u)) ** (1 / shape), np.float64)
        case "discrete":
            bounds = np.cumsum(numbers)[:-1]
            return np.array(us)[np.searchsorted(bounds, u, side="right")]


def gamma_quantiles(mean: float, cv: float, u: Uniforms) -> NDArray[np.float64]:
    """Quantiles of a gamma distribution by its mean and coefficient of variation."""
    if cv == 0:
        return np.full(np.shape(u), mean)
    return np.asarray(special.gammaincinv(1 / cv**2, u), np.float64) * (mean * cv**2)


def _lognormal(mean: float, cv: float, u: Uniforms) -> NDArray[np.float64]:
    variance = math.log1p(cv**2)
    normal = np.asarray(special.ndtri(u))
    return mean * np.exp(math.sqrt(variance) * normal - variance / 2)


def lognormal_quantile(mean: float, cv: float, u: float) -> float:
    """Quantile of a lognormal distribution by its mean and coefficient of variation."""
    return float(_lognormal(mean, cv, np.array([u]))[0])


def _triangular(low: float, mode: float, high: float, u: Uniforms) -> NDArray[np.float64]:
    span = high - low
    if span == 0:
        return np.full(u.shape, low)
    rising = u * span < mode - low
    return np.where(
        rising,
        low + np.sqrt(u * span * (mode - low)),
        high - np.sqrt((1 - u) * span * (high - mode)),
    )


def _weibull_shape(cv: float) -> float:
    """Solve Γ(1 + 2/k) / Γ(1 + 1/k)² = 1 + cv² for the shape k."""
    from scipy.optimize import brentq

    def excess(log_shape: float) -> float:
        inverse = math.exp(-log_shape)
        return math.lgamma(1 + 2 * inverse) - 2 * math.lgamma(1 + inverse) - math.log1p(cv**2)

    return math.exp(float(brentq(excess, math.log(0.05), math.log(1000.0))))


def parse_share(value: object) -> float:
    """Read a share, ``25%`` or ``0.25``.

    Raises
    ------
    ValueError
        If it is not a number from 0 to 1 (0 % to 100 %).
    """
    number: float
    if isinstance(value, str) and value.strip().endswith("%"):
        try:
            number = float(value.strip()[:-1]) / 100
        except ValueError:
            raise ValueError(f"`{value}` is not a share; write 25% or 0.25") from None
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
    else:
        raise ValueError(f"`{value}` is not a share; write 25% or 0.25")
    if not 0 <= number <= 1:
        raise ValueError(f"`{value}` is not between 0 and 1 (0% and 100%)")
    return number


def parse_distribution(value: object) -> Distribution:
    """Read a distribution as the scenario language writes it.

    Raises
    ------
    ValueError
        If it is none of the known ones, or its parameters do not make one.
    """
    if isinstance(value, Distribution):
        return value
    if not isinstance(value, Mapping):
        return Distribution("constant", (parse_duration(value),))
    if len(value) != 1:
        raise ValueError(f"not a distribution; {_WAY_OUT}")
    family, parameters = next(iter(value.items()))
    match family:
        case "exponential":
            return Distribution("exponential", (parse_duration(parameters),))
        case "uniform":
            return Distribution("uniform", _ascending(family, parameters, ("A", "B")))
        case "triangular":
            return Distribution("triangular", _ascending(family, parameters, ("A", "MODE", "B")))
        case "lognormal" | "gamma" | "weibull":
            mean, cv = _mean_and(family, parameters, "cv")
            least = 0.01 if family == "weibull" else 0
            if not least <= cv <= 100:
                raise ValueError(f"{family}: cv must be from {least} to 100, not {cv}")
            if 0 < cv < 1e-6:
                raise ValueError(f"{family}: a cv of {cv} is too small; write 0 for none")
            return Distribution(family, (mean,), (cv,))
        case "erlang":
            mean, k = _mean_and(family, parameters, "k")
            if k != int(k) or k < 1:
                raise ValueError(f"erlang: k must be a whole number from 1 on, not {k}")
            return Distribution("erlang", (mean,), (k,))
        case "discrete":
            return _discrete(parameters)
        case _:
            raise ValueError(f"`{family}` is not a distribution; {_WAY_OUT}")


def _ascending(family: str, parameters: object, names: tuple[str, ...]) -> tuple[Duration, ...]:
    if not isinstance(parameters, list | tuple) or len(parameters) != len(names):
        raise ValueError(f"{family} takes [{', '.join(names)}]")
    durations = tuple(parse_duration(parameter) for parameter in parameters)
    if sorted(durations, key=lambda duration: duration.us) != list(durations):
        raise ValueError(f"{family}: [{', '.join(names)}] must not descend")
    return _alike(durations)


def _mean_and(family: str, parameters: object, other: str) -> tuple[Duration, float]:
    if not isinstance(parameters, Mapping) or set(parameters) != {"mean", other}:
        raise ValueError(f"{family} takes {{mean: M, {other}: NUMBER}}")
    number = parameters[other]
    if isinstance(number, str) and number.strip().endswith("%"):
        try:
            number = float(number.strip()[:-1]) / 100
        except ValueError:
            raise ValueError(f"{family}: `{number}` is not a number") from None
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise ValueError(f"{family}: {other} must be a number, not `{number}`")
    return parse_duration(parameters["mean"]), float(number)


def _discrete(parameters: object) -> Distribution:
    if not isinstance(parameters, Mapping) or not parameters:
        raise ValueError("discrete takes {VALUE: SHARE, …}")
    shares: dict[Duration, float] = {}
    for value, share in zip(_alike(tuple(map(parse_duration, parameters))),
                            map(parse_share, parameters.values()), strict=True):  # fmt: skip
        shares[value] = shares.get(value, 0.0) + share
    if abs(sum(shares.values()) - 1) > 1e-9:
        raise ValueError(f"discrete: the shares add to {sum(shares.values()):.10g}, not to 1")
    ascending = sorted(shares, key=lambda duration: duration.us)
    return Distribution("discrete", tuple(ascending), tuple(shares[d] for d in ascending))


def _alike(durations: tuple[Duration, ...]) -> tuple[Duration, ...]:
    """Refuse a mixture of clock and working time; 0 fits either."""
    kinds = {duration.working for duration in durations if duration.us}
    if len(kinds) > 1:
        raise ValueError("clock time and working time are mixed; write all in one of them")
    working = kinds.pop() if kinds else durations[0].working
    return tuple(Duration(d.us, working, d.calendar_unit) for d in durations)
