"""What scripts and notebooks call: `srbench.run`, `load`, `compare`, `explain`, `check`, `board` and others."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from srbench import datasets, plan
from srbench.analysis import gate, load_run
from srbench.boards import gathering, publishing, timeline_page, timelines
from srbench.checking import checker
from srbench.diagnosis import explaining
from srbench.diagnosis.claim import claim
from srbench.errors import OtherSettings, UsageError
from srbench.execution import probing, reproduction, runner
from srbench.execution.asked_claims import PUBLISHED, Wanted
from srbench.execution.patience import loaded_patiently
from srbench.functions import plugin_files
from srbench.functions.given import given
from srbench.maintain import compare as comparing
from srbench.metrics.scorer import metric
from srbench.notebook.compared import Compared
from srbench.notebook.progress import progress
from srbench.notebook.results import Results, ShownTimes
from srbench.plan import factors as parsed_factors
from srbench.plugins import import_module
from srbench.reports import choosing, findings, formats, given_lr, writing
from srbench.reports.figures import making
from srbench.reports.html import page
from srbench.run_options import run_options, thorough
from srbench.speed.timing import THOROUGH
from srbench.store import new_folder
from srbench.store.journal import read_info
from srbench.upscaling import arrays, files
from srbench.upscaling.image_worker import Asked
from srbench.upscaling.size import size as parsed_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import TypeAlias

    from srbench.analysis.tables import Tables
    from srbench.boards.content import Board
    from srbench.boards.timelines import Past
    from srbench.checking.remarks import Report
    from srbench.execution.reproduction import Reproduced
    from srbench.functions.given import Function, Methods
    from srbench.plan import Execution, Plan
    from srbench.quality.image import Image
    from srbench.reports.figures.making import Drawn
    from srbench.reports.writing import Format, Images
    from srbench.training.plan import Moment
    from srbench.training.plan import Plan as TrainingPlan
    from srbench.training.trained import Trained
    from srbench.upscaling.files import Upscaled

    Run: TypeAlias = str | Path | Results
    """A run: its folder, or its results."""

_LOG = logging.getLogger("srbench")

__all__ = [
    "board",
    "check",
    "compare",
    "explain",
    "figure",
    "history",
    "load",
    "metric",
    "probe",
    "report",
    "reproduce",
    "run",
    "time",
    "train",
    "upscale",
]


def run(  # noqa: PLR0913 - the options of `srbench run`
    methods: Methods,
    *,
    sr: str | Mapping[str, str | Path] | Iterable[str] = (),
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
) -> Results:
    """Score and time upscalers, as `srbench run` does, and return the pandas tables.

    >>> def doubled(image): ...  # image: (H, W) or (H, W, 3), uint8 in 0..255 or float in 0..1
    >>> srbench.run(["bicubic", doubled], factors=2)
    >>> srbench.run({"Bicubic": "bicubic", "Mine": doubled}, factors=2).summary

    `methods`, `factors`, `datasets`, `protocols` and `metrics` take comma lists or lists of them; methods are
    ranked by the first metric. A method is a spec or a model file, and may have a label before it, as
    `SPAN=./span.onnx`, by which tables name it; their column `spec` then has its spec. `sr` adds
    methods whose SR images exist, `{"RCAN": "results/RCAN"}`: they are read and scored. Without `reference`, images
    are upscaled as they are, and compared with nothing. Rows land in `out`, by default a new folder below
    `./results`; what is there already is computed again only where something changed, and a metric that is added is
    computed alone. `timeout` (seconds for each image, 0 for no limit), `memory` (bytes of each worker, 0 for no
    limit) and `retries` bound what a method or a metric may take; `threads` is how many each worker has, 0 for the
    default. `cluster` is the address of a Dask scheduler, `time_on` the worker of it that times. `reuse` names run
    folders whose scores are taken over where their keys match. With `report` crops of all images are kept and
    report.html is written; `save_images` keeps whole images as PNG. The report compares methods with `baseline`, by
    default bicubic. What given LR images are, if the protocol would not have made them, is logged as a warning of
    `srbench`, which Python prints unless logging is set up otherwise.

    A method may also be a function (image) or (image, factor), a torch module (N, C, H, W) -> (N, C, factor * H,
    factor * W), or an object with `load(factor, device)`. It runs in worker processes, as all methods do. It has its
    own name, or that which a mapping gives it, and is computed again when it or anything that it holds was changed
    (docs/python.md). In a notebook, progress is shown, and what is returned shows itself as a table.

    Raises:
        SrbenchError: bad arguments, an absent dataset, or a folder that cannot be used.

    """
    asked = given(methods, plugins)
    what, how = run_options(
        asked.texts,
        sr=sr,
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
    try:
        tables = _run(what, how, asked.functions, folder)
    except OtherSettings as error:
        how_to = f"give another out, and reuse={str(folder)!r}"
        raise OtherSettings(f"{error}; to take over its results that are still valid: {how_to}") from None
    for line in given_lr.doubts(read_info(folder)):
        _LOG.warning("%s", line)
    if report:
        page.write_for(tables, folder, reported=reported)
    return Results.of(tables, folder)


def _run(what: Plan, how: Execution, functions: Sequence[Function], folder: Path) -> Tables:
    """Run a plan with the functions of a notebook or script, and show how far it is in a notebook."""
    with plugin_files.written(functions, folder) as files, progress() as tick:
        return runner.run(replace(what, plugins=(*what.plugins, *plan.absolute(files))), folder, how, tick)


def time(  # noqa: PLR0913 - the options of `srbench time`
    methods: Methods,
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
) -> ShownTimes:
    """Benchmark latency thoroughly, as `srbench time` does, and say which method is the best within a budget.

    >>> found = srbench.time("bicubic,espcn", output_sizes="1280x720", budget="33ms", threads=2, scores="results/one")
    >>> found.best, found.speeds[["method", "call", "call_low", "call_high", "fit"]]
    >>> [answer.headline for answer in found.answers]

    `methods` are as those of `run`, functions and torch modules among them.
    `output_sizes` are those of SR, such as `1280x720` or `4k`, `sizes` those of LR; without any, those of `datasets`
    are timed, and frames of 720p, 1080p and 4K. Of several `threads`, each number is timed. `budget` is what an image
    may take, `33ms`, `0.5s` or `30fps`; `scores` is a run folder that says how good the methods are. Rows land in
    `out`, by default a new folder below `./results`; what is there already is not timed again. `limit` is in seconds,
    for each method at each factor and device; 0 for none. Keep the machine idle meanwhile.

    Raises:
        SrbenchError: bad arguments, an absent dataset, or a folder that cannot be used.

    """
    asked = given(methods, plugins)
    what, how = run_options(
        asked.texts,
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
        budget=thorough(processes, limit),
        frame_budget=budget,
        scores=scores,
    )
    if scores:
        findings.check_scores(Path(scores))
    folder = Path(out) if out else new_folder.new_folder()
    tables = _run(what, how, asked.functions, folder)
    found = page.write_for(tables, folder) if report else findings.of(tables, folder, read_info(folder))
    return ShownTimes(found)


def load(folder: str | Path) -> Results:
    """Return the pandas tables of a run folder: `scores`, `timings`, `summary` and `speeds`, of its current rows.

    Raises:
        SrbenchError: the folder holds no run, or a damaged one.

    """
    return Results.of(load_run.load(Path(folder)), Path(folder))


def compare(  # noqa: PLR0913 - the options of `srbench compare`
    a: Run,
    b: Run,
    *,
    fail_on: str | Iterable[str] = (),
    allow_missing: bool = False,
    map: Mapping[str, str] | None = None,  # noqa: A002 - the option's name
    across_machines: bool = False,
) -> Compared:
    """Return what changed from run `a` to `b`: pandas tables `cells`, `settings` and `speeds`.

    Each is a run folder, or what `run` and `load` return.

    `failures` lists what exceeds the limits `fail_on`, such as `["psnr:-0.01", "lpips:+0.005", "time:+10%"]`, or is in
    `a` and missing in `b` (unless `allow_missing`); empty, it passes. `metrics` are those that both runs have. `map`
    has the names in `b` of methods that `a` calls otherwise.

    Raises:
        SrbenchError: they are not comparable, or a limit cannot be evaluated and no other is exceeded.

    """
    limits = gate.limits([fail_on] if isinstance(fail_on, str) else fail_on)
    renamed = [f"{old}={new}" for old, new in (map or {}).items()]
    found = comparing.compare(
        _folder(a), _folder(b), limits=limits, allow_missing=allow_missing, renamed=renamed, across=across_machines
    )
    found.outcome.check()
    return Compared.of(found)


def figure(  # noqa: PLR0913 - the options of `srbench figure`
    run: Run,
    kind: str = "strip",
    *,
    images: str | Iterable[str] = (),
    crops: str | Iterable[str] = (),
    methods: str | Iterable[str] = (),
    datasets: str | Iterable[str] = (),
    factors: int | str | Iterable[int] = (),
    protocols: str | Iterable[str] = (),
    metric: str = "",
    out: str | Path | None = None,
    data: str | Path | None = None,
) -> Drawn:
    """Draw a figure of a run folder, as `srbench figure` does; a notebook shows what is returned.

    >>> srbench.figure("results/look", "triptych", images="chelsea", crops="72,126,90,90", methods="bicubic,espcn")

    `kind` is `strip`, `triptych`, `pareto`, `scores`, `ranks` or `curves`. Strips and triptychs show `images`, and
    enlarge `crops`, one for all or one for each: left, top, width and height in HR pixels; by default where there is
    most detail. Of `methods` some may be `HR`, `LR` and `input`. `datasets`, `factors` and `protocols` choose among
    the settings of the run, and `metric` among its metrics. `out` is a .png, .svg or .pdf file, by default one of each
    in `figures/` of the run folder. `files` names them, and `figure` is matplotlib's.

    Raises:
        SrbenchError: the run lacks what is wanted, an image or a method has changed since, or matplotlib is missing.

    """
    found = findings.load(_folder(run))
    wanted = making.wanted(
        found,
        kind=kind,
        metric=metric,
        images=images,
        crops=crops,
        methods=methods,
        datasets=datasets,
        factors=factors,
        protocols=protocols,
    )
    return making.written(found, wanted, Path(out) if out else None, Path(data) if data else None)


def report(  # noqa: PLR0913 - the options of `srbench report`
    run: Run,
    format: Format = "html",  # noqa: A002 - the option's name
    *,
    out: str | Path | None = None,
    baseline: str = "",
    images: Images = "crops",
    names: str | Iterable[str] = (),
    reported: bool = False,
    methods: str | Iterable[str] = (),
    datasets: str | Iterable[str] = (),
    factors: int | str | Iterable[int] = (),
) -> Path | str:
    """Rebuild the report of a run, as `srbench report` does; nothing is computed again.

    >>> srbench.report(found)  # the path of report.html
    >>> print(srbench.report("results/one", "latex", names='set5="Set5"'))

    `run` is a run folder, or what `run` and `load` return. The `html` page is written into `out`, by default
    report.html in the run folder, and its path is returned. `rich` (as the terminal shows it), `markdown`, `latex`,
    `csv` and `json` are returned as text; with `out` they are written there, and its path is returned. Methods are
    compared with `baseline`; `images` "full" lets the page link to whole images that the run saved; `names` are those
    of datasets and methods in LaTeX; with `reported`, rows of papers stand beside those that were measured. `methods`,
    `datasets` and `factors` choose what a report in another format than `html` has; `methods` may be papers', too.

    Raises:
        SrbenchError: there is no run, or no such baseline, format or images; or `out` is a file of the run.

    """
    named = plan.items(names)
    writing.check(format, images, named, narrowed=bool(methods or datasets or factors))
    whole = findings.load(_folder(run), baseline, reported=reported)
    found = choosing.chosen(whole, methods, datasets, factors)
    if format == "html":
        with _writing(out or found.folder):
            return writing.write_page(found, Path(out) if out else None, images)
    text = formats.render(format, found, named)
    if not out:
        return text
    with _writing(out):
        writing.write_text(found, Path(out), text)
    return Path(out)


@contextmanager
def _writing(out: str | Path) -> Iterator[None]:
    """Say of `out` in one line why it cannot be written."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"cannot write {out}: {error.strerror}; name another file") from error


