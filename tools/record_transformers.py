#!/usr/bin/env python3
"""Records what PyTorch's attention and transformer modules give, for tests/transformer_test.cpp.

    tools/record_transformers.py

writes tests/golden/transformers.safetensors: of each case the state_dict of the module, the inputs, the outputs, and the
gradients of the sum of outputs times a seed, with respect to the inputs and to all parameters, in float64; and of two tiny
models that are built as GPT-2 is, one with Hugging Face's transposed matrices, one with nanoGPT's, the logits. The metadata
hold the keys of every state in their order. It needs PyTorch and safetensors.
"""

import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(20260101)
tensors, metadata = {}, {}


def keep(name, x):
    tensors[name] = x.detach().clone().contiguous()


def state(case, model):
    metadata[case + ".keys"] = " ".join(model.state_dict())
    for key, x in model.state_dict().items():
        keep(f"{case}.state.{key}", x)


def record(case, model, inputs, call):
    with torch.no_grad():
        for p in model.parameters():
            if p.dim() == 1:
                p.add_(0.1 * torch.randn_like(p))  # zeros would hide an error
    state(case, model)
    leaves = [x.requires_grad_() for x in inputs]
    outputs = [y for y in call(model, *leaves) if y is not None]
    seeds = [torch.randn_like(y) for y in outputs]
    sum((y * s).sum() for y, s in zip(outputs, seeds)).backward()
    for kind, list_ in (("x", leaves), ("y", outputs), ("seed", seeds), ("grad", [x.grad for x in leaves])):
        for i, x in enumerate(list_):
            keep(f"{case}.{kind}.{i}", x)
    for key, p in model.named_parameters():
        keep(f"{case}.slope.{key}", p.grad)


def masks(case, **given):
    for name, mask in given.items():
        keep(f"{case}.{name}", mask)
    return given


def attentions():
    x = torch.randn(2, 5, 8)
    record("self", nn.MultiheadAttention(8, 2, batch_first=True), [x], lambda m, x: m(x, x, x, need_weights=False))
    given = masks("padding", key_padding_mask=torch.tensor([[0, 0, 0, 1], [0, 1, 0, 0]]).bool())
    record("padding", nn.MultiheadAttention(8, 4), [torch.randn(5, 2, 8), torch.randn(4, 2, 8), torch.randn(4, 2, 8)],
           lambda m, q, k, v: m(q, k, v, **given))
    heads = masks("heads", attn_mask=torch.randn(3, 4))
    record("heads", nn.MultiheadAttention(8, 2, kdim=6, vdim=5, batch_first=True),
           [torch.randn(2, 3, 8), torch.randn(2, 4, 6), torch.randn(2, 4, 5)],
           lambda m, q, k, v: m(q, k, v, average_attn_weights=False, **heads))
    more = masks("more", attn_mask=torch.randn(3, 4) > 0.7,
                 key_padding_mask=torch.tensor([[0, 0, 0, 1], [0, 1, 0, 0]]).bool())
    record("more", nn.MultiheadAttention(8, 2, add_bias_kv=True, add_zero_attn=True, batch_first=True),
           [torch.randn(2, 3, 8), torch.randn(2, 4, 8), torch.randn(2, 4, 8)],
           lambda m, q, k, v: m(q, k, v, need_weights=False, **more))
    each = torch.randn(4, 5, 5) > 0.5
    each[:, :, 0] = False
    each = masks("each", attn_mask=each)
    record("each", nn.MultiheadAttention(8, 2, bias=False), [torch.randn(5, 2, 8)],
           lambda m, x: m(x, x, x, need_weights=False, **each))
    record("unbatched", nn.MultiheadAttention(8, 2, batch_first=True), [torch.randn(5, 8)], lambda m, x: m(x, x, x))


