"""What two runs may not say about the same thing, one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from srbench.errors import RunFolderError
from srbench.maintain import merge_conflicts, merge_part
from srbench.plan import Plan

PLAN = Plan(("a",), (2,), ("set",), ("p",))


def refused(runs: Any, two: Any, one: Any = None) -> str:  # noqa: ANN401 - of conftest
    """Return the line that refuses the runs `one`, by default a plain one, and `two`; both are named in it."""
    folders = [one or runs.write("one", PLAN), two]
    with pytest.raises(RunFolderError) as caught:
        merge_conflicts.check([merge_part.read(folder) for folder in folders])
    line = str(caught.value)
    assert line.startswith(f"{folders[0]} and {folders[1]} contradict each other: ")
    assert "\n" not in line
    return line.partition("each other: ")[2]


@pytest.mark.slow
def test_equal_runs_agree(runs: Any) -> None:  # noqa: ANN401
    """A run agrees with its copy, with other methods, factors, datasets and protocols, and with failures."""
    rows = runs.scores(PLAN)
    others = [
        PLAN,
        Plan(("b",), (2,), ("set",), ("p",)),
        Plan(("a",), (3,), ("set",), ("p",)),
        Plan(("a",), (2,), ("other",), ("p",)),
        Plan(("a",), (2,), ("set",), ("q",)),
    ]
    folders = [runs.write(str(number), plan) for number, plan in enumerate(others)]
    folders.append(runs.write("failed", PLAN, [replace(row, status="failed", psnr=float("nan")) for row in rows]))
    merge_conflicts.check([merge_part.read(folder) for folder in folders])


@pytest.mark.slow
def test_other_scores(runs: Any) -> None:  # noqa: ANN401
    """The same pixels by the same code have one score."""
    rows = runs.scores(PLAN)
    line = refused(runs, runs.write("two", PLAN, [rows[0], replace(rows[1], psnr=30.5)]))
    assert line.startswith("a x2 on 1.png of set, protocol p: 31.0 dB, SSIM 0.9 and 30.5 dB, SSIM 0.9; one of them is")


@pytest.mark.slow
def test_other_values(runs: Any) -> None:  # noqa: ANN401
    """One metric is one code, which gives one SR image one value; a run without it contradicts nothing."""
    scores = runs.scores(PLAN)
    values = runs.values(scores)
    one = runs.write("one", PLAN, [*scores, *values], metrics=runs.metrics("lpips"))
    merge_conflicts.check([merge_part.read(folder) for folder in (one, runs.write("plain", PLAN))])
    other = [*scores, values[0], replace(values[1], value=0.5)]
    line = refused(runs, runs.write("two", PLAN, other, metrics=runs.metrics("lpips")), one)
    assert line.startswith("lpips of a x2 on 1.png of set, protocol p: 0.31 and 0.5; one of them is wrong")
    newer = [*scores, *runs.values(scores, code="newer")]
    line = refused(runs, runs.write("three", PLAN, newer, metrics=runs.metrics("lpips", code="newer")), one)
    assert line.startswith("code of metric lpips: code and newer; metric, weights or a library changed")


@pytest.mark.slow
def test_other_code(runs: Any) -> None:  # noqa: ANN401
    """A method under one spec is one code for a factor and device, in scores and in timings."""
    changed = [runs.keyed(row, code="other") for row in runs.scores(PLAN)]
    assert refused(runs, runs.write("two", PLAN, changed)).startswith("code of a x2 on cpu: a x2 and other; method,")
    sample = replace(runs.samples(PLAN)[0], code="another")
    assert "a x2 and another" in refused(runs, runs.write("three", PLAN, [sample]), runs.write("plain", PLAN))


@pytest.mark.slow
def test_other_images(runs: Any) -> None:  # noqa: ANN401
    """A dataset's name stands for the same images, and an image's name for the same pixels."""
    two = runs.write("two", PLAN, datasets={"set": {"images": 2, "fingerprint": "changed"}})
    assert refused(runs, two).startswith("fingerprint of dataset set: print of set and changed; images of one name")
    changed = [runs.keyed(row, hr_sha256=f"changed {row.image}") for row in runs.scores(PLAN)]
    three = runs.write("three", PLAN, changed)
    assert refused(runs, three, runs.write("plain", PLAN)).startswith("pixels of 0.png in set: set 0 and changed 0.pn;")


def test_other_protocol(runs: Any) -> None:  # noqa: ANN401
    """A protocol that changed between two versions of srbench is another protocol."""
    rows = [runs.keyed(row, protocol_fingerprint="changed") for row in runs.scores(PLAN)]
    two = runs.write("two", PLAN, rows, protocols={"p": "changed"})
    assert refused(runs, two).startswith("fingerprint of protocol p: print of p and changed; run the older one again")


@pytest.mark.slow
def test_other_device(runs: Any) -> None:  # noqa: ANN401
    """No command scores on two devices."""
    two = runs.write("two", Plan(("a",), (2,), ("set",), ("p",), device="cpu"))
    assert refused(runs, two).startswith("--device: auto and cpu; runs of one command have one --device")


def test_one_folder_under_two_names(runs: Any) -> None:  # noqa: ANN401
    """A folder that one run calls `photos` and another `more/photos` would be scored twice."""
    plan = Plan(("a",), (2,), ("/photos",), ("p",))
    named = [{name: {"images": 2, "fingerprint": "f"}} for name in ("photos", "more/photos")]
    one, two = (runs.write(str(number), plan, [], datasets=each) for number, each in enumerate(named))
    assert refused(runs, two, one).startswith("name of /photos: photos and more/photos; one dataset must have one name")


@pytest.mark.slow
def test_timings_of_two_machines(runs: Any) -> None:  # noqa: ANN401
    """Where rows name their machine the names decide, also with a run in between that has no timings."""
    one, two = (runs.write(name, PLAN, runs.samples(PLAN, machine=name)) for name in ("one", "two"))
    assert refused(runs, two, one).startswith("timings of two machines: one and two; time all methods on one")
    untimed = runs.write("untimed", PLAN)
    with pytest.raises(RunFolderError, match=f"{one} and {two} contradict"):
        merge_conflicts.check([merge_part.read(folder) for folder in (one, untimed, two)])
    skipped = [replace(row, status="skipped") for row in runs.samples(PLAN, machine="three")]
    merge_conflicts.check([merge_part.read(folder) for folder in (one, untimed, runs.write("skipped", PLAN, skipped))])


@pytest.mark.slow
def test_timings_of_two_machines_without_names(runs: Any) -> None:  # noqa: ANN401
    """Rows may name no machine: processor, cores and GPUs tell."""
    one, two, three = (
        runs.write(
            name,
            PLAN,
            runs.samples(PLAN, machine=""),
            environment={"processor": name, "cores": 2, "cuda_devices": gpus},
        )
        for name, gpus in (("one", []), ("two", ["a GPU"]), ("one ", []))
    )
    expected = "timings of two machines: one with 2 cores and no CUDA device and two with 2 cores and a GPU; time"
    assert refused(runs, two, one).startswith(expected)
    assert "timings of two machines" in refused(runs, three, one)
