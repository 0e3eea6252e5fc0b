"""Remarks: notes below the tables of any format, on failures and limitations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from srbench.analysis import metric_values, noise_reasons
from srbench.analysis.columns import TIMES, leading
from srbench.analysis.settings import SHARED
from srbench.reports.labels import benchmark
from srbench.specs import NAMED, listed
from srbench.store.rows import GIVEN
from srbench.weights_metadata import DAMAGED, KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pandas as pd

    from srbench.analysis.columns import Column, Metrics
    from srbench.analysis.tables import Tables

TRAINED_ON = "*"
"""Marks the score of a method that was trained on some of the images; before the number: digits stay aligned."""

FEWER = "~"
"""Marks a mean over fewer images than others of its line, as the metric has no value of some."""

COMMON = "images: those that all compared methods have a score of and were not trained on"
"""What means, ranks and differences are over, where it is not all images."""

ADDING = "differences: of unrounded means"
"""Why differences do not add up to the last digit of the means beside them."""


def contamination(scores: pd.DataFrame) -> Iterator[str]:
    """Yield one line per method and dataset whose images it was trained on, and per count where factors differ."""
    good = scores[scores["status"] == "ok"]
    alike: dict[tuple[str, str, int, int, bool], list[str]] = {}
    for (method, dataset, factor), group in good.groupby(["method", "dataset", "factor"], sort=False):
        seen = group.loc[group["trained_on"], "image"].nunique()
        if seen:
            key = str(method), str(dataset), seen, group["image"].nunique(), bool(group["judged"].any())
            alike.setdefault(key, []).append(f"x{factor}")
    for (method, dataset, seen, scored, judged), factors in alike.items():
        images = f"{seen} of the {scored} scored image{'s' if scored != 1 else ''} of {dataset} ({', '.join(factors)})"
        what = "images seen do not count" if judged else "these scores do not show how it performs on other images"
        yield f"{TRAINED_ON} {method} was trained on {images}: {what}"


def coverage(tables: Tables, metrics: Metrics) -> Iterator[str]:
    """Yield whose SR was read, on how many images methods are compared, which are left out, and what is exact.

    Settings about which the same is said share a line.
    """
    if not metrics:
        return
    yield from _read(tables.scores)
    alike: dict[str, list[str]] = {}
    summary = tables.summary.groupby(SHARED, sort=False)
    for key, scores in tables.scores.groupby(SHARED, sort=False):
        dataset, factor, protocol = key
        group = summary.get_group(key)
        for line in [*_absent(tables.summary, group), *_of_setting(scores, group, metrics)]:
            alike.setdefault(line, []).append(f"{benchmark(dataset, factor)}, {protocol}")
    for line, settings in alike.items():
        yield f"{'; '.join(settings)}: {line}"


def _read(scores: pd.DataFrame) -> Iterator[str]:
    """Yield which methods were not run, if others were."""
    read = scores["device"] == GIVEN
    if read.any() and not read.all():
        yield f"{listed(scores.loc[read, 'method'].unique())}: SR images made elsewhere, which were read; not run here"


def _absent(summary: pd.DataFrame, group: pd.DataFrame) -> Iterator[str]:
    """Yield which methods have scores elsewhere and none in a setting, as in a merged run."""
    there = set(group["method"])
    if absent := [method for method in summary["method"].unique() if method not in there]:
        yield f"no scores of {listed(absent)}"


def _of_setting(scores: pd.DataFrame, lines: pd.DataFrame, metrics: Metrics) -> Iterator[str]:
    judged, apart = lines[lines["judged"]], lines[~lines["judged"] & (lines["scored"] > 0)]
    counted = scores.loc[scores["judged"], "image"].unique()
    if len(judged) and len(counted) < judged["of"].iloc[0]:
        what = "methods are compared" if len(judged) > 1 else "means are"
        methods = list(judged["method"].unique())
        out = scores[~scores["image"].isin(counted) & scores["method"].isin(methods)]
        yield f"{what} on {len(counted)} of {judged['of'].iloc[0]} images{_without(out, methods, leading(metrics))}"
    if len(judged) or len(apart) > 1:
        several = set(lines.loc[lines["method"].duplicated(), "method"])
        for line in apart.to_dict("records"):
            device = f" on {line['device']}" if line["method"] in several else ""
            yield f"{line['method']}{device} is not compared: {_why_apart(line, leading(metrics))}"
    for line in judged[(judged["exact"] > 0) & (judged["exact"] < judged["images"])].to_dict("records"):
        own = scores[scores["judged"] & (scores["method"] == line["method"]) & (scores["device"] == line["device"])]
        yield _exact(line, own, leading(metrics))
    yield from _fewer(lines, metrics)


def _fewer(lines: pd.DataFrame, metrics: Metrics) -> Iterator[str]:
    """Yield which means are over fewer images than the method has scores of, methods that lack as many together.

    What has no value of any image is not among them: `reasons` says why.
    """
    alike: dict[tuple[str, str], list[str]] = {}
    for line in lines.to_dict("records"):
        for name, metric in metrics.items():
            count, measured = (line.get(f"{name}_{what}", line["images"]) for what in ("images", "scored"))
            if measured and count < line["images"]:
                fewer = f"mean over {count}" if count else f"no mean: values of {measured}"
                what = f"{fewer} of {line['images' if count else 'scored']} images"
                alike.setdefault((metric.label, what), []).append(str(line["method"]))
    for (label, what), methods in alike.items():
        whose = "" if set(methods) == set(lines["method"]) else f" of {listed(dict.fromkeys(methods))}"
        yield f"{label}{whose}: {what}"


def _without(out: pd.DataFrame, methods: Sequence[str], first: Column) -> str:
    """Say which images are left out, and why: each with those of the `methods` that lack it, or were trained on it."""
    images = list(out["image"].unique())
    found = [f"{image} ({_why_out(out[out['image'] == image], methods, first)})" for image in images[:NAMED]]
    return f"; left out: {listed([*found, *images[NAMED:]])}" if found else ""


def _why_out(rows: pd.DataFrame, methods: Sequence[str], first: Column) -> str:
    good = rows[rows["status"] == "ok"]
    scored, measured = set(good["method"]), set(good.loc[good[first.name].notna(), "method"])
    lacking = [method for method in methods if method not in scored]  # a run at work has no row of it yet
    unmeasured = [method for method in methods if method in scored - measured]
    trained = rows.loc[rows["trained_on"].astype(bool), "method"]
    why = [
        f"no {what} of {'any method' if len(whose) == len(methods) > 1 else listed(whose)}"
        for what, whose in (("score", lacking), (first.label, unmeasured))
        if whose
    ]
    return "; ".join([*why, *[f"{listed(trained)} trained on it"] * bool(len(trained))]) or "exact for all"


def _why_apart(line: Mapping[Any, Any], first: Column) -> str:
    """Say why a method is not compared."""
    lacks = f"it has a score of {line['scored']} of {line['of']} images" * (line["scored"] < line["of"])
    measured = line.get(f"{first.name}_scored", line["scored"])
    unmeasured = f"it has {first.label} of {measured} of the {line['scored']} scored" * (measured < line["scored"])
    seen = f"it was trained on {line['trained_on']} of the {line['scored']} scored" * bool(line["trained_on"])
    return " and ".join(filter(None, (lacks, unmeasured, seen))) or "other methods lack its images"


def _exact(line: Mapping[Any, Any], own: pd.DataFrame, metric: Column) -> str:
    """Say what an infinite mean hides: the images that are exact, and the mean of the others."""
    values = own[metric.name].astype(float)
    names = listed(own.loc[np.isinf(values), "image"])
    rest = metric.measure(values[np.isfinite(values)].mean())
    others = line["images"] - line["exact"]
    return (
        f"{line['method']} reproduces {line['exact']} of {line['images']} images exactly ({names}); "
        f"mean {metric.label} of the other{'s' if others > 1 else ''}: {rest}"
    )


def near_copies(
    models: Mapping[tuple[str, str], Mapping[str, Any]],
    scores: pd.DataFrame,
    called: Callable[[str], str] = str,
    *,
    whence: bool = True,
) -> Iterator[str]:
    """Yield one line per dataset and methods that were trained on near copies of the same of its images.

    `called` returns what datasets and methods are called; `whence` says where the near copies are from, too.
    """
    good = scores[(scores["status"] == "ok") & ~scores["trained_on"]]
    alike: dict[tuple[str, tuple[str, ...]], dict[str, list[str]]] = {}
    for (method, factor), facts in models.items():
        shown = {each["pixels"]: each["image"] for each in facts.get("near_copies", [])}
        own = good[(good["method"] == method) & (good["factor"].astype(str) == factor.removeprefix("x"))]
        seen = own[own["hr_sha256"].isin(list(shown))].drop_duplicates(["dataset", "image"])
        for name, group in seen.groupby("dataset", sort=False):
            images = [f"{each.image}{f', as {shown[each.hr_sha256]}' * whence}" for each in group.itertuples()]
            alike.setdefault((str(name), tuple(images)), {}).setdefault(method, []).append(factor)
    shared: dict[tuple[str, tuple[str, ...], str], list[str]] = {}
    for (dataset, names), trained in alike.items():
        for method, where in trained.items():
            shared.setdefault((dataset, names, ", ".join(where)), []).append(called(method))
    for (dataset, names, factors), methods in shared.items():
        was, whose = ("were", "their") if len(methods) > 1 else ("was", "its")
        what = "an image that is nearly one" if len(names) == 1 else "images that are nearly some"
        of = f"of {called(dataset)}'s ({'; '.join(names)})"
        yield f"{' and '.join(methods)} {was} trained at {factors} on {what} {of}: {whose} scores may be too high"


def reasons(scores: pd.DataFrame, metrics: Metrics) -> Iterator[str]:
    """Yield one line per reason for missing scores, or remark on others, with its methods, datasets and images.

    Then those for which a metric has no value of an image that was scored.
    """
    bad = scores[(scores["status"] != "ok") | (scores["reason"] != "")]
    cases = bad.assign(reason=_without_shapes(bad["reason"], bad["method"])).groupby(
        ["status", "reason", "method"], sort=False
    )[["dataset", "factor", "image"]]
    alike: dict[tuple[str, str, str], list[str]] = {}
    for key, group in cases:
        status, reason, method = map(str, key)
        alike.setdefault((_cases(group, scores, reason), status, reason), []).append(method)
    for (where, status, reason), methods in alike.items():
        what = "" if status == "ok" else f"{status}: "
        yield f"{', '.join(methods)}{where}: {what}{reason}"
    yield from map(str, metric_values.unmeasured(scores, metrics))


def _without_shapes(reasons: pd.Series, methods: pd.Series) -> pd.Series:
    """Return reasons; those of a method that differ in shapes alone become one, with `(...)` for `(510, 510, 3)`."""
    alike = reasons.str.replace(r"\(\d+(?:, \d+)+\)", "(...)", regex=True)
    several = reasons.groupby([methods, alike]).transform("nunique") > 1
    return reasons.where(~several, alike)


def nothing_scored(scores: pd.DataFrame, baseline: str) -> Iterator[str]:
    """Yield a line if all methods but the baseline are skipped for every image, with the reasons: nobody wants that."""
    scored = set(scores.loc[scores["status"] == "ok", "method"])
    others = scores[~scores["method"].isin(scored)]
    if scored <= {baseline} and set(others["status"]) == {"skipped"}:
        what = f"nothing but {baseline}" if scored else "nothing"
        factors = ", ".join(f"x{factor}" for factor in others["factor"].unique())
        yield f"{what} was scored at {factors}: {listed(others['reason'].unique(), separator='; ')}"


def _cases(group: pd.DataFrame, scores: pd.DataFrame, reason: str) -> str:
    """Say where a reason holds: the datasets, and a few images where not all are meant; nothing if it names them."""
    images = list(dict.fromkeys(group["image"]))
    if all(re.search(rf"(?<!\w){re.escape(image)}(?!\w)", reason) for image in images):
        return ""
    sets = ", ".join(dict.fromkeys(benchmark(line.dataset, line.factor) for line in group.itertuples()))
    whole = scores[scores["dataset"].isin(group["dataset"])]
    if len(group[["dataset", "image"]].drop_duplicates()) == len(whole[["dataset", "image"]].drop_duplicates()):
        return f" ({sets})"
    return f" ({sets}: {listed(images)})"


def metadata(models: Mapping[tuple[str, str], Mapping[str, Any]]) -> Iterator[str]:
    """Yield one line per method and factor whose weights have damaged metadata, and what that leaves unknown."""
    for (method, factor), facts in models.items():
        if damaged := facts.get(DAMAGED):
            unchecked = {KEY, "training_images"} & set(damaged)
            effect = "; whether it was trained on the images cannot be checked" if unchecked else ""
            yield f"{method} {factor}: metadata of its weights are malformed, so ignored: {', '.join(damaged)}{effect}"


def warnings(decided: Mapping[tuple[str, str], Mapping[str, Any]]) -> Iterator[str]:
    """Yield one line per method and factor whose file was found to be doubtful, such as one that is below bicubic."""
    for (method, factor), facts in decided.items():
        if warning := facts.get("warning"):
            yield f"{method} {factor}: warning: {warning}"


def papers(protocols: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield one line per method that has a paper's weights, where the run has no score by that paper's protocol."""
    for method, each in protocols.items():
        yield f"{method}: its paper's numbers are of protocol {' and '.join(each)} (--protocol {','.join(each)})"


