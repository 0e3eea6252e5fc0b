"""The network of a file of PyTorch, as torch:file=MODEL.pth (RGB or luma)."""

from srbench.pytorch import torch_file

DEVICES = ("cpu", "cuda")

load, files = torch_file()
