"""Linear algebra."""

import torch

from comparison.samples import F32, F64, number
from comparison.table import Op

LINALG = 1e-10  # of matrices that are well conditioned


def regular(shape):
    """Diagonally dominant, so that its condition is small."""
    return number(shape) + 8 * torch.eye(*shape[-2:], dtype=F64)


def definite(shape):
    x = number(shape)
    return x @ x.mT + 2 * torch.eye(shape[-1], dtype=F64)


def spread(shape):
    """Of singular values that are far apart."""
    rows, columns = shape[-2:]
    return 0.25 * number(shape) + torch.eye(rows, columns, dtype=F64) * torch.arange(1.0, columns + 1, dtype=F64) * 4


def symmetric(shape):
    x = spread(shape)
    return (x + x.mT) / 2


def of(name, function, make, shapes, argument="input", second=True, database=(), extra=({},), constants=(), bind=None):
    """An op of one matrix."""
    names = (f"linalg.{name}", *database)
    return Op(name, function, lambda: [{argument: make(s).to(d), **e} for s in shapes for d in [F64, F32] for e in extra],
              LINALG, second, constants, database=names, bind=bind)


SQUARES = [(3, 3), (1, 1), (2, 3, 3), (0, 0), (0, 2, 2), (5, 5)]
TALL = [(3, 3), (4, 2), (2, 4), (2, 3, 2), (1, 1)]
ANY = [*TALL, (0, 0), (3, 0), (0, 2, 3)]
SOLVED = [((3, 3), (3, 2)), ((3, 3), (3,)), ((2, 3, 3), (2, 3, 1)), ((1, 1), (1, 1)), ((0, 0), (0, 2)), ((3, 3), (3, 0)),
          ((4, 1, 2, 2), (3, 2, 2))]


def symmetric_part(sample, name="A"):
    """The database's matrices are symmetric up to rounding or read in one triangle."""
    return {name: sample.input, **sample.kwargs}


def eigenvectors(A, UPLO="L"):
    values, vectors = torch.linalg.eigh(A, UPLO=UPLO)
    return values, vectors.abs()


def singular_vectors(A):
    u, s, vh = torch.linalg.svd(A, full_matrices=False)
    return u.abs(), s, vh.abs()


ROWS = [
    of("cholesky", lambda input, upper=False: torch.linalg.cholesky(input, upper=upper), definite, SQUARES,
       extra=({}, {"upper": True}), database=("cholesky",)),
    Op("cholesky_solve", lambda B, L, upper=False: torch.cholesky_solve(B, L, upper), lambda: [
        {"B": number((3, 2)), "L": torch.linalg.cholesky(definite((3, 3)))},
        {"B": number((3, 2)), "L": torch.linalg.cholesky(definite((3, 3)), upper=True), "upper": True}], LINALG),
    Op("cholesky_inverse", lambda L, upper=False: torch.cholesky_inverse(L, upper), lambda: [
        {"L": torch.linalg.cholesky(definite(s))} for s in [(3, 3), (1, 1)]], LINALG),
    of("det", lambda input: torch.linalg.det(input), regular, SQUARES),
    of("slogdet", lambda input: tuple(torch.linalg.slogdet(input)), regular, SQUARES),
    of("logdet", lambda input: torch.logdet(input), definite, SQUARES),
    of("eigh", eigenvectors, symmetric, SQUARES, "A", extra=({}, {"UPLO": "U"})),
    of("eigvalsh", lambda A, UPLO="L": torch.linalg.eigvalsh(A, UPLO=UPLO), symmetric, SQUARES, "A", extra=({}, {"UPLO": "U"})),
    Op("lstsq", lambda A, B: torch.linalg.lstsq(A, B).solution, lambda: [
        {"A": spread(a), "B": number(b)} for a, b in [((4, 2), (4, 3)), ((3, 3), (3, 1)), ((2, 4, 3), (2, 4, 1))]], LINALG,
       False, database=("linalg.lstsq",)),
    of("pinv", lambda input, atol=None, rtol=None: torch.linalg.pinv(input, atol=atol, rtol=rtol), spread, ANY),
    of("matrix_rank", lambda input, atol=None, rtol=None: torch.linalg.matrix_rank(input, atol=atol, rtol=rtol), spread, ANY,
       constants=("input",)),
    of("matrix_norm", lambda input, ord="fro", dim=(-2, -1), keepdim=False: torch.linalg.matrix_norm(input, ord, dim, keepdim),
       spread, TALL, second=False, extra=[{"ord": o} for o in ["fro", "nuc", 1, -1, 2, -2, float("inf"), float("-inf")]]),
    of("cond", lambda input, ord=2: torch.linalg.cond(input, ord), regular, [(3, 3), (2, 3, 3), (1, 1)], second=False,
       extra=[{}, *({"ord": o} for o in ["fro", "nuc", 1, -1, 2, -2, float("inf"), float("-inf")])]),
    of("linalg_norm", lambda A, ord=None: torch.linalg.norm(A, ord), spread, TALL, "A", second=False, database=("linalg.norm",),
       extra=[{}, *({"ord": o} for o in ["fro", "nuc", 1, -1, 2, -2])]),
    of("matrix_power", lambda input, n: torch.linalg.matrix_power(input, n), lambda s: regular(s) / 8, SQUARES,
       extra=[{"n": n} for n in [0, 1, 2, 5, -1, -2]]),
    of("expm", lambda input: torch.linalg.matrix_exp(input), number, SQUARES, database=("linalg.matrix_exp", "matrix_exp")),
    Op("multi_dot", lambda tensors: torch.linalg.multi_dot(tensors), lambda: [
        {"tensors": [number(s) for s in g]} for g in [[(2, 3), (3, 4)], [(2, 3), (3, 4), (4, 5)], [(3,), (3, 4), (4,)],
                                                      [(2, 3), (3, 4), (4, 1), (1, 6)]]], LINALG,
       database=("linalg.multi_dot",), bind=lambda s: {"tensors": list(s.input)}),
    of("qr", lambda A, mode="reduced": tuple(torch.linalg.qr(A, mode)), spread, ANY, "A"),
    Op("solve", lambda A, B: torch.linalg.solve(A, B), lambda: [
        {"A": regular(a), "B": number(b)} for a, b in SOLVED], LINALG, database=("linalg.solve",)),
    of("inverse", lambda input: torch.linalg.inv(input), regular, SQUARES, database=("linalg.inv", "inverse")),
    Op("triangular_solve", lambda A, B, upper, left=True, unitriangular=False: torch.linalg.solve_triangular(
        A, B, upper=upper, left=left, unitriangular=unitriangular), lambda: [
            {"A": torch.triu(regular(a)) if u else torch.tril(regular(a)), "B": number(b), "upper": u, "left": left, "unitriangular": unit}
            for a, b, left in [((3, 3), (3, 2), True), ((2, 3, 3), (2, 3, 1), True), ((3, 3), (2, 3), False)] for u in [True, False]
            for unit in [True, False]], LINALG, database=("linalg.solve_triangular",)),
    of("svd", singular_vectors, spread, TALL, "A"),
    of("svdvals", lambda A: torch.linalg.svdvals(A), spread, TALL, "A"),
]