def timing(tables: Tables) -> Iterator[str]:
    """Yield one line per reason for which methods have no time on a device that timed others.

    Then why times beside scores are not to be relied on; `srbench time` says so of each size.
    """
    for name, column in TIMES.items():
        summary = tables.summary[(tables.summary["status"] == "ok") & (tables.summary["device"] != GIVEN)]
        why = summary[name.replace("ms_per_mpx", "note")]
        without = summary[summary[name].isna() & why.notna()]
        for note, lines in without.groupby(why, sort=False) if summary[name].notna().any() else ():
            cases = [f"{line.method} x{line.factor}" for line in lines.itertuples()]
            yield f"{', '.join(dict.fromkeys(cases))}: no time on {column.label}: {note}"
    if len(tables.scores):
        yield from noise(tables.speeds)


def noise(speeds: pd.DataFrame) -> Iterator[str]:
    """Yield one line per reason for which times are not to be relied on, the strongest case of it, with the methods."""
    found: dict[str, dict[str, set[str]]] = {}
    for line in speeds[speeds["verdict"] == "noisy"].itertuples():
        for kind, reasons in noise_reasons.parts([str(line.reason)]).items():
            found.setdefault(kind, {}).setdefault(str(line.method), set()).update(reasons)
    for methods in found.values():
        strongest = noise_reasons.strongest(set().union(*methods.values()))
        who = "all methods" if len(methods) == speeds["method"].nunique() > 1 else listed(methods)
        yield f"noisy times of {who}: {strongest}"
    if found:
        yield "for reliable times: srbench time, on an idle machine"
