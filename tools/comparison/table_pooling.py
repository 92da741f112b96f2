"""Pooling, resizing, and images as columns."""

import torch
import torch.nn.functional as F

from comparison.samples import F32, F64, distinct, index, number
from comparison.table import SUMS, Op

FILE = "pooling"

SHAPES = {1: [(2, 3, 9), (2, 8), (0, 2, 7), (1, 1, 37)], 2: [(2, 2, 6, 7), (2, 5, 5), (0, 2, 6, 6), (1, 1, 5, 21)],
          3: [(1, 2, 4, 5, 4), (2, 4, 4, 4), (0, 2, 4, 4, 4)]}
SLIDES = [{"kernel_size": 2}, {"kernel_size": 3, "stride": 2, "padding": 1}, {"kernel_size": 2, "stride": 1},
          {"kernel_size": 3, "stride": 2, "ceil_mode": True}, {"kernel_size": 2, "stride": 3, "padding": 1, "ceil_mode": True}]


def listed(sample, axes):
    """Sizes as lists of one number, which hold for every axis."""
    return {k: [v] if k in ("kernel_size", "stride", "padding", "dilation") else v for k, v in sample.items()}


def each(numbers):
    """The form that PyTorch takes."""
    return numbers[0] if isinstance(numbers, (list, tuple)) and len(numbers) == 1 else numbers


def special(x):
    """NaN, infinities and ties."""
    x = x.clone()
    flat = x.view(-1)
    flat[::5] = float("-inf")
    flat[1::7] = float("nan")
    flat[2::6] = 1.5
    return x


def slides(axes, maxima=False, more=()):
    for shape in SHAPES[axes]:
        for dtype in [F64, F32]:
            x = distinct(shape, dtype) if maxima else number(shape, dtype)
            for slide in [*SLIDES, *more]:
                yield {"input": x, **listed(slide, axes)}
    if maxima:
        for slide in SLIDES[:2]:
            for dtype in [F64, F32]:
                x = special(number(SHAPES[axes][0], dtype))
                yield {"input": x, **listed(slide, axes)}
                yield {"input": torch.full_like(x, float("-inf")), **listed(slide, axes)}
                yield {"input": torch.ones_like(x), **listed(slide, axes)}


def max_pool(axes, with_indices):
    f = getattr(F, f"max_pool{axes}d")

    def call(input, kernel_size, stride=None, padding=(0,), dilation=(1,), ceil_mode=False):
        y = f(input, each(kernel_size), each(stride), each(padding), each(dilation), ceil_mode, with_indices)
        return list(y) if with_indices else y

    return call


def avg_pool(axes):
    f = getattr(F, f"avg_pool{axes}d")

    def call(input, kernel_size, stride=None, padding=(0,), ceil_mode=False, count_include_pad=True, divisor_override=None):
        more = {} if axes == 1 else {"divisor_override": divisor_override}
        return f(input, each(kernel_size), each(stride), each(padding), ceil_mode, count_include_pad, **more)

    return call


def averages(axes):
    uneven = {"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False}
    more = [uneven, {**uneven, "ceil_mode": True}]
    return slides(axes, more=more if axes == 1 else [*more, {"kernel_size": 2, "divisor_override": 3}])


def powers(axes):
    for shape in SHAPES[axes]:
        if shape[0] == 0:  # PyTorch refuses
            continue
        for dtype in [F64, F32]:
            for setting in [{"norm_type": 2.0}, {"norm_type": 3.0, "stride": [1]}, {"norm_type": 1.5, "ceil_mode": True}]:
                yield {"input": number(shape, dtype, 0.5, 3.0), "kernel_size": [2], **setting}
            for p in [1.0, 2.0, 3.0]:  # negative sums too, whose roots are NaN
                yield {"input": number(shape, dtype, -3.0, 3.0), "kernel_size": [2], "norm_type": p}


def lp_pool(axes):
    f = getattr(F, f"lp_pool{axes}d")
    return lambda input, norm_type, kernel_size, stride=None, ceil_mode=False: f(
        input, norm_type, each(kernel_size) if axes < 3 else kernel_size * 3, each(stride) if axes < 3 or stride is None else stride * 3, ceil_mode)


def to_sizes(axes, maxima):
    for shape in SHAPES[axes]:
        for dtype in [F64, F32]:
            x = distinct(shape, dtype) if maxima else number(shape, dtype)
            for size in [1, 2, 3, 5]:
                yield {"input": x, "output_size": [size]}
            if axes > 1:
                yield {"input": x, "output_size": [2, 3, 4][:axes]}
    if maxima:
        yield {"input": special(number(SHAPES[axes][0])), "output_size": [2]}


def adaptive(axes, kind, with_indices=False):
    f = getattr(F, f"adaptive_{kind}_pool{axes}d")

    def call(input, output_size):
        output_size = [None if n == -1 else n for n in output_size]
        y = f(input, each(output_size), with_indices) if kind == "max" else f(input, each(output_size))
        return list(y) if with_indices else y

    return call


def unpooled(axes):
    for shape in SHAPES[axes]:
        for dtype in [F64, F32]:
            for slide in [{"kernel_size": 2}, {"kernel_size": 3, "stride": 2, "padding": 1}]:
                if shape[0] == 0:
                    continue
                arguments = [slide["kernel_size"], slide.get("stride"), slide.get("padding", 0)]
                y, where = getattr(F, f"max_pool{axes}d")(distinct(shape, dtype), *arguments, return_indices=True)
                size = list(shape[-axes:])
                if len(set(where.flatten().tolist())) == where.numel() or slide["kernel_size"] == 2:
                    yield {"input": y, "indices": where, **listed(slide, axes), "output_size": size}


def max_unpool(axes):
    f = getattr(F, f"max_unpool{axes}d")
    return lambda input, indices, kernel_size, stride=None, padding=(0,), output_size=None: f(
        input, indices, each(kernel_size), each(stride), each(padding), output_size)


def sizes_of(mode, axes):
    smooth = mode in ("linear", "bilinear", "trilinear", "bicubic")
    for shape in [s for s in SHAPES[axes] if len(s) == axes + 2 and s[0] > 0]:
        for dtype in [F64, F32]:
            x = number(shape, dtype)
            for align in [False, True] if smooth else [None]:
                settings = {} if align is None else {"align_corners": align}
                for size in [[3], [8], [1]]:
                    yield {"input": x, "size": size * axes, "mode": mode, **settings}
                for factor in [2.0, 0.5, 1.7]:
                    yield {"input": x, "scale_factor": factor, "mode": mode, **settings}
                    if factor == 1.7:
                        yield {"input": x, "scale_factor": factor, "mode": mode, "recompute_scale_factor": True, **settings}


def resizings():
    for axes in [1, 2, 3]:
        for mode in ["nearest", "nearest-exact", "area", {1: "linear", 2: "bilinear", 3: "trilinear"}[axes]]:
            yield from sizes_of(mode, axes)
    yield from sizes_of("bicubic", 2)


def interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None):
    return F.interpolate(input, size, scale_factor, mode, align_corners, recompute_scale_factor)


