"""Convolutions of one to three axes, and transposed ones: random settings from a fixed seed."""

import random

import torch.nn.functional as F

from comparison.samples import F32, F64, number
from comparison.table import SUMS, Op

FILE = "convolutions"


def settings(draw, axes, transposed, small):
    """The shapes of one call and its settings. Small calls become goldens."""
    many = lambda low, high: [draw.randint(low, high) for _ in range(axes)]
    sizes = many(*({1: (3, 8), 2: (2, 4), 3: (2, 3)} if small else {1: (3, 30), 2: (3, 14), 3: (3, 6)})[axes])
    kernel, stride, dilation = many(1, 3), many(1, 3), many(1, 2)
    groups = draw.choice([1, 1, 2] if small else [1, 1, 1, 2, 3])
    most = 2 if small else 9
    inner, outer = groups * draw.randint(1, most), groups * draw.randint(1, most)
    padding = many(0, 2)
    if transposed:
        more = [draw.randrange(max(s, d)) for s, d in zip(stride, dilation)]
        result = [(n - 1) * s - 2 * p + d * (k - 1) + m + 1 for n, s, p, d, k, m in zip(sizes, stride, padding, dilation, kernel, more)]
        weight = [inner, outer // groups, *kernel]
        given = {"stride": stride, "padding": padding, "output_padding": more, "groups": groups, "dilation": dilation}
    else:
        result = [n + 2 * p - d * (k - 1) for n, p, d, k in zip(sizes, padding, dilation, kernel)]
        weight = [outer, inner // groups, *kernel]
        given = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        if draw.random() < 0.2:
            given.pop("padding")
            given.update(stride=[1] * axes, padding_word=draw.choice(["same", "valid"]))
            result = [n - d * (k - 1) for n, d, k in zip(sizes, dilation, kernel)]
    batch = [] if draw.random() < 0.15 else [draw.randint(1, 2)]
    return min(result) > 0, [*batch, inner, *sizes], weight, outer, given


def calls(axes, transposed=False, count=60):
    def samples():
        draw, made = random.Random(100 * axes + transposed), 0
        while made < count:
            fits, x, w, outer, given = settings(draw, axes, transposed, made < count // 2)
            if not fits:
                continue
            made += 1
            dtype = F32 if made % 6 == 0 else F64
            bias = {"bias": number((outer,), dtype)} if draw.random() < 0.7 else {}
            yield {"input": number(tuple(x), dtype), "weight": number(tuple(w), dtype), **bias, **given}
    return samples


def plain(f):
    return lambda input, weight, bias=None, stride=1, padding=0, padding_word=None, dilation=1, groups=1: f(
        input, weight, bias, stride, padding if padding_word is None else padding_word, dilation, groups)


def transposed(f):
    return lambda input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1: f(
        input, weight, bias, stride, padding, output_padding, groups, dilation)


def bound(sample):
    """A sample of PyTorch's database, whose padding may be a word."""
    names = ("weight", "bias", "stride", "padding", "dilation", "groups")
    given = {"input": sample.input, **dict(zip(names, sample.args)), **sample.kwargs}
    if isinstance(given.get("padding"), str):
        given["padding_word"] = given.pop("padding")
    return {k: list(v) if isinstance(v, tuple) else v for k, v in given.items() if v is not None}


ROWS = [
    *(Op(f"conv{n}d", plain(getattr(F, f"conv{n}d")), calls(n), SUMS, database=(f"nn.functional.conv{n}d",), bind=bound)
      for n in (1, 2, 3)),
    *(Op(f"conv_transpose{n}d", transposed(getattr(F, f"conv_transpose{n}d")), calls(n, True), SUMS,
         database=(f"nn.functional.conv_transpose{n}d",)) for n in (1, 2, 3)),
]
