"""One image in, its rows out: whatever goes wrong is a row with a status and a reason, and the others go on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from srbench.datasets import ImageFile
from srbench.errors import Crashed, SrbenchError, Unsupported
from srbench.execution import loading
from srbench.execution.method_info import asked
from srbench.execution.metric_info import AskedMetric, MetricInfo
from srbench.execution.scoring import Scoring, Wanted, mark_of, score_image, unscored
from srbench.execution.worker_group import WorkerGroup
from srbench.isolation.limits import Limits
from srbench.metrics import Metric
from srbench.plan import Plan
from srbench.quality import protocols
from srbench.quality.files import pixel_hash, read_image, write_image
from srbench.speed import environment
from srbench.store.rows import MetricRow, ScoreRow

if TYPE_CHECKING:
    from srbench.execution.method_info import MethodInfo

CROOKED = """
import sys
import numpy as np
from srbench.errors import Unsupported

def load(factor, device, how="good"):
    if how == "package":
        import package_that_is_absent
    if how == "factor":
        raise Unsupported(f"no weights for x{factor}")
    if how == "exit on load":
        sys.exit("bye")

    def upscale(image):
        sr = image.repeat(factor, 0).repeat(factor, 1)
        if how == "raise":
            raise KeyError("weights\\nof layer 3")
        if how == "exit":
            sys.exit(3)
        if how == "scribble":
            image[:] = 0
        if how == "interrupt":
            raise KeyboardInterrupt
        return {
            "shape": sr[1:], "dtype": sr / 255, "nan": sr * np.nan, "none": None, "list": sr.tolist(), "text": "sr"
        }.get(how, sr)

    return upscale
"""
BROKEN = {
    "raise": ("failed", "KeyError: 'weights\\nof layer 3'"),
    "exit": ("failed", "SystemExit: 3"),
    "exit on load": ("failed", "SystemExit: bye"),
    "interrupt": ("failed", "KeyboardInterrupt:"),
    "shape": ("failed", "returned shape (38, 48, 3), expected (39, 48, 3)"),
    "dtype": ("failed", "returned dtype float64, expected uint8, that of LR"),
    "nan": ("failed", "returned dtype float64, expected uint8, that of LR"),
    "none": ("failed", "returned None, expected a numpy array of shape (39, 48, 3); is there a return at its end?"),
    "list": ("failed", "returned a list, expected a numpy array of shape (39, 48, 3)"),
    "text": ("failed", "returned a str, expected a numpy array of shape (39, 48, 3)"),
    "factor": ("skipped", "no weights for x3"),
    "package": ("skipped", "needs the package package_that_is_absent, which is not installed"),
}


@pytest.fixture
def crooked(tmp_path: Path) -> str:
    """Return the path of a plug-in, `crooked`, that can go wrong in many ways."""
    file = tmp_path / "crooked.py"
    file.write_text(CROOKED, encoding="utf-8")
    return str(file)


def scoring(plan: Plan, infos: list[MethodInfo]) -> Scoring:
    """Return what a plan scores images with."""
    return Scoring(infos, plan.factors, [protocols.get(name) for name in plan.protocols])


def rows_of(plan: Plan, path: Path, **others: object) -> list[ScoreRow]:
    """Score one image."""
    with WorkerGroup(plan.methods, Limits()) as workers:
        setup = scoring(plan, workers.describe(asked(plan)))
        wanted = replace(wanted_of(path), **others)  # type: ignore[arg-type]
        rows = [scored.row for scored in score_image(wanted.at(path.parent, setup), workers)]
        return [row for row in rows if isinstance(row, ScoreRow)]


def wanted_of(path: Path) -> Wanted:
    """Return an image of a dataset, `d`."""
    return Wanted("d", "d", ImageFile(path.name, path.name, 0))


@pytest.mark.slow
@pytest.mark.parametrize(
    "how", [pytest.param(how, marks=pytest.mark.processes) if how == "interrupt" else how for how in BROKEN]
)
def test_broken_method(how: str, crooked: str, pictures: Path) -> None:
    """The row of a method that breaks says how on one line; methods before and after it are scored."""
    plan = Plan(("nearest", f"crooked:how={how}", "bicubic"), plugins=(crooked,))
    before, row, after = rows_of(plan, pictures / "a.png")
    assert (row.status, row.reason) == BROKEN[how]
    assert "\n" not in row.reason
    assert np.isnan([row.psnr, row.ssim]).all()
    assert (before.status, after.status) == ("ok", "ok")
    assert np.isfinite([before.psnr, before.ssim, after.psnr, after.ssim]).all()


def test_not_a_number(crooked: str, pictures: Path) -> None:
    """Where LR is float, NaN in SR is what the row complains about."""
    (row,) = rows_of(Plan(("crooked:how=nan",), protocols=("srcnn",), plugins=(crooked,)), pictures / "a.png")
    assert row.reason == f"returned {39 * 48} values that are NaN or infinite"


@pytest.mark.slow
def test_input_is_the_methods_own(crooked: str, pictures: Path) -> None:
    """A method that writes into its input changes nobody's score."""
    alone = rows_of(Plan(("bicubic",)), pictures / "a.png")
    _, after = rows_of(Plan(("crooked:how=scribble", "bicubic"), plugins=(crooked,)), pictures / "a.png")
    assert [after] == alone


