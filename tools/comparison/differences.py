"""Where the two are meant to differ, and why. docs/pytorch.md has the same list for readers."""

from dataclasses import dataclass
from typing import Callable, Optional

import numpy as np


@dataclass
class Difference:
    op: str
    reason: str
    where: Optional[Callable] = None  # (call, name of the tensor, ours, PyTorch's) -> a mask of elements
    form: Optional[Callable] = None  # call -> whether shape or dtype are meant to differ
    refusal: str = ""  # a part of the error with which the library refuses what PyTorch accepts


def argument(call, name="input"):
    return call.tensors[name].numpy()


def slopes(name):
    return name.startswith(("grad", "second"))


def at_infinity(call, name, got, expected):
    """PyTorch's formula is infinity times 0, or infinity less infinity, where there is a limit."""
    x = argument(call)
    return (np.isinf(x) | (np.abs(x) > 1e18)) & ~np.isfinite(expected)


def lines_with(call, large):
    """The elements in whose line there is one above `large`."""
    x = np.abs(argument(call))
    dim = call.settings.get("dim")
    axes = tuple(int(d) for d in dim.split(",")) if dim else tuple(range(x.ndim))
    return np.broadcast_to((x > large).any(axis=axes, keepdims=True), x.shape)


def beyond_squares(call, name, got, expected):
    large = 1e150 if argument(call).dtype == np.float64 else 1e18
    return lines_with(call, large) if slopes(name) else np.isinf(expected) & np.isfinite(got)


def large(call, name, got, expected):
    limit = 1e6 if argument(call).dtype == np.float64 else 1e3
    return slopes(name) & lines_with(call, limit)


def too_few(call, name, got, expected):
    return np.isnan(got) & slopes(name)


def is_integer(call):
    return "input" in call.tensors and argument(call).dtype.kind in "ib"


def close(got, expected, to):
    with np.errstate(all="ignore"):
        return np.abs(got - expected) <= to * np.maximum(1, np.abs(expected))


def bce(call, name, got, expected):
    z = argument(call)
    return slopes(name) & (close(got, expected, 1e-7) | (z * (1 - z) < 1e-9))


def huber_kink(call, name, got, expected):
    delta = float(call.settings.get("delta", 1.0))
    return name.startswith("second") & (np.abs(argument(call) - argument(call, "target")) == delta)


def divergence(call, name, got, expected):
    x, t = argument(call), argument(call, "target")
    nothing = np.isnan(expected) & ((t == 0) | np.isinf(t) | np.isinf(x) | (np.abs(t) > 700))
    return nothing | (np.isinf(expected) | np.isinf(got)) & ((np.abs(t) > 1e300) | (np.abs(x) > 1e300))


def with_nan(call, name, got, expected):
    return slopes(name) & (np.isnan(argument(call)) | np.isnan(argument(call, "other")))


def mixed(call, name, got, expected):
    a, b = call.tensors["input"], call.tensors.get("other")
    return b is not None and a.dtype != b.dtype and slopes(name) and close(got, expected, 1e-6)


def overwritten(call, name, got, expected):
    """The elements whose index a later one of the plane repeats."""
    index, axes = argument(call, "indices"), int(call.op[-2])
    planes = index.reshape(-1, int(np.prod(index.shape[index.ndim - axes:])))
    later = [[i in row[k + 1:] for k, i in enumerate(row)] for row in planes.tolist()]
    return slopes(name) & np.array(later, dtype=bool).reshape(index.shape)


def unread_triangle(call, name, got, expected):
    """The gradients in the triangle of the factor L that is not read. PyTorch's second derivatives have parts of its
    gradients there, and where the triangle is not 0 the rest of the factor's gradient has too."""
    factor = argument(call, "L")
    ones = np.ones(factor.shape, dtype=bool)
    unread = np.tril(ones, -1) if call.settings.get("upper") == "true" else np.triu(ones, 1)
    if name == "grad.L":
        return unread | np.any(factor[unread] != 0)
    return np.full(got.shape, name.startswith("second"))


