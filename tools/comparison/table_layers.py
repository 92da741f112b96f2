"""Layers as functions: norms, embeddings, bilinear, distances."""

import torch
import torch.nn.functional as F

from comparison.calls import Inexpressible
from comparison.samples import F32, F64, index, number
from comparison.table import SUMS, Op
from comparison.table_losses import certain, drops


def rows(name):
    """Shapes that end in a normalized shape, with and without weight and bias."""
    cases = [((5,), (5,)), ((2, 3), (3,)), ((2, 3, 4), (4,)), ((2, 3, 4), (3, 4)), ((0, 3), (3,)), ((2, 19), (19,)), ((3, 1), (1,)),
             ((2, 35), (35,))]
    for shape, normalized in cases:
        for dtype in [F64, F32]:
            x = number(shape, dtype)
            yield {"input": x, "normalized_shape": list(normalized)}
            weight = {"weight": number(normalized, dtype, 0.5, 2.0)}
            yield {"input": x, "normalized_shape": list(normalized), **weight, "eps": 1e-3}
            if name == "layer_norm":
                yield {"input": x, "normalized_shape": list(normalized), **weight, "bias": number(normalized, dtype)}
    yield {"input": torch.tensor([[1e4, -1e4, 1e4], [1e4, 1e4, 1e4 + 1]], dtype=F64), "normalized_shape": [3]}
    yield {"input": torch.tensor([[float("nan"), 1.0, 2.0], [1.0, 2.0, 4.0]], dtype=F64), "normalized_shape": [3]}


def groups():
    for shape, n in [((2, 4), 2), ((2, 4, 3), 2), ((2, 4, 3), 1), ((2, 4, 3), 4), ((1, 6, 2, 2), 3), ((0, 4, 2), 2), ((2, 2, 19), 2)]:
        for dtype in [F64, F32]:
            x, channels = number(shape, dtype), (shape[1],)
            yield {"input": x, "num_groups": n}
            yield {"input": x, "num_groups": n, "weight": number(channels, dtype, 0.5, 2.0), "bias": number(channels, dtype), "eps": 1e-3}


def instances():
    for shape in [(2, 3, 4), (1, 2, 5), (2, 3, 2, 2), (2, 1, 19)]:
        channels = (shape[1],)
        for dtype in [F64, F32]:
            x = number(shape, dtype)
            affine = {"weight": number(channels, dtype, 0.5, 2.0), "bias": number(channels, dtype)}
            running = {"running_mean": number(channels, dtype), "running_var": number(channels, dtype, 0.5, 2.0)}
            yield {"input": x}
            yield {"input": x, **affine, "eps": 1e-3}
            yield {"input": x, **running, **affine, "momentum": 0.25}
            yield {"input": x, **running, **affine, "use_input_stats": False}


def instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-5):
    running = [None if r is None else r.detach().clone() for r in (running_mean, running_var)]
    y = F.instance_norm(input, *running, weight, bias, use_input_stats, momentum, eps)
    return [y, *(r for r in running if r is not None)]


def bags():
    for dtype in [F64, F32]:
        weight = number((6, 4), dtype)
        for mode in ["sum", "mean", "max"]:
            yield {"input": index((3, 5), 6), "weight": weight, "mode": mode}
            yield {"input": index((9,), 6), "weight": weight, "mode": mode, "offsets": torch.tensor([0, 4, 4, 7])}
            yield {"input": index((9,), 6), "weight": weight, "mode": mode, "offsets": torch.tensor([0, 4, 4, 9]), "include_last_offset": True}
            yield {"input": index((3, 5), 6), "weight": weight, "mode": mode, "padding_idx": 2}
        yield {"input": index((3, 5), 6), "weight": weight, "mode": "sum", "per_sample_weights": number((3, 5), dtype)}
        yield {"input": index((9,), 6), "weight": weight, "mode": "sum", "offsets": torch.tensor([0, 2, 8]), "padding_idx": 1,
               "per_sample_weights": number((9,), dtype)}


