"""Arithmetic, comparison and selection, element by element."""

import torch

from comparison.samples import (BOOL, F32, F64, I64, binary, distinct, hostile, number, pairs_of_hostile, random, unary)
from comparison.table import Op


def one(name, function=None, low=-3.0, high=3.0, database=(), whole=True):
    function = function or getattr(torch, name)
    return Op(name, lambda input: function(input), lambda: unary(low, high, whole), database=database)


def two(name, function=None, database=(), **numbers):
    function = function or getattr(torch, name)
    return Op(name, lambda input, other: function(input, other), lambda: binary(**numbers), database=database)


def weak(x, like):
    """A number as the tensor of rank 0 that PyTorch's functions of two tensors need."""
    if isinstance(x, torch.Tensor):
        return x
    kind = like.dtype if like.is_floating_point() else F32 if isinstance(x, float) else I64
    return torch.tensor(x, dtype=kind)


def clamps():
    for sample in unary():
        yield {**sample, "min": -1.5, "max": 1.25}
    for dtype in [F64, F32]:
        yield {"input": hostile(dtype), "min": -1.0, "max": 2.0}
        yield {"input": hostile(dtype), "min": 2.0, "max": -1.0}
    yield {"input": number((3, 4)), "min": -1, "max": 2}
    for low, high in [((4,), (4,)), ((3, 1), (4,)), ((), ()), ((3, 4), None), (None, (4,))]:
        yield {"input": number((3, 4)), "min": None if low is None else number(low) - 1, "max": None if high is None else number(high) + 1}
    yield {"input": number((3, 4)), "min": 0.5}
    yield {"input": number((3, 4)), "max": 0.5}
    yield {"input": number((3, 4), I64), "min": -1, "max": 2}
    yield {"input": number((3, 4), I64), "min": -1.5, "max": 2.0}


def wheres():
    shapes = [((), (), ()), ((3,), (3,), ()), ((2, 1), (3,), (2, 3)), ((0,), (1,), ()), ((1,), (2, 3), (3,)), ((67,),) * 3]
    for mask, a, b in shapes:
        yield {"condition": number(mask, BOOL), "input": number(a), "other": number(b)}
    for one_dtype in [F64, F32, I64, BOOL]:
        for other in [F64, F32, I64, BOOL]:
            yield {"condition": number((4,), BOOL), "input": number((4,), one_dtype), "other": number((4,), other)}
    x, y = pairs_of_hostile(F64)
    yield {"condition": number(tuple(x.shape), BOOL), "input": x, "other": y}


def casts():
    for dtype in [F64, F32, I64, BOOL]:
        for target in [F64, F32, I64, BOOL]:
            for shape in [(), (5,), (0, 2)]:
                yield {"input": number(shape, dtype), "dtype": target}
    for target in [F64, F32, BOOL]:
        yield {"input": hostile(F64), "dtype": target}


def two_of_integers(name, function=None):
    function = function or getattr(torch, name)
    return Op(name, lambda input, other: function(input, other), lambda: binary(-9, 9, floats=False))


def three(name, function, names, scalar):
    shapes = [((3,),) * 3, ((2, 3), (3,), (2, 1)), ((), (), ()), ((0,), (1,), (0,)), ((2, 3), (), (3,)), ((67,),) * 3]

    def samples():
        for shape in shapes:
            for dtype in [F64, F32]:
                yield {n: number(s, dtype, 0.5, 3.0) for n, s in zip(names, shape)}
                if scalar:
                    yield {**{n: number(s, dtype, 0.5, 3.0) for n, s in zip(names, shape)}, scalar: 0.75}
        x, y = pairs_of_hostile(F64)
        yield {names[0]: x, names[1]: y, names[2]: number(tuple(x.shape))}

    return Op(name, function, samples)


def rounded():
    for sample in binary():
        for mode in ["floor", "trunc"]:
            yield {**sample, "rounding_mode": mode}
    for mode in ["floor", "trunc"]:
        yield {"input": number((40,), I64, -9, 9), "other": number((40,), I64, 1, 4), "rounding_mode": mode}


