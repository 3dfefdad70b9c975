"""ONNX files as traces. Importing this package needs onnx and onnxruntime: ``pip install 'winograd-trace[onnx]'``.

python -m winograd_trace onnx MODEL.onnx --input ARRAY.npy --output DIR
"""

from .exporting import Exported, Options, export

__all__ = ["Exported", "Options", "export"]
