"""Which measured densities a layer can have: the forms, and the shapes of their vectors."""

from __future__ import annotations

import numpy as np

from .errors import TraceError
from .operands import Profile
from .shape import Shape
from .winograd import tile_counts

FORMS = {f"winograd-{tile}x{tile}": tile for tile in range(1, 8)}


def check_profile(operation: str, shape: Shape, profile: Profile, what: str) -> None:
    """Raises a TraceError where winosim would not accept the densities."""
    is_weights = what == "weights"
    if not 0.0 <= profile.density <= 1.0:
        raise TraceError(f"{what} have density {profile.density}; expected 0 to 1")
    if not profile.rates:
        raise TraceError(f"{what} have profiles of no form; expected direct, winograd-2x2 or winograd-4x4")
    batches = shape.batch if operation == "matmul" else 1
    channels = shape.channels // shape.groups * (1 if is_weights else shape.groups * batches)
    height, width = shape.height, shape.width
    if shape.transposed:
        height, width = (height - 1) * shape.stride[0] + 1, (width - 1) * shape.stride[1] + 1
    for form, rates in profile.rates.items():
        tile = FORMS.get(form)
        if form != "direct" and (tile is None or operation != "convolution"):
            raise TraceError(
                f"{what} have densities of the form {form!r}; expected direct, or winograd-2x2 and the like"
            )
        n = (tile or 1) + shape.kernel[0] - 1
        elements = n * n if tile else shape.kernel[0] * shape.kernel[1] if is_weights else 1
        images = 1 if operation == "matmul" else shape.batch
        outer: tuple[int, ...] = (shape.filters * batches,)
        if not is_weights:
            outer = (images, *(tile_counts(*shape.output, tile) if tile else (height, width)))
        for key, array, expected in (("channels", rates.channels, (channels, elements)), ("outer", rates.outer, outer)):
            if array.dtype != np.float32 or array.shape != expected:
                raise TraceError(
                    f"{what}: {key} of {form} are {array.dtype.name} of {list(array.shape)}; expected float32 of "
                    f"{list(expected)}"
                )
            if not (np.isfinite(array) & (array >= 0)).all():
                raise TraceError(f"{what}: {key} of {form} are not all finite and at least 0")
