"""The network of an ONNX file, as onnx:file=MODEL.onnx (ONNX Runtime or OpenVINO; RGB or luma)."""

from srbench.pytorch import onnx_file

DEVICES = ("cpu", "cuda")

load, files, decided = onnx_file()
