"""The ops that are compared: what PyTorch computes for each, and samples of its arguments.

The parameters of `function` are the names by which both libraries are given the arguments.
"""

import inspect
from dataclasses import dataclass, field
from typing import Callable, Iterable

POINTWISE, SUMS = 1e-12, 1e-11


@dataclass
class Op:
    name: str  # in the library
    function: Callable  # of PyTorch
    samples: Callable[[], Iterable[dict]] = tuple
    tolerance: float = POINTWISE
    second: bool = True  # gradients of gradients are compared too, except at hostile numbers
    constants: tuple = ()  # floating arguments without a gradient
    database: tuple = ()  # names in PyTorch's op database besides the op's own
    bind: Callable = None  # turns a sample of the database into arguments
    parameters: tuple = field(init=False)
    file: str = "ops"  # of tests/golden, which the name FILE of a table changes

    def __post_init__(self):
        self.parameters = tuple(inspect.signature(self.function).parameters)


def rows():
    """All of them, by name."""
    import importlib
    import pathlib

    names = ["table_pointwise", "table_activation", "table_reductions", "table_shapes", "table_indexing", "table_products",
             "table_linalg", "table_losses", "table_margins", "table_layers"]
    names += sorted(p.stem for p in pathlib.Path(__file__).parent.glob("table_*.py") if p.stem not in names)
    result = {}
    for part in (importlib.import_module("comparison." + name) for name in names):
        for row in part.ROWS:
            if row.name in result:
                raise ValueError(f"two rows of {row.name}")
            row.file = getattr(part, "FILE", row.file)
            result[row.name] = row
    return result
