"""Shapes, joining and cutting, factories."""

import numpy as np
import torch

from comparison.samples import BOOL, F32, F64, I64, SHAPES, distinct, number
from comparison.table import SUMS, Op


def each(**lists):
    """A sample for every shape and its settings."""
    [(name, pairs)] = lists.items()
    return lambda: [{"input": make, name: value} for shape, value in pairs
                    for make in [number(shape), number(shape, F32), number(shape, I64), number(shape, BOOL)]]


def plain(shapes=SHAPES):
    return lambda: [{"input": number(s, d)} for s in shapes for d in [F64, F32, I64, BOOL]]


def joins(new_axis):
    shapes = [[(2, 3)] * 3, [(1,)], [(2, 3, 4)] * 2, [(0, 3)] * 2]
    if not new_axis:
        shapes += [[(2, 3), (1, 3)], [(0,), (2, 3)], [(2, 0), (1, 0)]]
    for group in shapes:
        for dim in [0, -1] if len(set(group)) == 1 else [0]:
            yield {"tensors": [number(s) for s in group], "dim": dim}
    if new_axis:
        yield {"tensors": [number(()), number(())], "dim": 0}
    yield {"tensors": [number((2,), F64), number((2,), F32)], "dim": 0}
    yield {"tensors": [number((2,), I64), number((2,), F32)], "dim": 0}
    yield {"tensors": [number((2,), BOOL), number((2,), I64)], "dim": 0}


def lists(name, function, groups, **kw):
    return Op(name, lambda tensors: function(tensors), lambda: [
        {"tensors": [number(s, d) for s in g]} for g in groups for d in [F64, F32]], **kw)


def axes_of(sample):
    """Axes given as separate numbers or as one list."""
    dims = sample.args[0] if len(sample.args) == 1 and isinstance(sample.args[0], (tuple, list)) else sample.args
    return {"input": sample.input, "dims": tuple(dims), **sample.kwargs}


def split_arguments(sample):
    size = sample.args[0]
    if not isinstance(size, int):
        from comparison.calls import Inexpressible
        raise Inexpressible("sizes are those of split_with_sizes")
    return {"input": sample.input, "split_size": size, "dim": (list(sample.args) + [0])[1] if not sample.kwargs
            else sample.kwargs.get("dim", 0)}


PADS = [((5,), (1, 2)), ((2, 3), (1, 0)), ((2, 3), (1, 1, 2, 0)), ((2, 3, 4), (2, 1)), ((4,), (-1, 2)), ((2, 0), (1, 1))]
DEEP_PADS = [((1, 2, 5), (1, 2)), ((2, 5), (2, 1)), ((1, 2, 4, 5), (1, 2, 3, 0)), ((2, 4, 5), (1, 1, 2, 2))]

