"""Samples of PyTorch's own op database as calls."""

import inspect
import itertools
import sys
import types
import unittest

import torch

from comparison import binding
from comparison.calls import Inexpressible
from comparison.samples import BOOL, F32, F64, I64


OTHER_OPS = {"put"}  # have another meaning there
MORE_WITHOUT_GRADIENTS = {"nn.functional.multi_head_attention_forward"}  # has one setting alone with them


def entries():
    """The database. One module that it imports but does not need may be missing."""
    try:
        import expecttest  # noqa: F401
    except ImportError:
        stub = types.ModuleType("expecttest")
        stub.TestCase = unittest.TestCase
        sys.modules["expecttest"] = stub
    from torch.testing._internal.common_methods_invocations import op_db
    return op_db


def matching(rows):
    """The entries of the database for each row that has any."""
    names, others = {}, {name: (*row.database, *binding.ENTRIES.get(name, ())) for name, row in rows.items()}
    for row in rows.values():
        for name in dict.fromkeys((row.name, f"nn.functional.{row.name}", f"linalg.{row.name}", f"special.{row.name}", *others[row.name])):
            names.setdefault(name, []).append(row)
    for name in OTHER_OPS:
        names.pop(name, None)
    # `transpose` there is swapaxes here, and `permute` is transpose.
    for name in {n for list_ in others.values() for n in list_}:
        names[name] = [row for row in names[name] if name in others[row.name] or row.name == name]
        if name == "transpose":
            names[name] = [rows["swapaxes"]]
    found = {}
    for entry in entries():
        for row in names.get(entry.name, ()):
            found.setdefault(row.name, []).append(entry)
    return found


def plain(sample):
    """A sample without the arguments that say what holds anyway."""
    usual = {"device": "cpu", "requires_grad": False, "layout": torch.strided}
    sample.kwargs = {k: v for k, v in sample.kwargs.items() if not (k in usual and str(v) == str(usual[k]))}
    return sample


def bound(row, sample, entry):
    """The arguments of the row, or nothing if another one takes the sample."""
    sample = plain(sample)
    try:
        if row.name in binding.BINDS:
            return binding.BINDS[row.name](sample, entry)
    except binding.Elsewhere:
        return None
    except (TypeError, IndexError, AttributeError, KeyError) as error:
        raise Inexpressible(str(error)) from None
    if row.bind:
        try:
            return row.bind(sample)
        except (TypeError, IndexError, AttributeError) as error:
            raise Inexpressible(str(error)) from None
    signature = inspect.signature(row.function)
    try:
        return dict(signature.bind(sample.input, *sample.args, **sample.kwargs).arguments)
    except TypeError as error:
        extra = [k for k in sample.kwargs if k not in signature.parameters]
        raise Inexpressible(f"the argument {', '.join(extra)}" if extra else str(error)) from None


def samples(entry, references=False):
    """All samples of the dtypes that exist here."""
    for dtype in [F64, F32, I64, BOOL]:
        if not entry.supports_dtype(dtype, "cpu"):
            continue
        wanted = entry.supports_autograd and dtype.is_floating_point and entry.name not in MORE_WITHOUT_GRADIENTS
        make = entry.reference_inputs if references else entry.sample_inputs
        count = 0
        try:
            for sample in make("cpu", dtype, requires_grad=wanted):
                count += 1
                yield sample
        except (ValueError, RuntimeError):  # some generators want gradients of integers too
            try:
                yield from itertools.islice(make("cpu", dtype, requires_grad=False), count, None)
            except (ValueError, RuntimeError) as error:  # or refuse a dtype that their op supports
                print(f"{entry.name}: its samples of {str(dtype).replace('torch.', '')} end early: {error}")
