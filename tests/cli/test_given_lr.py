"""Given LR, and images without HR, from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from srbench.quality import protocols
from srbench.quality.files import read_image, write_image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., Any]

RUN = ("run", "--methods", "nearest", "--factor", "2", "--no-timing")


@pytest.fixture
def lr(pictures: Path, tmp_path: Path) -> Path:
    """Return a folder with LR of the pictures at x2, all colours inverted."""
    (tmp_path / "small").mkdir()
    for path in sorted(pictures.iterdir()):
        made = protocols.get("basicsr").degrade(read_image(path), 2)
        write_image(tmp_path / "small" / f"{path.stem}x2.png", 255 - made)
    return tmp_path / "small"


@pytest.mark.slow
def test_given_lr(srbench: Command, pictures: Path, lr: Path) -> None:
    """The terminal and JSON say that the protocol did not make it, and what may have."""
    arguments = (*RUN, "--datasets", f"{pictures}::{lr}", "--protocol", "basicsr:lr=given", "--out", "run")
    text = srbench(*arguments).out.replace("\n", " ")
    assert "these LR images were not made by this protocol:" in text
    (said,) = json.loads(srbench(*arguments, "--json").out)["given_lr"]
    assert (said["dataset"], said["factor"], said["own"], said["images"]) == ("pictures", 2, "MATLAB bicubic", 2)
    assert said["differs"] > 0.9
    assert "were not made by this protocol" in srbench("report", "run", "--format", "markdown").out


@pytest.mark.slow
def test_without_hr(srbench: Command, pictures: Path) -> None:
    """A run without HR needs no more than the option; what is skipped says why."""
    result = srbench(*RUN, "--datasets", f"{pictures}/", "--no-reference", "--out", "run")
    assert result.code == 0
    assert "PSNR" not in result.out
    assert "protocol none" in result.out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ("--metrics", "psnr,niqe"),
            "srbench: psnr: compared with HR, and without reference (--no-reference) there is none",
        ),
        (("--protocol", "srcnn"), "srbench: protocol srcnn compares with HR"),
        (("--protocol", "basicsr"), "srbench: protocol basicsr compares with HR"),
    ],
)
def test_what_needs_hr_is_refused(srbench: Command, pictures: Path, arguments: tuple[str], complaint: str) -> None:
    """One line, exit code 2."""
    result = srbench(*RUN, "--datasets", f"{pictures}/", "--no-reference", *arguments)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert result.err.startswith(complaint)


@pytest.mark.parametrize("protocol", ["none", "basicsr:lr=given"])
def test_no_lr_is_made(srbench: Command, pictures: Path, protocol: str) -> None:
    """`srbench degrade` says that such a protocol makes none."""
    result = srbench("degrade", pictures, "--protocol", protocol, "--out", "LR")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert f"protocol {protocol} makes no LR" in result.err


def test_nothing_is_scored_without_hr(srbench: Command, pictures: Path) -> None:
    """`srbench score` has HR: the protocol without is refused."""
    result = srbench("score", "--hr", pictures, "--sr", pictures, "--protocol", "none")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "protocol none compares with nothing" in result.err


@pytest.mark.slow
def test_figures(srbench: Command, pictures: Path, lr: Path) -> None:
    """A strip is drawn of given LR and of images without HR, though no whole images were kept; LR stays as it is."""
    pytest.importorskip("matplotlib")
    given = ("--datasets", f"{pictures}::{lr}", "--protocol", "basicsr:lr=given")
    for name, arguments in (("given", given), ("photographs", ("--datasets", f"{pictures}/", "--no-reference"))):
        assert srbench(*RUN, *arguments, "--out", name).code == 0
        assert srbench("figure", name, "--image", "a.png", "--out", f"{name}.png").code == 0
    refused = srbench("figure", "given", "--image", "a.png", "--out", lr / "ax2.png")
    assert (refused.code, "ax2.png is read by this command" in refused.err) == (2, True)
    (lr / "ax2.png").write_bytes((lr / "bx2.png").read_bytes())
    assert "ax2.png has different pixels" in srbench("figure", "given", "--image", "a.png", "--out", "other.png").err


@pytest.mark.slow
def test_runs_of_several_factors_are_merged(srbench: Command, pictures: Path, lr: Path) -> None:
    """What is said of given LR is kept of each."""
    write_image(lr / "ax3.png", protocols.get("basicsr").degrade(read_image(pictures / "a.png"), 3))
    write_image(lr / "bx3.png", protocols.get("basicsr").degrade(read_image(pictures / "b.png"), 3))
    arguments = ("run", "--methods", "nearest", "--no-timing", "--datasets", f"{pictures}::{lr}")
    for factor in ("2", "3"):
        taken = ("--protocol", "basicsr:lr=given", "--factor", factor, "--out", f"x{factor}")
        assert srbench(*arguments, *taken).code == 0
    assert srbench("results", "merge", "x2", "x3", "--out", "both").code == 0
    assert srbench("results", "verify", "both").code == 0
    text = srbench("report", "both").out.replace("\n", " ")
    assert text.count("these LR images") == 2