def index_repeated_later(call, name, got, expected):
    """The elements of the source whose index a later one repeats."""
    if name not in ("grad.source", "second.source") or got.ndim == 0:
        return np.full(got.shape, False)
    index = argument(call, "index").reshape(-1).tolist()
    later = np.array([i in index[k + 1:] for k, i in enumerate(index)], dtype=bool)
    dim = int(call.settings["dim"]) % got.ndim
    return np.broadcast_to(later.reshape([-1 if axis == dim else 1 for axis in range(got.ndim)]), got.shape)


def short_vectors(call, name, got, expected):
    """The vectors shorter than eps, whose length 0 has the same slopes in both; in second derivatives their partners too."""
    eps, dim = float(call.settings.get("eps", 1e-8)), int(call.settings.get("dim", 1))

    def short(operand):
        length = np.sqrt((argument(call, operand) ** 2).sum(axis=dim, keepdims=True))
        return (0 < length) & (length <= eps)

    if name.startswith("grad"):
        return np.broadcast_to(short(name.split(".")[1]), got.shape)
    either = short("x1") | short("x2")
    same = argument(call, "x1").shape == argument(call, "x2").shape == got.shape
    return name.startswith("second") & np.broadcast_to(either if same else either.any(), got.shape)


LIST = [
    *(Difference(op, "of equal indices the last element stays, and it alone gets the gradient", overwritten)
      for op in ("max_unpool1d", "max_unpool2d", "max_unpool3d")),
    Difference("sign", "a bool counts as an integer, and its sign is int64", form=is_integer),
    *(Difference(op, "a NaN gets the gradient, as in max and min of all elements; PyTorch's is 0/0 for the whole line",
                 lambda call, name, got, expected: slopes(name) & np.isnan(expected)) for op in ("amax", "amin", "aminmax")),
    Difference("binary_cross_entropy", "the slope is that of the clamped logarithm; PyTorch divides by max(z (1 - z), 1e-12)",
               bce),
    *(Difference(op, "the limit at infinity, where PyTorch's formula gives NaN", at_infinity)
      for op in ("silu", "gelu", "softsign", "mish", "hardswish", "sinc", "atan2", "polygamma",
                 "binary_cross_entropy_with_logits")),
    Difference("hardsigmoid", "the slope is 1/6 in float64; PyTorch's is that of float32",
               lambda call, name, got, expected: slopes(name) & close(got, expected, 1e-7)),
    Difference("acosh", "below 1, where the value is NaN, the slope is NaN too",
               lambda call, name, got, expected: slopes(name) & (argument(call) < 1)),
    Difference("cbrt", "the slope at 0 is inf; PyTorch has no such function, and the formula gives NaN",
               lambda call, name, got, expected: slopes(name) & (argument(call) == 0)),
    Difference("addcmul", "compiled with clang, the product is rounded before it is added, to infinity beyond the range; g++ and PyTorch add it exactly",
               lambda call, name, got, expected: (name == "y.0") & np.isnan(got) & np.isinf(expected)),
    Difference("copysign", "the slope is 1 or -1 at infinities too; PyTorch's is the quotient of result and operand",
               lambda call, name, got, expected: np.isinf(argument(call)) & slopes(name)),
    Difference("copysign", "the second derivative is 0; that of PyTorch's quotient is a rounding error",
               lambda call, name, got, expected: name.startswith("second") & (got == 0)),
    *(Difference(op, "digamma's derivative is accurate to a few units in the last place; PyTorch's to ten digits",
                 lambda call, name, got, expected: close(got, expected, 3e-8)) for op in ("digamma", "lgamma", "polygamma")),
    *(Difference(op, "poles have infinite values, with PyTorch's they are large numbers or NaN",
                 lambda call, name, got, expected: np.floor(argument(call)) == argument(call))
      for op in ("digamma", "lgamma", "polygamma")),
    *(Difference(op, "remainders are exact for every divisor; PyTorch's vectors lose those of huge quotients",
                 lambda call, name, got, expected: np.isnan(expected) & ~np.isnan(got)) for op in ("fmod", "remainder")),
    Difference("hypot", "the slopes at (0, 0) are 0", lambda call, name, got, expected: slopes(name) & (got == 0)),
    *(Difference(op, "squares and products that overflow or underflow do no harm",
                 lambda call, name, got, expected: slopes(name) & (
                     (np.abs(argument(call)) < 1e-37) | (np.abs(argument(call, "other")) < 1e-37) |
                     (np.abs(argument(call)) > 1e37) | (np.abs(argument(call, "other")) > 1e37)))
      for op in ("hypot", "atan2")),
    Difference("xlogy", "the logarithm of a number is taken in the dtype of the result",
               lambda call, name, got, expected: slopes(name) & ("other" not in call.tensors) & close(got, expected, 1e-6)),
    Difference("xlogy", "the slopes at (0, 0) are 0", lambda call, name, got, expected: slopes(name) & (got == 0)),
    Difference("logit", "where x is clamped every derivative is 0; PyTorch's second one is NaN at 0 and 1",
               lambda call, name, got, expected: name.startswith("second") & (got == 0)),
    Difference("sinc", "the slope is accurate near 0 too, where the terms of PyTorch's formula cancel",
               lambda call, name, got, expected: slopes(name) & (np.abs(argument(call)) < 0.2)),
    *(Difference(op, "each operand's slope is computed in the dtype of the result, PyTorch's partly in its own", mixed)
      for op in ("xlogy", "atan2", "hypot", "logaddexp", "logaddexp2", "div")),
    *(Difference(op, "the slope at 0 is that of the exponential, and so is its slope; PyTorch's second derivative there is 0",
                 lambda call, name, got, expected: name.startswith("second") & (argument(call) == 0)) for op in ("elu", "celu", "selu")),
    Difference("prelu", "the slope at 0 is the weight, in derivatives too; PyTorch's second derivatives there are 0",
               lambda call, name, got, expected: np.full(got.shape, name.startswith("second") and bool((argument(call) == 0).any()))),
    Difference("celu", "alpha is a double; PyTorch's slope has it in float32",
               lambda call, name, got, expected: slopes(name) & close(got, expected, 3e-7)),
    *(Difference(op, "slopes near the ends of the domain have all their digits; in PyTorch's 1 - x² some cancel",
                 lambda call, name, got, expected: slopes(name) & (np.abs(np.abs(argument(call)) - 1) < 1e-3) & (
                     close(got, expected, 1e-9 if got.dtype == np.float64 else 1e-2)))
      for op in ("asin", "acos", "acosh", "atanh")),
    *(Difference(op, "the slope of NaN is 0; PyTorch's is 0 or 1 by the number of elements",
                 lambda call, name, got, expected: slopes(name) & np.isnan(argument(call)))
      for op in ("hardshrink", "softshrink", "hardtanh", "relu6")),
    Difference("pow", "second derivatives in float32 are differences of terms a thousand times as large, with either's rounding",
               lambda call, name, got, expected: name.startswith("second") & (got.dtype == np.float32) & close(got, expected, 2e-2)),
    Difference("huber_loss", "at the kinks y - t = ±delta the second derivative is that of the square; PyTorch's is 0",
               huber_kink),
    Difference("kl_div", "t ln t and its slope are 0 at t = 0, and infinite arguments have limits; PyTorch gives NaN",
               divergence),
    *(Difference(op, "the gradient is that of softmax; PyTorch's exp(x - y) loses digits where x is large", large)
      for op in ("logsumexp", "logcumsumexp")),
    *(Difference(op, "among equal elements the first is chosen, by mode the last; PyTorch does not say which",
                 lambda call, name, got, expected: np.full(got.shape, name == "y.1")) for op in ("topk", "kthvalue", "mode")),
    *(Difference(op, "the slope of NaN is NaN; PyTorch's is 0",
                 lambda call, name, got, expected: slopes(name) & np.isnan(argument(call) + argument(call, "target")))
      for op in ("l1_loss", "smooth_l1_loss")),
    *(Difference(op, "the slope is the product of the others, and that of 0 and infinity is NaN, which PyTorch gives elsewhere",
                 lambda call, name, got, expected: slopes(name) & (np.isnan(got) | np.isnan(expected) | np.isinf(got))) for op in ("prod", "cumprod")),
    *(Difference(op, "products are finite where those of float32 overflow on the way",
                 lambda call, name, got, expected: np.isinf(expected) & np.isfinite(got)) for op in ("prod", "cumprod")),
    Difference("nanmean", "an element that is NaN gets no gradient, also where there is no other",
               lambda call, name, got, expected: np.isnan(argument(call)) if slopes(name) else False),
    *(Difference(op, "the side that is NaN gets the gradient; PyTorch sends the whole gradient to both", with_nan)
      for op in ("maximum", "minimum")),
    *(Difference(op, "a mean is finite where the sum of the elements is not",
                 lambda call, name, got, expected: ~np.isfinite(expected) & np.isfinite(got))
      for op in ("mean", "nanmean", "avg_pool1d", "avg_pool2d", "avg_pool3d", "adaptive_avg_pool1d", "adaptive_avg_pool2d",
                 "adaptive_avg_pool3d")),
    Difference("lerp", "a weight of 1 gives the end, and one between the mean of infinitely distant ends, where PyTorch's formula gives NaN",
               lambda call, name, got, expected: ~np.isfinite(expected)),
    *(Difference(op, "squares that overflow do no harm", beyond_squares) for op in ("var", "std", "var_mean", "std_mean")),
    *(Difference(op, "a variance that is NaN, of one element or fewer than the correction, has gradients that are NaN",
                 too_few) for op in ("var", "std", "var_mean", "std_mean")),
    *(Difference(op, "a mean is that of mean(), infinite where an element is; PyTorch's is NaN there",
                 lambda call, name, got, expected: (name == "y.1") & np.isnan(expected)) for op in ("var_mean", "std_mean")),
    Difference("pow", "where the power, or the slope by the other operand, is 0, the slope is 0; PyTorch gives 0 times infinity",
               lambda call, name, got, expected: slopes(name) & np.isnan(expected) & (
                   (got == 0) | is_integer(call) | (argument(call) == 0))),
    Difference("pow", "where the exponent minus 1 rounds to -1, neither result has correct digits",
               lambda call, name, got, expected: slopes(name) & (np.abs(argument(call, "other")) < 1e-16)),
    Difference("pow", "logarithms are taken in the dtype of the result; PyTorch takes them in that of the base", mixed),
    Difference("pow", "an integer to a negative power is an error; PyTorch's is 0", refusal="an integer cannot be raised"),
    *(Difference(op, "two numbers without a tensor give the dtype of C++'s literals, float64; PyTorch float32",
                 form=lambda call: not set(call.tensors) - {"condition"}) for op in ("add", "sub", "mul", "div", "floor_divide", "where")),
    *(Difference(op, "the slope of NaN is NaN; PyTorch's is that of the line above 0 or NaN, by the number of elements",
                 lambda call, name, got, expected: slopes(name) & np.isnan(argument(call))) for op in ("elu", "celu", "selu")),
    Difference("sum_to", "a bool that has the target's shape already stays a bool", form=is_integer),
    Difference("arange", "a step that is not whole gives float64, the dtype of C++'s literals; PyTorch float32",
               form=lambda call: "dtype" not in call.settings),
    *(Difference(op, "integers are not multiplied", refusal="only float32 and float64 are multiplied")
      for op in ("matmul", "linear", "dot", "vdot", "mv", "mm", "bmm", "addmm", "addmv", "baddbmm", "inner", "tensordot", "conv1d", "conv2d", "conv3d",
                 "conv_transpose1d", "conv_transpose2d", "conv_transpose3d")),
    Difference("multi_dot", "integers are not multiplied", refusal="all must be float32 or all float64"),
    *(Difference(op, "the triangle of the factor that is not read has gradient 0", unread_triangle)
      for op in ("cholesky_solve", "cholesky_inverse")),
    Difference("cosine_similarity", "at a vector shorter than eps the slope is that of the division by eps; PyTorch's is that of the length",
               short_vectors),
    Difference("layer_norm", "the exact slope of a row of one element is 0; both libraries give a rounding error",
               lambda call, name, got, expected: slopes(name) & np.broadcast_to(argument(call).shape[-1] == 1, got.shape)),
    *(Difference(op, "integers have no means or products", refusal="only float32 and float64 will do")
      for op in ("avg_pool1d", "avg_pool2d", "avg_pool3d", "bilinear")),
    *(Difference(op, "integers and bools are not pooled, unfolded or dropped", refusal="only float32 and float64 will do")
      for op in ("max_pool1d", "max_pool2d", "max_pool3d", "max_pool1d_with_indices", "max_pool2d_with_indices",
                 "max_pool3d_with_indices", "nn_unfold", "feature_alpha_dropout")),
    *(Difference(op, "a loss does not broadcast its operands", refusal="losses do not broadcast")
      for op in ("gaussian_nll_loss", "hinge_embedding_loss", "margin_ranking_loss")),
    Difference("index_copy", "of a repeated index the last value stays, and it alone gets a gradient", index_repeated_later),
    Difference("scatter_reduce", "without the old elements, a source that ties with one for amax or amin has its whole gradient; PyTorch's loses the old one's share",
               lambda call, name, got, expected: (np.abs(got) > np.abs(expected)) & (
                   slopes(name) and call.settings.get("reduce") in ("amax", "amin") and call.settings.get("include_self") == "false")),
    Difference("to", "a number that int64 cannot hold is an error", refusal="the integer must lie in"),
    *(Difference(op, "an eps that is not positive is an error", refusal="eps must be positive") for op in (
        "layer_norm", "group_norm", "rms_norm")),
    Difference("instance_norm", "a momentum outside [0, 1] is an error", refusal="momentum must lie in [0, 1]"),
    *(Difference(op, "an input needs the axes (N, C), also where nothing is dropped", refusal="the input must have axes (N, C, ...)")
      for op in ("feature_alpha_dropout",)),
    *(Difference(op, "an input needs an axis of classes, and the label of one row is a number", refusal=refusal)
      for op in ("multi_margin_loss", "multilabel_margin_loss") for refusal in ("it must be (N, C) or (C)", "labels for it are int64 of shape ()")),
    Difference("batch_norm", "a momentum outside [0, 1] is an error", refusal="momentum must lie in [0, 1]"),
    Difference("batch_norm", "an input needs the axes (N, C)", refusal="the input must have axes (N, C)"),
    *(Difference(op, "trigamma and polygamma are right to 1e-14, of orders beyond 170 to 1e-12, and in float32 near poles too; PyTorch's to about 1e-9, and near poles to no digit",
                 lambda call, name, got, expected: close(got, expected, 1e-8) | (got.dtype == np.float32) & (
                     close(got, expected, 2e-2) | (np.abs(argument(call) - np.round(argument(call))) < 1e-3)))
      for op in ("digamma", "lgamma", "polygamma")),
    Difference("ctc_loss", "gradients in float32 are right to 1e-6; PyTorch's to 1e-4",
               lambda call, name, got, expected: slopes(name) & (got.dtype == np.float32) & close(got, expected, 3e-4)),
    *(Difference(op, "logarithms and quotients are taken in the dtype of the result; PyTorch takes them in that of an operand",
                 lambda call, name, got, expected: slopes(name) & close(got, expected, 1e-6)) for op in ("xlogy", "atan2", "logaddexp2")),
    *(Difference(op, "at the edge of the domain the value or slope is a number, where PyTorch's formula gives NaN",
                 lambda call, name, got, expected: np.isnan(expected) & ~np.isnan(got))
      for op in ("atan2", "cbrt", "celu", "selu", "copysign", "fmod", "remainder", "hardswish", "hypot", "logit", "mish", "sinc",
                 "xlogy", "polygamma")),
    *(Difference(op, "outside of the domain, and of NaN, the slope is NaN", lambda call, name, got, expected: slopes(name) & np.isnan(got))
      for op in ("acosh", "logit", "l1_loss", "smooth_l1_loss")),
    *(Difference(op, "at a pole and at infinity the value is the limit or NaN; PyTorch's is that of a rounded argument",
                 lambda call, name, got, expected: ~np.isfinite(got) | ~np.isfinite(argument(call)))
      for op in ("digamma", "lgamma", "polygamma")),
    *(Difference(op, "slopes have all their digits also where squares underflow",
                 lambda call, name, got, expected: slopes(name) & (np.abs(argument(call)) + np.abs(argument(call, "other")) < 1e-37))
      for op in ("hypot", "atan2")),
]
