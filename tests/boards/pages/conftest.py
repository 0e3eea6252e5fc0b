"""A board made by hand: two tables, three methods, two runs on two machines, pictures, times, versions, papers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench.boards import content
from srbench.quality import crops

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from srbench.quality.image import Image

EVIL = "<script>alert(1)</script>"
METHODS = {"bicubic": "bicubic", "espcn": "espcn", "evil": EVIL}
IMAGES = {"set-a": "a", "set-b": '"><img src=x onerror=alert(2)>', "set-c": "c\u202egnp"}
MACHINES = {"one": "Opteron, 2 cores", "two": "Xeon, 8 cores"}
CONDITIONS = {"device": "cpu", "threads": "1", "precision": "float32", "lr": "RGB uint8", "sizes": "100x100"}
PSNR = content.Metric("psnr", "PSNR", "dB", 2, "higher", "peak signal-to-noise ratio", "", "")
SSIM = content.Metric("ssim", "SSIM", "", 4, "higher", "structural similarity", "", "")
LPIPS = content.Metric("lpips", "LPIPS", "", 4, "lower", "learned distance", "1", "ab" * 32)
METRICS = {2: (PSNR, SSIM), 3: (PSNR, SSIM, LPIPS)}


@pytest.fixture
def board(tmp_path: Path) -> content.Board:
    """Return the board."""
    keep = _keeper(tmp_path / "source")
    tables = tuple(_table(factor) for factor in (2, 3))
    return content.Board(
        title="Board of two runs",
        made_with="1.2.3",
        tables=tables,
        methods=tuple(_method(name, tables) for name in METHODS),
        images=tuple(_image(place, name, tables, keep) for place, name in enumerate(IMAGES)),
        runs=(_run("new", "two"), _run("old", "one")),
        machines=(
            content.Machine("one", MACHINES["one"], "Opteron", 2, 2**33, (), "Linux"),
            content.Machine("two", MACHINES["two"], "Xeon", 8, None, ("H200",), "Linux"),
        ),
        protocols=(content.Protocol("basicsr-1", "basicsr", "f1" * 8, ("LR by bicubic.",), (("shave", "factor"),)),),
        datasets=(content.Dataset("set", "set", "d1" * 32, len(IMAGES)),),
        refused=(content.Refused("broken", "its journal is damaged"),),
        refusals=("Times on two machines are in two charts.", "Another protocol has this name in the run other."),
    )


def _keeper(folder: Path) -> Callable[[str, Image], content.Picture]:
    folder.mkdir()

    def keep(name: str, image: Image) -> content.Picture:
        (folder / f"{name}.png").write_bytes(crops.png(image))
        return content.Picture(f"{name}.png", folder / f"{name}.png")

    return keep


def _run(name: str, machine: str) -> content.Run:
    return content.Run(
        id=name,
        folder=f"{name} run",
        status="finished",
        started=f"2026-0{1 + (name == 'new')}-01T10:00:00+00:00",
        ended=f"2026-0{1 + (name == 'new')}-01T10:01:00+00:00",
        machine=machine,
        srbench="1.2.3",
        commit="c0ffee" * 6 + "abcd" + "+" * (name == "new"),
        libraries={"python": "3.12.1", "numpy": "2.4.6"},
        methods=tuple(METHODS),
        merged=(),
        remarks=("One image failed.",) if name == "old" else (),
    )


def _table(factor: int) -> content.Table:
    lines = tuple(_line(factor, place, method) for place, method in enumerate(reversed(METHODS)))
    older = replace(_line(factor, 2, "espcn"), id=f"espcn-old-x{factor}", standing="older", run="old", runs=("old",))
    older = replace(older, code="0" * 64, judged=False, speeds=(), values=dict(_values(factor, 2, -1)))
    return content.Table(
        id=f"set-x{factor}-basicsr",
        name=f"set x{factor}, basicsr",
        dataset="set",
        factor=factor,
        protocol="basicsr-1",
        on_device="",
        metrics=METRICS[factor],
        images=tuple(IMAGES),
        judged=len(IMAGES),
        lines=(*lines, older),
        charts=tuple(_chart(factor, machine) for machine in ("one", "two")),
        refusals=("Another protocol has this name in the run other.",),
        verdict=f"{EVIL} leads by 1.00 dB over espcn.",
    )


def _line(factor: int, place: int, method: str) -> content.Line:
    return content.Line(
        id=f"{method}-x{factor}",
        table=f"set-x{factor}-basicsr",
        method=method,
        device="cpu",
        standing="current",
        run="new",
        runs=("new", "old"),
        code=f"{place}f" * 32,
        weights={} if method == "bicubic" else {f"{method}.safetensors": f"{place}a" * 32},
        parameters=None if method == "bicubic" else 1000 * factor,
        multiply_adds=None if method == "bicubic" else 512.5,
        judged=True,
        images=len(IMAGES),
        of=len(IMAGES),
        scored=len(IMAGES),
        trained_on=1 if method == "espcn" else 0,
        failures=("failed: boom, 1 image",) if method == "bicubic" else (),
        rank=1.0 + place,
        values=dict(_values(factor, place, place + 1)),
        speeds=tuple(
            content.Speed(f"x{factor}-{name}", 3.0 + place, 2.9, 3.2, name == "two", "new") for name in ("one", "two")
        ),
        remarks=(),
    )


def _values(factor: int, place: int, position: int) -> Iterator[tuple[str, content.Value]]:
    judged = position > 0
    for metric in METRICS[factor]:
        mean = {"psnr": 33.0 - place, "ssim": 0.9 - place / 100, "lpips": 0.1 + place / 100}[metric.name]
        last = place == len(METHODS) - 1
        below = content.Neighbour(
            line=f"{[*reversed(METHODS)][min(place + 1, 2)]}-x{factor}",
            difference=1.0,
            low=0.5,
            high=1.5,
            p=0.25,
            verdict="undecided" if place else "better",
            images=3,
            smallest_p=0.25,
        )
        papers = (
            content.Reported(32.75, "32.75", mean, mean - 32.75, "off", "", "ESPCN", "Shi et al. 2016, Table 1", ""),
        )
        yield (
            metric.name,
            content.Value(
                metric=metric.name,
                mean=mean,
                low=mean - 0.1,
                high=mean + 0.1,
                position=max(position, 0),
                images=3,
                own=mean,
                below=below if judged and not last else None,
                reported=papers if metric is PSNR and place == 1 and judged else (),
            ),
        )


def _chart(factor: int, machine: str) -> content.Chart:
    points = tuple(
        content.Point(f"{method}-x{factor}", 3.0 + place, 2.9, 3.2, 33.0 - place, machine == "two", place == 0)
        for place, method in enumerate(reversed(METHODS))
    )
    return content.Chart(
        id=f"x{factor}-{machine}",
        table=f"set-x{factor}-basicsr",
        title=f"set x{factor} on {machine}",
        machine=machine,
        device="cpu",
        conditions=tuple(CONDITIONS.items()),
        metric="psnr",
        points=points,
    )


def _method(name: str, tables: tuple[content.Table, ...]) -> content.Method:
    lines = tuple(line.id for table in tables for line in table.lines if line.method == name)
    return content.Method(name, METHODS[name], name, lines, _histories(name), (("Trained on", "T91"),))


def _histories(name: str) -> tuple[content.History, ...]:
    if name != "espcn":
        return ()
    first = content.Event(
        run="old",
        line="espcn-old-x2",
        when="2026-01-01T10:00:00+00:00",
        srbench="1.2.2",
        commit="abc1234",
        code="0" * 64,
        weights={},
        values={"psnr": 30.0, "ssim": None},
        images=3,
        changed=(),
        details=(),
    )
    second = replace(
        first, run="new", line="espcn-x2", srbench="1.2.3", commit="def5678", values={"psnr": 32.0, "ssim": 0.9}
    )
    second = replace(second, changed=("library",), details=("numpy 2.4.6, not 2.4.1",))
    return (content.History(name, "set x2, basicsr", "cpu", METRICS[2], (first, second)),)


def _image(
    place: int, name: str, tables: tuple[content.Table, ...], keep: Callable[[str, Image], content.Picture]
) -> content.Image:
    return content.Image(
        name,
        IMAGES[name],
        "set",
        (40, 30),
        f"{place}c" * 32,
        tuple(_ground(place, table, keep) for table in tables),
    )


def _ground(place: int, table: content.Table, keep: Callable[[str, Image], content.Picture]) -> content.Ground:
    y, x = np.mgrid[:12, :24]
    hr = np.stack([np.full_like(x, 60 * place), 5 * x, 6 * y], axis=-1).astype(np.uint8)
    scores = tuple(
        content.Score(
            line.id,
            {metric.name: line.values[metric.name].mean for metric in table.metrics},
            "ok",
            "",
            judged=line.judged,
            best=line.values["psnr"].position == 1,
            trained_on=line.method == "espcn" and place == 0,
            crop=keep(f"{place}{table.factor}{number}", hr + np.uint8(10 * number)),
            whole=None,
        )
        for number, line in enumerate(table.lines)
    )
    failed = replace(
        scores[0], values=dict.fromkeys(scores[0].values), status="failed", reason="boom", crop=None, best=False
    )
    return content.Ground(
        table=table.id,
        scores=(failed, *scores[1:]) if place == 2 else scores,
        position=(2, 4, 24, 12),
        hr_crop=keep(f"{place}-hr", hr),
        lr_crop=keep(f"{place}{table.factor}-lr", hr[:: table.factor, :: table.factor]),
        small=keep(f"{place}-small", hr[::2, ::2]),
        hr_whole=None,
        lr_whole=None,
    )
