"""Writes a layer as YAML text, and reads a layer from a YAML mapping."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import yaml

from .errors import TraceError
from .layers import Fused, Layer, Winograd
from .operands import Density, Mask, Operand, Profile, Quantization, Rates, Values
from .shape import Pair, Shape, Sides, is_integer
from .winograd import Array, Matrices

FORMAT = "winosim-trace/1"

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
_DEFAULTS = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, "groups": 1, "batch": 1}


# Writing


def scalar(value: object) -> str:
    """A number or string as a YAML scalar that reads back as the same; strings are quoted where necessary."""
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, float):
        return np.format_float_positional(value, trim="0")
    return str(value)


def flow(value: object) -> str:
    """Nested mappings and lists in YAML's flow style, on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {flow(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(flow(entry) for entry in value) + "]"
    return scalar(value)


def tensors_of(layer: Layer) -> dict[str, Array]:
    """The tensors that a layer stores, by name: ``conv2.weight``, ``conv2.input``, ``conv2.output``."""
    found: dict[str, Array] = {}
    for role, operand in (("weight", layer.weights), ("input", layer.activations)):
        if isinstance(operand, Profile):
            for form, rates in operand.rates.items():
                found[f"{layer.name}.{role}.{form}.channels"] = rates.channels
                found[f"{layer.name}.{role}.{form}.outer"] = rates.outer
        elif not isinstance(operand, Density):
            found[f"{layer.name}.{role}"] = operand.array
        if isinstance(operand, Values) and operand.quantization is not None:
            for key in ("scale", "zero_point"):
                part = getattr(operand.quantization, key)
                if isinstance(part, np.ndarray) and part.ndim > 0:
                    found[f"{layer.name}.{role}.{key}"] = _stored(part, operand.array.dtype)
    if layer.outputs is not None:
        found[f"{layer.name}.output"] = layer.outputs
    return found


def describe(layer: Layer) -> dict[str, Any]:
    """A layer's keys in the order of the format; defaults are left out."""
    shape = layer.shape
    described: dict[str, Any] = {"name": layer.name, "operation": layer.operation}
    if layer.inputs:
        described["inputs"] = list(layer.inputs)
    if layer.fused:
        described["fused"] = [
            {"operation": entry.operation, **({} if entry.input is None else {"input": entry.input})}
            for entry in layer.fused
        ]
    image = {"channels": shape.channels, "height": shape.height, "width": shape.width}
    dropped = {"linear": ("height", "width"), "matmul": ("width",)}.get(layer.operation, ())
    image = {key: value for key, value in image.items() if key not in dropped}
    described["input"] = _without_defaults({**image, "batch": shape.batch})
    described["output"] = {"channels": shape.filters}
    if shape.transposed:
        described["output"] |= {"height": shape.output[0], "width": shape.output[1]}
    if layer.operation in ("convolution", "transposed_convolution"):
        described["kernel"] = _without_defaults(
            {
                "height": shape.kernel[0],
                "width": shape.kernel[1],
                "stride": _shortest(shape.stride),
                "padding": _shortest(shape.padding),
                "output_padding": _shortest(shape.output_padding),
                "dilation": _shortest(shape.dilation),
                "groups": shape.groups,
            }
        )
    described["relu"] = layer.relu
    if layer.is_winograd or layer.winograd is not None:
        described["winograd"] = {"tile": layer.tile}
        matrices = layer.winograd.matrices if layer.winograd else None
        if matrices is not None:
            for key in ("bt", "at", "g"):
                described["winograd"][key] = [[_number(v) for v in row] for row in getattr(matrices, key)]
    described["weights"] = _describe_operand(layer.weights, f"{layer.name}.weight")
    described["activations"] = _describe_operand(layer.activations, f"{layer.name}.input")
    if isinstance(layer.activations, Values):
        described["activations"].pop("domain", None)
    if layer.outputs is not None:
        described["outputs"] = {"tensor": f"{layer.name}.output"}
    return described


def render_layer(layer: Layer) -> str:
    """A layer as one block of the manifest's list."""
    lines = [f"{key}: {flow(value)}" for key, value in describe(layer).items()]
    return "".join(f"  {'- ' if i == 0 else '  '}{line}\n" for i, line in enumerate(lines))


def _describe_operand(operand: Operand, tensor: str) -> dict[str, Any]:
    if isinstance(operand, Mask):
        return {"mask": tensor}
    if isinstance(operand, Values):
        return {"tensor": tensor, **_describe_quantization(operand, tensor), "domain": operand.domain}
    described: dict[str, Any] = {"density": float(operand.density), "domain": operand.domain}
    if isinstance(operand, Profile):
        described["profiles"] = {form: f"{tensor}.{form}" for form in operand.rates}
    elif operand.spread:
        described["spread"] = {key: float(value) for key, value in operand.spread.items()}
    return described


