"""The modules of `segment_anything`, without what its first lines take in.

Those read torchvision, of which nothing here is used, and that what torch compiles with: two fifths of the processor
time that a model of masks takes to start.
"""

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager

PACKAGE = "segment_anything"


@contextmanager
def _first_lines_left_out() -> Iterator[None]:
    """Whoever asks for the package itself afterwards is given the whole of it."""
    if PACKAGE in sys.modules:
        yield
        return
    spec = importlib.util.find_spec(PACKAGE)
    assert spec is not None, f"{PACKAGE} is not installed"
    sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)
    try:
        yield
    finally:
        del sys.modules[PACKAGE]


with _first_lines_left_out():
    from segment_anything.build_sam import sam_model_registry
    from segment_anything.modeling import MaskDecoder, PromptEncoder, Sam, TwoWayTransformer

__all__ = ["MaskDecoder", "PromptEncoder", "Sam", "TwoWayTransformer", "sam_model_registry"]
