"""Attention. The masks are bool or added; rows whose keys are all masked give zeros."""

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from comparison.samples import F32, F64, number
from comparison.table import SUMS, Op

FILE = "attention"

SIZES = [((3, 2), (4, 2), (4, 3)), ((1, 3), (1, 3), (1, 2)), ((2, 3, 4), (2, 5, 4), (2, 5, 4)), ((2, 3, 7, 8), (2, 3, 9, 8), (2, 3, 9, 5)),
         ((2, 1, 3, 4), (2, 3, 3, 4), (3, 3, 4)), ((1, 2, 40, 3), (1, 2, 70, 3), (1, 2, 70, 3)), ((0, 3, 2), (0, 4, 2), (0, 4, 2)),
         ((1, 300, 4), (1, 290, 4), (1, 290, 2))]


def attentions():
    for q, k, v in SIZES:
        for dtype in [F64, F32]:
            given = {"query": number(q, dtype), "key": number(k, dtype), "value": number(v, dtype)}
            yield given
            yield {**given, "is_causal": True}
            yield {**given, "scale": 0.3}
            if q[-2] > 100:
                continue
            weights = (q[-2], k[-2])
            yield {**given, "attn_mask": number(weights, dtype)}
            allowed = number(weights, F64) > -0.5
            allowed[0] = False
            yield {**given, "attn_mask": allowed}
            added = number(weights, dtype)
            added[-1] = float("-inf")
            added[0, 0] = float("-inf")
            yield {**given, "attn_mask": added.detach()}
            yield {**given, "attn_mask": number((1, k[-2]), dtype)}
    large = torch.tensor([[300.0, -300.0], [1e4, 2.0]], dtype=F64)
    yield {"query": large, "key": large, "value": large}


def attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None):
    with sdpa_kernel(SDPBackend.MATH):
        return F.scaled_dot_product_attention(query, key, value, attn_mask, dropout_p, is_causal, scale=scale)


def packed(qkv, num_heads, attn_mask=None, is_causal=False):
    n, t, c = qkv.shape
    q, k, v = (x.reshape(n, t, num_heads, c // 3 // num_heads).transpose(1, 2) for x in qkv.split(c // 3, 2))
    return attention(q, k, v, attn_mask, is_causal=is_causal).transpose(1, 2).reshape(n, t, c // 3)


def packs():
    for shape, heads in [((2, 3, 12), 2), ((1, 5, 6), 1), ((2, 40, 6), 2), ((1, 1, 3), 1), ((0, 3, 6), 1)]:
        for dtype in [F64, F32]:
            given = {"qkv": number(shape, dtype), "num_heads": heads}
            yield given
            yield {**given, "is_causal": True}
            yield {**given, "attn_mask": number((shape[1], shape[1]), dtype)}


def rotary(x, offset=0, base=10000.0):
    half = x.shape[-1] // 2
    places = torch.arange(offset, offset + x.shape[-2], dtype=torch.float64)
    angles = places[:, None] * base ** (-torch.arange(half, dtype=torch.float64) / half)
    turn, lift = angles.cos().to(x.dtype).repeat(1, 2), angles.sin().to(x.dtype).repeat(1, 2)
    return x * turn + torch.cat([-x[..., half:], x[..., :half]], -1) * lift


def of_heads(query, key, value, num_heads, in_proj_weight, in_proj_bias, out_proj_weight, out_proj_bias, bias_k=None, bias_v=None,
             add_zero_attn=False, attn_mask=None, average_attn_weights=True):
    k, v = (b if b is None else b.reshape(1, 1, -1) for b in (bias_k, bias_v))
    return F.multi_head_attention_forward(query, key, value, query.shape[-1], num_heads, in_proj_weight, in_proj_bias, k, v, add_zero_attn,
                                          0.0, out_proj_weight, out_proj_bias, attn_mask=attn_mask,
                                          average_attn_weights=average_attn_weights)


def heads():
    for i, (e, n, batch) in enumerate([(4, 2, (2,)), (6, 3, ()), (2, 1, (1,)), (8, 2, (3,)), (4, 4, ()), (6, 1, (2,))]):
        for dtype in [F64, F32]:
            given = {"query": number((3, *batch, e), dtype), "key": number((5, *batch, e), dtype), "value": number((5, *batch, e), dtype),
                     "num_heads": n, "in_proj_weight": number((3 * e, e), dtype, -1.0, 1.0), "in_proj_bias": number((3 * e,), dtype),
                     "out_proj_weight": number((e, e), dtype, -1.0, 1.0), "out_proj_bias": number((e,), dtype)}
            yield given
            yield {**given, "attn_mask": number((3, 5), dtype), "average_attn_weights": False}
            yield {**given, "attn_mask": number((n * (batch or (1,))[0], 3, 5), dtype), "add_zero_attn": i % 2 == 0,
                   "bias_k": number((e,), dtype), "bias_v": number((e,), dtype)}


ROWS = [
    Op("nn_multihead_attention", of_heads, heads, SUMS),
    Op("packed_attention", packed, packs, SUMS),
    Op("rotary_embedding", rotary, lambda: [
        {"x": number(shape, d), **s} for shape in [(3, 4), (2, 5, 8), (1, 2)] for d in [F64, F32] for s in [{}, {"offset": 3, "base": 100.0}]],
       SUMS),
    Op("scaled_dot_product_attention", attention, attentions, SUMS),
]
