"""Losses and what stands behind layers."""

import torch
import torch.nn.functional as F

from comparison.calls import Inexpressible
from comparison.samples import F32, F64, hostile, index, number, pairs_of_hostile
from comparison.table import SUMS, Op

REDUCTIONS = ["mean", "sum", "none"]
SAME = [(), (1,), (0,), (5,), (2, 3), (2, 3, 4), (0, 3), (67,)]


def pairs(choices=({},), low=-3.0, high=3.0, low2=None, high2=None, extreme=True, reductions=REDUCTIONS):
    low2, high2 = (low if low2 is None else low2), (high if high2 is None else high2)

    def samples():
        for settings in choices:
            for reduction in reductions:
                for shape in SAME:
                    yield {"input": number(shape, F64, low, high), "target": number(shape, F64, low2, high2),
                           "reduction": reduction, **settings}
                yield {"input": number((2, 3), F32, low, high), "target": number((2, 3), F32, low2, high2),
                       "reduction": reduction, **settings}
            if extreme:
                x, y = pairs_of_hostile(F64)
                yield {"input": x, "target": y, "reduction": "none", **settings}
    return samples


def loss(name, samples, function=None, **kw):
    function = function or getattr(F, name)
    return Op(name, lambda input, target, reduction="mean": function(input, target, reduction=reduction), samples, **kw)


def classes(smoothing, log=False):
    """Logits of all ranks with labels, weights and labels that are ignored."""
    for shape, classes_axis in [((3,), 0), ((4, 3), 1), ((2, 3, 4), 1), ((2, 3, 2, 2), 1), ((0, 3), 1), ((1, 1), 1), ((9, 5), 1)]:
        size = shape[classes_axis]
        rows = tuple(n for i, n in enumerate(shape) if i != classes_axis)
        for reduction in REDUCTIONS:
            for dtype in [F64, F32]:
                x = number(shape, dtype)
                given = torch.log_softmax(x, classes_axis) if log else x
                settings = {"input": given, "target": index(rows, size), "reduction": reduction}
                yield settings
                yield {**settings, "weight": number((size,), dtype, 0.25, 2.0)}
                yield {**settings, "weight": number((size,), dtype, 0.25, 2.0), "ignore_index": 0}
                if smoothing:
                    yield {**settings, "label_smoothing": 0.125}
                    yield {**settings, "weight": number((size,), dtype, 0.25, 2.0), "label_smoothing": 0.25, "ignore_index": 0}
                    probabilities = torch.softmax(number(shape, dtype), classes_axis)
                    yield {**settings, "target": probabilities}
                    yield {**settings, "target": probabilities, "weight": number((size,), dtype, 0.25, 2.0), "label_smoothing": 0.125}
    if not log:
        yield {"input": torch.tensor([[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4]], dtype=F64), "target": torch.tensor([1, 0])}


def logits():
    for sample in pairs(low=-6.0, high=6.0, low2=0.0, high2=1.0, extreme=False)():
        yield sample
        shape = sample["input"].shape
        if len(shape) > 1:
            dtype = sample["input"].dtype
            yield {**sample, "pos_weight": number(shape[-1:], dtype, 0.25, 2.0)}
            yield {**sample, "weight": number(tuple(shape), dtype, 0.25, 2.0), "pos_weight": number(shape[-1:], dtype, 0.25, 2.0)}
    x = hostile(F64)
    yield {"input": x.repeat(3), "target": torch.tensor([0.0, 0.5, 1.0]).double().repeat_interleave(len(x)), "reduction": "none"}


def probabilities():
    for sample in pairs(low=0.0078125, high=0.99, low2=0.0, high2=1.0, extreme=False)():
        yield sample
        if sample["input"].dim() > 1:
            yield {**sample, "weight": number(tuple(sample["input"].shape), sample["input"].dtype, 0.25, 2.0)}


