"""Tables: rows as pandas frames, the summary derived from them, and their files in a run folder."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from srbench.analysis import metric_values
from srbench.analysis.columns import leading, metrics_of
from srbench.analysis.common_images import counted, judged
from srbench.analysis.labelled import labelled
from srbench.analysis.speeds import kind, speeds
from srbench.atomic import replacing
from srbench.errors import RunFolderError
from srbench.formats.spreadsheet import write_csv
from srbench.hashing import sha256
from srbench.metrics.classical import CLASSICAL, further
from srbench.quality.protocols import PROTOCOLS
from srbench.store import derived
from srbench.store.rows import DEVICES, GIVEN_LR, STATUSES, Row, ScoreRow, TimingRow, newest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from srbench.analysis.columns import Column, Metrics

ASKED = ["method", "dataset", "factor", "protocol"]
"""What a mean is of, as it was asked for."""
GROUP = [*ASKED, "device"]
OUTCOME = ["status", "reason", "channels", "dtype", "parameters", "trained_on", "judged"]
INPUT = ["method", "factor", "channels", "dtype"]
"""What decides a time beside size: `dtype` is LR's, which the protocol makes, and need not be SR's."""
DTYPES = {
    **dict.fromkeys(("parameters", "foreign", "memory", "device_memory"), "Int64"),
    "trained_on": "bool",
}


NAMES = ("scores", "timings", "summary", "speeds")
"""The tables of a run."""


@dataclass(frozen=True)
class Tables:
    """The pandas tables of a run; `docs/results.md` describes their columns."""

    scores: pd.DataFrame
    timings: pd.DataFrame
    summary: pd.DataFrame
    speeds: pd.DataFrame
    metrics: Metrics = field(default_factory=lambda: metrics_of({}))
    """The metrics that scores and summary have columns of."""

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the tables by their names."""
        return {name: getattr(self, name) for name in NAMES}

    @property
    def digest(self) -> str:
        """Return a sha256 over the names of all columns and what stands in them."""
        frames = self.frames.values()
        return sha256([[list(each.columns), pd.util.hash_pandas_object(each).tolist()] for each in frames])


FILES = tuple(f"{name}{suffix}" for name in NAMES for suffix in (".csv", ".parquet"))
"""What `write` writes."""


@dataclass(frozen=True)
class Order:
    """The order in which a run was asked for its rows, how many images each dataset holds, and the run's metrics."""

    methods: Sequence[str]
    datasets: Mapping[str, int]
    factors: Sequence[int]
    protocols: Sequence[str]
    metrics: Metrics
    protocol_fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The choices of each protocol, as far as run.json has them."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What methods are shown as, by their specs, where that is not the spec itself."""

    def lr_dtype(self, protocol: str, otherwise: str) -> str:
        """Return the dtype of the LR that a protocol makes, or `otherwise` where nothing tells."""
        fields = self.protocol_fields.get(protocol) or (PROTOCOLS[protocol].fields if protocol in PROTOCOLS else {})
        return {"y": "float64", "rgb": "uint8"}.get(str(fields.get("lr_channels")), otherwise)

    def position_of(self, row: Row) -> tuple[Any, ...]:
        """Return what rows are sorted by."""
        asked = self.factors.index(row.factor), self.methods.index(row.method) if row.method else -1
        if isinstance(row, TimingRow):
            return (*asked, row.device, row.height, row.width, row.phase, row.process, row.round)
        return (list(self.datasets).index(row.dataset), self.protocols.index(row.protocol), *asked, row.image)


def tables(rows: Iterable[Row], order: Order) -> Tables:
    """Return the tables of `rows`; of rows about the same thing, the newest counts.

    This is where the spec of a method, which rows have, becomes its label: see `analysis.labelled`.
    """
    rows = list(rows)
    samples = [row for row in rows if isinstance(row, TimingRow)]
    # sorted before they are frames: each copy of a large frame costs more memory than all the rows
    scores = _typed(_scores(sorted(newest(rows).values(), key=order.position_of), rows, order.metrics))
    scores.insert(list(scores).index("trained_on") + 1, "judged", judged(scores, order.metrics))
    timings = _typed(_frame(TimingRow, sorted(samples, key=order.position_of)))
    found = scores, timings, summarise(scores, timings, order), speeds(timings, order.methods)
    scores, timings, summary, times = (labelled(frame, order.labels) for frame in found)
    return Tables(scores, timings, summary, times, order.metrics)