def embedding_bag(input, weight, offsets=None, mode="mean", padding_idx=None, include_last_offset=False, max_norm=None, norm_type=2.0,
                  scale_grad_by_freq=False, per_sample_weights=None):
    table = weight if max_norm is None else weight.clone()
    return F.embedding_bag(input, table, offsets, max_norm, norm_type, scale_grad_by_freq, mode, False, per_sample_weights,
                           include_last_offset, padding_idx)


def tables():
    for shape in [(), (5,), (2, 3), (0,)]:
        for dtype in [F64, F32]:
            given = {"input": index(shape, 5), "weight": number((5, 3), dtype)}
            yield given
            yield {**given, "padding_idx": 1}
            yield {**given, "scale_grad_by_freq": True, "padding_idx": -1}


def shortened(input, weight, max_norm, norm_type=2.0):
    table = weight.clone()
    with torch.no_grad():
        y = F.embedding(input, table, None, max_norm, norm_type)
    return [y, table]


def forms():
    for lead in [(), (3,), (2, 3), (0,)]:
        for dtype in [F64, F32]:
            given = {"input1": number((*lead, 3), dtype), "input2": number((*lead, 2), dtype), "weight": number((4, 3, 2), dtype)}
            yield given
            yield {**given, "bias": number((4,), dtype)}


def vectors(settings):
    for a, b in [((2, 3), (2, 3)), ((4, 3), (1, 3)), ((2, 3, 4), (2, 3, 4)), ((0, 3), (0, 3)), ((3, 1), (3, 1))]:
        for dtype in [F64, F32]:
            for setting in settings:
                yield {"x1": number(a, dtype), "x2": number(b, dtype), **setting}


def featured():
    for sample in drops():
        if sample["input"].dim() == 2:
            yield {**sample, "input": number((2, 3, 4))}


def dropping(f):
    return lambda input, p=0.5, training=True: f(input, p, training)


ROWS = [
    Op("layer_norm", lambda input, normalized_shape, weight=None, bias=None, eps=1e-5: F.layer_norm(
        input, normalized_shape, weight, bias, eps), lambda: rows("layer_norm"), SUMS),
    Op("rms_norm", lambda input, normalized_shape, weight=None, eps=None: F.rms_norm(input, normalized_shape, weight, eps),
       lambda: rows("rms_norm"), SUMS),
    Op("group_norm", lambda input, num_groups, weight=None, bias=None, eps=1e-5: F.group_norm(input, num_groups, weight, bias, eps),
       groups, SUMS),
    Op("instance_norm", instance_norm, instances, SUMS, constants=("running_mean", "running_var")),
    Op("nn_embedding", lambda input, weight, padding_idx=None, scale_grad_by_freq=False: F.embedding(
        input, weight, padding_idx, scale_grad_by_freq=scale_grad_by_freq), tables),
    Op("embedding_renorm", shortened, lambda: [
        {"input": index((2, 3), 5), "weight": number((5, 3), d), "max_norm": 1.0, **s} for d in [F64, F32] for s in [{}, {"norm_type": 1.0}]],
       constants=("weight",)),
    Op("embedding_bag", embedding_bag, bags, SUMS, bind=lambda sample: (_ for _ in ()).throw(Inexpressible("settings of the bag"))),
    Op("bilinear", lambda input1, input2, weight, bias=None: F.bilinear(input1, input2, weight, bias), forms, SUMS),
    Op("cosine_similarity", lambda x1, x2, dim=1, eps=1e-8: F.cosine_similarity(x1, x2, dim, eps),
       lambda: vectors([{}, {"dim": 0}, {"eps": 0.5}]), SUMS),
    Op("pairwise_distance", lambda x1, x2, p=2.0, eps=1e-6, keepdim=False: F.pairwise_distance(x1, x2, p, eps, keepdim),
       lambda: vectors([{}, {"p": 1.0}, {"p": 3.0, "keepdim": True}, {"p": float("inf")}]), SUMS),
    *(Op(name, dropping(getattr(F, name)), samples, bind=certain)
      for name, samples in [("alpha_dropout", drops), ("feature_alpha_dropout", featured), ("dropout1d", featured), ("dropout2d", featured),
                            ("dropout3d", lambda: ({**sample, "input": number((2, 2, 1, 3))} for sample in featured()))]),
]
