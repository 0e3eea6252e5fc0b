"""The suite finds what is wrong with a metric, and says on which images; a right one passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from srbench.errors import MetricError, Unsupported
from srbench.metrics import Metric, suite

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.quality.image import Image

MAE = Metric(label="MAE", better="lower", low=0)


def mae(reference: Image, image: Image) -> float:
    """Return the mean absolute difference."""
    return float(np.abs(reference.astype(float) - image).mean())


def roughness(image: Image) -> float:
    """Return how much neighbours differ: more in a sharp image."""
    return float(np.abs(np.diff(image.astype(float), axis=0)).mean()) if image.shape[0] > 1 else 0.0


def declared(**fields: Any) -> Metric:  # noqa: ANN401 - of any type
    """Return the declaration of MAE with other fields."""
    return Metric(**{"label": "MAE", "better": "lower", "low": 0, **fields})


def refusing(least: int) -> Callable[..., float]:
    """Return MAE for images of at least `least` rows."""

    def score(reference: Image, image: Image) -> float:
        if len(image) < least:
            raise Unsupported(f"needs at least {least} rows")
        return mae(reference, image)

    return score


@pytest.mark.parametrize(
    ("metric", "score"),
    [
        (MAE, mae),
        (declared(sees="rgb"), mae),
        (declared(reference=False, better="higher"), roughness),
        (declared(better="higher", low=-np.inf, high=0), lambda *pair: -mae(*pair)),
        (MAE, refusing(12)),
        (MAE, refusing(300)),
        (declared(symmetric=False), lambda one, other: float(np.maximum(one.astype(float) - other, 0).mean())),
    ],
)
def test_metrics_that_keep_the_contract(metric: Metric, score: Any) -> None:  # noqa: ANN401 - of one image or two
    """With a reference or without, of grey and RGB or RGB alone, small images scored or refused."""
    suite.check(metric, score)


def exits(_reference: Image, _image: Image) -> float:
    """End the process."""
    raise SystemExit(3)


def of_grey(reference: Image, image: Image) -> float:
    """Refuse RGB."""
    if image.ndim > 2:
        raise Unsupported("grey only")
    return mae(reference, image)


def guessing(reference: Image, image: Image) -> float:
    """Guess the scale by the dtype."""
    scale = 1 if image.dtype == np.uint8 else 255
    return mae(reference, image) * scale


def writing(reference: Image, image: Image) -> float:
    """Write to the image."""
    value = mae(reference, image)
    image[:] = 0
    return value


def growing() -> Callable[..., float]:
    """Return a metric that remembers its calls."""
    calls = [0.0]

    def score(reference: Image, image: Image) -> float:
        calls[0] += 1e-9
        return mae(reference, image) + calls[0]

    return score


@pytest.mark.parametrize(
    ("metric", "score", "line"),
    [
        (MAE, lambda *_: None, "grey 96x80: returned None, expected a number"),
        (MAE, lambda *_: float("nan"), "grey 96x80: returned NaN, expected a number"),
        (MAE, exits, "grey 96x80: SystemExit: 3"),
        (MAE, lambda _: 1.0, "grey 96x80: TypeError: "),
        (MAE, lambda *pair: mae(*pair) - 1, "grey 96x80: -1.0 is outside of the declared range, 0 to inf"),
        (MAE, writing, "grey 96x80: an input was changed"),
        (MAE, growing(), "grey 96x80: two calls gave two values"),
        (MAE, of_grey, 'RGB 96x80 is refused: grey only; a metric that sees="scored" takes (H, W) and (H, W, 3)'),
        (MAE, guessing, "grey 96x80: uint8 has "),
        (MAE, lambda *pair: mae(*pair) + 1, "identical images have 1, expected the best value, low=0; leave low out"),
        (declared(better="higher"), mae, "grey 96x80: the sharp image has 0, a blur of sigma 1 has "),
        (declared(reference=False), roughness, ", a blur of sigma 3 has "),
        (MAE, lambda one, other: mae(one, other) * (1 + one[::9].mean() / 1e4), "change places; say so in METRIC with"),
        (MAE, lambda one, other: mae(one, other) / min(one.std(), 1), "grey 96x80, all black: returned NaN"),
        (MAE, lambda one, other: mae(one[9:], other[9:]), "grey 1x1: returned NaN"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # numpy's, of what is wrong on purpose
def test_what_is_wrong_is_named_with_its_images(metric: Metric, score: Any, line: str) -> None:  # noqa: ANN401 - broken
    """One line: on which images, what was got, what is expected, and what to do."""
    with pytest.raises(MetricError) as caught:
        suite.check(metric, score)
    assert line in str(caught.value)


def test_a_metric_that_refuses_everything_was_not_tested() -> None:
    """It says what it said of the largest image."""
    with pytest.raises(Unsupported, match="needs at least 9999 rows"):
        suite.check(MAE, refusing(9999))
