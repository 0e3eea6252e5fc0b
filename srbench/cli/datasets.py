"""`srbench datasets`: list, show, fetch, verify."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import options

if TYPE_CHECKING:
    from srbench.datasets import Dataset

app = typer.Typer(help="List the datasets, show, fetch or verify them.", invoke_without_command=True)

Names = Annotated[list[str], typer.Argument(metavar="NAME...", help="Datasets: name[:split].")]


@app.callback()
def datasets(context: typer.Context, data: options.Data = None, json: options.Json = False) -> None:
    """List the datasets, show, fetch or verify them."""
    if context.invoked_subcommand is None:
        list_datasets(data, json)


@app.command("list")
def list_datasets(data: options.Data = None, json: options.Json = False) -> None:
    """List every dataset, and how many of its images are on this disk."""
    from rich.table import Table

    from srbench import datasets as registry
    from srbench.cli import console

    found = [registry.get(name, data) for name in registry.names()]
    if json:
        console.print_json([_facts(each) for each in found])
        return
    table = Table("dataset", "images", "here", "what it is", box=None, header_style="bold")
    for each in found:
        here = len(each.files) - len(each.missing())
        table.add_row(each.name, str(len(each.files)), str(here), each.summary)
    console.out.print(table)
    console.out.print(
        f"data folder: {data or registry.default_root()} (--data or SRBENCH_DATA)", style="dim", highlight=False
    )


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A dataset: name[:split], or a folder.")],
    data: options.Data = None,
    json: options.Json = False,
) -> None:
    """Show one dataset: images, licence, citation, where it lies."""
    from srbench import datasets as registry
    from srbench.cli import console

    facts = _facts(registry.get(name, data))
    if json:
        console.print_json(facts)
        return
    for key, value in facts.items():
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        console.out.print(f"{key:12} {text or 'none'}", highlight=False, markup=False, soft_wrap=True)


@app.command()
def fetch(names: Names, data: options.Data = None) -> None:
    """Download what is missing of these datasets, and verify every file."""
    from srbench import datasets as registry
    from srbench.cli import console

    for name in names:
        dataset = registry.get(name, data)
        with console.progress() as tick:
            registry.ensure(dataset, lambda path, done, total: tick(f"fetching {path}", done, total), factors=(2, 3, 4))
        console.out.print(f"{dataset.spec}: {len(dataset.files)} images, verified, in {dataset.root}", highlight=False)


@app.command()
def verify(names: Names, data: options.Data = None) -> None:
    """Check the sha256 of every file of these datasets, and download nothing."""
    from srbench import datasets as registry
    from srbench.cli import console
    from srbench.errors import DatasetError

    for name in names:
        dataset = registry.get(name, data)
        missing = dataset.missing()
        if missing:
            raise DatasetError(
                f"{dataset.spec}: {len(missing)} of {len(dataset.files)} images are not in {dataset.root}, the first "
                f"is {missing[0].path}; srbench datasets fetch {dataset.spec} downloads them"
            )
        registry.ensure(dataset)
        console.out.print(f"{dataset.spec}: {len(dataset.files)} images, all as published", highlight=False)


def _facts(dataset: Dataset) -> dict[str, object]:
    return {
        "dataset": dataset.spec,
        "title": dataset.title,
        "summary": dataset.summary,
        "images": len(dataset.files),
        "missing": len(dataset.missing()),
        "splits": list(dataset.splits),
        "aliases": list(dataset.aliases),
        "published LR": [f"x{factor}" for factor in dataset.lr],
        "licence": dataset.licence,
        "citation": dataset.citation,
        "homepage": dataset.homepage,
        "folder": str(dataset.root),
        "fingerprint": dataset.fingerprint,
    }
