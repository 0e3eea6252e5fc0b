"""Folders of SR images as they are typed: `NAME=DIR`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from srbench.errors import UsageError
from srbench.run_options import one_sr, run_options, sr_folders, thorough

if TYPE_CHECKING:
    from pathlib import Path


def test_names_and_folders(tmp_path: Path) -> None:
    """A name is given, or is the folder's; paths are absolute; one method may have several folders."""
    folder = tmp_path / "results" / "RCAN"
    folder.mkdir(parents=True)
    (tmp_path / "a=b").mkdir()
    assert sr_folders([f"SAN={folder}", f"{folder}", f"SAN={tmp_path}"]) == (
        f"SAN={folder}",
        f"RCAN={folder}",
        f"SAN={tmp_path}",
    )
    assert sr_folders({"SAN": folder}) == (f"SAN={folder}",)
    with pytest.raises(UsageError, match="name 'a=b' of SR images has one of"):
        sr_folders([f"{tmp_path}/a=b"])


@pytest.mark.parametrize("name", ["HR", "a:b", 'a"b', "a,b", "a\tb"])
def test_names_that_no_method_may_have(name: str) -> None:
    """They mean something else in lists and tables."""
    with pytest.raises(UsageError, match="of SR images"):
        sr_folders({name: "results"})


def test_a_run_has_them_as_methods() -> None:
    """They follow the methods that are computed; a name or label that one of these has is refused, and a cluster."""
    plan = run_options("bicubic,Mine=espcn", sr=["RCAN=a", "RCAN=b", "SAN=c"]).plan
    assert plan.methods == ("bicubic", "Mine=espcn", "RCAN", "SAN")
    assert plan.computed == ("bicubic", "Mine=espcn")
    assert [len(folders) for folders in plan.given.values()] == [2, 1]
    for name in ("bicubic", "Mine"):
        with pytest.raises(UsageError, match=f"two methods are called {name}; give the SR images another name"):
            run_options("bicubic,Mine=espcn", sr=[f"{name}=a"])
    with pytest.raises(UsageError, match="leave --cluster out"):
        run_options("bicubic", sr=["RCAN=a"], cluster="tcp://host:1")


def test_one_alone() -> None:
    """Where one folder is meant, several are refused."""
    with pytest.raises(UsageError, match="got 2 folders of SR images"):
        one_sr(["a", "b"])


@pytest.mark.parametrize(("processes", "limit"), [(0, 1.0), (3, -1.0), (3, float("nan"))])
def test_times_that_cannot_be(processes: int, limit: float) -> None:
    """Methods are timed in one process at least, and for no negative time."""
    with pytest.raises(UsageError, match="expected at least 1 and seconds of at least 0"):
        thorough(processes, limit)
    assert thorough(1, 0).limit == float("inf")


def test_folders_of_sr_as_python_gives_them(tmp_path: Path) -> None:
    """One text is one folder, and what is no path is refused by its method's name."""
    assert sr_folders(f"A={tmp_path}") == sr_folders({"A": tmp_path}) == (f"A={tmp_path}",)
    with pytest.raises(UsageError, match="the SR images of A are 5, expected the path of their folder"):
        sr_folders({"A": 5})
