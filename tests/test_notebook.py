"""docs/notebook.ipynb runs from top to bottom in a clean kernel, and is kept without what that prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

nbclient = pytest.importorskip("nbclient", reason="needs nbclient: pip install nbclient")
nbformat = pytest.importorskip("nbformat", reason="needs nbformat: pip install nbclient")
pytest.importorskip("ipykernel", reason="needs ipykernel: pip install ipykernel")

FILE = Path(__file__).parents[1] / "docs" / "notebook.ipynb"


def read() -> Any:  # noqa: ANN401 - nbformat has no types
    """Return the notebook."""
    return nbformat.read(FILE, as_version=4)


def test_it_is_kept_without_outputs() -> None:
    """Neither outputs nor counts are in the repository: they would change with each machine."""
    notebook = read()
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(cells) > 8
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)


@pytest.fixture
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let Jupyter and IPython keep what they write in a folder of the test."""
    for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    work = tmp_path / "work"
    work.mkdir()
    return work


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_it_runs(own_folders: Path) -> None:
    """No cell fails; tables, pictures and comparisons are shown, and progress is gone in the end."""
    notebook = read()
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(own_folders)}}
    )
    client.execute()
    outputs = [each for cell in notebook.cells for each in cell.get("outputs", ())]
    shown = [each.data for each in outputs if "data" in each]
    pages = [each["text/html"] for each in shown if "text/html" in each]
    assert sum("Best bold, second underlined." in page for page in pages) >= 4
    assert sum("scores: A is" in page for page in pages) == 1
    assert "no return: " not in " ".join(page for page in pages if "scores: A is" in page)
    assert any("is there a return at its end?" in page for page in pages)
    assert any("image/png" in each for each in shown)
    assert not any("<progress" in page for page in pages)
    assert {each.name for each in own_folders.iterdir()} >= {"results", "training-images"}
