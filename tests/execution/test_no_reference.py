"""Images without HR: methods upscale them as they are, and metrics that need no reference score the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import srbench
from srbench.errors import UsageError
from srbench.maintain import verify
from srbench.quality.files import read_image, write_image
from srbench.store import pictures
from srbench.store.journal import read_info

if TYPE_CHECKING:
    from pathlib import Path

BRIGHTNESS = '''"""Mean of all samples."""
from srbench.metrics import Metric
METRIC = Metric(label="brightness", better="higher", reference=False)
def load():
    def score(image):
        return float(image.mean())
    return score
'''


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """Return a folder of two RGB images and a grey one, 40 pixels high and 30 wide."""
    random = np.random.default_rng(5)
    (tmp_path / "photographs").mkdir()
    for name, shape in (("a", (40, 30, 3)), ("b", (40, 30, 3)), ("grey", (40, 30))):
        write_image(tmp_path / "photographs" / f"{name}.png", random.integers(0, 256, shape, dtype=np.uint8))
    return tmp_path / "photographs"


@pytest.fixture
def metric(tmp_path: Path) -> Path:
    """Return a metric that needs no reference."""
    file = tmp_path / "brightness.py"
    file.write_text(BRIGHTNESS, encoding="utf-8")
    return file


def run(photographs: Path, metric: Path, **options: Any) -> Any:  # noqa: ANN401 - options and tables
    """Score nearest at x2 by the brightness of SR."""
    given: dict[str, Any] = {"factors": 2, "metrics": "brightness", "plugins": [metric], "timing": False} | options
    out = photographs.parent / "run"
    return srbench.run("nearest", datasets=f"{photographs}/", reference=False, out=out, **given)


@pytest.mark.slow
def test_images_are_upscaled_as_they_are(photographs: Path, metric: Path) -> None:
    """SR is factor times as large as the image, and there is no score but that of the metric."""
    scores = run(photographs, metric).scores
    assert list(scores["status"]) == ["ok"] * 3
    assert list(scores["protocol"].unique()) == ["none"]
    assert set(zip(scores["height"], scores["width"], strict=True)) == {(80, 60)}
    expected = [read_image(path).mean() for path in sorted(photographs.iterdir())]
    assert list(scores["brightness"]) == pytest.approx(expected)
    assert not {"psnr", "ssim"} & {*scores}


@pytest.mark.slow
def test_the_run_is_sound_and_is_not_computed_again(photographs: Path, metric: Path) -> None:
    """Rows without PSNR are complete rows."""
    run(photographs, metric)
    journal = photographs.parent / "run" / "rows.jsonl"
    before = journal.read_bytes()
    checks = verify.verify(photographs.parent / "run")
    assert all(check.verdict != "wrong" for check in checks)
    run(photographs, metric)
    assert journal.read_bytes() == before


@pytest.mark.slow
def test_pictures_are_of_the_input(photographs: Path, metric: Path) -> None:
    """The crop of the input says where it is in SR; there is none of HR."""
    folder = photographs.parent / "run"
    row = next(run(photographs, metric, save_images=True).scores.itertuples())
    names, whole = pictures.crops_of(row), pictures.images_of(row)
    crop = pictures.read(folder, names.lr)
    assert crop
    position = pictures.position_of(crop)
    assert position
    assert position.whole == (60, 80)
    assert np.array_equal(read_image(folder / names.lr), position.box.of(read_image(photographs / "a.png"), 2))
    assert np.array_equal(read_image(folder / names.sr), position.box.of(read_image(folder / whole.sr)))
    assert np.array_equal(read_image(folder / whole.lr), read_image(photographs / "a.png"))
    assert not (folder / names.hr).exists()
    assert not (folder / whole.hr).exists()


@pytest.mark.slow
def test_page_without_a_word_of_psnr(photographs: Path, metric: Path) -> None:
    """The page shows the input beside the methods."""
    run(photographs, metric)
    page = (photographs.parent / "run" / "report.html").read_text(encoding="utf-8")
    data = page[page.index("</style>") : page.rindex("<script>")]
    assert "PSNR" not in data
    assert '"name": "input"' in page or '"name":"input"' in page


@pytest.mark.slow
def test_a_metric_is_added_later(photographs: Path, metric: Path) -> None:
    """SR is made again where it was not kept, as no score vouches for a picture."""
    run(photographs, metric, save_images=True)
    other = metric.with_name("darkness.py")
    other.write_text(BRIGHTNESS.replace("image.mean()", "255 - image.mean()"), encoding="utf-8")
    scores = run(photographs, metric, metrics="brightness,darkness", plugins=[metric, other]).scores
    assert list(scores["brightness"] + scores["darkness"]) == pytest.approx([255] * 3)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (
            {"metrics": "psnr"},
            r"psnr: compared with HR, and without reference \(--no-reference\) there is none; leave out",
        ),
        ({"metrics": "brightness,ssim"}, "ssim: compared with HR"),
        ({"protocols": "srcnn"}, "protocol srcnn compares with HR, and without reference"),
        ({"protocols": ["none", "basicsr"]}, "leave one out"),
    ],
)
def test_what_compares_with_hr_is_refused(
    photographs: Path, metric: Path, options: dict[str, Any], complaint: str
) -> None:
    """One line says so, and nothing is written."""
    with pytest.raises(UsageError, match=complaint):
        run(photographs, metric, **options)
    assert not (photographs.parent / "run").exists()


def test_protocols_with_and_without_hr(photographs: Path, metric: Path) -> None:
    """They are two runs."""
    with pytest.raises(UsageError, match="protocol none has no HR to compare with, and others have"):
        srbench.run("nearest", datasets=f"{photographs}/", protocols="none,basicsr", out=metric.with_name("run"))


@pytest.mark.slow
def test_niqe_is_what_is_used_without_hr(photographs: Path) -> None:
    """Unless metrics are named; here the images are too small for it, so it is skipped."""
    options: dict[str, Any] = {"timing": False, "report": False, "out": photographs.parent / "run"}
    scores = srbench.run("nearest", datasets=f"{photographs}/", reference=False, **options).scores
    assert list(read_info(photographs.parent / "run")["metrics"]) == ["niqe"]
    assert set(scores["niqe_status"]) == {"skipped"}


@pytest.mark.slow
def test_wrong_size_without_hr(photographs: Path, metric: Path) -> None:
    """SR that is not factor times as large as the input fails, as it does with HR."""
    plugin = metric.with_name("halves.py")
    plugin.write_text("def load(factor, device):\n    return lambda image: image[:, ::2]\n", encoding="utf-8")
    scores = srbench.run(
        "halves",
        datasets=f"{photographs}/",
        reference=False,
        metrics="brightness",
        plugins=[metric, plugin],
        timing=False,
        report=False,
        out=metric.with_name("run"),
    ).scores
    assert set(scores["status"]) == {"failed"}
