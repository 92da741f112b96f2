"""How samples of PyTorch's database become the arguments of rows: where the names or their order are others, where an entry is
an op here under another name, and where one entry belongs to several rows."""

import torch

from comparison.calls import NAMES as DTYPES
from comparison.calls import Inexpressible


class Elsewhere(Exception):
    """A sample that another row takes."""


def named(sample, names):
    """The arguments by name, the positional ones in this order."""
    names = names.split()
    if 1 + len(sample.args) > len(names):
        raise Inexpressible("too many positional arguments")
    return {**dict(zip(names, [sample.input, *sample.args])), **sample.kwargs}


def without(given, **usual):
    """The arguments less those that have their usual value. Others cannot be expressed."""
    for name, value in usual.items():
        if name in given and given.pop(name) not in (value if isinstance(value, list) else [value]):
            raise Inexpressible(f"the argument {name}")
    return given


def takes(names, rename=(), drop=(), **usual):
    """These names, of which some are dropped and some have another name in the row."""
    def bind(sample, entry):
        given = {k: v for k, v in without(named(sample, names), **usual).items() if k not in drop}
        for old, new in dict(rename).items():
            if old in given:
                given[new] = given.pop(old)
        return given
    return bind


def swapped(a="input", b="other", **usual):
    """An op whose operands the database has the other way round."""
    return lambda sample, entry: without({b: sample.input, **dict(zip([a], sample.args)), **sample.kwargs}, **usual)


REVERSED = {"rsub", "__rsub__", "__rdiv__", "__rmod__", "__rpow__", "__rmatmul__", "__rand__", "__ror__", "__rxor__"}


def two(sample, entry):
    """The two operands, as a - b or as a.__rsub__(b)."""
    if entry.name in REVERSED:
        return swapped(alpha=1)(sample, entry)
    return without(named(sample, "input other"), alpha=1)


def cast(names="input dim"):
    """PyTorch converts to `dtype` first, which is written x.to(dtype) here."""
    def bind(sample, entry):
        given = named(sample, names)
        dtype = given.pop("dtype", None)
        if dtype is not None:
            if dtype not in DTYPES:
                raise Inexpressible(f"dtype {str(dtype).replace('torch.', '')}")
            given["input"] = given["input"].detach().to(dtype)
        return given
    return bind


def listed(sample, entry):
    """Tensors as a list or one by one."""
    tensors = sample.input if isinstance(sample.input, (list, tuple)) else [sample.input, *sample.args]
    return {"tensors": list(tensors), **sample.kwargs}


def only_one(sample, entry):
    if isinstance(sample.input, (list, tuple)) or sample.args:
        raise Inexpressible("a list of tensors")
    return {"input": sample.input}


def pooled(with_indices):
    def bind(sample, entry):
        given = named(sample, "input kernel_size stride padding dilation ceil_mode return_indices")
        if given.pop("return_indices", False) != with_indices:
            raise Elsewhere
        return given
    return bind


def pooled_to(with_indices):
    """Sizes that stay are None there and -1 here."""
    def bind(sample, entry):
        given = named(sample, "input output_size return_indices")
        if given.pop("return_indices", False) != with_indices:
            raise Elsewhere
        size = given["output_size"]
        given["output_size"] = [-1 if n is None else n for n in (size if isinstance(size, (list, tuple)) else [size])]
        return given
    return bind


def norm_of_all(sample, entry):
    """linalg.norm of a whole matrix, or of all numbers as a vector; others are vector_norm and matrix_norm here."""
    given = named(sample, "A ord dim keepdim")
    if given.get("dim") is not None or given.get("keepdim") or given.get("ord") is not None and given["A"].dim() < 2:
        raise Elsewhere
    return without(given, dim=None, keepdim=False)


def norm_along(sample, entry):
    """linalg.norm, and norm with a word, of vectors or of matrices."""
    given = named(sample, "input ord dim keepdim" if entry.name != "norm" else "input p dim keepdim")
    if entry.name == "norm":
        given["ord"] = given.pop("p", None)
    elif given.get("dim") is None:
        if not given.get("keepdim") and (given.get("ord") is None or given["input"].dim() > 1):
            raise Elsewhere
        if given.get("ord") is not None and given["input"].dim() == 2:
            given["dim"] = (-2, -1)
    return given


def norms_of_vectors(sample, entry):
    if entry.name == "linalg.vector_norm":
        return named(sample, "input ord dim keepdim")
    given = norm_along(sample, entry)
    if entry.name == "norm" or isinstance(given.get("dim"), (list, tuple)):
        raise Elsewhere
    return {k: v for k, v in given.items() if v is not None}


