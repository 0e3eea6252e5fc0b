"""`srbench reproduce`: this installation against the literature."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import options

if TYPE_CHECKING:
    import pandas as pd

    from srbench.methods import Choice


def reproduce(  # noqa: PLR0913 - options of a command
    methods: options.Methods = ["bicubic-matlab"],  # noqa: B006 - typer copies it
    *,
    datasets: options.Datasets = [],  # noqa: B006 - typer copies it
    protocol: options.Protocols = [],  # noqa: B006 - typer copies it
    factor: options.Factors = [],  # noqa: B006 - typer copies it
    plugin: options.Plugins = None,
    jobs: options.Jobs = 1,
    data: options.Data = None,
    out: Annotated[
        Path | None,
        typer.Option(
            envvar="SRBENCH_REPRODUCE_OUT",
            metavar="DIR",
            rich_help_panel=options.OUTPUT,
            help="Folder to keep the runs in, one per protocol; by default they are discarded.",
        ),
    ] = None,
    _allow_pickle: options.AllowPickle = False,
    json: options.Json = False,
) -> None:
    """Reproduce published tables, and print published and measured scores side by side.

    All that is published, or what is asked for of it. Uses the datasets that are on this disk; `srbench datasets fetch
    set5 set14 bsd100` downloads them. Methods without weights must agree within 0.01 dB and 0.001, and so must networks
    with the weights of a paper's authors, known by their sha256; exit code 1 if one does not, or could not be measured.
    Other weights are not the paper's, so their difference is shown without a verdict.

    Example: srbench reproduce --protocol selfexsr:lr=bd,selfexsr:lr=dn
    """
    from srbench import plan
    from srbench.analysis.columns import metrics_of
    from srbench.analysis.published import beside, published
    from srbench.analysis.tables import alone
    from srbench.cli import console
    from srbench.execution import loading
    from srbench.formats.strict_json import records
    from srbench.reports import terminal

    metrics = metrics_of({})
    with console.only_results(json):
        plugins = tuple(str(each.resolve()) for each in plugin or ())
        choices = {spec: loading.chosen(spec, plugins) for spec in plan.items(methods)}.values()
        weights = {each.spec: _hashes(each) for each in choices}
        cells = _asked(published([each.spec for each in choices], metrics, weights), datasets, protocol, factor)
        cells = _present(cells, data)
        fixed = [each.spec for each in choices if not any(loading.files_of(each, factor) for factor in cells["factor"])]
    with console.only_results(json):
        summary = _summary(cells, plugins, out, jobs, data)
    table = beside(cells, alone(summary, metrics), fixed, metrics)
    if json:
        console.print_json(records(table))
    else:
        terminal.show_published(console.out, table)
    raise typer.Exit(_exit_code(table, fixed))


def _asked(cells: pd.DataFrame, datasets: list[str], protocol: list[str], factor: list[str]) -> pd.DataFrame:
    """Return the cells that are asked for; of what is left open, all."""
    from srbench import datasets as registry
    from srbench import plan
    from srbench.quality.protocols import resolve

    wanted: dict[str, tuple[str | int, ...]] = {
        "dataset": tuple(registry.get(name).name for name in plan.items(datasets)),
        "protocol": tuple(each.name for each in resolve(plan.items(protocol))[0]),
        "factor": plan.factors(factor) if factor else (),
    }
    for column, values in wanted.items():
        cells = cells[cells[column].isin(values)] if values else cells
    return cells


def _hashes(choice: Choice) -> set[str]:
    """Return the sha256 of a method's files, at the factors that it has."""
    from contextlib import suppress

    from srbench.errors import SrbenchError
    from srbench.execution import loading
    from srbench.hashing import file_hash_or

    files: set[Path] = set()
    for factor in (2, 3, 4):
        with suppress(SrbenchError):
            files |= set(loading.files_of(choice, factor))
    return {file_hash_or(file, "") for file in files} - {""}


def _exit_code(table: pd.DataFrame, fixed: list[str]) -> int:
    """Return 0 only where every cell that must be met agrees, and something was measured at all."""
    from srbench.analysis.published import held_to

    unmet = table[held_to(table, fixed)]["verdict"].isin(["off", "not measured"])
    return int(unmet.any() or (table["verdict"] == "not measured").all())


def _present(cells: pd.DataFrame, data: Path | None) -> pd.DataFrame:
    """Leave out the cells whose datasets are not here, and say so."""
    from srbench import datasets
    from srbench.cli import console
    from srbench.errors import DatasetError, UsageError

    if cells.empty:
        raise UsageError(
            "none of the published tables in srbench has these methods; try --methods bicubic-matlab,espcn "
            "(bicubic in papers is MATLAB's: bicubic-matlab), without --datasets, --protocol and --factor"
        )
    known = cells[cells["dataset"].isin(datasets.names())]
    absent = [name for name in known["dataset"].unique() if datasets.get(name, data).missing()]
    present = known[~known["dataset"].isin(absent)]
    if present.empty:
        raise DatasetError(
            f"none of {', '.join(absent)} is on this disk; srbench datasets fetch set5 set14 bsd100, or --data DIR"
        )
    if absent:
        console.note(f"not on this disk, left out: {', '.join(absent)}")
    return present


def _summary(
    cells: pd.DataFrame, plugins: tuple[str, ...], out: Path | None, jobs: int, data: Path | None
) -> pd.DataFrame:
    """Run every cell, protocol by protocol."""
    import pandas as pd

    from srbench import plan
    from srbench.analysis.labelled import by_spec
    from srbench.cli import console
    from srbench.datasets.stored_names import escaped
    from srbench.execution import runner

    parts = []
    with TemporaryDirectory() as scratch, console.progress() as tick:
        for protocol, group in cells.groupby("protocol", sort=False):
            what = plan.Plan(
                methods=tuple(group["spec"].unique()),
                factors=tuple(map(int, group["factor"].unique())),
                datasets=tuple(group["dataset"].unique()),
                protocols=(str(protocol),),
                device="cpu",
                timing=False,
                plugins=plugins,
            )
            folder = (out or Path(scratch)) / escaped(str(protocol))
            found = runner.run(what, folder, plan.Execution(jobs=jobs, data=data), tick)
            parts.append(by_spec(found.summary))  # files among options make labels
    return pd.concat(parts)
