"""Which claims of which tables are to be reproduced, and which of them cannot be measured here?"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from srbench import datasets, methods, plan
from srbench.analysis import claims as tables
from srbench.analysis.reported import of_methods
from srbench.errors import DatasetError, SrbenchError, UsageError
from srbench.execution import method_worker
from srbench.execution.method_info import Asked as Described
from srbench.execution.patience import patient
from srbench.execution.resolved_plan import check_factors, datasets_of
from srbench.isolation import worker
from srbench.isolation.limits import Limits
from srbench.quality import protocols
from srbench.specs import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from srbench.execution.method_info import MethodInfo
    from srbench.isolation.worker import Worker

PUBLISHED = "published"
"""What names the table of the literature that comes with srbench."""

METHOD = "bicubic-matlab"
"""Whose claims of that table are reproduced where no method is named."""

_SETTING = ("method", "protocol", "dataset", "factor")


@dataclass(frozen=True)
class Wanted:
    """Which claims are to be reproduced; of what is left open, all."""

    tables: tuple[str, ...] = (PUBLISHED,)
    """Files of claims, or `published`."""
    methods: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()
    factors: tuple[int, ...] = ()
    plugins: tuple[str, ...] = ()
    """Plug-in files, absolute."""
    data: Path | None = None
    """The folder of the datasets, if it is not the default one."""


class Asked(NamedTuple):
    """The claims that are to be reproduced, and what is needed to measure them."""

    claims: pd.DataFrame
    """As in `analysis.claims.Table`, but `method` is a method's canonical spec and `dataset` a dataset's, as far as
    they are here; with the `reason` why a claim cannot be measured, else an empty one."""
    protocol_files: tuple[Path, ...]
    plugins: tuple[str, ...]
    files: Mapping[str, set[str]]
    """The sha256 of methods' files, by spec."""


def asked(wanted: Wanted, tell: Callable[[str], object]) -> Asked:
    """Return the claims of what is asked for; `tell` hears what is left out.

    Raises:
        WrongLines, UsageError, DatasetError: as `reproduction.reproduce`.

    """
    read = {text: _table(text, wanted.plugins) for text in dict.fromkeys(wanted.tables)}
    claims = pd.concat([each.claims.assign(listed=text == PUBLISHED) for text, each in read.items()], ignore_index=True)
    choices, reasons = _methods(claims, wanted)
    claims["method"] = claims["method"].map(lambda spec: choices[spec].spec if spec in choices else spec)
    chosen = {each.spec: each for each in choices.values()}
    hashes = {spec: set(each.files.values()) for spec, each in chosen.items()}
    found = of_methods(claims, [*chosen, *reasons], hashes)
    if not (wanted.methods or set(wanted.tables) == {PUBLISHED}) and (nameless := (claims["method"] == "").sum()):
        tell(
            f"left out: {counted(nameless, 'claim')} whose column method is empty; to measure them, name methods that "
            "have their weights by --methods"
        )
    found = _here(_narrowed(found, wanted), wanted, tell)
    files = tuple(dict.fromkeys(file for each in read.values() for file in each.protocol_files))
    why = _Reasons(wanted, files, reasons)
    found["reason"] = [why.of(*line) for line in zip(*(found[name] for name in _SETTING), strict=True)]
    return Asked(found, files, wanted.plugins, hashes)


def _table(text: str, plugins: Iterable[str]) -> tables.Table:
    return tables.Table(tables.published(), ()) if text == PUBLISHED else tables.read(Path(text), list(plugins))


def _methods(claims: pd.DataFrame, wanted: Wanted) -> tuple[dict[str, MethodInfo], dict[str, str]]:
    """Return the methods whose claims are asked for, by what names them, and why others cannot be used.

    Raises:
        UsageError: one that the user named cannot be used.

    """
    factors = tuple(map(int, claims["factor"].unique()))
    with worker.new(Limits(), method_worker.__name__, patient()) as process:  # a plug-in may end it
        described = partial(_described, process, wanted.plugins, factors)
        found = {spec: described(spec) for spec in plan.items(wanted.methods)}
        typed, reasons = {each.spec for each in found.values()}, {}
        own = dict.fromkeys(claims.loc[~claims["listed"], "method"])
        for spec in filter(None, own if typed else {**({METHOD: None} if PUBLISHED in wanted.tables else {}), **own}):
            try:
                found[spec] = described(spec)
            except SrbenchError as error:
                reasons[spec] = str(error)
    if typed:
        return {spec: each for spec, each in found.items() if each.spec in typed}, {}
    return found, reasons