def shuffled(name, shapes):
    for shape, factor in shapes:
        for dtype in [F64, F32]:
            yield {"input": number(shape, dtype), name: factor}


def images():
    for shape in [(1, 2, 5, 6), (2, 4, 4), (0, 2, 5, 5), (2, 1, 6, 5)]:
        for dtype in [F64, F32]:
            for setting in [{}, {"padding": [1], "stride": [2]}, {"dilation": [2], "padding": [1]}, {"kernel_size": [2, 3]}]:
                yield {"input": number(shape, dtype), "kernel_size": [2], **setting}


def columns():
    for sample in images():
        image = sample.pop("input")
        if image.shape[0] == 0:
            continue
        settings = {k: each(v) for k, v in sample.items()}
        y = F.unfold(image, **settings)
        yield {"input": number(tuple(y.shape), y.dtype), "output_size": list(image.shape[-2:]), **sample}


def unfold(input, kernel_size, dilation=(1,), padding=(0,), stride=(1,)):
    return F.unfold(input, each(kernel_size), each(dilation), each(padding), each(stride))


def fold(input, output_size, kernel_size, dilation=(1,), padding=(0,), stride=(1,)):
    return F.fold(input, output_size, each(kernel_size), each(dilation), each(padding), each(stride))


def dilated(axes):
    return slides(axes, True, [{"kernel_size": 2, "dilation": 2}, {"kernel_size": 2, "stride": 2, "padding": 1, "dilation": 2}])


AXES = [1, 2, 3]
ROWS = [
    *(Op(f"max_pool{a}d", max_pool(a, False), lambda a=a: dilated(a)) for a in AXES),
    *(Op(f"max_pool{a}d_with_indices", max_pool(a, True), lambda a=a: dilated(a)) for a in AXES),
    *(Op(f"avg_pool{a}d", avg_pool(a), lambda a=a: averages(a), SUMS) for a in AXES),
    *(Op(f"lp_pool{a}d", lp_pool(a), lambda a=a: powers(a), SUMS) for a in AXES),
    *(Op(f"adaptive_avg_pool{a}d", adaptive(a, "avg"), lambda a=a: to_sizes(a, False), SUMS) for a in AXES),
    *(Op(f"adaptive_max_pool{a}d", adaptive(a, "max"), lambda a=a: to_sizes(a, True)) for a in AXES),
    *(Op(f"adaptive_max_pool{a}d_with_indices", adaptive(a, "max", True), lambda a=a: to_sizes(a, True)) for a in AXES),
    *(Op(f"max_unpool{a}d", max_unpool(a), lambda a=a: unpooled(a)) for a in AXES),
    Op("interpolate", interpolate, resizings, SUMS),
    Op("pixel_shuffle", lambda input, upscale_factor: F.pixel_shuffle(input, upscale_factor),
       lambda: shuffled("upscale_factor", [((1, 8, 2, 3), 2), ((9, 1, 2), 3), ((2, 4, 0, 2), 2), ((2, 2, 4, 1, 1), 2)])),
    Op("pixel_unshuffle", lambda input, downscale_factor: F.pixel_unshuffle(input, downscale_factor),
       lambda: shuffled("downscale_factor", [((1, 2, 4, 6), 2), ((1, 3, 6), 3), ((2, 2, 1, 2, 2), 2)])),
    Op("channel_shuffle", lambda input, groups: F.channel_shuffle(input, groups),
       lambda: shuffled("groups", [((1, 8, 2, 3), 2), ((2, 9, 2), 3), ((2, 4, 3, 2), 4), ((1, 4, 1, 2, 2), 2)])),
    Op("nn_unfold", unfold, images),
    Op("fold", fold, columns, SUMS),
]