def _folder(run: Run) -> Path:
    """Return the folder of a run."""
    return run.folder if isinstance(run, Results) else Path(run)


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
        with _writing(out):
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


def train(  # noqa: PLR0913 - the options of `srbench train`
    method: str,
    *,
    factor: int = 3,
    recipe: str | Path = "best",
    datasets: str | Iterable[str] = (),
    epochs: float | None = None,
    minutes: float | None = None,
    seed: int | None = None,
    changes: Mapping[str, Any] | None = None,
    device: str = "auto",
    threads: int = 0,
    out: str | Path | None = None,
    resume: bool = False,
    extend: bool = False,
    from_weights: str | Path | None = None,
    teacher: str = "",
    plugins: Iterable[str | Path] = (),
    data: str | Path | None = None,
    watch: Callable[[Moment], None] | None = None,
) -> Trained:
    """Train the network of a method, as `srbench train` does, and return its weights, scores and history.

    >>> trained = srbench.train("espcn:activation=relu", minutes=10, out="training/mine")
    >>> trained.scores, trained.history[["step", "psnr"]]
    >>> srbench.run(f"bicubic-matlab,espcn:weights={trained.weights}", protocols="srcnn")

    `recipe` is a name or a TOML file, whose keys `changes` overrides. `out` is the folder, by default one below
    `./training`. With `resume`, the training in it is continued; with `extend`, a finished one is trained on, to
    `epochs` or `minutes` in all. `from_weights` is a weight file to start from, the folder of a training, or
    `"shipped"`, the weights that come with the method. `teacher` is the spec of a method to learn from: its SR takes
    the place of HR, as far as the recipe's key `soft` says. `watch` is called about a hundred times, with `step`,
    `epoch`, `loss`, `psnr` and others. What should not be trained on, or is not, is logged as a warning of `srbench`.

    Raises:
        SrbenchError: bad arguments, data that cannot be trained on, weights that do not fit, a folder that holds
            another training, or a loss that is no number any more.

    """
    with loaded_patiently():
        requests = import_module("srbench.training.request")  # by name, as it needs torch
    named = {"data": ",".join(plan.items(datasets)) or None, "epochs": epochs, "seed": seed}
    request = requests.Request(
        method,
        factor=factor,
        recipe=str(recipe),
        changes={**(changes or {}), **{key: each for key, each in named.items() if each is not None}},
        minutes=minutes,
        device=device,
        threads=threads,
        plugins=tuple(map(Path, plugins)),
        data=Path(data) if data else None,
        out=Path(out) if out else None,
        start=Path(from_weights) if from_weights else None,
        teacher=teacher,
        resume=resume,
        extend=extend,
    )
    with progress() as tick:

        def told(what: TrainingPlan, moment: Moment) -> None:
            tick("training, steps", moment.step, what.steps)
            if watch:
                watch(moment)

        trained: Trained = requests.train(request, requests.prepare(request), watch=told, warn=_LOG.warning)
    return trained


