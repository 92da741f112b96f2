"""Parts of a tensor: slices, gathering and scattering."""

import torch

from comparison.calls import Inexpressible
from comparison.samples import BOOL, F32, F64, I64, index, number
from comparison.table import SUMS, Op


def parse(text, tensors=()):
    """The index that a text like "3|1:7:2|...|None|@0" stands for; @0 is the first of the tensors."""
    def part(p):
        if p[0] == "@":
            return tensors[int(p[1:])]
        if p == "...":
            return Ellipsis
        if p == "None":
            return None
        if ":" in p:
            return slice(*(int(n) if n else None for n in (p.split(":") + [""])[:3]))
        return int(p)
    return tuple(part(p) for p in text.split("|")) if text else ()


def write(key, tensors):
    """The index as a text, and its tensors in the list."""
    parts = key if isinstance(key, tuple) else (key,)
    text = []
    for p in parts:
        if p is Ellipsis or p is None:
            text.append("..." if p is Ellipsis else "None")
        elif isinstance(p, bool):
            raise Inexpressible("a bool as an index")
        elif isinstance(p, int):
            text.append(str(p))
        elif isinstance(p, slice):
            text.append(":".join("" if n is None else str(n) for n in [p.start, p.stop] + ([p.step] if p.step else [])))
        elif isinstance(p, (torch.Tensor, list)):
            text.append(f"@{len(tensors)}")
            tensors.append(torch.as_tensor(p))
        else:
            raise Inexpressible(f"a {type(p).__name__} in an index of several axes")
    return "|".join(text)


SLICES = [((5,), "2"), ((5,), "-1"), ((5,), "1:4"), ((5,), "::2"), ((5,), "-3:"), ((5,), "4:1"), ((2, 3, 4), "1"),
          ((2, 3, 4), ":|2"), ((2, 3, 4), "...|1:3"), ((2, 3, 4), "0|1:|::3"), ((2, 3), "None|1"), ((2, 3), ":|None|::2"),
          ((0, 3), ":|1"), ((2, 3), "0:99"), ((), "None"), ((), "...")]


def puts():
    for shape, key in SLICES:
        x = number(shape)
        part = x[parse(key)]
        yield {"input": x, "index": key, "values": number(tuple(part.shape))}
        yield {"input": x.to(F32), "index": key, "values": number((), F32)}


def put(input, index, values):
    y = input.clone()
    y[parse(index)] = values
    return y


def gathers():
    for shape, dim, indices in [((5,), 0, (3,)), ((2, 3), 0, (2, 3)), ((2, 3), 1, (2, 5)), ((2, 3), 1, (1, 2)),
                                ((2, 3, 4), -1, (2, 2, 6)), ((2, 3), 0, (0, 3)), ((), 0, ()), ((1, 4), 0, (3, 2))]:
        size = shape[dim] if shape else 1
        for dtype in [F64, F32, I64, BOOL]:
            yield {"input": number(shape, dtype), "dim": dim, "index": index(indices, size)}


def selections():
    for shape, dim, count in [((5,), 0, 3), ((2, 3), 1, 4), ((2, 3), 0, 0), ((2, 3, 4), -2, 5), ((0, 3), 1, 2), ((), 0, 1)]:
        size = shape[dim] if shape else 1
        for dtype in [F64, F32, I64, BOOL]:
            yield {"input": number(shape, dtype), "dim": dim, "index": index((count,), size)}


def scatters(**settings):
    for shape, dim, indices in [((5,), 0, (3,)), ((2, 3), 0, (2, 3)), ((2, 3), 1, (1, 2)), ((2, 3, 4), -1, (2, 2, 3)),
                                ((2, 3), 0, (0, 3))]:
        size = shape[dim]
        # Each index once, so that what scatter writes is defined.
        order = torch.argsort(torch.rand(indices if 0 in indices else shape), dim)
        chosen = order[tuple(slice(0, n) for n in indices)] % size
        yield {"input": number(shape), "dim": dim, "index": chosen.contiguous(), "src": number(indices), **settings}


def additions():
    for sample in scatters():
        size = sample["input"].shape[sample["dim"]]
        yield {**sample, "index": index(tuple(sample["index"].shape), size)}


def scattered_reductions():
    for sample in additions():
        for reduce in ["sum", "prod", "mean", "amax", "amin"]:
            for include_self in [True, False]:
                yield {**sample, "reduce": reduce, "include_self": include_self}


def masks():
    for shape, mask in [((5,), (5,)), ((2, 3), (3,)), ((2, 3), (2, 1)), ((), ()), ((0, 3), (3,)), ((3,), (2, 3))]:
        yield {"input": number(shape), "mask": number(mask, BOOL)}