def norms_of_matrices(sample, entry):
    if entry.name == "linalg.matrix_norm":
        return named(sample, "input ord dim keepdim")
    given = norm_along(sample, entry)
    if entry.name == "norm" and not isinstance(given["ord"], str):
        raise Elsewhere
    if not isinstance(given.get("dim"), (list, tuple)) or len(given["dim"]) != 2:
        if entry.name == "norm" and given.get("dim") is None and given["input"].dim() == 2:
            given["dim"] = (-2, -1)
        else:
            raise Elsewhere
    return {k: v for k, v in given.items() if v is not None}


def norms(sample, entry):
    given = named(sample, "input p dim keepdim")
    if isinstance(given.get("p"), str):
        raise Elsewhere
    return given


def decomposed(sample, entry):
    """Of the full matrices only those are unique that are no larger than the reduced ones."""
    given = {"A": sample.input, **sample.kwargs}
    full = given.pop("full_matrices", not given.pop("some", True)) if entry.name == "linalg.svd" else not given.pop("some", True)
    if not given.pop("compute_uv", True):
        raise Inexpressible("singular values alone, which are svdvals here")
    if full and sample.input.shape[-1] != sample.input.shape[-2]:
        raise Inexpressible("full matrices, of which some columns are free")
    return given


def triangular(sample, entry):
    given = {"A": sample.input, **dict(zip(["B"], sample.args)), **sample.kwargs}
    if entry.name == "triangular_solve":
        given = {"B": sample.input, **dict(zip(["A"], sample.args)), **sample.kwargs}
        if given.pop("transpose", False):
            raise Inexpressible("a system that is transposed")
        given.setdefault("upper", True)
    return given


def searched(names):
    def bind(sample, entry):
        given = without(named(sample, names), out_int32=False, sorter=None)
        if given.pop("side", None) == "right":
            given["right"] = True
        return given
    return bind


def converted(sample, entry):
    """to(dtype), and the methods that have the dtype in their name."""
    names = {"double": torch.float64, "float": torch.float32, "long": torch.int64, "bool": torch.bool}
    dtypes = [x.dtype if isinstance(x, torch.Tensor) else x for x in sample.args if isinstance(x, (torch.Tensor, torch.dtype))]
    dtype = names.get(entry.name, sample.kwargs.get("dtype", dtypes[0] if dtypes else sample.input.dtype))
    return {"input": sample.input, "dtype": dtype}


def bagged(sample, entry):
    return {("weight" if k == "input" else "input" if k == "indices" else k): v
            for k, v in named(sample, "input indices offsets").items() if v is not None}


def cut(name):
    """One size or several, which are two rows here."""
    def bind(sample, entry):
        given = named(sample, f"input {name} dim")
        if isinstance(given[name], int) != (name == "split_size"):
            raise Elsewhere
        return given
    return bind


def split_list(sample, entry):
    given = named(sample, "input split_sizes dim")
    if "split_size" in given:
        given["split_sizes"] = given.pop("split_size")
    if isinstance(given["split_sizes"], int):
        raise Elsewhere
    return given


def parted(sample, entry):
    given = named(sample, "input sections dim")
    how = given.pop("sections")
    how = how.tolist() if isinstance(how, torch.Tensor) else how
    given["sections" if isinstance(how, int) else "indices"] = how
    return given


def sliced(sample, entry):
    from comparison.table_indexing import write

    tensors = []
    if entry.name == "slice":
        given = {"dim": 0, "start": None, "end": None, "step": 1, **named(sample, "input dim start end step")}
        key = (slice(None),) * given["dim"] + (slice(given["start"], given["end"], given["step"]),)
    else:
        key = sample.args[0]
    return {"input": sample.input, "index": write(key, tensors), **({"tensors": tensors} if tensors else {})}


def ranged(sample, entry):
    numbers = [sample.input, *sample.args]
    given = dict(zip(["end"] if len(numbers) == 1 else ["start", "end", "step"], numbers))
    return without({**given, **sample.kwargs}, requires_grad=False)


def spaced(sample, entry):
    given = {k: v.item() if isinstance(v, torch.Tensor) else v for k, v in named(sample, "start end steps").items()}
    return {**without(given, requires_grad=False), "dtype": given.get("dtype", torch.float32)}


def whole(sample, entry):
    return without({"offset": 0, **named(sample, "row col offset")}, dtype=torch.int64)


def paths(sample, entry):
    given = named(sample, "logits targets input_lengths target_lengths blank reduction zero_infinity")
    for name in ["input_lengths", "target_lengths"]:
        given[name] = torch.as_tensor(given[name])
    return given


def turned(sample, entry):
    return {"k": 1, "dims": (0, 1), **named(sample, "input k dims")}


def attended(sample, entry):
    if sample.kwargs.get("dropout_p", 0) > 0:
        raise Inexpressible("random numbers")
    return named(sample, "query key value attn_mask dropout_p is_causal")


