"""Calls of ops by name: how they are written for the program call_ops, and how what it answers is read.

The format is described in tests/golden/call.hpp.
"""

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch

DTYPES = {"F64": np.float64, "F32": np.float32, "I64": np.int64, "BOOL": np.bool_}
NAMES = {torch.float64: "float64", torch.float32: "float32", torch.int64: "int64", torch.bool: "bool"}


class Inexpressible(Exception):
    """An argument that the library cannot be given."""


class Call:
    """One call: the op's name here, its arguments by PyTorch's names, and what PyTorch gives for them."""

    def __init__(self, op, arguments, constants=()):
        self.op = op
        self.tensors, self.settings = {}, {}
        for name, value in arguments.items():
            self.add(name, value)
        self.constants = set(constants)
        self.wants, self.expected, self.extra = [], {}, {}

    def add(self, name, value):
        if value is None:
            return
        if isinstance(value, torch.Tensor):
            if value.dtype not in NAMES:
                raise Inexpressible(f"dtype {str(value.dtype).replace('torch.', '')}")
            if value.is_sparse:
                raise Inexpressible("a sparse tensor")
            # A copy, since some generators of samples go on to change what they have given.
            self.tensors[name] = value.detach().clone(memory_format=torch.contiguous_format)
        elif isinstance(value, (list, tuple)) and any(isinstance(v, torch.Tensor) for v in value):
            for i, part in enumerate(value):
                self.add(f"{name}.{i}", part)
        else:
            self.settings[name] = text_of(name, value)

    def header(self, notes=()):
        parts = [f"op={self.op}"] + [f"{k}={v}" for k, v in self.settings.items()]
        if self.tensors:
            parts.append("needs=" + ",".join(self.tensors))
        if self.wants:
            parts.append("wants=" + ",".join(self.wants))
        return ";".join(parts + [f"_{k}={v}" for k, v in dict(notes).items()])

    def text(self):
        shown = [f"{k} {tuple(v.shape)} {NAMES[v.dtype]}" for k, v in self.tensors.items()]
        return f"{self.op}({', '.join(shown + [f'{k}={v}' for k, v in self.settings.items()])})"


def text_of(name, value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, str)):
        return str(value)
    if isinstance(value, torch.dtype):
        if value not in NAMES:
            raise Inexpressible(f"dtype {str(value).replace('torch.', '')}")
        return NAMES[value]
    if isinstance(value, (list, tuple)):
        return ",".join(text_of(name, v) for v in value)
    raise Inexpressible(f"a {type(value).__name__} as {name}")


def save(path, tensors, metadata):
    """A safetensors file."""
    codes = {np.dtype(v): k for k, v in DTYPES.items()}
    header, data, at = {"__metadata__": metadata}, [], 0
    for name, x in tensors.items():
        x = np.ascontiguousarray(x).reshape(np.shape(x))
        header[name] = {"dtype": codes[x.dtype], "shape": list(x.shape), "data_offsets": [at, at + x.nbytes]}
        data.append(x.tobytes())
        at += x.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    content = len(text).to_bytes(8, "little") + text + b"".join(data)
    if path is not None:
        Path(path).write_bytes(content)
    return content


def load(path):
    content = Path(path).read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        part = np.frombuffer(content[8 + size + first : 8 + size + last], DTYPES[entry["dtype"]])
        tensors[name] = part.reshape(entry["shape"])
    return tensors, metadata


def content_of(calls, expected=False, notes=None):
    """The tensors and metadata of a file of calls, with PyTorch's answers where asked for."""
    tensors, metadata = {}, {}
    for i, call in enumerate(calls):
        key = f"{i:05}"
        metadata[key] = call.header(notes(call) if notes else ())
        parts = {**call.tensors, **call.extra, **(call.expected if expected else {})}
        for name, x in parts.items():
            tensors[f"{key}.{name}"] = x.numpy() if isinstance(x, torch.Tensor) else x
    return tensors, metadata


def answers(program, calls):
    """What the library gives for each call: a dictionary of arrays, or the text of its error."""
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "calls", Path(folder) / "outcomes"
        save(given, *content_of(calls))
        subprocess.run([program, given, found], check=True)
        tensors, errors = load(found)
    result = [errors.get(f"{i:05}", {}) for i in range(len(calls))]
    for name, x in tensors.items():
        key, _, part = name.partition(".")
        if isinstance(result[int(key)], dict):
            result[int(key)][part] = x
    return result