ROWS = [
    two("add", database=("__radd__",)),
    two("sub", database=()),
    two("mul", database=("__rmul__",)),
    Op("div", lambda input, other, rounding_mode=None: torch.div(input, other, rounding_mode=rounding_mode),
       lambda: [*binary(), *rounded()], database=("true_divide",)),
    Op("pow", lambda input, other: torch.pow(input, other), lambda: [*binary(), *binary(0.25, 3.0, -3.0, 3.0)]),
    one("neg"),
    one("square"),
    one("reciprocal"),
    one("sqrt", low=0.0),
    one("exp"),
    one("expm1"),
    one("log", low=0.0078125),
    one("log1p", low=-0.9),
    one("sin"),
    one("cos"),
    one("abs"),
    one("sign"),
    one("erf"),
    one("isnan"),
    one("isfinite"),
    one("isinf"),
    one("logical_not"),
    Op("to", lambda input, dtype: input.to(dtype), casts),
    two("less", torch.less, database=("lt",)),
    two("less_equal", torch.less_equal, database=("le",)),
    two("greater", torch.greater, database=("gt",)),
    two("greater_equal", torch.greater_equal, database=("ge",)),
    two("equal", torch.eq, database=("eq",)),
    two("not_equal", torch.not_equal, database=("ne",)),
    two("logical_and", lambda a, b: torch.logical_and(a, weak(b, a))),
    two("logical_or", lambda a, b: torch.logical_or(a, weak(b, a))),
    two("logical_xor", lambda a, b: torch.logical_xor(a, weak(b, a))),
    two("maximum", lambda a, b: torch.maximum(a, weak(b, a)), database=("max",)),
    two("minimum", lambda a, b: torch.minimum(a, weak(b, a)), database=("min",)),
    Op("where", lambda condition, input, other: torch.where(condition, input, other), wheres),
    Op("clamp", lambda input, min=None, max=None: torch.clamp(input, min, max), clamps),
    # what the pointwise table got with the whole tape
    one("rsqrt", low=0.0078125), one("cbrt", lambda x: torch.sign(x) * torch.abs(x) ** (1 / 3)), one("exp2"),
    one("log2", low=0.0078125), one("log10", low=0.0078125), one("tan"), one("asin", low=-1, high=1),
    one("acos", low=-1, high=1), one("atan"), one("sinh"), one("cosh"), one("asinh"), one("acosh", low=1, high=4),
    one("atanh", low=-1, high=1), one("erfc"), one("erfinv", low=-1, high=1), one("lgamma"), one("digamma"),
    one("sinc"), one("floor"), one("ceil"), one("trunc"), one("frac", whole=False), one("deg2rad"), one("rad2deg"),
    one("bitwise_not", whole=True),
    Op("round", lambda input, decimals=0: torch.round(input, decimals=decimals), unary),
    Op("logit", lambda input, eps=None: torch.logit(input, eps), lambda: [*unary(0.0, 1.0), *(
        {**s, "eps": 0.1} for s in unary(0.0, 1.0))]),
    Op("nan_to_num", lambda input, nan=0.0, posinf=None, neginf=None: torch.nan_to_num(input, nan, posinf, neginf),
       lambda: [*unary(), *({**s, "nan": 2.0, "posinf": 5.0, "neginf": -5.0} for s in unary())]),
    two("fmod"), two("remainder"), two("atan2", lambda a, b: torch.atan2(a, weak(b, a))),
    two("hypot", lambda a, b: torch.hypot(a, weak(b, a)), whole=False),
    two("fmin", lambda a, b: torch.fmin(a, weak(b, a))), two("fmax", lambda a, b: torch.fmax(a, weak(b, a))),
    two("logaddexp", lambda a, b: torch.logaddexp(a, weak(b, a)), whole=False),
    two("logaddexp2", lambda a, b: torch.logaddexp2(a, weak(b, a)), whole=False),
    two("xlogy", low2=0.25, high2=3.0), two("copysign"),
    two("heaviside", lambda a, b: torch.heaviside(a, weak(b, a))),
    Op("lerp", lambda input, end, weight: torch.lerp(input, end, weight), lambda: [
        *({"input": number(s), "end": number(t), "weight": w} for s, t in [((3,), (3,)), ((2, 3), (3,)), ((), ()), ((0,), (1,))]
          for w in [0.25, 0.75, number(s)]),
        {"input": pairs_of_hostile(F64)[0], "end": pairs_of_hostile(F64)[1], "weight": 0.25},
        {"input": number((4,), F32), "end": number((4,), F32), "weight": 1.5}]),
    three("addcmul", lambda input, tensor1, tensor2, value=1: torch.addcmul(input, tensor1, tensor2, value=value),
          ("input", "tensor1", "tensor2"), "value"),
    three("addcdiv", lambda input, tensor1, tensor2, value=1: torch.addcdiv(input, tensor1, tensor2, value=value),
          ("input", "tensor1", "tensor2"), "value"),
    Op("allclose", lambda input, other, rtol=1e-5, atol=1e-8, equal_nan=False: torch.tensor(torch.allclose(
        input, other, rtol, atol, equal_nan)), lambda: [
            *({"input": x, "other": x + d} for x in [number((2, 3)), number((0,)), number(())] for d in [0.0, 1e-7, 1e-3]),
            {"input": hostile(F64), "other": hostile(F64)}, {"input": hostile(F64), "other": hostile(F64), "equal_nan": True}]),
    one("isposinf"), one("isneginf"), two("floor_divide"), two_of_integers("bitwise_left_shift"),
    two_of_integers("bitwise_right_shift"),
    Op("polygamma", lambda n, input: torch.polygamma(n, input), lambda: [
        {**s, "n": n} for n in [0, 1, 2, 3] for s in unary(0.25, 3.0)], bind=lambda s: {"n": s.input, "input": s.args[0]}),
    two_of_integers("bitwise_and"), two_of_integers("bitwise_or"), two_of_integers("bitwise_xor"),
    Op("isclose", lambda input, other, rtol=1e-5, atol=1e-8, equal_nan=False: torch.isclose(
        input, other, rtol, atol, equal_nan), lambda: [
            *(s for s in binary() if isinstance(s["other"], torch.Tensor) and s["other"].dtype == s["input"].dtype),
            {"input": hostile(F64), "other": hostile(F64), "equal_nan": True}]),
]
