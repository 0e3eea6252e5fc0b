"""The metric contract: what METRIC may say, what `load` may return, and what a score may be."""

from __future__ import annotations

import math
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

from srbench import returned
from srbench.errors import MetricError
from srbench.metrics.declaration import Metric

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.metrics.declaration import Score
    from srbench.quality.image import Image


class _Field(NamedTuple):
    """What a field of a declaration may be."""

    fits: Callable[[Any], bool]
    expected: str


def _text(value: object) -> bool:
    return isinstance(value, str) and value.isprintable()


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)


_FIELDS = {
    "label": _Field(lambda value: _text(value) and bool(value.strip()), "a short text, such as 'LPIPS'"),
    "better": _Field(lambda value: value in ("higher", "lower"), "'higher' or 'lower'"),
    "unit": _Field(_text, "a text, such as 'dB', or an empty one"),
    "digits": _Field(lambda value: type(value) is int and value in range(16), "how many decimals tables show, 0 to 15"),
    "low": _Field(_number, "a number, the least value there is"),
    "high": _Field(_number, "a number, the largest value there is"),
    "sees": _Field(lambda value: value in ("scored", "rgb"), "'scored' or 'rgb'"),
    "reference": _Field(_flag, "True or False"),
    "symmetric": _Field(_flag, "True or False"),
    "version": _Field(lambda value: _text(value) and bool(value), "a text, such as '1'"),
    "hint": _Field(_text, "one line of text"),
}


def problem(metric: object) -> str:
    """Say what is wrong with what a module declares as METRIC; empty if nothing is."""
    if not isinstance(metric, Metric):
        have = "has no METRIC" if metric is None else f"has METRIC = {returned.kind(metric).name}"
        return f"{have}, expected METRIC = srbench.metrics.Metric(label=..., better=...)"
    for name, field in _FIELDS.items():
        value = getattr(metric, name)
        if not field.fits(value):
            return f"declares {name}={value!r}, expected {field.expected}"
    if metric.low >= metric.high:
        return f"declares low={metric.low!r} and high={metric.high!r}, expected low below high"
    return ""


def accept(score: Any) -> Score:  # noqa: ANN401 - what `load` returned may be anything
    """Return what `load` returned, if it can be called.

    Raises:
        MetricError: it cannot.

    """
    if callable(score) and not isinstance(score, type):
        usable: Score = score
        return usable
    kind = returned.kind(score)
    expected = "expected a function of the reference and the image, or of the image alone"
    raise MetricError("; ".join(filter(None, [f"load returned {kind.name}, {expected}", kind.advice])))


def measure(metric: Metric, score: Score, reference: Image, image: Image) -> float:
    """Return the value that a metric gives to copies of a pair, or of `image` alone where it needs no reference.

    Raises:
        MetricError: it returned no number, or NaN.

    """
    compute: Callable[..., Any] = score
    given = [reference, image] if metric.reference else [image]
    return hold(compute(*(each.copy() for each in given)))


def hold(value: object) -> float:
    """Return the value of a metric if it keeps the contract: a number, which may be infinite.

    Raises:
        MetricError: it is no number, or NaN.

    """
    if not isinstance(value, Real) or isinstance(value, bool):
        raise MetricError(f"returned {returned.kind(value).name}, expected a number; return float(...) of it")
    try:
        number = float(value)
    except OverflowError as error:
        raise MetricError("returned a number that no float holds; return float(...) of it") from error
    if math.isnan(number):
        raise MetricError("returned NaN, expected a number; raise srbench.Unsupported for images that it cannot score")
    return number