@overload
def upscale(
    images: str | Path | Iterable[str | Path],
    out: str | Path,
    *,
    method: str = ...,
    factor: int = ...,
    width: int | None = ...,
    height: int | None = ...,
    size: str | None = ...,
    resampler: str = ...,
    format: str = ...,
    memory: int = ...,
    device: str = ...,
    threads: int = ...,
    plugins: Iterable[str | Path] = ...,
    watch: Callable[[str, int, int], None] | None = ...,
) -> list[Upscaled]: ...


@overload
def upscale(
    images: Image,
    *,
    method: str = ...,
    factor: int = ...,
    width: int | None = ...,
    height: int | None = ...,
    size: str | None = ...,
    resampler: str = ...,
    memory: int = ...,
    device: str = ...,
    plugins: Iterable[str | Path] = ...,
) -> Image: ...


def upscale(  # noqa: PLR0913 - the options of `srbench upscale`
    images: Any,
    out: str | Path | None = None,
    *,
    method: str = "espcn",
    factor: int = 3,
    width: int | None = None,
    height: int | None = None,
    size: str | None = None,
    resampler: str = "lanczos",
    format: str = "",  # noqa: A002 - the option's name
    memory: int = 0,
    device: str = "auto",
    threads: int = 0,
    plugins: Iterable[str | Path] = (),
    watch: Callable[[str, int, int], None] | None = None,
) -> Image | list[Upscaled]:
    """Upscale an image, as `srbench upscale` does: an array to an array, or files and folders to files in `out`.

    >>> sr = srbench.upscale(lr, method="espcn", factor=3)
    >>> done = srbench.upscale("photos", "large/", method="model.onnx", factor=4, format="jpg")
    >>> [(each.target, each.size) for each in done if not each.error]

    An array is (H, W) or (H, W, 3) RGB, uint8 in 0..255 or floats in 0..1, and so is what is returned, with the same
    dtype. It is computed in this process; the method stays loaded for the next call. Files are upscaled in a worker,
    and one that fails has an `error` and stops no other; `out` is a file for one image, or a folder; `format` is a
    suffix, such as `png`, or `same`. SR by `factor` is resized to `width` or `height`, or to `size` such as
    "1280x720", by a `resampler` of Pillow. Networks work in tiles so that the process stays within `memory` bytes
    (0: three quarters of what is free). `watch` is called with (what, done, total) as files are upscaled; without it,
    a notebook shows a bar.

    Raises:
        SrbenchError: a method, an option or a device that there is not, an array that is no image, nothing can be
            written to `out`, or the only file fails.

    """
    asked = Asked(method, factor, parsed_size(size, width, height, resampler), tuple(map(str, plugins)), device, memory)
    is_path = isinstance(images, str | Path)
    if out is None and (is_path or not hasattr(images, "__array__")):
        raise UsageError("got no array, and nothing to write to; expected out, a file or a folder")
    if out is None:
        return arrays.upscale(images, asked)
    sources = [images] if is_path else list(images)
    with progress() as tick:
        return files.upscale(sources, out, asked, kind=format, threads=threads, watch=watch or tick)
