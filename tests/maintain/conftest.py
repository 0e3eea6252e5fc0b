"""Run folders made of rows, for the tests of records."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from srbench.analysis import tables
from srbench.hashing import sha256
from srbench.store.current import case_of
from srbench.store.journal import Journal
from srbench.store.rows import ScoreRow, TimingRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from srbench.plan import Plan
    from srbench.store.rows import Row


FILES = {"0.png": "", "1.png": ""}
"""The images of each dataset; rows of any file are theirs."""


def described(method: str, plan: Plan, rows: Sequence[Row]) -> dict[str, Any]:
    """Return what run.json says of a method: the code of its last rows."""
    codes = {case_of(factor, "cpu"): f"{method} x{factor}" for factor in plan.factors}
    codes |= {case_of(row.factor, row.device): row.code for row in rows if row.method == method}
    return {"device": "cpu", "codes": codes, "files": {}, "models": {}}


class Runs:
    """Makes run folders without computing anything: every score is good, and every key is what a run makes it."""

    def __init__(self, folder: Path) -> None:
        """Make them below `folder`."""
        self.folder = folder

    def keyed(self, row: ScoreRow, **changes: Any) -> ScoreRow:  # noqa: ANN401 - any field
        """Return a row with changes, and the key that fits."""
        row = replace(row, **changes)
        return replace(row, key=sha256(row.code, row.hr_sha256, row.protocol_fingerprint))

    def scores(self, plan: Plan, images: int = 2) -> list[ScoreRow]:
        """Return a row for each score of a plan over so many images, which are better the higher their number."""
        every = product(plan.datasets, range(images), plan.methods, plan.factors, plan.protocols)
        return [
            self.keyed(
                ScoreRow(
                    method=method,
                    dataset=dataset,
                    image=f"{number}.png",
                    factor=factor,
                    protocol=protocol,
                    device="cpu",
                    psnr=30.0 + number,
                    ssim=0.9,
                    protocol_fingerprint=f"print of {protocol}",
                    hr_sha256=f"{dataset} {number}",
                    code=f"{method} x{factor}",
                )
            )
            for dataset, number, method, factor, protocol in every
        ]

    def samples(self, plan: Plan, machine: str = "one", seconds: float = 0.1) -> list[TimingRow]:
        """Return a warm call for each method and factor of a plan."""
        return [
            TimingRow(
                method=method,
                factor=factor,
                device="cpu",
                phase="call",
                height=10,
                width=10,
                channels=3,
                seconds=seconds,
                code=f"{method} x{factor}",
                machine=machine,
            )
            for method, factor in product(plan.methods, plan.factors)
        ]

    def write(self, name: str, plan: Plan, rows: Sequence[Row] | None = None, **facts: Any) -> Path:  # noqa: ANN401 - JSON
        """Write the folder of a finished run over two images, with its tables; `facts` go into run.json."""
        rows = self.scores(plan) if rows is None else rows
        about: dict[str, Any] = {
            "datasets": {name: {"images": 2, "fingerprint": f"print of {name}"} for name in plan.datasets},
            "protocols": {name: f"print of {name}" for name in plan.protocols},
            "environment": {"processor": "a processor", "cores": 2, "cuda_devices": []},
            "methods": {method: described(method, plan, rows) for method in plan.methods},
            "processes": 1,
        } | facts
        about["datasets"] = {name: {"files": FILES} | dict(each) for name, each in about["datasets"].items()}
        with Journal(self.folder / name, plan) as journal:
            for row in rows:
                journal.append(row)
            order = tables.Order(plan.methods, dict.fromkeys(plan.datasets, 2), plan.factors, plan.protocols)
            tables.write(self.folder / name, tables.tables(rows, order))
            journal.describe(**({"status": "finished"} | about))
        return self.folder / name


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    """Return what makes run folders below `tmp_path`."""
    return Runs(tmp_path)
