"""Distributions of durations, as quantile functions.

A draw is one uniform put through `quantiles`, so that a changed mean or shape keeps a
citizen's rank among all citizens.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sim.durations import LONGEST, MILLISECOND, Duration, parse_duration
from sim.errors import FaultsError, quoted, read_parts
from sim.habits import knowing_habits

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

_PERCENTAGE = re.compile(r"([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))\s*%")
_BETWEEN = re.compile(
    r"([0-9]+(?:\.[0-9]+)?)\s*(?:[a-z]+\s*)?(?:-|–|to|đến)\s*([0-9]+(?:\.[0-9]+)?)\s*"
    r"((?:working )?(?:s|min|h|days))"
)
_FORMS = {
    "exponential": "MEAN",
    "uniform": "[A, B]",
    "triangular": "[A, MODE, B]",
    "lognormal": "{mean: M, cv: C}",
    "gamma": "{mean: M, cv: C}",
    "weibull": "{mean: M, cv: C}",
    "erlang": "{mean: M, k: K}",
    "discrete": "{VALUE: SHARE, …}",
}
_WAY_OUT = "write a duration, or a mapping with one of " + ", ".join(
    f"{family}: {form}" for family, form in _FORMS.items()
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


def number_or_percentage(value: object) -> float | None:
    """Give the number that is written as ``0.25`` or ``25%``, or None."""
    if isinstance(value, str):
        match = _PERCENTAGE.fullmatch(value.strip())
        return float(match[1]) / 100 if match else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return None


@knowing_habits
def parse_share(value: object) -> float:
    """Read a share, ``25%`` or ``0.25``.

    Raises
    ------
    ValueError
        If it is not a number from 0 to 1 (0 % to 100 %).
    """
    number = number_or_percentage(value)
    if number is None:
        raise ValueError(f"{quoted(value)} is not a share; write 25% or 0.25")
    if not 0 <= number <= 1:
        raise ValueError(f"{quoted(value)} is not between 0 and 1 (0% and 100%)")
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
    if isinstance(value, list | tuple):
        likely = {2: "uniform", 3: "triangular"}.get(len(value))
        way = f"write `{{{likely}: […]}}`" if likely else _WAY_OUT
        raise ValueError(f"a list is not a distribution; {way}")
    if isinstance(value, str) and value in _FORMS:
        raise ValueError(f"{quoted(value)} takes parameters; write `{{{value}: {_FORMS[value]}}}`")
    between = _BETWEEN.fullmatch(value.strip()) if isinstance(value, str) else None
    if between is not None:
        first, last, unit = between.groups()
        way = f"write `{{uniform: [{first} {unit}, {last} {unit}]}}`"
        raise ValueError(f"{quoted(value)} is two lengths of time; {way}")
    family, _, rest = value.strip().partition(" ") if isinstance(value, str) else ("", "", "")
    if family in _FORMS:
        form = rest if family == "exponential" else _FORMS[family]
        raise ValueError(f"{quoted(value)} is a text; write `{{{family}: {form}}}`")
    if not isinstance(value, Mapping):
        return Distribution("constant", (parse_duration(value),))
    if set(value) & {"mean", "cv", "k"}:
        raise ValueError(
            "the distribution is not named; write `{lognormal: {mean: M, cv: C}}`, or gamma, "
            "weibull, erlang"
        )
    if len(value) != 1:
        raise ValueError(f"a mapping of {len(value)} keys is not a distribution; {_WAY_OUT}")
    family, parameters = next(iter(value.items()))
    if family not in _READERS:
        likely = next(iter(get_close_matches(family.lower(), _FORMS, n=1)), None)
        way = f"write `{{{likely}: {_FORMS[likely]}}}`" if likely else _WAY_OUT
        raise ValueError(f"{quoted(family)} is not a distribution; {way}")
    (distribution,) = read_parts((family, _READERS[family], parameters))
    return cast(Distribution, distribution)


def _exponential(parameters: object) -> Distribution:
    if isinstance(parameters, Mapping):
        raise ValueError("exponential takes its mean alone: `exponential: 1 h`")
    return Distribution("exponential", (parse_duration(parameters),))


def _uniform(parameters: object) -> Distribution:
    return Distribution("uniform", _ascending("uniform", parameters, ("A", "B")))


def _triangular_of(parameters: object) -> Distribution:
    return Distribution("triangular", _ascending("triangular", parameters, ("A", "MODE", "B")))


def _by_mean_and_cv(
    family: Literal["lognormal", "gamma", "weibull"], least: float, parameters: object
) -> Distribution:
    def variation(value: object) -> float:
        cv = number_or_percentage(value)
        if cv is None:
            raise ValueError(f"{quoted(value)} is not a cv; cv must be a number: 80% or 0.8")
        if not least <= cv <= 100:
            raise ValueError(
                f"{quoted(value)} is not a cv of {family}; cv must be from {least} to 100"
            )
        if 0 < cv < 1e-6:
            raise ValueError(f"{quoted(value)} is too small a cv; write 0 for none")
        return cv

    mean, cv = _mean_and(family, parameters, "cv", knowing_habits(variation))
    return Distribution(family, (mean,), (cv,))


def _erlang(parameters: object) -> Distribution:
    def phases(value: object) -> float:
        k = None if isinstance(value, str) else number_or_percentage(value)
        if k is None or not 1 <= k < math.inf or k != int(k):
            raise ValueError(
                f"{quoted(value)} is not a number of phases; k must be a whole number from 1 on"
            )
        return k

    mean, k = _mean_and("erlang", parameters, "k", knowing_habits(phases))
    return Distribution("erlang", (mean,), (k,))


def _ascending(family: str, parameters: object, names: tuple[str, ...]) -> tuple[Duration, ...]:
    form = f"{family} takes {_FORMS[family]}"
    if not isinstance(parameters, list | tuple):
        raise ValueError(f"{form}, not {quoted(parameters)}")
    if len(parameters) != len(names):
        raise ValueError(f"{form}, and here is a list of {len(parameters)}")
    durations = read_parts(*((n, parse_duration, part) for n, part in enumerate(parameters)))
    if sorted(durations, key=lambda duration: duration.us) != durations:
        raise ValueError(f"[{', '.join(names)}] must not descend")
    return _alike(durations)


def _mean_and(
    family: str, parameters: object, other: str, read: Callable[[object], float]
) -> tuple[Duration, float]:
    form = f"{family} takes {_FORMS[family]}"
    if not isinstance(parameters, Mapping):
        raise ValueError(f"{form}, not {quoted(parameters)}")
    unknown = [key for key in parameters if key not in ("mean", other)]
    if unknown:
        raise FaultsError(
            *(((key,), f"there is no key {quoted(key)} here; {form}") for key in unknown)
        )
    if len(parameters) != 2:
        missing = other if "mean" in parameters else "mean"
        raise ValueError(f"`{missing}` is required here; {form}")
    mean, number = read_parts(
        ("mean", parse_duration, parameters["mean"]), (other, read, parameters[other])
    )
    return mean, number


def _discrete(parameters: object) -> Distribution:
    if not isinstance(parameters, Mapping) or not parameters:
        raise ValueError(f"discrete takes {{VALUE: SHARE, …}}, not {quoted(parameters)}")
    values = read_parts(*((key, parse_duration, key) for key in parameters))
    by_key = read_parts(*((key, parse_share, share) for key, share in parameters.items()))
    shares: dict[Duration, float] = {}
    for value, share in zip(_alike(values), by_key, strict=True):
        shares[value] = shares.get(value, 0.0) + share
    if abs(sum(shares.values()) - 1) > 1e-9:
        raise ValueError(f"the shares add to {sum(shares.values()):.10g}, not to 1")
    ascending = sorted(shares, key=lambda duration: duration.us)
    return Distribution("discrete", tuple(ascending), tuple(shares[d] for d in ascending))


def _alike(durations: Sequence[Duration]) -> tuple[Duration, ...]:
    """Refuse a mixture of clock and working time; 0 fits either."""
    kinds = {duration.working for duration in durations if duration.us}
    if len(kinds) > 1:
        raise ValueError("clock time and working time are mixed; write all in one of them")
    working = kinds.pop() if kinds else durations[0].working
    return tuple(Duration(d.us, working, d.calendar_unit) for d in durations)


_READERS: Mapping[str, Callable[[object], Distribution]] = {
    "exponential": _exponential,
    "uniform": _uniform,
    "triangular": _triangular_of,
    "lognormal": partial(_by_mean_and_cv, "lognormal", 0),
    "gamma": partial(_by_mean_and_cv, "gamma", 0),
    "weibull": partial(_by_mean_and_cv, "weibull", 0.01),
    "erlang": _erlang,
    "discrete": _discrete,
}