@pytest.mark.slow
def test_unreadable_image(pictures: Path) -> None:
    """Every method, factor and protocol gets a failed row that names the file."""
    (pictures / "bad.png").write_bytes(b"nonsense")
    plan = Plan(("nearest", "bicubic"), (2, 3), protocols=("basicsr", "ntire2017"))
    rows = rows_of(plan, pictures / "bad.png")
    assert len(rows) == len({row.key for row in rows}) == 8
    assert {row.status for row in rows} == {"failed"}
    assert all("bad.png: not an image" in row.reason for row in rows)


def test_image_that_is_too_small(tmp_path: Path) -> None:
    """What a protocol cannot score is skipped with the sizes."""
    write_image(tmp_path / "tiny.png", np.zeros((12, 12, 3), np.uint8))
    (row,) = rows_of(Plan(("nearest",)), tmp_path / "tiny.png")
    assert row.status == "skipped"
    assert "12x12 pixels is too small" in row.reason


def test_absent_device(pictures: Path) -> None:
    """A device that is not there, or that the method cannot use, is a skipped row."""
    (row,) = rows_of(Plan(("bicubic",), device="cuda"), pictures / "a.png")
    expected = "bicubic does not run on cuda" if environment.cuda_devices() else "no CUDA device"
    assert (row.status, row.reason, row.device) == ("skipped", expected, "cuda")


def test_row_tells_what_was_scored(pictures: Path) -> None:
    """Size and channels are those of SR, the score is that of the protocol on the same pixels."""
    (row,) = rows_of(Plan(("nearest",)), pictures / "a.png")
    assert (row.height, row.width, row.channels, row.device) == (39, 48, 3, "cpu")
    protocol = protocols.get("basicsr")
    hr = read_image(pictures / "a.png")
    sr = cv2.resize(protocol.degrade(hr, 3), None, fx=3, fy=3, interpolation=cv2.INTER_NEAREST)
    assert (row.psnr, row.ssim) == protocol.compare(hr, sr, 3)


def test_done_keys_are_not_computed_again(pictures: Path, counting: Path) -> None:
    """Only the keys that are missing are upscaled, and their rows are the same as at first."""
    plan = Plan(("counting",), (2, 3), plugins=(str(counting),))
    both = rows_of(plan, pictures / "a.png")
    assert rows_of(plan, pictures / "a.png", done=frozenset({mark_of(both[0])})) == both[1:]
    assert rows_of(plan, pictures / "a.png", done=frozenset(map(mark_of, both))) == []
    assert len((counting.parent / "calls.txt").read_text(encoding="utf-8").splitlines()) == 3


def test_image_out_of_reach_of_a_metric(pictures: Path) -> None:
    """A score that is there stays, and the metrics that it lacks have rows; it is so where a cluster's workers died."""
    plan, path = Plan(("nearest",), (2,)), pictures / "a.png"
    metric = MetricInfo(AskedMetric("m", ()), "m", Metric(label="M", better="lower"), "code")
    with WorkerGroup(plan.methods, Limits()) as workers:
        setup = scoring(plan, workers.describe(asked(plan)))
        ((score, *_),) = score_image(wanted_of(path).at(path.parent, setup), workers)
    wanted = replace(wanted_of(path), done=frozenset({mark_of(score)}), known={score.key: score})
    task = wanted.at(path.parent, replace(setup, metrics=[metric]))
    rows = [scored.row for scored in unscored(task, Crashed("it died"))]
    (value,) = (row for row in rows if isinstance(row, MetricRow))
    assert (value.metric, value.score, value.status, value.reason) == ("m", score.key, "crashed", "it died")


