"""What scripts and notebooks call: `srbench.run`, `load`, `compare`, `explain`, `check`, `board` and others."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srbench import datasets, plan
from srbench.analysis import gate, load_run
from srbench.boards import gathering, publishing, timeline_page, timelines
from srbench.checking import checker
from srbench.diagnosis import explaining
from srbench.diagnosis.claim import claim
from srbench.execution import probing, reproduction, runner
from srbench.execution.asked_claims import PUBLISHED, Wanted
from srbench.maintain import compare as comparing
from srbench.metrics.scorer import metric
from srbench.plan import factors as parsed_factors
from srbench.reports import findings, given_lr
from srbench.reports.html import page
from srbench.reports.timed import Timed
from srbench.run_options import run_options
from srbench.speed.timing import THOROUGH
from srbench.store import new_folder
from srbench.store.journal import read_info

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from srbench.analysis.tables import Tables
    from srbench.boards.content import Board
    from srbench.boards.timelines import Past
    from srbench.checking.remarks import Report
    from srbench.execution.reproduction import Reproduced
    from srbench.maintain.compare import Comparison

_LOG = logging.getLogger("srbench")

__all__ = ["board", "check", "compare", "explain", "history", "load", "metric", "probe", "reproduce", "run", "time"]


def run(  # noqa: PLR0913 - the options of `srbench run`
    methods: str | Iterable[str],
    *,
    factors: int | str | Iterable[int] = 3,
    datasets: str | Iterable[str] = "sample",
    protocols: str | Iterable[str] = "basicsr",
    metrics: str | Iterable[str] = (),
    reference: bool = True,
    device: str = "auto",
    jobs: int = 1,
    threads: int = 0,
    out: str | Path | None = None,
    plugins: Iterable[str | Path] = (),
    data: str | Path | None = None,
    timing: bool = True,
    timeout: float = 600.0,
    memory: int = 0,
    retries: int = 1,
    fail_fast: bool = False,
    cluster: str = "",
    time_on: str = "",
    reuse: Iterable[str | Path] = (),
    report: bool = True,
    save_images: bool = False,
    baseline: str = "",
    reported: bool = False,
) -> Tables:
    """Score and time upscalers, as `srbench run` does, and return the pandas tables.

    `methods`, `factors`, `datasets`, `protocols` and `metrics` take comma lists or lists of them; methods are
    ranked by the first metric. A method is a spec or a model file, and may have a label before it, as
    `SPAN=./span.onnx`, by which tables name it; their column `spec` then has its spec. Without `reference`, images
    are upscaled as they are, and compared with nothing. Rows land in `out`, by default a new folder below
    `./results`; what is there already is computed again only where something changed, and a metric that is added is
    computed alone. `timeout` (seconds for each image, 0 for no limit), `memory` (bytes of each worker, 0 for no
    limit) and `retries` bound what a method or a metric may take; `threads` is how many each worker has, 0 for the
    default. `cluster` is the address of a Dask scheduler, `time_on` the worker of it that times. `reuse` names run
    folders whose scores are taken over where their keys match. With `report` crops of all images are kept and
    report.html is written; `save_images` keeps whole images as PNG. The report compares methods with `baseline`, by
    default bicubic. What given LR images are, if the protocol would not have made them, is logged as a warning of
    `srbench`, which Python prints unless logging is set up otherwise.

    Raises:
        SrbenchError: bad arguments, an absent dataset, or a folder that cannot be used.

    """
    what, how = run_options(
        methods,
        factors=factors,
        datasets=datasets,
        protocols=protocols,
        metrics=metrics,
        reference=reference,
        device=device,
        jobs=jobs,
        threads=threads,
        plugins=plugins,
        data=data,
        timing=timing,
        timeout=timeout,
        memory=memory,
        retries=retries,
        fail_fast=fail_fast,
        cluster=cluster,
        time_on=time_on,
        reuse=reuse,
        report=report,
        save_images=save_images,
        baseline=baseline,
    )
    folder = Path(out) if out else new_folder.new_folder()
    tables = runner.run(what, folder, how)
    for line in given_lr.doubts(read_info(folder)):
        _LOG.warning("%s", line)
    if report:
        page.write_for(tables, folder, reported=reported)
    return tables


def time(  # noqa: PLR0913 - the options of `srbench time`
    methods: str | Iterable[str],
    *,
    factors: int | str | Iterable[int] = 3,
    output_sizes: str | Iterable[str] = (),
    sizes: str | Iterable[str] = (),
    threads: int | str | Iterable[int] = (),
    budget: str = "",
    scores: str | Path | None = None,
    datasets: str | Iterable[str] = "sample",
    protocols: str | Iterable[str] = "basicsr",
    device: str = "auto",
    processes: int = THOROUGH.processes,
    limit: float = THOROUGH.limit,
    timeout: float = 600.0,
    memory: int = 0,
    out: str | Path | None = None,
    plugins: Iterable[str | Path] = (),
    data: str | Path | None = None,
    report: bool = True,
) -> Timed:
    """Benchmark latency thoroughly, as `srbench time` does, and say which method is the best within a budget.

    >>> found = srbench.time("bicubic,espcn", output_sizes="1280x720", budget="33ms", threads=2, scores="results/one")
    >>> found.best, found.speeds[["method", "call", "call_low", "call_high", "fit"]]
    >>> [answer.headline for answer in found.answers]

    `output_sizes` are those of SR, such as `1280x720` or `4k`, `sizes` those of LR; without any, those of `datasets`
    are timed, and frames of 720p, 1080p and 4K. Of several `threads`, each number is timed. `budget` is what an image
    may take, `33ms`, `0.5s` or `30fps`; `scores` is a run folder that says how good the methods are. Rows land in
    `out`, by default a new folder below `./results`; what is there already is not timed again. `limit` is in seconds,
    for each method at each factor and device; 0 for none. Keep the machine idle meanwhile.

    Raises:
        SrbenchError: bad arguments, an absent dataset, or a folder that cannot be used.

    """
    what, how = run_options(
        methods,
        factors=factors,
        datasets=datasets,
        protocols=protocols,
        device=device,
        thread_counts=threads,
        plugins=plugins,
        data=data,
        scoring=False,
        sizes=sizes,
        output_sizes=output_sizes,
        timeout=timeout,
        memory=memory,
        budget=replace(THOROUGH, processes=processes, limit=limit or float("inf")),
        frame_budget=budget,
        scores=scores,
    )
    if scores:
        findings.check_scores(Path(scores))
    folder = Path(out) if out else new_folder.new_folder()
    tables = runner.run(what, folder, how)
    found = page.write_for(tables, folder) if report else findings.of(tables, folder, read_info(folder))
    return Timed(found)


def load(folder: str | Path) -> Tables:
    """Return the pandas tables of a run folder: `scores`, `timings`, `summary` and `speeds`, of its current rows.

    Raises:
        SrbenchError: the folder holds no run, or a damaged one.

    """
    return load_run.load(Path(folder))


def compare(  # noqa: PLR0913 - the options of `srbench compare`
    a: str | Path,
    b: str | Path,
    *,
    fail_on: str | Iterable[str] = (),
    allow_missing: bool = False,
    map: Mapping[str, str] | None = None,  # noqa: A002 - the option's name
    across_machines: bool = False,
) -> Comparison:
    """Return what changed from run folder `a` to `b`: pandas tables `cells`, `settings` and `speeds`.

    `failures` lists what exceeds the limits `fail_on`, such as `["psnr:-0.01", "lpips:+0.005", "time:+10%"]`, or is in
    `a` and missing in `b` (unless `allow_missing`); empty, it passes. `metrics` are those that both runs have. `map`
    has the names in `b` of methods that `a` calls otherwise.

    Raises:
        SrbenchError: they are not comparable, or a limit cannot be evaluated and no other is exceeded.

    """
    limits = [gate.parse(text) for text in ([fail_on] if isinstance(fail_on, str) else fail_on)]
    renamed = [f"{old}={new}" for old, new in (map or {}).items()]
    found = comparing.compare(
        Path(a), Path(b), limits=limits, allow_missing=allow_missing, renamed=renamed, across=across_machines
    )
    found.outcome.check()
    return found


def board(
    runs: str | Path | Iterable[str | Path], *, out: str | Path | None = None, title: str = "", images: bool = True
) -> Board:
    """Return what many run folders say together, as `srbench board` shows it, and write the site to `out` if given.

    >>> found = srbench.board(["results/one", "results/two"], out="site")
    >>> [(table.name, table.verdict) for table in found.tables]

    `srbench.boards.content` describes the parts. Runs that are damaged or hold no results are in its `refused`, and
    what was not put into one table is said in `refusals`. Without `images` the site has no pictures.

    Raises:
        SrbenchError: no run is left, or `out` holds files and is not a board.

    """
    folders = [runs] if isinstance(runs, str | Path) else list(runs)
    if out:
        publishing.check(Path(out).resolve())
    found = gathering.gather(map(Path, folders), title, pictures=images)
    if out:
        publishing.publish(found, Path(out))
    return found


def history(
    runs: str | Path | Iterable[str | Path],
    *,
    methods: str | Iterable[str] = (),
    out: str | Path | None = None,
) -> Past:
    """Return what run folders, one for each version, say of the past of methods, as `srbench history` shows it.

    >>> found = srbench.history(["results/one", "results/two"], methods="mine", out="history.html")
    >>> found.table[["method", "setting", "commit", "psnr", "cpu_ms_per_mpx", "changed"]]

    `table` is a pandas table with a line for each method, setting and run, oldest version first: by the commits of a
    plug-in's git repository where all are known, else by when runs started. `timelines` has the same as series,
    `facts` as JSON-ready values, and `refused` the folders that are damaged or hold no results. The page with charts
    is written to `out` if given.

    Raises:
        SrbenchError: no run is left, or none has such a method.

    """
    folders = [runs] if isinstance(runs, str | Path) else list(runs)
    found = timelines.past(map(Path, folders), plan.items(methods))
    if out:
        Path(out).write_text(timeline_page.render(found), encoding="utf-8")
    return found


def explain(  # noqa: PLR0913 - the options of `srbench explain`
    hr: str | Path,
    sr: str | Path,
    *,
    factor: int = 3,
    claimed: str | float | None = None,
    claimed_ssim: str | float | None = None,
    lr: str | Path | None = None,
    conventions: Iterable[str | Path] = (),
) -> dict[str, Any]:
    """Find out which conventions give a printed PSNR in dB, SSIM or both, as `srbench explain --json` does.

    >>> found = srbench.explain("Set5/HR", "results/RCAN", factor=3, claimed="34.74", claimed_ssim="0.9299")
    >>> [each["sentence"] for each in found["fitting"]]

    `hr` is a folder, or a dataset by its name; `sr` and `lr` are folders, whose files are paired with it by name.
    Numbers are best given as text, which keeps zeros at their end: "34.70" is more precise than 34.7. `conventions`
    are TOML files with conventions of your own.

    `fitting` has a mapping for each convention that gives the claim, those that round to it first, and `nearest` one
    for each of the others, the nearest first. Each has `name`, `psnr`, `ssim` (None where it prints none), `group`
    (conventions of one group score these images alike), `differences` from protocol `basicsr` in words,
    `psnr_difference` in dB, a `sentence`, and where it is defined: `repository`, `commit`, `where`. `offsets` and `lr`
    say what is known of SR and LR, and `advice` what would tell more.

    Raises:
        SrbenchError: a number cannot be what is claimed, files do not pair, or an image cannot be read.

    """
    number = claim(claimed, claimed_ssim)
    found = explaining.explain(
        datasets.reference(str(hr), factor),
        datasets.open_folder(Path(sr)),
        factor,
        number,
        lr=datasets.open_folder(Path(lr)) if lr else None,
        files=[Path(file) for file in conventions],
    )
    return found.facts


def probe(
    file: str | Path,
    *,
    factors: int | str | Iterable[int] = (),
    plugins: Iterable[str | Path] = (),
    timeout: float = probing.TIMEOUT,
    **options: Any,  # noqa: ANN401 - those of the method that reads the file
) -> list[dict[str, Any]]:
    """Find out what a model file is, as `srbench methods probe` does: one mapping for each factor, usually one.

    >>> (facts,) = srbench.probe("model.onnx")
    >>> facts["factor"], facts["channels"], facts["range"], facts["psnr"] - facts["bicubic"]

    Each has `kind`, `factor`, `channels`, `range`, `minimum` and `multiple` of sizes (or the one `size`), `dtypes`,
    `measured` (the PSNR in dB of each range, on crops of photographs), `parameters`, `multiply_adds` per SR pixel,
    `giga_multiply_adds_720p`, `psnr` and `bicubic` in dB, a `warning` where something is doubtful, and the command
    `run`. `options` overrule what is found, as `range=255` or `network="nets.imdn"`. `file` may be any method spec. It
    runs on the CPU, in a process of its own, for `timeout` seconds at most. Pickles need `SRBENCH_ALLOW_PICKLE=1`.

    Raises:
        SrbenchError: what the file is instead of a model, or why it cannot be run; it crashed, or took too long.

    """
    spec = probing.spec_of(str(file), [f"{key}={value}" for key, value in options.items()])
    return probing.probe(spec, plugins, factors=parsed_factors(factors) if factors else (), timeout=timeout)


def reproduce(  # noqa: PLR0913 - the options of `srbench reproduce`
    methods: str | Iterable[str] = (),
    *,
    table: str | Path | Iterable[str | Path] = PUBLISHED,
    datasets: str | Iterable[str] = (),
    protocols: str | Iterable[str] = (),
    factors: int | str | Iterable[int] = (),
    plugins: Iterable[str | Path] = (),
    jobs: int = 1,
    data: str | Path | None = None,
    out: str | Path | None = None,
) -> Reproduced:
    """Measure what is reported, as `srbench reproduce` does, and return it side by side.

    >>> found = srbench.reproduce(table="claims.csv")
    >>> found.claims[["method", "dataset", "metric", "reported", "measured", "verdict"]]

    `table` is a CSV file of claims, several, or `published`, that of srbench. Without `methods`, all those of a file
    are run, and bicubic-matlab of `published`. `claims` is a pandas table, one line for each; `passed` tells whether
    every claim is met. `out` keeps the runs and claims.csv. What is left out is logged as a warning of `srbench`.

    Raises:
        SrbenchError: lines that are no claims, or nothing to reproduce. A claim that cannot be measured is no error.

    """
    tables = [table] if isinstance(table, str | Path) else table
    wanted = Wanted(
        tables=tuple(map(str, tables)),
        methods=plan.items(methods),
        datasets=plan.items(datasets),
        protocols=plan.items(protocols),
        factors=plan.factors(factors) if factors else (),
        plugins=plan.absolute(Path(path) for path in plugins),
        data=Path(data) if data else None,
    )
    return reproduction.reproduce(wanted, jobs=jobs, out=Path(out) if out else None, tell=_LOG.warning)


def check(
    specs: str | Path | Iterable[str | Path],
    *,
    factors: int | str | Iterable[int] = (),
    plugins: Iterable[str | Path] = (),
    device: str = "cpu",
    timeout: float = checker.TIMEOUT,
) -> list[Report]:
    """Check methods before they are published, as `srbench check` does: one report for each.

    >>> (report,) = srbench.check("mine", plugins=["mine.py"])
    >>> assert not report.findings, report.findings

    A report has `findings`, `notes` and `not_checked`, each with `check`, `factors`, `image`, `seen` and `advice`, the
    names of what was `checked`, and all of it as JSON in `facts`. `specs` is a comma list of method specs or model
    files, or a list of them. Each method runs in processes of its own, for `timeout` seconds at most in each check.
    Pickles need `SRBENCH_ALLOW_PICKLE=1`.

    Raises:
        SrbenchError: a method, an option, a file or a device that there is not, or none of the factors.

    """
    given = [specs] if isinstance(specs, str | Path) else specs
    chosen = parsed_factors(factors) if factors else ()
    return checker.check(map(str, given), plugins, factors=chosen, device=device, timeout=timeout)
