"""The runs that measure claims: as few as there can be without computing what nobody claims."""

from __future__ import annotations

import pandas as pd
import pytest

from srbench.execution.claim_runs import Block, blocks, parts


def claims(*lines: str) -> pd.DataFrame:
    """Return claims of which each line names method, protocol, dataset and factor."""
    cells = [line.split() for line in lines]
    table = pd.DataFrame(cells, columns=["method", "protocol", "dataset", "factor"])
    return table.astype({"factor": int})


@pytest.mark.parametrize(
    ("lines", "runs"),
    [
        (["a p d 2", "a p d 3", "a p e 2", "a p e 3", "b p d 2", "b p d 3", "b p e 2", "b p e 3"], {"p": 8}),
        (["a p d 2", "a q d 2", "b q d 2"], {"p": 1, "q": 2}),
        (["a p d 2", "a p e 2", "b p e 2"], {"p": 1, "p-2": 2}),
        (["a p d 2", "a p e 3"], {"p": 1, "p-2": 1}),
        (["a p d 2", "b p d 3", "a p d 4"], {"p": 2, "p-2": 1}),
        (["a p/q d 2"], {"p%2Fq": 1}),
    ],
)
def test_blocks(lines: list[str], runs: dict[str, int]) -> None:
    """A run has all its methods at all its settings; each claim is in one run, and each run has a folder of its own."""
    found = list(blocks(claims(*lines)))
    assert {block.name: len(block.claims) for block in found} == runs
    for block in found:
        columns = [block.claims[name].nunique() for name in ("method", "dataset", "factor")]
        assert columns[0] * columns[1] * columns[2] == len(block.claims)
    assert sorted(index for block in found for index in block.claims.index) == list(range(len(lines)))


def test_parts_of_what_cannot_be_run() -> None:
    """They are divided by metrics first, as one that needs HR fails others without; a claim alone has no parts."""
    block = Block(
        "p", claims("a p d 2", "a p d 2", "b p d 2", "b p d 3").assign(metric=["psnr", "niqe", "niqe", "niqe"])
    )
    first, second = parts(block)
    assert (first.name, first.claims.index.tolist()) == ("p, psnr", [0])
    assert (second.name, second.claims.index.tolist()) == ("p, niqe", [1, 2, 3])
    assert parts(first) == []
    assert [each.name for each in parts(second)] == ["p, niqe, a", "p, niqe, b"]
