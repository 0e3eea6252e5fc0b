"""`srbench datasets`: list, show, fetch, verify, check, new."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srbench.cli import options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from srbench.datasets import Dataset, ImageFile
    from srbench.datasets.benchmark_sets import Original

app = typer.Typer(help="List the datasets; show, fetch, verify, check or declare them.", invoke_without_command=True)

Names = Annotated[list[str], typer.Argument(metavar="NAME...", help="Datasets, as name[:split] or a manifest.")]

CheckedNames = Annotated[
    list[str], typer.Argument(metavar="NAME...", help="Datasets, as name[:split], manifests or folders.")
]


@app.callback()
def datasets(context: typer.Context, data: options.Data = None, json: options.Json = False) -> None:
    """List the datasets; show, fetch, verify, check or declare them."""
    options.hand_down(context, data=data, json=json)
    if context.invoked_subcommand is None:
        list_datasets(context, data, json)


@app.command("list")
def list_datasets(context: typer.Context, data: options.Data = None, json: options.Json = False) -> None:
    """List all datasets, with how many of their images are on this disk, and on how many nothing may be trained."""
    from rich.table import Table

    from srbench import datasets as registry
    from srbench.cli import console
    from srbench.datasets import benchmark_sets

    data = options.given(context, "data", data)
    found = [registry.get(name, data) for name in registry.names()]
    if options.given(context, "json", json):
        console.print_json([_facts(each) for each in found])
        return
    table = Table("dataset", "images", "on disk", "test images", "description", box=None, header_style="bold")
    for each in found:
        counts = (len(each.files), len(each.files) - len(each.missing()), len(benchmark_sets.among(each)))
        table.add_row(each.name, *map(str, counts), each.summary)
    console.out.print(table)
    console.say("test images: papers report scores on them, so srbench train refuses them", style="dim")
    console.say(f"data folder: {data or registry.default_root()} (--data or SRBENCH_DATA)", style="dim")


@app.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Dataset, as name[:split], a manifest (FILE.toml) or a folder.")],
    data: options.Data = None,
    json: options.Json = False,
) -> None:
    """Show one dataset: images, licence, citation, folder."""
    from srbench import datasets as registry
    from srbench.cli import console

    facts = _facts(registry.get(name, options.given(context, "data", data)))
    if options.given(context, "json", json):
        console.print_json(facts)
        return
    for key, value in facts.items():
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        text = ("yes" if value else "no") if isinstance(value, bool) else text
        console.say(f"{key:12} {text or 'none'}")


@app.command()
def fetch(context: typer.Context, names: Names, data: options.Data = None) -> None:
    """Download missing files of datasets, and verify every file."""
    from srbench import datasets as registry
    from srbench.cli import console

    for name in names:
        dataset = registry.get(name, options.given(context, "data", data))
        _refuse_folder(dataset)
        with console.progress() as tick:
            registry.ensure(
                dataset, lambda path, done, total: tick(f"fetching {path}", done, total), factors=tuple(dataset.lr)
            )
        console.say(f"{dataset.spec}: {len(dataset.files)} images, verified, in {dataset.root}")


@app.command()
def verify(context: typer.Context, names: Names, data: options.Data = None) -> None:
    """Check the sha256 of every file of datasets, including published LR images on this disk; nothing is downloaded."""
    from srbench import datasets as registry
    from srbench.cli import console
    from srbench.errors import DatasetError
    from srbench.specs import counted

    for name in names:
        dataset = registry.get(name, options.given(context, "data", data))
        _refuse_folder(dataset)
        faults, absent = [], dataset.missing()
        if absent:
            faults = [_absent(dataset)]
        lr = _present_lr(dataset)
        files = [*(file for file in dataset.files if file not in absent), *lr]
        with console.progress() as tick:
            for number, file in enumerate(files, 1):
                try:
                    registry.ensure(replace(dataset, files=(file,), lr={}))
                except DatasetError as error:
                    faults.append(str(error))
                tick(f"verifying {dataset.spec}", number, len(files))
        if faults:
            for fault in faults[:-1]:
                console.note(fault)
            raise DatasetError(faults[-1])
        more = f" and {len(lr)} {_whose(dataset)}LR images" if lr else ""
        console.say(f"{dataset.spec}: {counted(len(dataset.files), 'image')}{more}, all as {_declared(dataset)}")


def _whose(dataset: Dataset) -> str:
    """Return `published ` for LR of a dataset that others can have."""
    return "published " if dataset.is_listed else ""


def _declared(dataset: Dataset) -> str:
    """Return who says what the files of a dataset are."""
    return "published" if dataset.is_listed else "declared"


@app.command()
def check(context: typer.Context, names: CheckedNames, data: options.Data = None, json: options.Json = False) -> None:
    """Look for images of test sets, and near copies of them: reduced, cropped, mirrored, turned or saved anew.

    Exit code 1: there are some, or images that cannot be read. The test sets need not be on this disk.
    """
    from srbench import datasets as registry
    from srbench.cli import console

    found = []
    for name in names:
        dataset = registry.get(name, options.given(context, "data", data))
        _refuse_missing(dataset)
        with console.progress() as tick:
            own = list(_test_images(dataset, tick))
        found += own
        for each in () if options.given(context, "json", json) else own:
            if each["test_image"]:
                console.say(f"{dataset.spec}: {each['image']} {each['relation']} {each['test_image']}", style="yellow")
        console.note(f"{dataset.spec}: {_outcome(dataset, own)}")
    if options.given(context, "json", json):
        console.print_json(found)
    raise typer.Exit(int(bool(found)))


@app.command()
def new(  # noqa: PLR0913 - a command's options
    context: typer.Context,
    folder: Annotated[
        str,
        typer.Argument(metavar="DIR", help="Folder of images, or HR_FOLDER::LR_FOLDER; LR beside HR is found by name."),
    ],
    name: Annotated[
        str,
        typer.Option(
            envvar="SRBENCH_DATASETS_NEW_NAME",
            metavar="NAME",
            rich_help_panel=options.INPUT,
            help="Name of the dataset; default: that of the manifest, or of the folder.",
        ),
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option(
            envvar="SRBENCH_DATASETS_NEW_OUT",
            metavar="FILE.toml",
            rich_help_panel=options.OUTPUT,
            help="Manifest to write; default: NAME.toml in the current folder.",
        ),
    ] = None,
    data: options.Data = None,
    json: options.Json = False,
) -> None:
    """Declare images as a dataset: write a manifest with the hashes of their files and pixels.

    `srbench run --datasets ./NAME.toml` then notices any file that was edited. LR images are declared where they pair
    with HR images by name. The licence is what LICENSE and README files say, or unknown: check it before you share it.
    Exit code 1: some files are not images that can be read, and were left out.

    Example: srbench datasets new ./photos/ --out photos.toml
    """
    from srbench import datasets as registry
    from srbench.cli import console
    from srbench.datasets import new_manifest
    from srbench.errors import UsageError
    from srbench.specs import counted

    folder = folder if os.sep in folder else f".{os.sep}{folder}"
    dataset = registry.get(folder, options.given(context, "data", data))
    if dataset.is_declared:
        raise UsageError(f"{folder} is a manifest already; expected the folder of its images: {dataset.root}")
    target = _target(dataset, name, out)
    with console.progress() as tick:
        made = new_manifest.describe(dataset, tick)
    new_manifest.write(target, made.text(name or target.stem, target))
    for line in made.left_out:
        console.note(f"left out: {line}")
    found = registry.get(str(target))
    if options.given(context, "json", json):
        console.print_json({"manifest": str(target), **_facts(found), "left out": made.left_out})
    else:
        lr = "".join(f", {len(files)} LR at x{factor}" for factor, files in made.lr.items())
        console.say(f"{target}: {counted(len(made.files), 'image')}{lr}; licence: {made.licence}")
        given = f" --factor {','.join(map(str, made.lr))} --protocol basicsr:lr=given" if made.lr else ""
        console.note(f"to score on it: srbench run --datasets {_typed(target)}{given}")
    raise typer.Exit(int(bool(made.left_out)))


def _typed(target: Path) -> str:
    """Return the path of a manifest as `--datasets` takes it."""
    return str(target) if os.sep in str(target) else f".{os.sep}{target}"


def _target(dataset: Dataset, name: str, out: Path | None) -> Path:
    """Return where the manifest goes; nothing that is there is written over.

    Raises:
        UsageError: something is there, or it could not be named with --datasets.

    """
    import re

    from srbench.errors import UsageError

    target = out or Path(f"{name or re.sub(r'[^0-9A-Za-z._-]+', '-', dataset.name).strip('-.')}.toml")
    if target.suffix != ".toml" or any(each in target.name for each in ",:"):
        option = "--out" if out else "--name"
        raise UsageError(
            f"{option} gives {target.name!r}, expected a name without commas and colons, and .toml at its end"
        )
    if os.path.lexists(target):
        raise UsageError(f"{target} is there already; move it away, or choose another with --out")
    return target


def _outcome(dataset: Dataset, found: list[dict[str, str | None]]) -> str:
    """Return how many images were checked, and what came of it."""
    from srbench.specs import counted

    every = len(dataset.files)
    unread = sum(not each["test_image"] for each in found)
    text = counted(every, "image")
    text += f", {unread} not checked: cannot be read" if unread else ""
    if unread == every:
        return text
    alike = len({each["image"] for each in found if each["test_image"]})
    return f"{text}{';' if unread else ','} {alike or 'none'} of or like those of test sets: {_test_sets()}"


def _test_sets() -> str:
    """Return the test sets that images are compared with; without pixel hashes and fingerprints, files alone are."""
    from srbench.datasets import benchmark_sets, near_copies

    seen = {each.dataset for each in near_copies.fingerprints().images}
    files = [name for name in benchmark_sets.NAMES if name not in seen]
    rest = f"; {', '.join(files)} by file hash only" if files else ""
    return ", ".join(name for name in benchmark_sets.NAMES if name in seen) + rest


def _test_images(dataset: Dataset, tick: Callable[[str, int, int], None]) -> Iterator[dict[str, str | None]]:
    """Yield what each image has to do with test images; one that cannot be read is named, and has no `test_image`."""
    from srbench.cli import console
    from srbench.errors import ImageError

    for number, entry in enumerate(dataset.images, 1):
        tick(f"checking {dataset.spec}", number, len(dataset.files))
        facts = {"dataset": dataset.spec, "image": entry.name}
        try:
            for relation, test in _relations(entry.path):
                yield {**facts, "relation": relation, "test_image": str(test)}
        except ImageError as error:
            console.note(str(error))
            yield {**facts, "relation": "not checked", "test_image": None, "reason": str(error)}


def _relations(path: Path) -> list[tuple[str, Original]]:
    """Return what an image has to do with test images: it is one by its file or its pixels, or looks like some.

    Raises:
        ImageError: it cannot be read.

    """
    from srbench.datasets import benchmark_sets, near_copies
    from srbench.quality.files import content_hash, read_image

    if same := benchmark_sets.by_file().get(content_hash(path, "")):
        return [("is", same)]
    image = read_image(path)
    if same := benchmark_sets.same_pixels(image):
        return [("is", same)]
    return [("looks like", each) for each in near_copies.find(image)]


def _refuse_missing(dataset: Dataset) -> None:
    """Refuse a dataset that is not on this disk as a whole."""
    from srbench.errors import DatasetError

    if dataset.missing():
        raise DatasetError(_absent(dataset))


def _absent(dataset: Dataset) -> str:
    """Return a line on the images that are not on this disk."""
    missing = dataset.missing()
    return (
        f"{dataset.spec}: {len(missing)} of {len(dataset.files)} images are not in {dataset.root}, the first "
        f"is {missing[0].path}; {_remedy(dataset, missing[0])}"
    )


def _remedy(dataset: Dataset, missing: ImageFile) -> str:
    if missing.url:
        return f"srbench datasets fetch {dataset.spec} downloads them"
    if not dataset.is_listed and not dataset.root.exists():
        named = os.path.relpath(dataset.root, Path(dataset.spec.rpartition(".toml")[0]).parent)
        return f'its folder = "{named}" is gone: correct that key, or name the folder that holds them with --data'
    return "put them there, or name the folder that holds them with --data"


def _refuse_folder(dataset: Dataset) -> None:
    """Refuse a folder of the user: nobody published hashes of its files, so there is nothing to verify."""
    from srbench.errors import UsageError

    if not dataset.is_declared:
        raise UsageError(
            f"{dataset.spec} is a folder without published hashes, so nothing can be verified; expected a dataset "
            "that srbench datasets lists, or a manifest that srbench datasets new writes"
        )


def _present_lr(dataset: Dataset) -> list[ImageFile]:
    """Return the published LR files of a dataset's images that are on this disk."""
    names = {file.name for file in dataset.files}
    files = [file for group in dataset.lr.values() for file in group if file.name in names]
    return [file for file in files if (dataset.root / file.path).exists()]


