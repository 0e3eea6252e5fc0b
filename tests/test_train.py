"""Training refuses what it must not see, and takes no activation that it does not know."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import typer
from safetensors import safe_open
from typer.testing import CliRunner

from srbench import datasets
from srbench.methods import registry
from srbench.plugins import import_module

if TYPE_CHECKING:
    from pathlib import Path

train = import_module("srbench.methods._train")


@pytest.fixture(autouse=True)
def _no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "ensure", lambda _: None)


@pytest.mark.parametrize(("spec", "test"), [("bsds500:val", "bsd100"), ("bsds500", "bsd100"), ("t91,set5", "set5")])
def test_test_sets_are_refused(spec: str, test: str) -> None:
    """A dataset that holds an image of a test set, under whatever name, is not trained on."""
    with pytest.raises(typer.BadParameter, match=rf" of {test}, a test set; never train on it"):
        train.training_sets(spec)


def test_a_folder_with_a_test_image_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder declares no hashes, so its files are hashed."""
    (tmp_path / "a.png").write_bytes(b"a test image")
    monkeypatch.setattr(train, "file_hash", lambda _: datasets.get("set5").files[0].sha256)
    with pytest.raises(typer.BadParameter, match=r"holds a\.png of set5"):
        train.training_sets(f"{tmp_path}/")


def test_the_shipped_weights_never_saw_a_test_set() -> None:
    """Each weight file names its data by fingerprint: that of datasets which training takes."""
    espcn = registry()["espcn"].source
    assert espcn is not None
    weights = sorted((espcn.parent / "weights").glob("*.safetensors"))
    assert weights
    for path in weights:
        with safe_open(path, "numpy") as file:
            data = json.loads(file.metadata()["card"])["data"]
        sets = train.training_sets(",".join(data))
        assert {each.spec: each.fingerprint for each in sets} == {spec: data[spec]["fingerprint"] for spec in data}


def test_an_unknown_activation_is_refused() -> None:
    """`--activation gelu` trains nothing."""
    app = typer.Typer()
    app.command()(train.main)
    result = CliRunner().invoke(app, ["--factor", "3", "--activation", "gelu"])
    assert result.exit_code == 2
    assert "'gelu' is none of tanh, relu" in result.output