ROWS = [
    Op("reshape", lambda input, shape: torch.reshape(input, shape), each(shape=[
        ((2, 3), (3, 2)), ((2, 3), (-1,)), ((6,), (1, 2, -1)), ((), (1, 1)), ((1,), ()), ((0, 3), (3, 0)),
        ((2, 3, 4), (4, -1))]), database=("view",), bind=lambda s: {
            "input": s.input, "shape": tuple(s.args[0]) if len(s.args) == 1 and not isinstance(s.args[0], int) else s.args,
            **s.kwargs}),
    Op("flatten", lambda input, start_dim=0, end_dim=-1: torch.flatten(input, start_dim, end_dim), lambda: [
        *plain()(), {"input": number((2, 3, 4)), "start_dim": 1}, {"input": number((2, 3, 4)), "end_dim": 1},
        {"input": number((2, 0, 4)), "start_dim": -2}, {"input": number((2, 3, 4)), "start_dim": 1, "end_dim": 1}]),
    Op("transpose", lambda input, dims: torch.permute(input, dims), each(dims=[
        ((2, 3), (1, 0)), ((2, 3, 4), (2, 0, 1)), ((2, 3, 4), (-1, 0, 1)), ((), ()), ((0, 3), (1, 0)),
        ((3, 1, 2, 2), (3, 1, 0, 2)), ((5,), (0,))]), database=("permute",), bind=axes_of),
    Op("swapaxes", lambda input, dim0, dim1: torch.swapaxes(input, dim0, dim1), lambda: [
        {"input": number(s, d), "dim0": a, "dim1": b} for s, a, b in [
            ((2, 3), 0, 1), ((2, 3, 4), -1, 0), ((1, 4, 1), 0, 2), ((2, 0, 3), 1, 2), ((5,), 0, 0), ((), 0, -1)]
        for d in [F64, F32, I64]], database=("transpose",)),
    Op("t", lambda input: torch.t(input), plain([(), (4,), (2, 3), (0, 2)])),
    Op("squeeze", lambda input, dim=None: torch.squeeze(input) if dim is None else torch.squeeze(input, dim), lambda: [
        *plain()(), *each(dim=[((1, 4, 1), 0), ((1, 4, 1), -1), ((1, 4, 1), 1), ((), 0), ((1, 0), 0)])()]),
    Op("unsqueeze", lambda input, dim: torch.unsqueeze(input, dim), each(dim=[
        ((), 0), ((), -1), ((3,), 0), ((3,), -1), ((2, 3), 1), ((0, 2), -3)])),
    Op("broadcast_to", lambda input, size: torch.broadcast_to(input, size), each(size=[
        ((), (2, 3)), ((3,), (2, 3)), ((2, 1), (2, 3)), ((1,), (0,)), ((2, 1, 3), (4, 2, 5, 3)), ((1, 3), (0, 3))])),
    Op("expand", lambda input, size: input.expand(size), each(size=[
        ((), (2, 3)), ((3,), (2, -1)), ((2, 1), (2, 3)), ((2, 1), (-1, 0)), ((1, 3), (4, -1, 3))])),
    Op("clone", lambda input: torch.clone(input), plain()),
    Op("concat", lambda tensors, dim=0: torch.cat(tensors, dim), lambda: joins(False), database=("cat",),
       bind=lambda s: {"tensors": s.input, **dict(zip(["dim"], s.args)), **s.kwargs}),
    Op("stack", lambda tensors, dim=0: torch.stack(tensors, dim), lambda: joins(True),
       bind=lambda s: {"tensors": s.input, **dict(zip(["dim"], s.args)), **s.kwargs}),
    Op("split", lambda input, split_size, dim=0: torch.split(input, split_size, dim), lambda: [
        {"input": number(s), "split_size": n, "dim": d} for s, n, d in [
            ((5,), 2, 0), ((2, 6), 4, 1), ((2, 6), 9, -1), ((0, 3), 2, 0), ((3,), 1, 0)]], bind=split_arguments),
    Op("split_with_sizes", lambda input, split_sizes, dim=0: torch.split(input, split_sizes, dim), lambda: [
        {"input": number(s), "split_sizes": n, "dim": d} for s, n, d in [
            ((5,), (2, 3), 0), ((2, 6), (1, 0, 5), 1), ((0, 3), (0,), 0)]]),
    Op("chunk", lambda input, chunks, dim=0: torch.chunk(input, chunks, dim), lambda: [
        {"input": number(s), "chunks": n, "dim": d} for s, n, d in [
            ((5,), 2, 0), ((2, 6), 4, 1), ((2, 6), 9, -1), ((0, 3), 2, 0), ((3,), 1, 0)]]),
    Op("arange", lambda end, start=0, step=1, dtype=None: torch.arange(start, end, step, dtype=dtype), lambda: [
        {"start": a, "end": b, "step": c, "dtype": d} for a, b, c in [
            (0, 5, 1), (2, 9, 3), (5, 0, -2), (0, 0, 1)] for d in [F64, F32, I64]] + [
                {"start": 0.5, "end": 2.0, "step": 0.3, "dtype": F64}]),
    Op("linspace", lambda start, end, steps, dtype: torch.linspace(start, end, steps, dtype=dtype), lambda: [
        {"start": a, "end": b, "steps": n, "dtype": d} for a, b in [(0.0, 1.0), (-2.5, 7.0), (3.0, -3.0)]
        for n in [0, 1, 2, 7] for d in [F64, F32]]),
    Op("eye", lambda n, m=None, dtype=F64: torch.eye(n, n if m is None else m, dtype=dtype), lambda: [
        {"n": n, "m": m, "dtype": d} for n, m in [(3, None), (0, None), (2, 4), (3, 0)] for d in [F64, I64, BOOL]]),
    Op("full", lambda size, fill_value, dtype=F32: torch.full(size, fill_value, dtype=dtype), lambda: [
        {"size": (2, 3), "fill_value": 2.5, "dtype": F64}, {"size": (0,), "fill_value": 3, "dtype": I64}]),
    *(Op(name, lambda size, dtype=F32, f=getattr(torch, name): f(size, dtype=dtype), lambda: [
        {"size": s, "dtype": d} for s in [(2, 3), (0,), (1, 1, 2)] for d in [F64, F32, I64, BOOL]]) for name in ["zeros", "ones"]),
    *(Op(name, lambda input, f=getattr(torch, name): f(input), plain()) for name in ["zeros_like", "ones_like"]),
    Op("full_like", lambda input, fill_value: torch.full_like(input, fill_value), lambda: [
        {**s, "fill_value": v} for s in plain()() for v in ([3] if s["input"].dtype != BOOL else [True])]),
    Op("fill", lambda input, value: input.clone().detach().fill_(value), lambda: [
        {**s, "value": v} for s in plain([(), (3,), (2, 3), (0,)])() for v in [2]]),
    Op("zero_", lambda input: input.clone().detach().zero_(), plain([(), (3,), (0, 2)])),
    Op("movedim", lambda input, source, destination: torch.movedim(input, source, destination), lambda: [
        {"input": number(s), "source": a, "destination": b} for s, a, b in [
            ((2, 3, 4), 0, -1), ((2, 3, 4), (0, 1), (2, 0)), ((0, 3), 1, 0)]]),
    Op("flip", lambda input, dims: torch.flip(input, [dims] if isinstance(dims, int) else dims), each(dims=[
        ((2, 3), (0,)), ((2, 3), (0, 1)), ((0, 3), (1,)), ((5,), (-1,)), ((2, 3, 4), (1, 2))]), bind=axes_of),
    Op("roll", lambda input, shifts, dims=None: torch.roll(input, shifts, dims), lambda: [
        {"input": number(s), "shifts": n, "dims": d} for s, n, d in [
            ((5,), (2,), (0,)), ((2, 3), (-1,), (1,)), ((2, 3), (1, 2), (0, 1)), ((2, 3), (4,), None), ((0, 3), (1,), (0,))]]),
    Op("tile", lambda input, dims: torch.tile(input, dims), each(dims=[
        ((3,), (2,)), ((2, 3), (2, 1)), ((), (3,)), ((2, 3), (2,)), ((3,), (0, 2))]), bind=axes_of),
    Op("repeat", lambda input, repeats: input.repeat(repeats), each(repeats=[
        ((3,), (2,)), ((2, 3), (2, 1)), ((), (3,)), ((3,), (0, 2))])),
    Op("repeat_interleave", lambda input, repeats, dim=None: torch.repeat_interleave(input, repeats, dim), lambda: [
        {"input": number(s), "repeats": r, "dim": d} for s, r, d in [
            ((3,), 2, 0), ((2, 3), 2, 1), ((2, 3), 2, None), ((3,), torch.tensor([0, 2, 1]), 0), ((), 3, 0)]]),
    Op("unflatten", lambda input, dim, sizes: torch.unflatten(input, dim, sizes), lambda: [
        {"input": number(s), "dim": d, "sizes": n} for s, d, n in [((6,), 0, (2, 3)), ((2, 4), -1, (2, -1)), ((0, 4), 1, (2, 2))]]),
    Op("unbind", lambda input, dim=0: torch.unbind(input, dim), each(dim=[((2, 3), 0), ((2, 3), 1), ((0, 2), 1)])),
    lists("hstack", torch.hstack, [[(2,), (3,)], [(2, 3), (2, 1)], [(), ()]]),
    lists("vstack", torch.vstack, [[(3,), (3,)], [(2, 3), (1, 3)], [(), ()]]),
    Op("meshgrid", lambda tensors, indexing="ij": torch.meshgrid(*tensors, indexing=indexing), lambda: [
        {"tensors": [number((2,)), number((3,))], "indexing": i} for i in ["ij", "xy"]]),
    Op("diag", lambda input, diagonal=0: torch.diag(input, diagonal), each(diagonal=[
        ((3,), 0), ((3,), 1), ((3,), -2), ((3, 4), 0), ((3, 4), 1), ((3, 4), -2), ((0,), 1)])),
    Op("diagonal", lambda input, offset=0, dim1=0, dim2=1: torch.diagonal(input, offset, dim1, dim2), lambda: [
        {"input": number((3, 4)), "offset": o} for o in [0, 1, -2, 4]] + [
            {"input": number((2, 3, 4)), "offset": 1, "dim1": -1, "dim2": 0}]),
    Op("tril", lambda input, diagonal=0: torch.tril(input, diagonal), each(diagonal=[
        ((3, 3), 0), ((2, 4), 1), ((2, 3, 4), -1), ((0, 3), 0)])),
    Op("triu", lambda input, diagonal=0: torch.triu(input, diagonal), each(diagonal=[
        ((3, 3), 0), ((2, 4), 1), ((2, 3, 4), -1), ((0, 3), 0)])),
    Op("trace", lambda input: torch.trace(input), plain([(3, 3), (2, 4), (0, 0)]), SUMS),
    Op("pad", lambda input, pad, mode="constant", value=None: torch.nn.functional.pad(input, pad, mode, value), lambda: [
        *({"input": number(s), "pad": p, "value": v} for s, p in PADS for v in [None, 2.5]),
        *({"input": number(s), "pad": p, "mode": m} for s, p in DEEP_PADS for m in ["reflect", "replicate", "circular"])]),
    Op("unfold", lambda input, dimension, size, step: input.unfold(dimension, size, step), lambda: [
        {"input": number(s), "dimension": d, "size": n, "step": k} for s, d, n, k in [
            ((7,), 0, 3, 2), ((2, 6), 1, 2, 1), ((2, 6), -1, 6, 1), ((5,), 0, 0, 1)]]),
    Op("fliplr", lambda input: torch.fliplr(input), plain([(2, 3), (2, 3, 4), (0, 3)])),
    Op("flipud", lambda input: torch.flipud(input), plain([(4,), (2, 3), (0, 3)])),
    Op("rot90", lambda input, k, dims: torch.rot90(input, k, dims), lambda: [
        {"input": number(s), "k": k, "dims": d} for s, d in [((2, 3), (0, 1)), ((2, 3, 4), (2, 0)), ((0, 3), (0, 1))]
        for k in [-1, 0, 1, 2, 7]]),
    *(Op(name, lambda input, f=getattr(torch, name): f(input), plain([(), (3,), (2, 3), (2, 3, 4), (0,)]))
      for name in ["atleast_1d", "atleast_2d", "atleast_3d"]),
    lists("dstack", torch.dstack, [[(3,), (3,)], [(2, 3), (2, 3)], [(2, 3, 1), (2, 3, 2)], [(), ()]]),
    lists("column_stack", torch.column_stack, [[(3,), (3,)], [(2, 3), (2,)], [(2, 3), (2, 1)], [(), ()]]),
    lists("broadcast_tensors", lambda tensors: torch.broadcast_tensors(*tensors), [
        [(3,), (2, 1)], [(), (2, 3)], [(0, 3), (1, 1)]]),
    lists("cartesian_prod", lambda tensors: torch.cartesian_prod(*tensors), [[(2,), (3,)], [(4,)], [(2,), (0,)]]),
    Op("expand_as", lambda input, other: input.expand_as(other), lambda: [
        {"input": number(a), "other": number(b).detach()} for a, b in [((3,), (2, 3)), ((2, 1), (2, 4)), ((), (0,))]]),
    Op("reshape_as", lambda input, other: input.reshape_as(other), lambda: [
        {"input": number(a), "other": number(b).detach()} for a, b in [((6,), (2, 3)), ((2, 3), (3, 2)), ((1,), ()), ((0, 3), (3, 0))]]),
    Op("tensor_split", lambda input, sections=None, indices=None, dim=0: torch.tensor_split(
        input, indices if sections is None else sections, dim), lambda: [
        {"input": number(s), "sections": n, "dim": d} for s, n, d in [((7,), 3, 0), ((2, 5), 2, 1), ((2, 3), 5, -1), ((0, 2), 2, 0)]] + [{"input": number((2, 5)), "indices": (1, 4), "dim": 1}]),
    Op("diag_embed", lambda input, offset=0, dim1=-2, dim2=-1: torch.diag_embed(input, offset, dim1, dim2), lambda: [
        {"input": number(s), "offset": o} for s in [(3,), (2, 3), (0,)] for o in [0, 1, -2]] + [
            {"input": number((2, 3)), "offset": 1, "dim1": 0, "dim2": 2}]),
    *(Op(name, lambda row, col, offset, f=getattr(torch, name): f(row, col, offset), lambda: [
        {"row": r, "col": c, "offset": o} for r, c in [(3, 3), (2, 4), (0, 3), (4, 1)] for o in [0, 1, -1, 5]])
      for name in ["tril_indices", "triu_indices"]),
]
