"""Activations, and what normalises along an axis."""

import torch
import torch.nn.functional as F

from comparison.samples import BOOL, F32, F64, along, folds, hostile, number, rows_of_hostile, unary
from comparison.table import SUMS, Op


def one(name, function=None, low=-6.0, high=6.0, database=()):
    function = function or getattr(F, name)
    return Op(name, lambda input: function(input), lambda: unary(low, high, whole=False), database=database)


def settings(*choices):
    """Samples with each of the settings."""
    def samples():
        for choice in choices:
            for sample in unary(-6.0, 6.0, whole=False):
                yield {**sample, **choice}
    return samples


def prelus():
    for shape, size in [((3,), 1), ((2, 3), 3), ((2, 3, 4), 3), ((2, 3, 4), 1), ((0, 3), 3), ((), 1)]:
        for dtype in [F64, F32]:
            yield {"input": number(shape, dtype), "weight": number((size,), dtype)}
    yield {"input": hostile(F64), "weight": number((1,))}


def glus():
    for shape, dim in [((4,), 0), ((4,), -1), ((2, 6), 1), ((6, 2), 0), ((2, 4, 3), 1), ((0, 4), 1), ((4, 0), 0)]:
        for dtype in [F64, F32]:
            yield {"input": number(shape, dtype), "dim": dim}


def masked():
    """Lines of which something is left."""
    for shape, dim in [((5,), 0), ((2, 3), 1), ((3, 4), 0), ((2, 3, 4), -1), ((0, 3), 1)]:
        for dtype in [F64, F32]:
            mask = number(shape, BOOL)
            mask.select(dim, 0).fill_(True)
            yield {"input": number(shape, dtype), "mask": mask, "dim": dim}


ROWS = [
    one("step", lambda x: torch.heaviside(x.detach(), torch.zeros((), dtype=x.dtype))),
    Op("sigmoid", lambda input: torch.sigmoid(input), lambda: unary(-6, 6)),
    Op("tanh", lambda input: torch.tanh(input), lambda: unary(-6, 6)),
    one("logsigmoid"), one("relu"), one("silu"), one("softsign"),
    one("relu6"), one("selu"), one("mish"), one("tanhshrink"), one("hardsigmoid"), one("hardswish"),
    Op("leaky_relu", lambda input, negative_slope=0.01: F.leaky_relu(input, negative_slope),
       settings({}, {"negative_slope": 0.25}, {"negative_slope": -0.5}, {"negative_slope": 0.0})),
    Op("elu", lambda input, alpha=1.0: F.elu(input, alpha), settings({}, {"alpha": 0.5})),
    Op("celu", lambda input, alpha=1.0: F.celu(input, alpha), settings({}, {"alpha": 0.5})),
    Op("gelu", lambda input, approximate="none": F.gelu(input, approximate=approximate),
       settings({}, {"approximate": "tanh"})),
    Op("softplus", lambda input, beta=1.0, threshold=20.0: F.softplus(input, beta, threshold),
       settings({}, {"beta": 2.0}, {"beta": 0.5, "threshold": 1.0}, {"beta": -1.5})),
    Op("hardtanh", lambda input, min_val=-1.0, max_val=1.0: F.hardtanh(input, min_val, max_val),
       settings({}, {"min_val": -2.0, "max_val": 0.5})),
    Op("hardshrink", lambda input, lambd=0.5: F.hardshrink(input, lambd), settings({}, {"lambd": 1.0})),
    Op("softshrink", lambda input, lambd=0.5: F.softshrink(input, lambd), settings({}, {"lambd": 1.0})),
    Op("threshold", lambda input, threshold, value: F.threshold(input, threshold, value),
       settings({"threshold": 0.5, "value": 7.0}, {"threshold": -1.0, "value": 0.0})),
    Op("prelu", lambda input, weight: F.prelu(input, weight), prelus),
    Op("glu", lambda input, dim=-1: F.glu(input, dim), glus),
    Op("softmax", lambda input, dim: torch.softmax(input, dim), lambda: [*along(), *rows_of_hostile()], SUMS,
       database=("softmax",)),
    Op("log_softmax", lambda input, dim: torch.log_softmax(input, dim), lambda: [*along(), *rows_of_hostile()], SUMS),
    Op("masked_softmax", lambda input, mask, dim: torch.nan_to_num(torch.where(mask, torch.softmax(
        torch.where(mask, input, -torch.inf), dim), 0.0), 0.0), masked, SUMS),
    Op("rrelu", lambda input, lower=1 / 8, upper=1 / 3: F.rrelu(input, lower, upper),
       settings({}, {"lower": 0.25, "upper": 0.75})),
    Op("softmin", lambda input, dim: F.softmin(input, dim), lambda: [*along(), *rows_of_hostile()], SUMS),
    Op("logsumexp", lambda input, dim=None, keepdim=False: torch.logsumexp(
        input, tuple(range(input.dim())) if dim is None else dim, keepdim), lambda: [*folds(), *rows_of_hostile()], SUMS),
]