# What a key depends on


def key(plan: Plan, path: Path) -> str:
    """Return the key of the only row."""
    (row,) = rows_of(plan, path)
    return row.key


def test_code_that_is_edited_during_the_run(crooked: str, pictures: Path) -> None:
    """A worker that finds other code than the run began with refuses: its scores would bear the old code's key."""
    plan = Plan(("crooked",), plugins=(crooked,))
    with WorkerGroup(plan.methods, Limits()) as workers:
        infos = workers.describe(asked(plan))
        file = Path(crooked)
        file.write_text(file.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
        workers.rest()
        path = pictures / "a.png"
        ((row, _, _),) = score_image(wanted_of(path).at(path.parent, scoring(plan, infos)), workers)
    assert row.status == "skipped"
    assert row.reason.startswith("its code or weights were edited during the run")


@pytest.mark.slow
def test_key_follows_pixels_not_files(pictures: Path) -> None:
    """A renamed image, or the same pixels as BMP, keeps its key; one changed pixel changes it."""
    plan = Plan(("nearest",))
    first = key(plan, pictures / "a.png")
    image = read_image(pictures / "a.png")
    write_image(pictures / "copy.bmp", image)
    assert key(plan, pictures / "copy.bmp") == first
    image[0, 0, 0] ^= 1
    write_image(pictures / "copy.bmp", image)
    assert key(plan, pictures / "copy.bmp") != first


@pytest.mark.slow
@pytest.mark.parametrize(
    "other",
    [{"factors": (2,)}, {"protocols": ("selfexsr",)}, {"methods": ("bilinear",)}, {"device": "cuda"}],
    ids=lambda other: next(iter(other)),
)
def test_key_follows_plan(pictures: Path, other: dict[str, tuple[str, ...]]) -> None:
    """Factor, protocol, method and device are part of the key."""
    plan = Plan(("nearest",), device="cpu")
    assert key(plan, pictures / "a.png") != key(replace(plan, **other), pictures / "a.png")  # type: ignore[arg-type]


def test_key_follows_code_and_options(pictures: Path, crooked: str, tmp_path: Path) -> None:
    """A changed line of a plug-in changes the key, and so does an option; the plug-in's folder does not."""
    plan = Plan(("crooked",), plugins=(crooked,))
    first = key(plan, pictures / "a.png")
    assert key(replace(plan, methods=("crooked:how=same",)), pictures / "a.png") != first
    moved = tmp_path / "elsewhere" / "crooked.py"
    moved.parent.mkdir()
    moved.write_text(CROOKED, encoding="utf-8")
    assert key(replace(plan, plugins=(str(moved),)), pictures / "a.png") == first
    moved.write_text(CROOKED + "# version 2\n", encoding="utf-8")
    assert key(replace(plan, plugins=(str(moved),)), pictures / "a.png") != first


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Unsupported("no  weights"), ("skipped", "no weights")),
        (SrbenchError("two\nlines"), ("failed", "two lines")),
        (ValueError("bad"), ("failed", "ValueError: bad")),
    ],
    ids=["unsupported", "ours", "foreign"],
)
def test_reasons_are_one_line(error: Exception, expected: tuple[str, str]) -> None:
    """Foreign exceptions carry their type; every reason is one line."""
    assert loading.reason_for(error) == expected


def test_image_that_is_gone(tmp_path: Path) -> None:
    """A dangling link, or a file without permission, fails by name like any other unreadable image."""
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (row,) = rows_of(Plan(("nearest",)), tmp_path / "gone.png")
    assert row.status == "failed"
    assert "gone.png" in row.reason