def _with_lr(dataset: Dataset) -> Dataset:
    """Return a folder with the LR images that pair with its HR images, at any factor; any other dataset as it is."""
    from srbench.datasets import with_lr, without_lr
    from srbench.datasets.new_manifest import FACTORS
    from srbench.errors import SrbenchError

    if dataset.is_declared:
        return dataset
    hr = without_lr(dataset)
    found: dict[int, tuple[ImageFile, ...]] = {}
    for factor in FACTORS:
        with suppress(SrbenchError):
            hr = with_lr(dataset, [factor])
            found |= hr.lr
    return replace(hr, lr=found)


def _factors(dataset: Dataset) -> list[str]:
    """Return the factors at which there is LR; where no name says them, sizes do."""
    from srbench.datasets.new_manifest import FACTORS

    return ["at the factor of its size"] if len(dataset.lr) == len(FACTORS) else [f"x{each}" for each in dataset.lr]


def _facts(dataset: Dataset) -> dict[str, object]:
    from srbench.datasets import benchmark_sets

    dataset = _with_lr(dataset)
    return {
        "dataset": dataset.spec,
        "title": dataset.title,
        "summary": dataset.summary,
        "images": len(dataset.files),
        "missing": len(dataset.missing()),
        "test images": len(benchmark_sets.among(dataset)),
        "splits": list(dataset.splits),
        "aliases": list(dataset.aliases),
        f"{_whose(dataset)}LR": _factors(dataset),
        "licence": dataset.licence,
        "share-alike": dataset.share_alike,
        "citation": dataset.citation,
        "homepage": dataset.homepage,
        "folder": str(dataset.root),
        "fingerprint": dataset.fingerprint,
    }
