"""Products and linear algebra."""

import torch
import torch.nn.functional as F

from comparison.samples import F32, F64, number, random
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


def matrices(*shapes, make=number):
    return lambda: [{"input": make(s).to(d)} for s in shapes for d in [F64, F32]]


def regular(shape):
    """Diagonally dominant, so that its condition is small."""
    return number(shape) + 8 * torch.eye(*shape[-2:], dtype=F64)


def definite(shape):
    x = number(shape)
    return x @ x.mT + 2 * torch.eye(shape[-1], dtype=F64)


SQUARES = [(3, 3), (1, 1), (2, 3, 3), (0, 0), (0, 2, 2), (5, 5)]
TALL = [(3, 3), (4, 2), (2, 4), (2, 3, 2), (1, 1)]


def square(name, function, make=regular, second=True, shapes=SQUARES):
    return Op(name, lambda input: function(input), matrices(*shapes, make=make), SUMS, second, database=(f"linalg.{name}",))


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
    Op("tensordot", lambda input, other, dims=2: torch.tensordot(input, other, dims), lambda: [
        {"input": number((2, 3)), "other": number((3, 4)), "dims": 1}, {"input": number((2, 3, 4)), "other": number((3, 4)), "dims": 2},
        {"input": number((2,)), "other": number((3,)), "dims": 0}], SUMS),
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
    Op("solve", lambda A, B: torch.linalg.solve(A, B), lambda: [
        {"A": regular(a), "B": number(b)} for a, b in [((3, 3), (3, 2)), ((3, 3), (3,)), ((2, 3, 3), (2, 3, 1)), ((1, 1), (1, 1)),
                                                       ((0, 0), (0, 2)), ((3, 3), (3, 0))]], SUMS, database=("linalg.solve",)),
    Op("solve_triangular", lambda A, B, upper: torch.linalg.solve_triangular(A, B, upper=upper), lambda: [
        {"A": regular(a), "B": number(b), "upper": u} for a, b in [((3, 3), (3, 2)), ((2, 3, 3), (2, 3, 1))] for u in [True, False]],
       SUMS, database=("linalg.solve_triangular",)),
    square("inv", torch.linalg.inv), square("det", torch.linalg.det), square("slogdet", torch.linalg.slogdet),
    Op("logdet", lambda input: torch.logdet(input), matrices(*SQUARES, make=definite), SUMS),
    square("cholesky", torch.linalg.cholesky, definite), square("pinv", torch.linalg.pinv, shapes=TALL, make=number),
    square("eigvalsh", torch.linalg.eigvalsh, definite), square("svdvals", torch.linalg.svdvals, number, shapes=TALL),
    Op("cholesky_solve", lambda B, L, upper=False: torch.cholesky_solve(B, L, upper), lambda: [
        {"B": number((3, 2)), "L": torch.linalg.cholesky(definite((3, 3)))}], SUMS),
    Op("matrix_power", lambda input, n: torch.linalg.matrix_power(input, n), lambda: [
        {"input": regular(s), "n": n} for s in [(3, 3), (2, 2, 2)] for n in [0, 1, 2, 5, -1, -2]], SUMS, database=("linalg.matrix_power",)),
    Op("matrix_exp", lambda input: torch.linalg.matrix_exp(input), matrices(*SQUARES), SUMS),
    Op("matrix_norm", lambda input, ord="fro", dim=(-2, -1), keepdim=False: torch.linalg.matrix_norm(input, ord, dim, keepdim), lambda: [
        {"input": number(s), "ord": o} for s in [(3, 3), (2, 4), (2, 3, 2)]
        for o in ["fro", "nuc", 1, -1, 2, -2, float("inf"), float("-inf")]], SUMS, False, database=("linalg.matrix_norm",)),
]