def _describe_quantization(operand: Values, tensor: str) -> dict[str, Any]:
    described: dict[str, Any] = {}
    if operand.quantization is not None:
        for key, kind in (("scale", float), ("zero_point", int)):
            part = getattr(operand.quantization, key)
            many = isinstance(part, np.ndarray) and part.ndim > 0
            described[key] = {"tensor": f"{tensor}.{key}"} if many else kind(part)
    return described


def _stored(part: Array, operand: np.dtype[Any]) -> Array:
    """Scales as float32; zero points as they are if they have the operand's type, else as int32."""
    if part.dtype.kind == "f":
        return part.astype(np.float32)
    return part if part.dtype == operand else part.astype(np.int32)


def _without_defaults(described: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in described.items() if key not in _DEFAULTS or value != _DEFAULTS[key]}


def _shortest(sizes: Pair | Sides) -> int | list[int]:
    return sizes[0] if len(set(sizes)) == 1 else list(sizes)


def _number(value: float) -> int | float:
    return int(value) if float(value).is_integer() else float(value)


# Reading


class _Loader(yaml.SafeLoader):
    """A safe loader that refuses duplicate keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str) or key in seen:
                what = "is given twice" if key in seen else "must be a string"
                raise TraceError(f"line {key_node.start_mark.line + 1}: key {key!r} {what}")
            seen.add(key)
        return super().construct_mapping(node, deep)


def parse(text: str) -> dict[str, Any]:
    """The manifest's text as a mapping; raises a TraceError for invalid YAML or a duplicate key."""
    try:
        loaded = yaml.load(text, _Loader)
    except (yaml.YAMLError, RecursionError) as error:
        raise TraceError(f"invalid YAML: {error}") from None
    return mapping(loaded, "the manifest")


def mapping(value: object, what: str) -> dict[str, Any]:
    """The value, which must be a mapping."""
    if not isinstance(value, dict):
        raise TraceError(f"{what} is {value!r}; expected a mapping")
    return value


def known_keys(given: Mapping[str, Any], required: tuple[str, ...], optional: tuple[str, ...], what: str) -> None:
    """Raises a TraceError if a key is unknown or a required one is missing."""
    for key in given:
        if key not in required + optional:
            raise TraceError(f"{what}: unknown key '{key}'; known are {', '.join(required + optional)}")
    for key in required:
        if key not in given:
            raise TraceError(f"{what}: key '{key}' is missing")


def read_layer(given: Mapping[str, Any], fetch: Callable[[object], Array]) -> Layer:
    """A layer from its mapping; ``fetch`` finds the tensor of a name."""
    what = f"layer {given.get('name')!r}"
    required = ("name", "operation", "input", "output", "weights", "activations")
    known_keys(given, required, ("inputs", "fused", "kernel", "relu", "winograd", "outputs"), what)
    linear = given["operation"] == "linear"
    shape = _read_shape(given, what)
    winograd = _read_winograd(mapping(given["winograd"], what), what) if "winograd" in given else None
    activations = _read_operand(mapping(given["activations"], what), fetch, f"{what}: activations")
    if linear and isinstance(activations, Values) and activations.array.ndim == 4:
        activations = activations.reshaped(activations.array.shape[0], -1)
    outputs: Array | None = None
    if "outputs" in given:
        described = mapping(given["outputs"], what)
        known_keys(described, ("tensor",), (), f"{what}: outputs")
        outputs = fetch(described["tensor"])
    layer = Layer(
        name=given["name"],
        shape=shape,
        weights=_read_operand(mapping(given["weights"], what), fetch, f"{what}: weights"),
        activations=activations,
        operation=given["operation"],
        relu=given.get("relu", "none"),
        winograd=winograd,
        outputs=outputs,
        inputs=read_names(given.get("inputs", []), f"{what}: inputs"),
        fused=_read_fused(given.get("fused", []), what),
    )
    layer.check()
    sizes = mapping(given["output"], what)
    for key, computed in zip(("height", "width"), shape.output, strict=True):
        if sizes.get(key, computed) != computed:
            raise TraceError(f"{what}: output {key} is {sizes[key]!r}; its shape gives {computed}")
    return layer


def read_names(given: object, what: str) -> tuple[str, ...]:
    """A list of names of producers."""
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise TraceError(f"{what} is {given!r}; expected a list of names")
    return tuple(given)


def _read_fused(given: object, what: str) -> tuple[Fused, ...]:
    if not isinstance(given, list):
        raise TraceError(f"{what}: fused is {given!r}; expected a list")
    for entry in given:
        known_keys(mapping(entry, f"{what}: an entry of fused"), ("operation",), ("input",), f"{what}: fused")
    return tuple(Fused(entry["operation"], entry.get("input")) for entry in given)


