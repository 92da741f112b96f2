"""Reductions, scans and sorting."""

import torch

from comparison.samples import (AXES, BOOL, EMPTY_AXES, F32, F64, I64, along, distinct, folds, hostile, index, number,
                                rows_of_hostile, unary, whole)
from comparison.table import SUMS, Op


def fold(name, function=None, tolerance=SUMS, empty=True, integers=True, second=True, low=-3.0, high=3.0):
    function = function or getattr(torch, name)

    def samples():
        yield from folds(empty=empty, low=low, high=high)
        yield from rows_of_hostile()
        if integers:
            yield from whole(dim=None)
            yield from whole(((2, 3),), dim=1)

    def call(input, dim=None, keepdim=False):
        return function(input, tuple(range(input.dim())) if dim is None else dim, keepdim)

    return Op(name, call, samples, tolerance, second)


def extreme(name, all_too=True):
    """Along one axis, with indices; and over all elements."""
    function = getattr(torch, name)

    def samples():
        yield from along(distinct, empty=False, keepdim=True)
        yield from along(distinct, empty=False)
        yield from along(empty=False)
        yield {"input": number((0, 3)), "dim": 1}
        yield from rows_of_hostile()
        if all_too:
            for shape in [(5,), (2, 3), (), (1, 1), (67,)]:
                yield {"input": number(shape)}
                yield {"input": number(shape, F32)}
                yield {"input": number(shape, I64)}
            yield {"input": hostile(F64)}
            yield {"input": hostile(F64)[:-1]}
        yield {"input": number((2, 3), I64), "dim": 1}

    def call(input, dim=None, keepdim=False):
        if isinstance(dim, torch.Tensor):
            raise TypeError("two tensors, which maximum and minimum take")
        return function(input) if dim is None else function(input, dim, keepdim)

    return Op(name, call, samples, SUMS)


def scan(name, second=True):
    function = getattr(torch, name)
    return Op(name, lambda input, dim: function(input, dim), lambda: [
        *along(), *rows_of_hostile(), *whole(((4,), (2, 3)), dim=-1), {"input": torch.tensor([2.0, 0.0, 3.0, 0.0, 5.0]).double(), "dim": 0},
        {"input": torch.tensor([[2.0, 0.0, 3.0], [1.0, 2.0, 3.0]]).double(), "dim": 1}], SUMS, second)


def moments(correction):
    for sample in [*folds(), *rows_of_hostile()]:
        yield sample
        for c in correction:
            yield {**sample, "correction": c}
    yield {"input": torch.tensor([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16], dtype=F64), "dim": 0}
    yield {"input": torch.full((4,), 2.5, dtype=F64), "dim": 0}


def with_correction(sample):
    """PyTorch's older argument `unbiased` is a correction of 1 or 0."""
    names = ["dim", "unbiased", "keepdim"] if len(sample.args) != 1 or not isinstance(sample.args[0], bool) else ["unbiased"]
    arguments = {**dict(zip(names, sample.args)), **sample.kwargs}
    if "unbiased" in arguments:
        arguments["correction"] = int(arguments.pop("unbiased"))
    return {"input": sample.input, **arguments}


def moment(name):
    function = getattr(torch, name)
    return Op(name, lambda input, dim=None, correction=1, keepdim=False: function(
        input, dim, correction=correction, keepdim=keepdim), lambda: moments([0, 2, 0.5]), SUMS,
              bind=with_correction)


def norms():
    for p in [0, 0.5, 1, 2, 3, float("inf"), float("-inf")]:
        for sample in folds(empty=p != float("inf") and p != float("-inf")):
            yield {**sample, "p": p}
        yield {"input": torch.zeros(2, 3, dtype=F64), "p": p, "dim": 1}


def products():
    yield from folds_of_one(number)
    for row in [[2.0, 0.0, 3.0], [0.0, 0.0, 4.0], [1.0, 2.0, 3.0], [0.0, -0.0, float("inf")]]:
        yield {"input": torch.tensor(row, dtype=F64)}
        yield {"input": torch.tensor([row, row[::-1]], dtype=F64), "dim": 1}
    yield from rows_of_hostile()
    yield from whole()


def folds_of_one(make):
    for shape, dim in AXES + EMPTY_AXES:
        yield {"input": make(shape), "dim": dim}
        yield {"input": make(shape).to(F32), "dim": dim, "keepdim": True}
    for shape in [(5,), (2, 3), (), (0,), (67,)]:
        yield {"input": make(shape)}


def one_axis(name, samples, tolerance=SUMS, second=True):
    function = getattr(torch, name)

    def call(input, dim=None, keepdim=False):
        return function(input) if dim is None else function(input, dim=dim, keepdim=keepdim)

    return Op(name, call, samples, tolerance, second)


def quantiles():
    for shape, dim in [((7,), 0), ((3, 5), 1), ((3, 5), None), ((1,), 0)]:
        for q in [0.0, 0.25, 0.5, 1.0, torch.tensor([0.1, 0.9], dtype=F64)]:
            yield {"input": distinct(shape), "q": q, "dim": dim}
        for how in ["lower", "higher", "nearest", "midpoint"]:
            yield {"input": distinct(shape), "q": 0.3, "dim": dim, "interpolation": how}


def sorts():
    for descending in [False, True]:
        yield from along(distinct, descending=descending)
        yield from rows_of_hostile(descending=descending)
        yield {"input": number((9,), I64), "dim": 0, "descending": descending}


def tops():
    for shape, dim in AXES:
        n = 1 if not shape else shape[dim]
        for k in sorted({0, 1, n}):
            for largest in [True, False]:
                yield {"input": distinct(shape), "k": k, "dim": dim, "largest": largest}