def norms():
    for shape in [(4, 3), (2, 3, 4), (2, 3, 2, 2), (5, 1)]:
        channels = (shape[1],)
        for dtype in [F64, F32]:
            x = number(shape, dtype)
            affine = {"weight": number(channels, dtype, 0.5, 2.0), "bias": number(channels, dtype)}
            running = {"running_mean": number(channels, dtype), "running_var": number(channels, dtype, 0.5, 2.0)}
            for training in [True, False]:
                yield {"input": x, **running, "training": training}
                yield {"input": x, **running, **affine, "training": training, "momentum": 0.25, "eps": 1e-3}
            yield {"input": x, "training": True, **affine}


def batch_norm(input, running_mean=None, running_var=None, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    running = [None if r is None else r.detach().clone() for r in (running_mean, running_var)]
    y = F.batch_norm(input, *running, weight, bias, training, momentum, eps)
    return [y, *(r for r in running if r is not None)]


def certain(sample):
    """The arguments, if no random number decides the result."""
    p, training = (list(sample.args) + [sample.kwargs.get("p", 0.5)])[0], sample.kwargs.get("training", True)
    if training and 0 < p < 1:
        raise Inexpressible("random numbers")
    return {"input": sample.input, "p": p, "training": training}


def drops():
    for shape in [(), (5,), (2, 3), (0, 3)]:
        for p, training in [(0.0, True), (1.0, True), (0.5, False)]:
            yield {"input": number(shape), "p": p, "training": training}
    yield {"input": hostile(F64), "p": 0.5, "training": False}


ROWS = [
    loss("mse_loss", pairs(), tolerance=SUMS),
    Op("half_squared_error", lambda input, target: 0.5 * ((input - target) ** 2).sum(), lambda: [
        {"input": number(s), "target": number(s)} for s in SAME], SUMS),
    loss("l1_loss", pairs(), tolerance=SUMS),
    Op("smooth_l1_loss", lambda input, target, reduction="mean", beta=1.0: F.smooth_l1_loss(
        input, target, reduction=reduction, beta=beta), pairs([{}, {"beta": 0.5}, {"beta": 0.0}]), SUMS),
    Op("huber_loss", lambda input, target, reduction="mean", delta=1.0: F.huber_loss(
        input, target, reduction=reduction, delta=delta), pairs([{}, {"delta": 0.5}]), SUMS),
    Op("kl_div", lambda input, target, reduction="mean", log_target=False: F.kl_div(
        input, target, reduction=reduction, log_target=log_target),
       lambda: [*pairs([{}], -3.0, 0.0, 0.0, 1.0, reductions=REDUCTIONS)(), *pairs([{"log_target": True}], -3.0, 0.0)(),
                {"input": number((4, 3)), "target": number((4, 3), F64, 0, 1), "reduction": "batchmean"}], SUMS),
    Op("binary_cross_entropy", lambda input, target, weight=None, reduction="mean": F.binary_cross_entropy(
        input, target, weight, reduction=reduction), probabilities, SUMS, constants=("weight",)),
    Op("binary_cross_entropy_with_logits", lambda input, target, weight=None, pos_weight=None, reduction="mean":
       F.binary_cross_entropy_with_logits(input, target, weight, reduction=reduction, pos_weight=pos_weight), logits, SUMS,
       constants=("weight", "pos_weight")),
    Op("cross_entropy", lambda input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0:
       F.cross_entropy(input, target, weight, ignore_index=ignore_index, reduction=reduction,
                       label_smoothing=label_smoothing), lambda: classes(True), SUMS, constants=("weight",)),
    Op("nll_loss", lambda input, target, weight=None, ignore_index=-100, reduction="mean": F.nll_loss(
        input, target, weight, ignore_index=ignore_index, reduction=reduction), lambda: classes(False, True), SUMS,
       constants=("weight",)),
    Op("batch_norm", batch_norm, norms, SUMS, constants=("running_mean", "running_var")),
    Op("dropout", lambda input, p=0.5, training=True: F.dropout(input, p, training), drops,
       bind=certain),
]