def of_heads(sample, entry):
    """The module has one matrix for the three projections where their sizes are those of its outputs."""
    given = named(sample, "query key value embed_dim_to_check num_heads in_proj_weight in_proj_bias bias_k bias_v add_zero_attn dropout_p "
                          "out_proj_weight out_proj_bias")
    if given.pop("dropout_p") > 0 and given.get("training", True):
        raise Inexpressible("random numbers")
    parts = [given.pop(f"{name}_proj_weight", None) for name in "qkv"]
    if given.pop("use_separate_proj_weight", False):
        given["in_proj_weight"] = torch.cat(parts)
    given.pop("embed_dim_to_check")
    for name in ["in_proj_weight", "in_proj_bias"]:  # scores of thousands leave gradients few digits in either library
        given[name] = given[name].detach() / 64
    return without({k: v for k, v in given.items() if v is not None}, training=[True, False], need_weights=True)


def extremes(sample, entry):
    """max and min of two tensors."""
    if len(sample.args) != 1 or not isinstance(sample.args[0], torch.Tensor) or sample.kwargs:
        raise Elsewhere
    return named(sample, "input other")


def extremes_of_one(sample, entry):
    if sample.args and isinstance(sample.args[0], torch.Tensor):
        raise Elsewhere
    return named(sample, "input dim keepdim")


def inverted(sample, entry):
    if sample.args and isinstance(sample.args[0], torch.Tensor):  # a singular matrix as a product
        return {"input": (sample.input @ sample.args[0].mT).detach(), **sample.kwargs}
    if entry.name == "pinverse":
        return {"input": sample.input, **{"rtol": v for v in sample.args}, **{"rtol": v for v in sample.kwargs.values()}}
    return without(named(sample, "input"), hermitian=False)


def bounded(sample, entry):
    if entry.name in ("clamp_min", "clamp_max"):
        return {"input": sample.input, entry.name[6:]: sample.args[0]}
    return named(sample, "input min max")


def transposed(sample, entry):
    if entry.name in ("mT", "mH"):
        return {"input": sample.input, "dim0": -2, "dim1": -1}
    return named(sample, "input dim0 dim1")


def resized(sample, entry):
    given = named(sample, "input size scale_factor mode align_corners recompute_scale_factor")
    if entry.name.startswith("nn.functional.upsample"):
        given["mode"] = "bilinear" if entry.name.endswith("bilinear") else "nearest"
        if given["mode"] == "bilinear":
            given["align_corners"] = True
    return without(given, antialias=False)


def masked(sample, entry):
    given = cast()(sample, entry)
    if given.get("mask") is None:
        raise Inexpressible("no mask")
    return given


def leaky(sample, entry):
    given = named(sample, "input lower upper training")
    if given.pop("training", False):
        raise Inexpressible("random numbers")
    return given


def put_in(sample, entry):
    given = named(sample, "input indices values accumulate")
    given["indices"] = list(given["indices"]) if isinstance(given["indices"], (tuple, list)) else [given["indices"]]
    return given


def sized(sample, entry):
    """Sizes one by one or as a list."""
    size = sample.args[0] if len(sample.args) == 1 and not isinstance(sample.args[0], int) else sample.args
    return {"input": sample.input, "size": tuple(size), **sample.kwargs}


def filled(sample, entry):
    """Tensors of one number: by a shape, or by the shape and dtype of another tensor."""
    given = without(dict(sample.kwargs), memory_format=torch.preserve_format, requires_grad=False)
    if entry.name.endswith("_like"):
        given = without(given, dtype=sample.input.dtype)
    if entry.name.endswith("_like"):
        return {"input": sample.input, **dict(zip(["fill_value"], sample.args)), **given}
    size = sample.input if isinstance(sample.input, (list, tuple, torch.Size)) else [sample.input]
    return {"size": list(size), **dict(zip(["fill_value"], sample.args)), **given}


