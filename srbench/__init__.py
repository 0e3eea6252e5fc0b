"""srbench: compares image upscalers by published protocols, and times them.

>>> import srbench
>>> tables = srbench.run("bicubic,espcn", factors=3, datasets="sample")
>>> tables.summary[["method", "psnr", "ssim"]]

PYTEST_DONT_REWRITE: it brings a pytest plug-in, and a process may have imported it before it starts pytest.
"""

from srbench.errors import SrbenchError, Unsupported

TYPE_CHECKING = False  # no module is imported here, nor in errors, before `__main__` has seen to where they come from
if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from srbench.records.comparing import Comparison
    from srbench.results.tables import Tables

__version__ = "0.1.0"
__all__ = ["SrbenchError", "Unsupported", "compare", "load", "run"]


def run(  # noqa: PLR0913 - the options of `srbench run`
    methods: "str | Iterable[str]",
    *,
    factors: "int | str | Iterable[int]" = 3,
    datasets: "str | Iterable[str]" = "sample",
    protocols: "str | Iterable[str]" = "basicsr",
    device: str = "auto",
    jobs: int = 1,
    threads: int = 0,
    out: "str | Path | None" = None,
    plugins: "Iterable[str | Path]" = (),
    data: "str | Path | None" = None,
    timing: bool = True,
    timeout: float = 600.0,
    memory: int = 0,
    retries: int = 1,
    fail_fast: bool = False,
    reuse: "Iterable[str | Path]" = (),
    report: bool = True,
    save_images: bool = False,
) -> "Tables":
    """Score and time upscalers, as `srbench run` does, and return the pandas tables.

    `methods`, `factors`, `datasets` and `protocols` take comma lists or lists of them. Rows land in `out`, by default
    a new folder below `./results`; an unfinished run in `out` is continued. `timeout` (seconds for each image, 0 for no
    limit), `memory` (bytes of each worker, 0 for no limit) and `retries` bound what a method may take; `threads` is how
    many each worker has, 0 for the default; `reuse` names run folders whose rows are taken over where their keys match.
    With `report` crops of all images are kept and report.html is written; `save_images` keeps whole images as PNG.

    Raises:
        SrbenchError: bad arguments, an absent dataset, or a folder that cannot be used.

    """
    from pathlib import Path  # noqa: PLC0415 - see TYPE_CHECKING

    from srbench import plan  # noqa: PLC0415 - `import srbench` stays instant
    from srbench.isolation.limits import Limits  # noqa: PLC0415
    from srbench.records import naming  # noqa: PLC0415
    from srbench.report.html import page  # noqa: PLC0415
    from srbench.runs import runner  # noqa: PLC0415

    what = plan.Plan(
        methods=plan.items(methods),
        factors=plan.factors(factors),
        datasets=plan.items(datasets),
        protocols=plan.items(protocols),
        device=plan.device(device),
        timing=timing,
        plugins=plan.absolute(Path(path) for path in plugins),
    )
    how = plan.Execution(
        jobs=jobs,
        limits=Limits(timeout, memory, retries, threads),
        fail_fast=fail_fast,
        reuse=tuple(Path(folder) for folder in reuse),
        data=Path(data) if data else None,
        keep=plan.Keep(crops=report, images=save_images),
    )
    folder = Path(out) if out else naming.new_folder()
    tables = runner.run(what, folder, how)
    if report:
        page.write_for(tables, folder)
    return tables


def load(folder: "str | Path") -> "Tables":
    """Return the pandas tables of a run folder: `scores`, `timings` and `summary`.

    Raises:
        SrbenchError: the folder holds no tables, or damaged ones.

    """
    from pathlib import Path  # noqa: PLC0415 - see TYPE_CHECKING

    from srbench.results import tables  # noqa: PLC0415 - `import srbench` stays instant

    return tables.load(Path(folder))


def compare(a: "str | Path", b: "str | Path", *, across_machines: bool = False) -> "Comparison":
    """Return what changed from run folder `a` to `b`: pandas tables `cells`, `settings` and `speeds`.

    Raises:
        SrbenchError: they do not compare.

    """
    from pathlib import Path  # noqa: PLC0415 - see TYPE_CHECKING

    from srbench.records import comparing  # noqa: PLC0415 - `import srbench` stays instant

    return comparing.compare(Path(a), Path(b), across=across_machines)
