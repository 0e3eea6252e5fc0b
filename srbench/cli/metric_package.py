"""The files of a new package with a metric; `{name}` stands for its name."""

from __future__ import annotations

_MODULE = '''"""{name}: mean absolute difference. Say here in one line what yours computes."""

import numpy as np

from srbench.metrics import Metric

METRIC = Metric(
    label="{name}",
    better="lower",  # or "higher"
    low=0,  # the least value there is; high= is the largest
    hint="mean absolute difference; 0 is identical",
    version="1",  # raise it when the same images get other values
    # sees="rgb": whole RGB images, uint8; otherwise the channels and pixels that the protocol scores
    # reference=False: it judges an image alone, as score(image)
    # symmetric=False: both images may not change places
)


def load():
    """Return the function that computes it. Arguments with defaults are options: {name}:key=value.

    Import heavy packages here: one that is absent skips this metric alone. Raise srbench.Unsupported("reason") for what
    cannot be scored.
    """

    def score(reference, image):
        """Return a float for two arrays of one shape, (H, W) or (H, W, 3), uint8 or float64, always on 0..255."""
        return float(np.abs(reference.astype(float) - image).mean())

    return score
'''

_TEST = '''"""{name} keeps srbench's metric contract."""

from srbench import testing


def test_contract():
    """Identical images are best, a blur is worse, the declaration holds, and small images are scored or refused."""
    testing.keeps_metric_contract("{name}")
'''

_PROJECT = """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "srbench-{name}"
version = "1.0"
description = "The image metric {name} for srbench"
readme = "README.md"
requires-python = ">=3.11"
# srbench is not among them: on PyPI, that is another project
dependencies = ["numpy"]

[project.entry-points."srbench.metrics"]
{name} = "srbench_{name}.{name}"

[tool.hatch.build.targets.wheel]
packages = ["srbench_{name}"]

[tool.pytest.ini_options]
testpaths = ["tests"]
"""

_README = """# {name}

A metric for srbench: `srbench_{name}/{name}.py`.

Install it into the environment that has srbench, in this folder:

```sh
pip install -e .
srbench metrics show {name}
srbench run --methods bicubic,lanczos --metrics psnr,ssim,{name}
```

From Python: `srbench.metric("{name}")(reference, image)`, two uint8 arrays of one size.

## Test it

The test holds the metric to srbench's contract. It finds the metric by its name, so install it first; it needs pytest:

```sh
pip install pytest
pytest
```

## Publish it

Describe it in `pyproject.toml` (authors, licence), and build with `pip install build` and `python -m build`.
"""


def files(name: str) -> dict[str, str]:
    """Return the text of each file of the package, by its path."""
    return {
        "pyproject.toml": _PROJECT,
        "README.md": _README,
        f"srbench_{name}/__init__.py": '"""The metric {name}."""\n',
        module(name): _MODULE,
        f"tests/test_{name}.py": _TEST,
    }


def module(name: str) -> str:
    """Return the path of the metric's module in the package."""
    return f"srbench_{name}/{name}.py"