ROWS = [
    Op("slice", lambda input, index, tensors=(): input[parse(index, tensors)], lambda: [
        *({"input": number(s, d), "index": k} for s, k in SLICES for d in [F64, F32, I64]),
        {"input": number((4, 3)), "index": ":|@0", "tensors": [torch.tensor([[2, 0], [1, 1]])]},
        {"input": number((4, 3)), "index": "@0|@1", "tensors": [torch.tensor([3, 0]), torch.tensor([True, False, True])]}],
       database=("__getitem__",)),
    Op("put", put, puts),
    Op("select", lambda input, dim, index: torch.select(input, dim, index), lambda: [
        {"input": number(s), "dim": d, "index": i} for s, d, i in [
            ((5,), 0, 2), ((2, 3), 1, -1), ((2, 3, 4), -2, 0), ((0, 3), 1, 2)]]),
    Op("narrow", lambda input, dim, start, length: torch.narrow(input, dim, start, length), lambda: [
        {"input": number(s), "dim": d, "start": a, "length": n} for s, d, a, n in [
            ((5,), 0, 1, 3), ((2, 3), 1, 0, 0), ((2, 3, 4), -1, -2, 2), ((0, 3), 1, 1, 2), ((5,), 0, 5, 0)]]),
    Op("index_select", lambda input, dim, index: torch.index_select(input, dim, index), selections, SUMS),
    Op("gather", lambda input, dim, index: torch.gather(input, dim, index), gathers, SUMS),
    Op("take_along_dim", lambda input, indices, dim=None: torch.take_along_dim(input, indices, dim), lambda: [
        {"input": number((2, 3)), "indices": index((2, 2), 3), "dim": 1},
        {"input": number((2, 3)), "indices": index((4,), 6)},
        {"input": number((2, 3)), "indices": index((1, 3), 2), "dim": 0}], SUMS),
    Op("scatter", lambda input, dim, index, src: torch.scatter(input, dim, index, src), scatters),
    Op("scatter_add", lambda input, dim, index, src: torch.scatter_add(input, dim, index, src), additions, SUMS),
    Op("scatter_reduce", lambda input, dim, index, src, reduce, include_self=True: torch.scatter_reduce(
        input, dim, index, src, reduce, include_self=include_self), scattered_reductions, SUMS, False),
    Op("index_add", lambda input, dim, index, source, alpha=1: torch.index_add(input, dim, index, source, alpha=alpha),
       lambda: [{"input": number((4, 3)), "dim": 0, "index": index((5,), 4), "source": number((5, 3)), "alpha": a}
                for a in [1, 0.5]] + [{"input": number((2, 3)), "dim": -1, "index": index((0,), 3), "source": number((2, 0))}],
       SUMS),
    Op("masked_fill", lambda input, mask, value: torch.masked_fill(input, mask, value), lambda: [
        {**s, "value": v} for s in masks() for v in [2.5, number(())]]),
    Op("masked_select", lambda input, mask: torch.masked_select(input, mask), masks),
    Op("one_hot", lambda input, num_classes=-1: torch.nn.functional.one_hot(input, num_classes), lambda: [
        {"input": index((4,), 3), "num_classes": 3}, {"input": index((2, 2), 3)}, {"input": index((), 3), "num_classes": 5}]),
    Op("embedding", lambda input, weight, padding_idx=None: torch.nn.functional.embedding(input, weight, padding_idx),
       lambda: [{"input": index(s, 4), "weight": number((4, 3)), "padding_idx": p} for s in [(5,), (2, 3), (), (0,)]
                for p in [None, 1]], SUMS),
    Op("index_copy", lambda input, dim, index, source: torch.index_copy(input, dim, index, source), lambda: [
        {"input": number((4, 3)), "dim": 0, "index": torch.tensor([2, 0]), "source": number((2, 3))},
        {"input": number((2, 3)), "dim": -1, "index": torch.tensor([1]), "source": number((2, 1))},
        {"input": number((2, 3)), "dim": 1, "index": index((0,), 3), "source": number((2, 0))}]),
    Op("index_fill", lambda input, dim, index, value: torch.index_fill(input, dim, index, value), lambda: [
        {"input": number(s), "dim": d, "index": torch.tensor(i, dtype=torch.int64), "value": v}
        for s, d, i in [((4, 3), 0, [2, 0, 2]), ((2, 3), -1, [1]), ((2, 3), 1, [])] for v in [2.5, number(())]]),
    Op("index_put", lambda input, indices, values, accumulate=False: torch.index_put(
        input, tuple(indices), values, accumulate), lambda: [
        {"input": number((5,)), "indices": [torch.tensor([0, 1, 1])], "values": number((3,)), "accumulate": True},
        {"input": number((4, 3)), "indices": [torch.tensor([0, 2]), torch.tensor([1, 2])], "values": number((2,))},
        {"input": number((4, 3)), "indices": [torch.tensor([3, 1])], "values": number((3,))},
        {"input": number((5,)), "indices": [torch.tensor([[0, 1], [4, 2]])], "values": number(())}]),
    Op("take", lambda input, index: torch.take(input, index), lambda: [
        {"input": number(s), "index": index(i, n)} for s, i, n in [
            ((2, 3), (4,), 6), ((5,), (2, 2), 5), ((2, 3), (), 6), ((3,), (0,), 3)]], SUMS),
    Op("masked_scatter", lambda input, mask, source: torch.masked_scatter(input, mask, source), lambda: [
        {**s, "source": number((30,))} for s in masks()]),
]