def summarise(scores: pd.DataFrame, timings: pd.DataFrame, order: Order) -> pd.DataFrame:
    """Return one line per method, dataset, factor, protocol and device, in the order of `scores`.

    Metrics are means over `images` of the images `of` the dataset: where the method is `judged`, over those that all
    judged methods have (`analysis.common_images`), else over its own. `own_*` are means over all images it has a score
    of, `scored` of them. Of metrics other than PSNR and SSIM, which may lack values, the means are over `*_images` of
    the `images`, and over `*_scored` of the `scored`. A mean is infinite where an image is reproduced exactly, `exact`
    of the `images`. `trained_on` is how many of the scored images the method was trained on.
    `*_ms_per_mpx` is milliseconds per output megapixel, on LR as the protocol makes it, with the most threads that were
    timed; `*_note` says why there is none, where anything was timed on that device.
    """
    metrics = order.metrics
    groups = scores[[*GROUP, *metrics, *OUTCOME]].groupby(GROUP, sort=False)
    values = counted(scores, metrics)[list(metrics)]
    lines = [_line(dict(zip(GROUP, key, strict=True)), group, values, order) for key, group in groups]
    counts, means = ["images", "of", "scored", "exact", "trained_on"], [*metrics, *map(own, metrics)]
    measured = [f"{name}_{count}" for name in further(metrics) for count in ("images", "scored")]
    names = [*GROUP, "channels", "dtype", "judged", *counts, *means, *measured, "parameters", "status", "reason"]
    types = {"judged": "bool", "parameters": "Int64", **dict.fromkeys(means, "float")}
    summary = pd.DataFrame(lines, columns=names).astype(types)
    for device in DEVICES:
        here = timings[(timings["device"] == device) & (timings["method"] != "")]
        summary = _timed(summary, here, f"{device}_ms_per_mpx", f"{device}_note")
    return summary.drop(columns=["channels", "dtype"])


def _timed(summary: pd.DataFrame, timings: pd.DataFrame, time: str, note: str) -> pd.DataFrame:
    """Return the summary with a column of times on a device, and one of why there is none."""
    if timings.empty:
        unknown: dict[str, Any] = {time: np.nan, note: pd.Series(index=summary.index, dtype=str)}
        return summary.assign(**unknown)
    here = _without_untried(of_most_threads(timings))
    summary = summary.merge(per_megapixel(here, time), how="left", on=INPUT)
    summary = summary.merge(_notes(here, note), how="left", on=["method", "factor"])
    for index in summary.index[summary[time].isna() & summary[note].isna()]:
        summary.loc[index, note] = _why_untimed(summary.loc[index], here)
    return summary


def own(metric: str) -> str:
    """Return the column of means over all images that a method has a score of."""
    return f"own_{metric}"


def alone(summary: pd.DataFrame, metrics: Metrics) -> pd.DataFrame:
    """Return the summary of each method as if it were the only one: means over all images that it has a score of."""
    means = {name: summary[own(name)] for name in metrics}
    counts = {f"{name}_images": summary[f"{name}_scored"] for name in further(metrics)}
    return summary.assign(images=summary["scored"], **means, **counts)


def write(folder: Path, tables: Tables) -> None:
    """Write the tables into a run folder as CSV (numbers unrounded) and Parquet.

    Raises:
        RunFolderError: one cannot be written; those before it are new, it and those after it are as they were.

    """
    for name, frame in tables.frames.items():
        for suffix, save in ((".csv", partial(write_csv, frame)), (".parquet", partial(frame.to_parquet, index=False))):
            _replace(folder / f"{name}{suffix}", save)


def renew(folder: Path, tables: Tables) -> bool:
    """Write the tables into a run folder, unless its files are what these rows and this code give; tell which.

    Raises:
        RunFolderError: as `write`.

    """
    source = derived.source(tables.digest)
    if derived.is_current(folder, FILES, source):
        return False
    write(folder, tables)
    derived.note(folder, FILES, source)
    return True


def _replace(file: Path, save: Callable[..., Any]) -> None:
    """Let `save` write beside `file`, then put it in its place; rows are synced, what is derived from them need not."""
    try:
        with replacing(file) as partial:
            save(partial)
    except OSError as error:
        raise RunFolderError(
            f"cannot write {file}: {error.strerror or error}; the rows are kept in rows.jsonl: free some space or make "
            f"it writable, and repeat the command with --out {file.parent}"
        ) from error


