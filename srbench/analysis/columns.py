"""Columns: what numbers are called, their units and digits, and which are better; all tables and charts read it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from srbench.metrics.classical import CLASSICAL
from srbench.metrics.declaration import Metric
from srbench.store.rows import DEVICES

if TYPE_CHECKING:
    from collections.abc import Mapping

NONE = "-"


class Column(NamedTuple):
    """What a column of numbers, or of words, shows."""

    name: str
    """In tables and CSV."""
    label: str
    unit: str = ""
    """Of what is shown: a value in the table times `scale`."""
    digits: int | None = None
    """Decimals; None for three significant digits."""
    better: Literal["higher", "lower", ""] = ""
    hint: str = ""
    scale: float = 1.0
    words: bool = False

    @property
    def heading(self) -> str:
        """Return what stands above the column."""
        return f"{self.label} {self.unit}".rstrip()

    @property
    def folded(self) -> str:
        """Return the heading in two lines, for narrow tables."""
        return f"{self.label}\n{self.unit}".rstrip()

    @property
    def axis(self) -> str:
        """Return what stands beside an axis of a chart."""
        return f"{self.label}, {self.unit}" if self.unit else self.label

    @property
    def titled(self) -> str:
        """Return the name as sentences have it."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def sign(self) -> int:
        """Return by what values are multiplied so that more is better."""
        return -1 if self.better == "lower" else 1

    def text(self, value: Any, *, sign: bool = False) -> str:  # noqa: ANN401 - pandas gives NA, NaN or a number
        """Return a value as it is shown, without its unit; `sign` also of positive ones."""
        if absent(value):
            return NONE
        if self.digits is None:
            return three_digits(value * self.scale)
        return f"{value * self.scale:{'+' if sign else ''},.{self.digits}f}"

    def measure(self, value: Any, *, sign: bool = False) -> str:  # noqa: ANN401 - as above
        """Return a value with its unit."""
        return f"{self.text(value, sign=sign)} {self.unit}".rstrip()


def absent(value: Any) -> bool:  # noqa: ANN401 - pandas gives NA, NaN or a number
    """Tell whether there is no value."""
    return str(value) in {"nan", "<NA>", "None"}


def three_digits(value: float) -> str:
    """Return a number with three digits, and more only where it is large: no exponent."""
    if value < 100:  # noqa: PLR2004 - three digits
        return f"{value:#.3g}".rstrip(".")
    return NONE if math.isnan(value) else f"{value:.0f}"


def probability(p: Any) -> str:  # noqa: ANN401 - pandas gives NA, NaN or a number
    """Return a p-value as it is shown, without its name."""
    if absent(p):
        return NONE
    return f"{p:.3g}" if p >= 0.001 else "< 0.001"  # noqa: PLR2004 - what people tell apart


def bound(p: float) -> str:
    """Return a p-value that none is below: with as many digits as it needs, and never rounded up."""
    return f"{math.floor(p * 1e6) / 1e6:g}"


def _named(*columns: Column) -> dict[str, Column]:
    return {column.name: column for column in columns}


Metrics: TypeAlias = dict[str, Column]
"""The metrics of a run in its order, by their specs; methods are ranked by the first."""


def of_metric(name: str, metric: Metric) -> Column:
    """Return the column of a metric; its options are part of the label."""
    label = " ".join([metric.label, *name.split(":")[1:]])
    return Column(name, label, metric.unit, metric.digits, metric.better, metric.hint)


def metrics_of(info: Mapping[str, Any]) -> Metrics:
    """Return the metrics of a run, of which `info` is run.json; PSNR and SSIM where it does not say."""
    declared = {name: Metric.from_facts(facts) for name, facts in info.get("metrics", {}).items()}
    return {name: of_metric(name, metric) for name, metric in (declared if "metrics" in info else CLASSICAL).items()}


def leading(metrics: Metrics) -> Column:
    """Return the metric that methods are ranked by."""
    return next(iter(metrics.values()))


TIMES = _named(
    *(
        Column(f"{device}_ms_per_mpx", device.upper(), "ms/Mpx", None, "lower", "milliseconds per output megapixel")
        for device in DEVICES
    )
)
"""Times beside scores, by the column of the summary."""


PARAMETERS = Column("parameters", "weights", "", 0, hint="trained parameters")


def scoreboard_columns(metrics: Metrics) -> dict[str, Column]:
    """Return the columns of a run's scoreboard; differences, ranks and reported values are of its first metric."""
    first = leading(metrics)
    return _named(
        Column("method", "method", words=True),
        Column("dataset", "dataset", words=True),
        *metrics.values(),
        Column("images", "images", hint="that the means are over, of those of the dataset"),
        first._replace(
            name="difference",
            label="difference",
            digits=None if first.digits is None else first.digits + 1,  # as means, rounded, seldom add up
            better="",
            hint="mean difference, image by image, of scores that are not rounded",
        ),
        Column("p", "p", hint="paired sign-flip test, corrected for several methods (Holm)"),
        Column("verdict", "verdict", hint="at a level of 0.05", words=True),
        first._replace(name="reported", label="reported", better="", hint="what a paper reports"),
        Column("rank", "rank", "", 2, "lower", f"mean rank by {first.label} over the images, 1 is the best"),
        *TIMES.values(),
        PARAMETERS,
    )


SPEEDS = _named(
    Column("call", "time", "ms", None, "lower", "median of warm calls, with its 99 % confidence interval", 1e3),
    Column("call_p95", "95th pct.", "ms", None, "lower", "95th percentile: 19 of 20 calls are faster", 1e3),
    Column("ratio", "times the baseline", "", None, "lower", "in the same rounds, with its 99 % confidence interval"),
    Column("load", "load", "s", None, "lower", "until ready"),
    Column("first", "first", "ms", None, "lower", "first call", 1e3),
    Column("compute", "compute", "ms", None, "lower", "the network or program alone", 1e3),
    Column("start", "start", "ms", None, "lower", "start of the program, which is in each call", 1e3),
    Column("ms_per_mpx", "per Mpx", "ms", None, "lower", "milliseconds per megapixel of output"),
    Column("fps", "frames", "/s", None, "higher", "frames of this size per second: 1 / time"),
    Column("fps_720p", "720p", "fps", None, "higher", "frames per second at 1280x720 output"),
    Column("fps_1080p", "1080p", "fps", None, "higher", "frames per second at 1920x1080 output"),
    Column("fps_4k", "4K", "fps", None, "higher", "frames per second at 3840x2160 output"),
    Column("memory", "memory", "MB", 0, "lower", "peak memory of its process", 1e-6),
    Column(
        "multiply_adds", "MAC", "/pixel", 0, "lower", "multiply-adds per pixel of SR, of convolutions and linear layers"
    ),
    Column("limit_share", "limit", "%", 0, "higher", "least time for multiply-adds or memory traffic / its time", 100),
    Column("device_memory", "device", "MB", 0, "lower", "peak memory of the device", 1e-6),
)
"""The columns of speeds."""