# The entries that are ops here under another name, by row.
ENTRIES = {
    "matmul": ["matmul"], "sub": ["rsub", "__rsub__"], "div": ["__rdiv__"], "remainder": ["__rmod__"], "pow": ["__rpow__"],
    "bitwise_and": ["__rand__"], "bitwise_or": ["__ror__"], "bitwise_xor": ["__rxor__"],
    "clamp": ["clamp_min", "clamp_max"], "to": ["double", "float", "long", "bool"],
    "reshape": ["view_copy"], "flatten": ["ravel"], "expand": ["expand_copy"], "transpose": ["permute_copy"],
    "swapaxes": ["transpose_copy", "mT", "mH"], "t": ["t_copy", "T"], "unbind": ["unbind_copy"], "unfold": ["unfold_copy"],
    "squeeze": ["squeeze_copy"], "unsqueeze": ["unsqueeze_copy"], "split_with_sizes": ["split", "unsafe_split", "split_with_sizes_copy"],
    "split": ["split", "unsafe_split"], "chunk": ["unsafe_chunk"], "diagonal": ["diagonal_copy"], "narrow": ["narrow_copy"],
    "reshape_as": ["view_as"], "pad": ["constant_pad_nd"], "interpolate": ["nn.functional.upsample_bilinear", "nn.functional.upsample_nearest"],
    "inverse": ["linalg.inv_ex"], "cholesky": ["linalg.cholesky_ex"], "solve": ["linalg.solve_ex"], "pinv": ["pinverse"],
    "matrix_norm": ["linalg.matrix_norm", "linalg.norm", "norm"], "vector_norm": ["linalg.norm"], "norm": ["norm"],
    "linalg_norm": ["linalg.norm"], "nn_unfold": ["nn.functional.unfold"], "masked_softmax": ["masked.softmax"],
    **{f"max_pool{n}d{end}": [f"nn.functional.max_pool{n}d"] for n in (1, 2, 3) for end in ("", "_with_indices")},
    **{f"adaptive_max_pool{n}d{end}": [f"nn.functional.adaptive_max_pool{n}d"] for n in (1, 2, 3) for end in ("", "_with_indices")},
    "zeros_like": ["zeros_like"],
    "nn_multihead_attention": ["nn.functional.multi_head_attention_forward"], "max": ["max"], "min": ["min"],
}

BINDS = {
    **{name: two for name in ["add", "sub", "mul", "div", "remainder", "pow", "bitwise_and", "bitwise_or", "bitwise_xor", "matmul"]},
    **{name: cast() for name in ["softmax", "log_softmax", "softmin", "cumsum", "cumprod"]},
    "prod": cast("input dim keepdim"), "sum": cast("input dim keepdim"), "mean": cast("input dim keepdim"),
    **{name: listed for name in ["broadcast_tensors", "cartesian_prod", "meshgrid"]},
    **{name: only_one for name in ["atleast_1d", "atleast_2d", "atleast_3d"]},
    **{f"max_pool{n}d{end}": pooled(bool(end)) for n in (1, 2, 3) for end in ("", "_with_indices")},
    **{f"adaptive_max_pool{n}d{end}": pooled_to(bool(end)) for n in (1, 2, 3) for end in ("", "_with_indices")},
    **{f"adaptive_avg_pool{n}d": pooled_to(False) for n in (1, 2, 3)},
    **{name: filled for name in ["full", "zeros", "ones", "full_like", "zeros_like", "ones_like"]},
    "topk": takes("input k dim largest sorted", sorted=True),
    "unique": takes("input", drop=("sorted", "return_inverse", "return_counts")),
    "searchsorted": searched("sorted_sequence input"), "bucketize": searched("input boundaries"),
    "svd": decomposed, "linalg_norm": norm_of_all, "matrix_norm": norms_of_matrices, "vector_norm": norms_of_vectors, "norm": norms,
    "lstsq": takes("A B rcond", drop=("driver", "rcond")), "triangular_solve": triangular, "to": converted,
    "nonzero": takes("input", as_tuple=False), "pinv": inverted, "embedding_bag": bagged, "split": cut("split_size"), "split_with_sizes": split_list,
    "embedding": swapped("input", "weight"), "nn_embedding": swapped("input", "weight"), "tensor_split": parted,
    "narrow": lambda s, e: {**(g := named(s, "input dim start length")), "start": int(g["start"])},
    "arange": ranged, "linspace": spaced, "tril_indices": whole, "triu_indices": whole, "ctc_loss": paths, "rot90": turned,
    "cdist": takes("x1 x2 p compute_mode", drop=("compute_mode",)), "scaled_dot_product_attention": attended,
    "nn_multihead_attention": of_heads, "slice": sliced, "maximum": extremes, "minimum": extremes, "max": extremes_of_one, "min": extremes_of_one,
    "repeat_interleave": takes("input repeats dim", drop=("output_size",)),
    "clamp": bounded, "swapaxes": transposed, "interpolate": resized, "masked_softmax": masked, "rrelu": leaky, "index_put": put_in,
    "sum_to": sized, "where": lambda s, e: {"condition": s.args[0], "input": s.input, **dict(zip(["other"], s.args[1:]))},
    "polygamma": lambda s, e: {"n": s.args[0], "input": s.input}, "pad": takes("input pad mode value") ,
    "solve": takes("A B", left=True, check_errors=[True, False]), "inverse": takes("input", check_errors=[True, False]),
    "cholesky": takes("input upper", check_errors=[True, False]), "allclose": takes("input other rtol atol equal_nan"),
}
BINDS["pad"] = lambda s, e: named(s, "input pad value" if e.name == "constant_pad_nd" else "input pad mode value")
