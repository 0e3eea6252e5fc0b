"""Which command installs what an extra of pyproject.toml brings."""

INSTALL = {
    "cluster": "pip install distributed",
    "figures": "pip install matplotlib",
    "train": "pip install matplotlib pytorch-optimizer",
    "onnx": "pip install onnx onnxruntime onnxscript",
    "openvino": "pip install onnx openvino",
    "erqa": "pip install erqa",
    "models": "pip install --no-deps spandrel einops",
    "gpu": "pip install nvidia-ml-py",
    "test": "pip install pytest pytest-benchmark",
}
"""By extra. The commands name other people's packages, so that they work in any folder and leave srbench as it is
installed, a copy or an editable checkout. `srbench` itself is another project on PyPI, and srbench's own distribution,
superres-bench, is not published. spandrel lists torchvision, which it needs for two networks only and for which pip may
replace torch by another build; so its dependencies, but for einops, are left out."""
