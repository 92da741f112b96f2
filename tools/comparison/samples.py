"""Arguments for the ops: shapes of all kinds, ordinary and hostile numbers."""

import numpy as np
import torch

random = np.random.default_rng(11)

F64, F32, I64, BOOL = torch.float64, torch.float32, torch.int64, torch.bool
SHAPES = [(), (1,), (0,), (5,), (2, 3), (1, 4, 1), (2, 0, 3), (3, 1, 2, 2), (67,)]
PAIRS = [((), ()), ((), (3,)), ((2, 3), ()), ((5,), (5,)), ((1,), (4,)), ((2, 3), (3,)), ((2, 1), (1, 3)),
         ((0,), (1,)), ((0, 3), (1, 3)), ((2, 0), (2, 1)), ((4, 1, 2), (3, 1)), ((2, 3, 4), (2, 3, 4)), ((67,), (67,))]
FOLDS = [((), None), ((1,), None), ((5,), 0), ((2, 3), None), ((2, 3), 0), ((2, 3), -1), ((2, 3), (0, 1)),
         ((2, 3, 4), 1), ((2, 3, 4), (0, 2)), ((2, 3, 4), (-1, 1)), ((1, 4, 1), 1), ((3, 1), 1), ((67, 3), 0)]
EMPTY_FOLDS = [((0,), None), ((0,), 0), ((2, 0), 1), ((0, 3), 0), ((2, 0, 3), (0, 2)), ((0, 3), 1)]
AXES = [((5,), 0), ((5,), -1), ((1,), 0), ((2, 3), 0), ((2, 3), 1), ((2, 3, 4), -2), ((1, 4, 1), 1), ((), 0), ((), -1),
        ((3, 1), -1), ((67, 2), 0)]
EMPTY_AXES = [((0,), 0), ((2, 0), 0), ((2, 0), 1), ((0, 3), 1)]

HOSTILE = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 1e-5, -1e-5, 2.5, -1.5, 6.0, 10.0, -10.0, 20.5,
           88.5, -88.5, 1e10, -1e10, float("inf"), float("-inf"), float("nan")]
WIDE = {F64: [700.0, -700.0, 745.2, 1e200, -1e200, 1.7e308, -1.7e308, 2.3e-308, 5e-324, -5e-324],
        F32: [103.5, 1e20, -1e20, 3.4e38, -3.4e38, 1.2e-38, 1.4e-45, -1.4e-45]}


def number(shape, dtype=F64, low=-3.0, high=3.0):
    """Multiples of 1/128 in low .. high; whole numbers for int64; either value for bool."""
    if dtype == BOOL:
        return torch.tensor(random.integers(0, 2, shape).astype(bool)).reshape(shape)
    if dtype == I64:
        return torch.tensor(random.integers(int(np.ceil(low)), int(high) + 1, shape)).reshape(shape)
    steps = random.integers(int(np.ceil(low * 128)), int(high * 128) + 1, shape)
    return torch.tensor(np.asarray(steps) / 128.0, dtype=dtype).reshape(shape)


def distinct(shape, dtype=F64):
    """No two elements alike."""
    size = int(np.prod(shape))
    steps = random.permutation(size) - size // 2
    return torch.tensor(steps if dtype == I64 else steps / 8.0 + 0.015625, dtype=dtype).reshape(shape)


def index(shape, size):
    return torch.tensor(random.integers(0, size, shape)).reshape(shape)


def hostile(dtype, few=False):
    return torch.tensor(HOSTILE + ([] if few else WIDE[dtype]), dtype=dtype)


def pairs_of_hostile(dtype):
    """Every pair of the hostile numbers."""
    x = hostile(dtype)
    return x.repeat_interleave(len(x)), x.repeat(len(x))


def unary(low=-3.0, high=3.0, whole=True):
    """Samples of an op of one tensor, differentiated twice where the numbers are ordinary."""
    for shape in SHAPES:
        yield {"input": number(shape, F64, low, high)}
    for shape in [(), (2, 3), (0,)]:
        yield {"input": number(shape, F32, low, high)}
        if whole:
            yield {"input": number(shape, I64, low, high)}
            yield {"input": number(shape, BOOL)}
    yield {"input": hostile(F64)}
    yield {"input": hostile(F32)}


def binary(low=-3.0, high=3.0, low2=None, high2=None, whole=True, names=("input", "other"), floats=True):
    low2, high2 = (low if low2 is None else low2), (high if high2 is None else high2)
    a, b = names
    for first, second in PAIRS if floats else []:
        yield {a: number(first, F64, low, high), b: number(second, F64, low2, high2)}
    kinds = ([F64, F32] if floats else []) + ([I64, BOOL] if whole else [])
    for one in kinds:
        for two in kinds:
            yield {a: number((2, 3), one, low, high), b: number((3,), two, low2, high2)}
            yield {a: number((2, 3), one, low, high), b: number((), two, low2, high2)}
        yield {a: number((4,), one, low, high), b: 2}
        if floats:
            yield {a: number((4,), one, low, high), b: 2.5}
    for dtype in [F64, F32] if floats else []:
        x, y = pairs_of_hostile(dtype)
        yield {a: x, b: y}


def folds(make=number, empty=True, low=-3.0, high=3.0, **settings):
    """Samples of a reduction over some axes."""
    for shape, dim in FOLDS + (EMPTY_FOLDS if empty else []):
        x = make(shape) if make is not number else number(shape, F64, low, high)
        yield {"input": x, "dim": dim, **settings}
        if dim is not None:
            yield {"input": x.to(F32), "dim": dim, "keepdim": True, **settings}


def along(make=number, empty=True, name="dim", **settings):
    """Samples of an op along one axis."""
    for shape, dim in AXES + (EMPTY_AXES if empty else []):
        yield {"input": make(shape), name: dim, **settings}
    yield {"input": make((2, 3)).to(F32), name: 1, **settings}


def whole(shapes=((5,), (2, 3), ()), **settings):
    for shape in shapes:
        yield {"input": number(shape, I64), **settings}
        yield {"input": number(shape, BOOL), **settings}


def rows_of_hostile(dim=1, **settings):
    """Rows of few numbers with one hostile number each, and rows of nothing else."""
    for dtype in [F64, F32]:
        special = hostile(dtype)
        x = number((len(special), 4), dtype)
        x[:, 2] = special
        yield {"input": x, "dim": dim, **settings}
        yield {"input": special.repeat_interleave(3).reshape(-1, 3), "dim": dim, **settings}