def test_parameters_that_are_no_number(tmp_path: Path, pictures: Path) -> None:
    """An upscaler whose `parameters` is a function, as of any torch module, has an unknown number of weights."""
    plugin = tmp_path / "module.py"
    plugin.write_text(
        "class Module:\n"
        "    def __init__(self, factor): self.factor = factor\n"
        "    def parameters(self): return iter(())\n"
        "    def __call__(self, image): return image.repeat(self.factor, 0).repeat(self.factor, 1)\n"
        "def load(factor, device): return Module(factor)\n",
        encoding="utf-8",
    )
    (row,) = rows_of(Plan(("module",), plugins=(str(plugin),)), pictures / "a.png")
    assert (row.status, row.parameters) == ("ok", None)


def test_parameters_of_an_odd_type(tmp_path: Path, pictures: Path) -> None:
    """A number of a class that only the method's process knows leaves it as a plain number."""
    plugin = tmp_path / "odd.py"
    plugin.write_text(
        "class Odd(int): pass\n"
        "class Upscaler:\n"
        "    parameters = Odd(7)\n"
        "    def __call__(self, image): return image.repeat(3, 0).repeat(3, 1)\n"
        "def load(factor, device): return Upscaler()\n",
        encoding="utf-8",
    )
    (row,) = rows_of(Plan(("odd",), plugins=(str(plugin),)), pictures / "a.png")
    assert (row.status, row.parameters) == ("ok", 7)


TRAINED = """
class Upscaler:
    def __init__(self, factor): self.factor = factor
    def __call__(self, image): return image.repeat(self.factor, 0).repeat(self.factor, 1)
    {images}
def load(factor, device): return Upscaler(factor)
"""


def trained_on(tmp_path: Path, images: str, path: Path) -> bool:
    """Return what the row of a plug-in says, in whose upscaler's class the line `images` stands."""
    plugin = tmp_path / "trained.py"
    plugin.write_text(TRAINED.format(images=images), encoding="utf-8")
    (row,) = rows_of(Plan(("trained",), plugins=(str(plugin),)), path)
    assert (row.status, row.reason) == ("ok", "")
    return row.trained_on


@pytest.mark.sampled
@pytest.mark.parametrize("container", ["frozenset({})", "{}", "dict.fromkeys({})"])
def test_training_image_is_recognised_by_its_pixels(tmp_path: Path, pictures: Path, container: str) -> None:
    """A renamed PNG copy of a BMP that the method was trained on is caught, in any container; another image is not."""
    original = read_image(pictures / "a.png")
    write_image(tmp_path / "t1.bmp", original)
    write_image(pictures / "holiday.png", read_image(tmp_path / "t1.bmp"))
    images = f"training_images = {container.format([pixel_hash(read_image(tmp_path / 't1.bmp'))])}"
    assert trained_on(tmp_path, images, pictures / "holiday.png")
    assert not trained_on(tmp_path, images, pictures / "b.png")


@pytest.mark.parametrize(
    "images",
    [
        "pass",
        "training_images = None",
        "training_images = 91",
        "training_images = ()",
        "training_images = iter(['{content}'])",
        "def training_images(self): return ()",
        "training_images = property(lambda self: 1 / 0)",
        "training_images = type('Odd', (), {'__contains__': lambda self, image: 1 / 0})()",
    ],
)
def test_training_images_that_are_no_container(tmp_path: Path, pictures: Path, images: str) -> None:
    """An attribute that is absent, empty, no container (an iterator lasts once) or that raises lists no image."""
    content = pixel_hash(read_image(pictures / "a.png"))
    assert not trained_on(tmp_path, images.replace("{content}", content), pictures / "a.png")


def test_failed_score_is_on_no_training_image(tmp_path: Path, pictures: Path) -> None:
    """Only an image that was scored can spoil a score."""
    plugin = tmp_path / "trained.py"
    content = pixel_hash(read_image(pictures / "a.png"))
    text = TRAINED.format(images=f"training_images = {[content]}").replace("image.repeat(self.factor, 0)", "image")
    plugin.write_text(text, encoding="utf-8")
    (row,) = rows_of(Plan(("trained",), plugins=(str(plugin),)), pictures / "a.png")
    assert (row.status, row.hr_sha256, row.trained_on) == ("failed", content, False)


def test_reason_that_is_no_text() -> None:
    """A reason can be written down whatever bytes a file name in it has."""
    status, reason = loading.reason_for(SrbenchError("bad\udcff.png"))
    assert (status, reason.encode()) == ("failed", b"bad\\xff.png")