def _read_shape(given: Mapping[str, Any], what: str) -> Shape:
    operation = given["operation"]
    linear, transposed = operation == "linear", operation == "transposed_convolution"
    image, output = mapping(given["input"], what), mapping(given["output"], what)
    kernel = mapping(given.get("kernel", {}), what)
    sides = ("height", "width")
    known_keys(output, ("channels",), sides, f"{what}: output")
    own = ("output_padding",) if transposed else ()
    known_keys(kernel, (), (*sides, "stride", "padding", *own, "dilation", "groups"), f"{what}: kernel")
    needed = {"linear": (), "matmul": ("height",)}.get(operation, sides)
    known_keys(image, ("channels", *needed), ("batch", *sides), f"{what}: input")
    channels, height, width = (image.get(key, 1) for key in ("channels", *sides))
    if linear:
        if not all(is_integer(size) for size in (channels, height, width)):
            raise TraceError(f"{what}: input is {image!r}; expected integers")
        channels, height, width = channels * height * width, 1, 1
    return Shape(
        channels=channels,
        filters=output["channels"],
        batch=image.get("batch", 1),
        height=height,
        width=width,
        kernel=(kernel.get("height", 1), kernel.get("width", 1)),
        stride=pair(kernel.get("stride", 1), f"{what}: stride"),
        padding=pair_or_sides(kernel.get("padding", 0), f"{what}: padding"),
        dilation=pair(kernel.get("dilation", 1), f"{what}: dilation"),
        groups=kernel.get("groups", 1),
        transposed=transposed,
        output_padding=pair(kernel.get("output_padding", 0), f"{what}: output_padding"),
    )


def pair_or_sides(value: object, what: str) -> Pair | Sides:
    """One integer for all sides, two: [vertical, horizontal], or four: [top, left, bottom, right]."""
    if isinstance(value, (list, tuple)) and len(value) == 4 and all(is_integer(side) for side in value):
        return value[0], value[1], value[2], value[3]
    try:
        return pair(value, what)
    except TraceError:
        raise TraceError(f"{what} is {value!r}; expected an integer or a list of two or four") from None


def pair(value: object, what: str) -> Pair:
    """One integer for both directions, or two: [vertical, horizontal]."""
    both = value if isinstance(value, (list, tuple)) else (value, value)
    if len(both) != 2 or not all(is_integer(side) for side in both):
        raise TraceError(f"{what} is {value!r}; expected an integer or a list of two")
    return both[0], both[1]


def _read_winograd(given: Mapping[str, Any], what: str) -> Winograd:
    matrices = ("bt", "at", "g")
    known_keys(given, (), ("tile", *matrices), f"{what}: winograd")
    present = [key for key in matrices if key in given]
    if not present:
        return Winograd(given.get("tile", 2))
    if len(present) != len(matrices):
        raise TraceError(f"{what}: winograd has {', '.join(present)}; expected all of bt, at and g, or none")
    try:
        return Winograd(given.get("tile", 2), Matrices(*(np.array(given[key], np.float64) for key in matrices)))
    except (TypeError, ValueError):
        raise TraceError(f"{what}: winograd matrices must be lists of rows of numbers") from None


def _read_operand(given: Mapping[str, Any], fetch: Callable[[object], Array], what: str) -> Operand:
    domain = given.get("domain", "spatial")
    if "mask" in given:
        known_keys(given, ("mask",), (), what)
        return Mask(fetch(given["mask"]))
    if "tensor" in given:
        known_keys(given, ("tensor",), ("domain", "scale", "zero_point"), what)
        return Values.sharing(fetch(given["tensor"]), domain, _read_quantization(given, fetch, what))
    if "profiles" in given:
        known_keys(given, ("density", "profiles"), ("domain",), what)
        names = mapping(given["profiles"], f"{what}: profiles")
        parts = {form: Rates(fetch(f"{name}.channels"), fetch(f"{name}.outer")) for form, name in names.items()}
        if isinstance(given["density"], bool) or not isinstance(given["density"], (int, float)):
            raise TraceError(f"{what}: found {given['density']!r}; expected a number")
        return Profile(float(given["density"]), domain, parts)
    known_keys(given, ("density",), ("domain", "spread"), what)
    spread = mapping(given.get("spread", {}), what)
    for number in (given["density"], *spread.values()):
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise TraceError(f"{what}: found {number!r}; expected a number")
    return Density(given["density"], domain, spread)


def _read_quantization(given: Mapping[str, Any], fetch: Callable[[object], Array], what: str) -> Quantization | None:
    if "scale" not in given:
        if "zero_point" in given:
            raise TraceError(f"{what}: zero_point is given without a scale")
        return None
    parts: list[Any] = []
    for key, kinds in (("scale", (int, float)), ("zero_point", (int,))):
        part = given.get(key, 0)
        if isinstance(part, dict):
            known_keys(part, ("tensor",), (), f"{what}: {key}")
            part = fetch(part["tensor"])
        elif isinstance(part, bool) or not isinstance(part, kinds):
            raise TraceError(f"{what}: {key} is {part!r}; expected a number or {{tensor: NAME}}")
        parts.append(part)
    return Quantization(*parts)