def _scores(scores: Sequence[ScoreRow], rows: Iterable[Row], metrics: Metrics) -> pd.DataFrame:
    """Return the table of scores: the metrics of the run are side by side, and what is said of them at the end."""
    names = [each.name for each in fields(ScoreRow) if each.name not in CLASSICAL]
    at = names.index("device") + 1
    names = [*names[:at], *metrics, *names[at:], *metric_values.facts(metrics)]
    if not any(row.lr_sha256 for row in scores):
        names = [name for name in names if name not in GIVEN_LR]
    return metric_values.frame(names, scores, rows, metrics)


def _frame(kind: type[Row], rows: Sequence[Row]) -> pd.DataFrame:
    names = [each.name for each in fields(kind)]
    content = {name: [getattr(row, name) for row in rows] for name in names} if rows else None
    return pd.DataFrame(content, columns=names)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype({name: dtype for name, dtype in DTYPES.items() if name in frame})


def _line(key: dict[str, Any], group: pd.DataFrame, values: pd.DataFrame, order: Order) -> dict[str, Any]:
    good = group[group["status"] == "ok"]
    used = group[group["judged"]] if group["judged"].any() else good
    worst = max(group["status"], key=STATUSES.index)
    counting = values.loc[used.index]
    return {
        **key,
        "channels": group["channels"].max(),
        "dtype": order.lr_dtype(key["protocol"], group["dtype"].max()),
        "judged": bool(group["judged"].any()),
        "images": len(used),
        "of": order.datasets[key["dataset"]],
        "scored": len(good),
        "exact": _exact(used, leading(order.metrics)) if order.metrics else 0,
        "trained_on": int(good["trained_on"].sum()),
        **{name: counting[name].mean() for name in order.metrics},
        **{own(name): good[name].mean() for name in order.metrics},
        **{f"{name}_images": int(counting[name].count()) for name in further(order.metrics)},
        **{f"{name}_scored": int(good[name].count()) for name in further(order.metrics)},
        "parameters": group["parameters"].max(),
        "status": worst,
        "reason": group.loc[group["status"] == worst, "reason"].iloc[0],
    }


def _exact(scores: pd.DataFrame, metric: Column) -> int:
    """Return how many images are reproduced exactly."""
    return int(np.isposinf(metric.sign * scores[metric.name].astype(float)).sum())


def of_most_threads(timings: pd.DataFrame) -> pd.DataFrame:
    """Return the timings with the most threads that a factor and device were timed with: one number stands for all."""
    counts = timings["thread_limit"].where(timings["thread_limit"] > 0, np.inf)  # without a limit, one for each core
    most = counts.groupby([timings["factor"], timings["device"]]).transform("max")
    return timings[counts == most]


def per_megapixel(timings: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return milliseconds per output megapixel: the median call of each size, then the median over sizes.

    A method that failed once has no time: what it did before may not have been its work.
    """
    what = pd.MultiIndex.from_frame(timings[["method", "factor"]])
    sound = ~what.isin(what[timings["status"] != "ok"])
    calls = timings[(timings["phase"] == "call") & sound]
    megapixels = calls["height"] * calls["width"] * calls["factor"] ** 2 / 1e6
    sizes = calls.assign(**{column: calls["seconds"] * 1e3 / megapixels})
    speeds = sizes.groupby([*INPUT, "height", "width"])[column].median().groupby(INPUT).median().reset_index()
    return speeds.astype({column: float})  # also where there are none


def _without_untried(timings: pd.DataFrame) -> pd.DataFrame:
    """Return `timings` without sizes that were skipped, by methods that have times of others."""
    what = pd.MultiIndex.from_frame(timings[["method", "factor"]])
    timed = what.isin(what[(timings["phase"] == "call") & (timings["status"] == "ok")])
    return timings[~(timed & (timings["status"] == "skipped") & (timings["height"] > 0))]


def _why_untimed(line: pd.Series, timings: pd.DataFrame) -> str:
    """Say what else a method was timed on, where it has no time of what was scored."""
    own = timings[
        (timings["method"] == line["method"]) & (timings["factor"] == line["factor"]) & (timings["height"] > 0)
    ]
    kinds = dict.fromkeys(kind(*each) for each in zip(own["channels"], own["dtype"], strict=True))
    return f"timed on {', '.join(kinds)} only, not {kind(line['channels'], line['dtype'])}" if kinds else "not timed"


def _notes(timings: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return why a method has no time, where it has none."""
    bad = timings[timings["status"] != "ok"].drop_duplicates(["method", "factor"])
    return bad[["method", "factor", "reason"]].rename(columns={"reason": column}).astype({column: str})