ROWS = [
    fold("sum"), fold("mean", integers=False), fold("nansum"), fold("nanmean", integers=False), fold("amax", empty=False), fold("amin", empty=False),
    extreme("max"), extreme("min"), extreme("argmax"), extreme("argmin"),
    Op("sum_to", lambda input, size: input.sum_to_size(size), lambda: [
        {"input": number(shape), "size": size} for shape, size in [
            ((2, 3), (1, 3)), ((2, 3), (3,)), ((2, 3), (2, 3)), ((4, 2, 3), (2, 1)), ((), ()), ((2, 3), ()),
            ((0, 3), (1, 3)), ((2, 0), (2, 1))]], SUMS, database=("sum_to_size",)),
    moment("var"), moment("std"), moment("var_mean"), moment("std_mean"),
    Op("norm", lambda input, p=2, dim=None, keepdim=False: torch.norm(input, p, dim, keepdim), norms, SUMS, False),
    Op("vector_norm", lambda input, ord=2, dim=None, keepdim=False: torch.linalg.vector_norm(input, ord, dim, keepdim),
       lambda: ({("ord" if k == "p" else k): v for k, v in s.items()} for s in norms()), SUMS, False,
       database=("linalg.vector_norm",)),
    one_axis("prod", products),
    one_axis("all", lambda: [*folds_of_one(lambda s: number(s, BOOL)), *whole(), *rows_of_hostile()]),
    one_axis("any", lambda: [*folds_of_one(lambda s: number(s, BOOL)), *whole(), *rows_of_hostile()]),
    one_axis("median", lambda: [*along(distinct, empty=False), {"input": distinct((7,))}, {"input": distinct((2, 4))},
                                {"input": hostile(F64)}, *rows_of_hostile()]),
    one_axis("nanmedian", lambda: [*along(distinct, empty=False), {"input": hostile(F64)}, *rows_of_hostile()]),
    one_axis("mode", lambda: along(distinct, empty=False)),
    Op("quantile", lambda input, q, dim=None, keepdim=False, interpolation="linear": torch.quantile(
        input, q, dim, keepdim, interpolation=interpolation), quantiles, SUMS, False, constants=("q",)),
    Op("nanquantile", lambda input, q, dim=None, keepdim=False, interpolation="linear": torch.nanquantile(
        input, q, dim, keepdim, interpolation=interpolation), quantiles, SUMS, False, constants=("q",)),
    Op("bucketize", lambda input, boundaries, right=False: torch.bucketize(input, boundaries, right=right), lambda: [
        {"input": number(s), "boundaries": torch.sort(number((5,)))[0], "right": r} for s in [(), (4,), (2, 3), (0,)] for r in [False, True]],
       constants=("input", "boundaries")),
    Op("unique", lambda input, sorted=True, return_inverse=True, return_counts=True, dim=None: torch.unique(
        input, True, True, True, dim), lambda: [
            {"input": number((12,), I64)}, {"input": number((12,), BOOL)}, {"input": torch.round(number((12,)))}, {"input": number((0,))},
            {"input": number((6, 2), I64, 0, 1), "dim": 0}, {"input": number((2, 6), I64, 0, 1), "dim": 1}], constants=("input",)),
    Op("count_nonzero", lambda input, dim=None: torch.count_nonzero(input, dim), lambda: [
        *({k: v for k, v in s.items() if k != "keepdim"} for s in folds()), *whole(), {"input": hostile(F64)}]),
    Op("aminmax", lambda input, dim=None, keepdim=False: tuple(torch.aminmax(input, dim=dim, keepdim=keepdim)),
       lambda: [*along(empty=False), {"input": number((2, 3))}, *rows_of_hostile()]),
    scan("cumsum"), scan("cumprod", False), scan("cummax"), scan("cummin"), scan("logcumsumexp", False),
    Op("sort", lambda input, dim=-1, descending=False, stable=False: torch.sort(
        input, dim=dim, descending=descending, stable=True), sorts),
    Op("argsort", lambda input, dim=-1, descending=False, stable=False: torch.argsort(
        input, dim=dim, descending=descending, stable=True), sorts),
    Op("topk", lambda input, k, dim=-1, largest=True: torch.topk(input, k, dim, largest), tops),
    Op("kthvalue", lambda input, k, dim=-1, keepdim=False: torch.kthvalue(input, k, dim, keepdim), lambda: [
        {"input": distinct(s), "dim": d, "k": k} for s, d in AXES for k in {1, 1 if not s else s[d]}]),
    Op("searchsorted", lambda sorted_sequence, input, right=False: torch.searchsorted(
        sorted_sequence, input, right=right), lambda: [
            {"sorted_sequence": torch.sort(number(s))[0], "input": number(t), "right": right}
            for s, t in [((5,), (2, 3)), ((0,), (3,)), ((2, 5), (2, 3)), ((1,), ())] for right in [False, True]],
       constants=("sorted_sequence", "input")),
    Op("bincount", lambda input, weights=None, minlength=0: torch.bincount(input, weights, minlength), lambda: [
        {"input": index((9,), 5)}, {"input": index((0,), 5)}, {"input": index((9,), 5), "minlength": 8},
        {"input": index((9,), 5), "weights": number((9,))}], SUMS, constants=("weights",)),
    Op("histc", lambda input, bins=100, min=0, max=0: torch.histc(input, bins, min, max), lambda: [
        {"input": number((40,)), "bins": 5}, {"input": number((40,)), "bins": 4, "min": -1.0, "max": 2.0}],
       constants=("input",)),
    Op("nonzero", lambda input: torch.nonzero(input), lambda: [*whole(), {"input": hostile(F64)}, {
        "input": number((2, 0, 3))}]),
]
