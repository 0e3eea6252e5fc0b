"""The environment of a run: what it is measured on, with nothing that can stop the run."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench.speed import environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Forget what earlier tests found out, and what these do."""
    for cached in (environment.cuda_devices, environment.versions):
        cached.cache_clear()
    yield
    for cached in (environment.cuda_devices, environment.versions):
        cached.cache_clear()


def program(folder: Path, name: str, text: str) -> None:
    """Put an executable file on disk."""
    file = folder / name
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)


def test_the_description_is_json() -> None:
    """Everything in it goes into run.json as it is, and comes back equal."""
    facts = environment.describe()
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts


def test_the_description_names_this_machine() -> None:
    """Python, system, processor, cores and memory are those of the process."""
    facts = environment.describe()
    assert facts["python"] == platform.python_version()
    assert facts["system"] == platform.platform()
    assert facts["processor"]
    assert 1 <= facts["cores"] <= (os.cpu_count() or 1)
    assert facts["memory"] > 2**27


def test_versions_are_those_installed() -> None:
    """Each package by its distribution's version; what is not installed is left out."""
    found = environment.versions()
    assert found["numpy"] == np.__version__ == version("numpy")
    assert found["torch"] == version("torch")
    assert set(found) <= set(environment.PACKAGES)
    assert all(found.values())


def test_absent_packages_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without torch has an environment too."""
    monkeypatch.setattr(environment, "PACKAGES", ("numpy", "srbench-no-such-package"))
    assert list(environment.versions()) == ["numpy"]


def test_thread_limits_are_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that change timings are part of the facts; unset ones are not."""
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    assert environment.describe()["threads"] == {"OMP_NUM_THREADS": "3"}


def test_cuda_devices_are_what_the_driver_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One name per line of nvidia-smi, asked for names alone."""
    script = '#!/bin/sh\n[ "$*" = "--query-gpu=name --format=csv,noheader" ] && printf "NVIDIA H200\\nNVIDIA T4\\n"\n'
    program(tmp_path, "nvidia-smi", script)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert environment.cuda_devices() == ["NVIDIA H200", "NVIDIA T4"]


def test_no_driver_means_no_devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without nvidia-smi there is no CUDA device."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert environment.cuda_devices() == []


@pytest.mark.parametrize(
    "text", ["#!/bin/sh\necho NVIDIA-SMI has failed; exit 9\n", "no program at all", "#!/no/such\n"]
)
def test_a_broken_driver_means_no_devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """A driver that fails, or a file that cannot be started, does not stop a run."""
    program(tmp_path, "nvidia-smi", text)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert environment.cuda_devices() == []


def test_a_driver_that_hangs_means_no_devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver that does not answer is waited for, but not for ever, and does not stop a run."""
    program(tmp_path, "nvidia-smi", "#!/bin/sh\nexec /bin/sleep 60\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(environment, "PATIENCE", 0.2)
    assert environment.cuda_devices() == []


@pytest.mark.parametrize(("edit", "mark"), [("", ""), ("edited", "+")])
def test_the_commit_is_marked_where_files_were_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edit: str, mark: str
) -> None:
    """The commit of the checkout, with `+` where tracked files differ from it; untracked files do not count."""
    source = tmp_path / "srbench" / "speed" / "environment.py"
    source.parent.mkdir(parents=True)
    source.write_text("committed", encoding="utf-8")
    settings = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "-q"], ["add", "."], [*settings, "commit", "-qm", "All"]):
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True)  # noqa: S607 - git is looked up on PATH
    (tmp_path / "untracked").touch()
    source.write_text(edit or "committed", encoding="utf-8")
    monkeypatch.setattr(environment, "__file__", str(source))
    commit = environment.describe()["commit"]
    assert commit[40:] == mark
    assert len(bytes.fromhex(commit[:40])) == 20


def test_an_installed_copy_has_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside a checkout there is no commit, not that of some repository around it."""
    monkeypatch.setattr(environment, "__file__", str(tmp_path / "srbench" / "speed" / "environment.py"))
    assert environment.describe()["commit"] is None
