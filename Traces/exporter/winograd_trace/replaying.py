"""The check of an export: the model runs again with every layer's outputs recomputed from the written files.

Three things are compared, up to rounding: each layer's recorded outputs with those that its operands in the files give in
float64, each layer's operands in the files with those that reach it in this run, and what the network returns in this run
with what it returns by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten_with_path

from .errors import TraceError
from .layers import Layer
from .operands import Values
from .products import Product
from .recomputing import flow_fault, output_fault, recompute
from .tape import Multiplied, Recorder, Watch, stored_array, written_by
from .winograd import Array


class Replayer(Watch):  # type: ignore[no-untyped-call]
    """Replaces the outputs of the recorded layers; raises a TraceError, with the layer's name, where something differs."""

    def __init__(self, recorder: Recorder, layers: Sequence[Layer]) -> None:
        """``layers`` are those of the written trace, in the order in which they ran."""
        super().__init__()
        self._answers = iter(recorder.answers)
        self._products = iter(recorder.products)
        self._layers = iter(layers)

    def constant(self, tensor: Tensor) -> bool:
        """What the recording found of the same tensor."""
        answer = next(self._answers, None)
        if answer is None:
            raise _differs("it multiplies more often")
        return answer

    def run(
        self,
        func: Any,
        name: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        given: Mapping[str, Any],
        product: Product | None,
    ) -> Any:
        """Makes the call, or replaces the result of one that is a layer."""
        if product is None:
            return func(*args, **kwargs)
        recorded = next(self._products, None)
        if recorded is None:  # A product of constants.
            return func(*args, **kwargs)
        layer = next(self._layers)
        if product.shape != recorded.product.shape:
            raise _differs(f"layer '{layer.name}' has the shape {product.shape}, not {recorded.product.shape}")
        value = self._value(layer, product, recorded)
        datatype = torch.result_type(product.activations, product.weights)
        if not datatype.is_floating_point:
            value = value.round()
        if written := written_by(func, given):
            return written[0].copy_(value)
        strides = recorded.strides
        return torch.empty_strided(product.result, strides, dtype=datatype, device=value.device).copy_(value)

    def finish(self) -> None:
        """Raises a TraceError if a recorded layer did not run."""
        if (layer := next(self._layers, None)) is not None:
            raise _differs(f"layer '{layer.name}' does not run")

    def _value(self, layer: Layer, product: Product, recorded: Multiplied) -> Tensor:
        assert isinstance(layer.activations, Values) and isinstance(layer.weights, Values) and layer.outputs is not None
        flowing = (
            ("activations", layer.activations.real(), product.activations),
            ("weights", layer.real_weights(), product.weights),
        )
        for what, stored, tensor in flowing:
            if fault := flow_fault(stored, stored_array(tensor, copy=False), recorded.rounding):
                raise TraceError(f"layer '{layer.name}': its {what} in the files are not those that reach it: {fault}")
        found = recompute(layer)
        added: Array | float = 0.0 if recorded.added is None else recorded.added
        if fault := output_fault(found, layer.outputs.astype(np.float64), recorded.rounding, added):
            raise TraceError(f"layer '{layer.name}': the model's outputs are not what the files compute: {fault}")
        outputs = torch.from_numpy(found.outputs).to(product.activations.device)
        value = product.restore(outputs * product.alpha)
        return value if product.added_result is None else value + product.added_result.double()


def ends_of(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """What a model returns, with its places: containers and data classes are opened."""
    for path, leaf in tree_flatten_with_path(value)[0]:
        where = place + "".join(str(key) for key in path)
        if is_dataclass(leaf) and not isinstance(leaf, type):
            for entry in fields(leaf):
                yield from ends_of(getattr(leaf, entry.name), f"{where}.{entry.name}")
        else:
            yield where, leaf


def compare_ends(returned: Any, expected: Any, rounding: float) -> None:
    """Raises a TraceError, with the output's place, if what the network returns is not what the model returned."""
    ends = [list(ends_of(value)) for value in (returned, expected)]
    if len(ends[0]) != len(ends[1]):
        raise TraceError(f"the network returns {len(ends[0])} values from the files, the model {len(ends[1])}")
    for (_, found), (place, wanted) in zip(*ends, strict=True):
        if not isinstance(wanted, Tensor):
            continue
        if not isinstance(found, Tensor) or found.shape != wanted.shape:
            raise TraceError(f"the network's output{place} has another shape from the files than from the model")
        a, b = (value.detach().cpu() for value in (found, wanted))
        if wanted.is_floating_point():
            fault = flow_fault(a.double().numpy(), b.double().numpy(), rounding)
        else:
            share = float((a != b).double().mean()) if a.numel() else 0.0
            fault = f"{share:.1%} of its values differ" if share > 0.01 else None
        if fault:
            raise TraceError(f"the network's output{place} from the files is not what the model returns: {fault}")


def _differs(how: str) -> TraceError:
    return TraceError(
        f"the model does not run twice in the same way: {how}; expected the same calls for the same inputs"
    )
