"""Products of vectors, matrices and tensors."""

import torch
import torch.nn.functional as F

from comparison.samples import F32, F64, number
from comparison.table import SUMS, Op

MATMULS = [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)),
           ((5, 1, 2, 3), (4, 3, 2)), ((2, 0), (0, 3)), ((0, 2), (2, 3)), ((1, 1), (1, 1)), ((0,), (0,)), ((3, 1), (1, 2)),
           ((5, 2, 3), (3,)), ((3,), (5, 3, 2)), ((0, 2, 3), (3, 4)), ((17, 33), (33, 9))]


def both(pairs, names=("input", "other"), **settings):
    def samples():
        for a, b in pairs:
            for dtype in [F64, F32]:
                yield {names[0]: number(a, dtype), names[1]: number(b, dtype), **settings}
        x = number(pairs[0][0])
        if pairs[0][0] == pairs[0][1]:
            yield {names[0]: x, names[1]: x.clone()}
    return samples


def linears():
    for x, w, b in [((2, 3), (4, 3), (4,)), ((3,), (4, 3), (4,)), ((5, 2, 3), (4, 3), None), ((0, 3), (4, 3), (4,)),
                    ((2, 0), (4, 0), (4,)), ((2, 3), (0, 3), (0,)), ((17, 9), (5, 9), (5,))]:
        for dtype in [F64, F32]:
            yield {"input": number(x, dtype), "weight": number(w, dtype), "bias": None if b is None else number(b, dtype)}


def tensordot_axes(sample):
    dims = sample.kwargs.get("dims", sample.args[1] if len(sample.args) > 1 else 2)
    given = {"input": sample.input, "other": sample.args[0]}
    return {**given, "dims": dims} if isinstance(dims, int) else {**given, "dims_self": dims[0], "dims_other": dims[1]}


ROWS = [
    Op("matmul", lambda input, other: torch.matmul(input, other), both(MATMULS), SUMS, database=("mm", "__rmatmul__")),
    Op("linear", lambda input, weight, bias=None: F.linear(input, weight, bias), linears, SUMS),
    Op("mm", lambda input, mat2: torch.mm(input, mat2), both([((2, 3), (3, 4)), ((0, 2), (2, 3))], ("input", "mat2")), SUMS),
    Op("bmm", lambda input, mat2: torch.bmm(input, mat2), both(
        [((5, 2, 3), (5, 3, 4)), ((0, 2, 3), (0, 3, 1)), ((2, 3, 0), (2, 0, 2))], ("input", "mat2")), SUMS),
    Op("mv", lambda input, vec: torch.mv(input, vec), both([((2, 3), (3,)), ((0, 3), (3,)), ((2, 0), (0,))], ("input", "vec")), SUMS),
    Op("dot", lambda input, other: torch.dot(input, other), both([((4,), (4,)), ((0,), (0,)), ((1,), (1,))]), SUMS),
    Op("inner", lambda input, other: torch.inner(input, other), both([((4,), (4,)), ((2, 3), (4, 3)), ((), (3,)), ((2, 0), (0,))]), SUMS),
    Op("outer", lambda input, vec2: torch.outer(input, vec2), both([((3,), (2,)), ((0,), (2,)), ((1,), (1,))], ("input", "vec2")), SUMS),
    Op("kron", lambda input, other: torch.kron(input, other), both([((2, 2), (3, 2)), ((2,), (2, 3)), ((), (3,)), ((0, 2), (2, 1))]), SUMS),
    Op("cross", lambda input, other, dim=None: torch.linalg.cross(input, other, dim=-1 if dim is None else dim), both(
        [((3,), (3,)), ((2, 3), (2, 3)), ((4, 1, 3), (2, 3))]), SUMS, database=("linalg.cross",)),
    Op("addmm", lambda input, mat1, mat2, beta=1, alpha=1: torch.addmm(input, mat1, mat2, beta=beta, alpha=alpha), lambda: [
        {"input": number(s), "mat1": number((2, 3)), "mat2": number((3, 4)), **k}
        for s in [(2, 4), (4,), (), (2, 1)] for k in [{}, {"beta": 0.5, "alpha": 2.0}, {"beta": 0.0}]], SUMS),
    Op("tensordot", lambda input, other, dims=2, dims_self=None, dims_other=None: torch.tensordot(
        input, other, dims if dims_self is None else (dims_self, dims_other)), lambda: [
        {"input": number((2, 3, 4)), "other": number((4, 5, 2)), "dims_self": (2, 0), "dims_other": (0, 2)},
        {"input": number((2, 3)), "other": number((3, 4)), "dims": 1}, {"input": number((2, 3, 4)), "other": number((3, 4)), "dims": 2},
        {"input": number((2,)), "other": number((3,)), "dims": 0}], SUMS, bind=tensordot_axes),
    Op("einsum", lambda equation, tensors: torch.einsum(equation, *tensors), lambda: [
        {"equation": e, "tensors": [number(s) for s in shapes]} for e, shapes in [
            ("ij,jk->ik", [(2, 3), (3, 4)]), ("i,i", [(3,), (3,)]), ("ij->ji", [(2, 3)]), ("ii", [(3, 3)]), ("ii->i", [(3, 3)]),
            ("bij,bjk->bik", [(5, 2, 3), (5, 3, 4)]), ("i,j->ij", [(2,), (3,)]), ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 2)]),
            ("...ij,...jk->...ik", [(2, 1, 2, 3), (4, 3, 2)]), ("ij->", [(2, 0)]), ("ij,ij->i", [(2, 3), (2, 3)]),
            ("abc,cb->a", [(2, 3, 4), (4, 3)])]], SUMS,
       bind=lambda s: {"tensors": list(s.input), "equation": s.args[0]}),
    Op("cdist", lambda x1, x2, p=2.0: torch.cdist(x1, x2, p), lambda: [
        {"x1": number(a), "x2": number(b) + 0.3, "p": p} for a, b in [((3, 2), (4, 2)), ((2, 3, 2), (2, 1, 2)), ((0, 2), (3, 2))]
        for p in [1.0, 2.0, 3.0, float("inf")]], SUMS, False),
    Op("vdot", lambda input, other: torch.vdot(input, other), both([((4,), (4,)), ((0,), (0,)), ((1,), (1,))]), SUMS),
    Op("addmv", lambda input, mat, vec, beta=1, alpha=1: torch.addmv(input, mat, vec, beta=beta, alpha=alpha), lambda: [
        {"input": number(s), "mat": number((2, 3)), "vec": number((3,)), **k}
        for s in [(2,), (), (1,)] for k in [{}, {"beta": 0.5, "alpha": 2.0}, {"beta": 0.0}]], SUMS),
    Op("baddbmm", lambda input, batch1, batch2, beta=1, alpha=1: torch.baddbmm(input, batch1, batch2, beta=beta, alpha=alpha),
       lambda: [{"input": number(s), "batch1": number((5, 2, 3)), "batch2": number((5, 3, 4)), **k}
                for s in [(5, 2, 4), (4,), (), (1, 2, 1)] for k in [{}, {"beta": 0.5, "alpha": 2.0}, {"beta": 0.0}]], SUMS),
]
