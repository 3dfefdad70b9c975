"""The tensors' file: written as a stream, read through a map of the file into memory.

Neither way holds a second copy of the tensors. The written bytes are those of ``safetensors.numpy.save``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors

from .errors import TraceError
from .winograd import Array

_NAMES = {
    "uint64": "U64",
    "float32": "F32",
    "int32": "I32",
    "float16": "F16",
    "uint16": "U16",
    "int8": "I8",
    "uint8": "U8",
}
_TYPES = {name: np.dtype(kind).newbyteorder("<") for kind, name in _NAMES.items()}
_ORDER = list(_NAMES)  # Larger types first, so that every tensor is aligned.


def stream(arrays: Mapping[str, Array]) -> Iterator[bytes | memoryview]:
    """The file's bytes in parts: its header, then every tensor."""
    for name, array in arrays.items():
        if array.dtype.name not in _NAMES:
            raise TraceError(f"tensor '{name}' is {array.dtype.name}; expected one of {', '.join(_NAMES)}")
    names = sorted(arrays, key=lambda name: (_ORDER.index(arrays[name].dtype.name), name))
    header: dict[str, dict[str, Any]] = {}
    end = 0
    for name in names:
        array = arrays[name]
        start, end = end, end + array.nbytes
        kind = _NAMES[array.dtype.name]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    yield len(text).to_bytes(8, "little") + text
    for name in names:
        array = arrays[name]
        stored = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        yield stored.reshape(-1).view(np.uint8).data


def load(folder: Path, names: Iterable[Any]) -> dict[str, Array]:
    """The tensors of files in a folder, by name; each is a part of its mapped file."""
    arrays: dict[str, Array] = {}
    for name in names:
        if not isinstance(name, str) or Path(name).name != name:
            raise TraceError(f"tensors file {name!r}; expected the name of a file in the manifest's folder")
        try:
            with safetensors.safe_open(folder / name, "numpy"):
                pass  # It checks the header and the file's size.
            data = np.memmap(folder / name, np.uint8, "r")
        except (OSError, safetensors.SafetensorError) as error:
            raise TraceError(f"{name}: {error}") from None
        start = 8 + int.from_bytes(data[:8].tobytes(), "little")
        header = json.loads(data[8:start].tobytes())
        header.pop("__metadata__", None)
        for tensor, entry in header.items():
            if tensor in arrays:
                raise TraceError(f"{name}: tensor '{tensor}' is in two files")
            arrays[tensor] = _decode(tensor, entry, data[start:])
    return arrays


def _decode(name: str, entry: Mapping[str, Any], data: Array) -> Array:
    first, end = entry["data_offsets"]
    shape, kind = entry["shape"], entry["dtype"]
    part = np.asarray(data[first:end])
    if kind == "BF16":
        widened = part.view("<u2").astype(np.uint32) << 16
        return widened.view(np.float32).reshape(shape)
    if kind not in _TYPES:
        raise TraceError(f"tensor '{name}' is {kind}; expected one of BF16, {', '.join(_TYPES)}")
    if math.prod(shape) == 0:
        return np.zeros(shape, _TYPES[kind])
    return part.view(_TYPES[kind]).reshape(shape)