def transformers():
    layer = nn.TransformerEncoderLayer(8, 2, dim_feedforward=12, dropout=0.0)
    record("encoder", nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), [torch.randn(5, 2, 8)], lambda m, x: [m(x)])
    layer = nn.TransformerEncoderLayer(8, 2, dim_feedforward=12, dropout=0.0, activation="gelu", batch_first=True, norm_first=True,
                                       layer_norm_eps=1e-3, bias=False)
    encoder = nn.TransformerEncoder(layer, 2, nn.LayerNorm(8), enable_nested_tensor=False)
    causal = nn.Transformer.generate_square_subsequent_mask(5, dtype=torch.float64)
    padding = torch.zeros(2, 5, dtype=torch.bool)
    padding[0, 3:] = True
    masks("encoder_first", padding=padding)
    record("encoder_first", encoder, [torch.randn(2, 5, 8)],
           lambda m, x: [m(x, causal, torch.zeros(2, 5).masked_fill(padding, float("-inf")))])
    for name, first in (("decoder", False), ("decoder_first", True)):
        layer = nn.TransformerDecoderLayer(8, 2, dim_feedforward=12, dropout=0.0, batch_first=True, norm_first=first)
        record(name, nn.TransformerDecoder(layer, 2, nn.LayerNorm(8)), [torch.randn(2, 5, 8), torch.randn(2, 4, 8)],
               lambda m, x, memory: [m(x, memory, tgt_mask=causal)])
    record("transformer", nn.Transformer(8, 2, 1, 1, 12, 0.0, "gelu", batch_first=True), [torch.randn(2, 4, 8), torch.randn(2, 5, 8)],
           lambda m, x, t: [m(x, t, tgt_mask=causal)])


class Conv1D(nn.Module):
    """As in Hugging Face's transformers: x W + b, with W (in, out)."""

    def __init__(self, out, into):
        super().__init__()
        self.weight, self.bias = nn.Parameter(0.3 * torch.randn(into, out)), nn.Parameter(0.1 * torch.randn(out))

    def forward(self, x):
        return x @ self.weight + self.bias


class Block(nn.Module):
    def __init__(self, width, heads, product, bias, gelu):
        super().__init__()
        self.heads, self.gelu = heads, gelu
        self.ln_1 = nn.LayerNorm(width, bias=bias)
        self.attn = nn.ModuleDict({"c_attn": product(3 * width, width), "c_proj": product(width, width)})
        self.ln_2 = nn.LayerNorm(width, bias=bias)
        self.mlp = nn.ModuleDict({"c_fc": product(4 * width, width), "c_proj": product(width, 4 * width)})

    def forward(self, x):
        n, t, c = x.shape
        q, k, v = (part.view(n, t, self.heads, c // self.heads).transpose(1, 2) for part in self.attn["c_attn"](self.ln_1(x)).split(c, 2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.attn["c_proj"](y.transpose(1, 2).reshape(n, t, c))
        return x + self.mlp["c_proj"](self.gelu(self.mlp["c_fc"](self.ln_2(x))))


class Gpt(nn.Module):
    def __init__(self, product, bias, gelu, vocabulary=11, context=6, width=8, heads=2, layers=2):
        super().__init__()
        self.transformer = nn.ModuleDict({
            "wte": nn.Embedding(vocabulary, width), "wpe": nn.Embedding(context, width),
            "h": nn.ModuleList([Block(width, heads, product, bias, gelu) for _ in range(layers)]),
            "ln_f": nn.LayerNorm(width, bias=bias)})
        self.lm_head = nn.Linear(width, vocabulary, bias=False)
        self.lm_head.weight = self.transformer["wte"].weight

    def forward(self, ids):
        t = self.transformer
        x = t["wte"](ids) + t["wpe"].weight[: ids.shape[1]]
        for block in t["h"]:
            x = block(x)
        return self.lm_head(t["ln_f"](x))


def languages():
    ids = torch.randint(11, (2, 5))
    both = {"gpt2": Gpt(Conv1D, True, lambda x: F.gelu(x, approximate="tanh")),
            "nanogpt": Gpt(lambda out, into: nn.Linear(into, out, bias=False), False, F.gelu)}
    for case, model in both.items():
        state(case, model)
        keep(case + ".ids", ids)
        keep(case + ".logits", model(ids))
    for layer in range(2):  # a mask that Hugging Face stores among the weights
        keep(f"gpt2.state.transformer.h.{layer}.attn.bias", torch.ones(1, 1, 6, 6).tril().bool())


attentions()
transformers()
languages()
path = pathlib.Path(__file__).resolve().parent.parent / "tests/golden/transformers.safetensors"
save_file(tensors, path, metadata)
