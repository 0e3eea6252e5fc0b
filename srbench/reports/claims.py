"""What is reported beside what was measured: tables of the terminal, and rows and remarks for any format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from srbench.analysis.columns import NONE, absent
from srbench.analysis.reported import UNMET, VERDICTS
from srbench.reports.drawing import STYLE, Name, say
from srbench.reports.labels import benchmark
from srbench.specs import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from rich.console import Console

    from srbench.analysis.columns import Metrics

HEADS = ("method", "dataset", "protocol", "metric", "reported", "measured", "difference", "verdict", "source")
"""What stands above `rows`."""

NUMBERS = ("reported", "measured", "difference")

_SAID = {
    "equal": "equal to the last digit",
    "agrees": "within one unit of the last digit",
    "close": "within 0.01 dB (other metrics: 0.001)",
    "off": "off by more",
    "trained": "measured with other weights",
    "not measured": "not measured",
}
"""What each verdict is called behind a number of claims."""

_FINER = 2
"""Digits that what was measured has more than what is reported."""


def show(console: Console, claims: pd.DataFrame, metrics: Metrics) -> None:
    """Print claims (`analysis.reported.beside`), a table for each method, protocol and source."""
    for _, group in claims.groupby(["method", "name", "protocol", "source"], sort=False):
        console.print(_table(group, metrics))
    total = f"{counted(len(claims), 'claim')}: {summary(claims)}"
    for each in [*unmeasured(claims), total, *explained(claims), *_advice(claims)]:
        say(console, each)


def _table(group: pd.DataFrame, metrics: Metrics) -> Table:
    first = group.iloc[0]
    title = f"{called(first)}, protocol {first['protocol']}{': ' * bool(first['source'])}{first['source']}"
    table = Table("dataset", "metric", title=Text(title), **STYLE)
    for heading in ("reported", "measured", "difference"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for _, line in group.iterrows():
        where = Name(benchmark(line["dataset"], line["factor"]), overflow="fold")
        verdict = Text(line["verdict"], style="red" if line["verdict"] in UNMET else "")
        table.add_row(where, of_metric(line["metric"], metrics), *numbers(line), verdict)
    return table


def _advice(claims: pd.DataFrame) -> Iterator[str]:
    """Yield what to do about a PSNR or SSIM that is off."""
    if len(claims[(claims["verdict"] == "off") & claims["metric"].isin(["psnr", "ssim"])]):
        yield (
            "A score that is off may be of another protocol than its line says: srbench run --save-images saves SR, "
            "and srbench explain finds which convention gives the reported number."
        )


def rows(claims: pd.DataFrame, metrics: Metrics) -> Iterator[tuple[str, ...]]:
    """Yield the cells below `HEADS` of each claim, as text; the source says what a paper calls the method."""
    for _, line in claims.iterrows():
        where = benchmark(line["dataset"], line["factor"]), line["protocol"]
        yield line["method"], *where, of_metric(line["metric"], metrics), *numbers(line), line["verdict"], source(line)


def source(claim: pd.Series) -> str:
    """Return where a claim is from, and what the method is called there."""
    return ": ".join(filter(None, [claim["source"], claim["name"]]))


def remarks(claims: pd.DataFrame, metrics: Metrics) -> Iterator[str]:
    """Yield how many claims of a run have which verdict, and each that is off; nothing where there are none."""
    if len(claims):
        yield f"{counted(len(claims), 'number')} that papers report: {summary(claims)}"
    for _, line in claims[claims["verdict"] == "off"].iterrows():
        printed, measured, difference = numbers(line)
        setting = f"{benchmark(line['dataset'], line['factor'])}, {line['protocol']}"
        what = f"{metrics[line['metric']].label} is reported as {printed}, measured {measured} ({difference})"
        yield f"{line['method']}, {setting}: {what}: off; {source(line)}"


def called(claim: pd.Series) -> str:
    """Return what a claim calls its method, and how srbench runs that."""
    name, method = claim["name"], claim["method"]
    return f"{name}, run as {method}" if name and method and name != method else name or method


def of_metric(spec: str, metrics: Metrics) -> str:
    """Return the heading of a metric; of one that was not measured its spec."""
    return metrics[spec].heading if spec in metrics else spec


def numbers(claim: pd.Series) -> tuple[str, str, str]:
    """Return what is reported, as it is printed, what was measured, and the difference, both two digits finer."""
    printed = str(claim["printed"])
    digits = len(printed.partition(".")[2]) + _FINER
    measured, difference = claim["measured"], claim["difference"]
    if absent(measured):
        return printed, NONE, NONE
    return printed, f"{measured:.{digits}f}", f"{difference:+.{digits}f}"


def unmeasured(claims: pd.DataFrame) -> Iterator[str]:
    """Yield why claims were not measured, one line for each method and reason."""
    for (method, reason), group in claims[claims["reason"] != ""].groupby(["method", "reason"], sort=False):
        settings = dict.fromkeys(benchmark(line.dataset, line.factor) for line in group.itertuples())
        yield f"{method} ({', '.join(settings)}): not measured: {reason}"


def summary(claims: pd.DataFrame) -> str:
    """Return how many numbers were measured how closely."""
    counts = claims["verdict"].value_counts()
    return ", ".join(f"{counts[each]} {_SAID[each]}" for each in VERDICTS if each in counts)


def explained(claims: pd.DataFrame) -> Iterator[str]:
    """Yield what each of the verdicts says."""
    yield from (f"{each}: {said}" for each, said in VERDICTS.items() if each in set(claims["verdict"]))