def _described(process: Worker, plugins: tuple[str, ...], factors: tuple[int, ...], spec: str) -> MethodInfo:
    """Return what a method is; raises what says why it cannot be used."""
    methods.check_names([spec], [Path(each) for each in plugins])
    info: MethodInfo = process.call(method_worker.describe, Described(spec, plugins, factors, "cpu"))
    return info


def _narrowed(claims: pd.DataFrame, wanted: Wanted) -> pd.DataFrame:
    """Return the claims of the datasets, protocols and factors that are asked for.

    Raises:
        UsageError: there are none, or no such dataset or protocol.

    """
    claims["dataset"] = claims["dataset"].map(cache(lambda text: _dataset(text, wanted.data)))
    asked_for: dict[str, tuple[str | int, ...]] = {
        "dataset": tuple(datasets.get(text, wanted.data).spec for text in wanted.datasets),
        "protocol": tuple(each.name for each in protocols.resolve(wanted.protocols)[0]),
        "factor": wanted.factors,
    }
    for column, values in asked_for.items():
        claims = claims[claims[column].isin(values)] if values else claims
    if claims.empty and set(wanted.tables) == {PUBLISHED}:
        raise UsageError(
            "none of the published tables in srbench has these methods; try --methods bicubic-matlab,espcn "
            "(bicubic in papers is MATLAB's: bicubic-matlab), without --datasets, --protocol and --factor"
        )
    if claims.empty:
        raise UsageError(f"{', '.join(wanted.tables)}: no claim of what is asked for; leave out some of the options")
    return claims


def _dataset(text: str, data: Path | None) -> str:
    """Return the canonical spec of a dataset; text that names none as it is."""
    with suppress(SrbenchError, OSError):
        return datasets.get(text, data).spec
    return text


def _here(claims: pd.DataFrame, wanted: Wanted, tell: Callable[[str], object]) -> pd.DataFrame:
    """Leave out the claims of the literature whose datasets are not here, and say so: nobody has all of them.

    Raises:
        DatasetError: none is left.

    """
    absent = [spec for spec in claims.loc[claims["listed"], "dataset"].unique() if _is_absent(spec, wanted.data)]
    present = claims[~(claims["listed"] & claims["dataset"].isin(absent))].drop(columns="listed")
    named = [spec for spec in absent if spec in datasets.names()]
    if present.empty:
        raise DatasetError(
            f"none of {', '.join(named)} is on this disk; srbench datasets fetch set5 set14 bsd100, or --data DIR"
        )
    if named:
        tell(f"not on this disk, left out: {', '.join(named)}")
    return present.reset_index(drop=True)


def _is_absent(spec: str, data: Path | None) -> bool:
    return spec not in datasets.names() or bool(datasets.get(spec, data).missing())


class _Reasons:
    """Why claims cannot be measured here; what many have in common is looked at once."""

    def __init__(self, wanted: Wanted, files: tuple[Path, ...], methods: Mapping[str, str]) -> None:
        self._methods = methods
        self._setting = cache(lambda *setting: _why_not(*setting, files=files, data=wanted.data))

    def of(self, method: str, protocol: str, dataset: str, factor: int) -> str:
        """Return why a claim cannot be measured; empty if nothing is known against it."""
        return self._methods.get(method) or self._setting(protocol, dataset, factor)


def _why_not(protocol: str, dataset: str, factor: int, *, files: tuple[Path, ...], data: Path | None) -> str:
    what = plan.Plan((METHOD,), (factor,), (dataset,), (protocol,), protocol_files=tuple(map(str, files)))
    try:
        chosen, _ = protocols.resolve(what.protocols, what.own_protocols)
        check_factors(what, chosen)
        (found,) = datasets_of(what, data, chosen).values()
    except (SrbenchError, OSError) as error:
        return str(error)
    if missing := found.missing():
        return (
            f"{counted(len(missing), 'image')} of {found.name} {'is' if len(missing) == 1 else 'are'} not on this disk"
            + f"; srbench datasets fetch {found.name}, or --data DIR" * found.is_listed
        )
    return ""
