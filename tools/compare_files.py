#!/usr/bin/env python3
"""Exchanges files with NumPy and with the reference implementation of safetensors.

    cmake --build build/release --target convert_files
    tools/compare_files.py build/release/tests/convert_files                    compares, a minute
    tools/compare_files.py build/release/tests/convert_files --record tests/golden/files

Arrays of every dtype, order and byte order, of many shapes, are written by NumPy and by safetensors, converted into
every format by the library, and read back by them: values must be the same bits, order and names the same, and what the
library writes by default the same bytes. --record writes the small files that the tests read. Needs
NumPy, safetensors and PyTorch (for bfloat16).
"""

import argparse
import json
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
from safetensors.torch import load_file as load_torch
from safetensors.torch import save_file as save_torch

SHAPES = [(), (0,), (1,), (5,), (2, 3), (3, 0, 2), (1, 4, 1, 2), (300, 70)]


def arrays(rng):
    """Arrays of all dtypes that are read, by name, with extremes among their numbers."""
    result = {}
    for code in ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]:
        for shape in SHAPES:
            count = int(np.prod(shape, dtype=np.int64))
            if code == "b1":
                x = rng.integers(0, 2, count).astype(bool)
            elif code[0] in "iu":
                info = np.iinfo(code)
                top = min(info.max, 2**63 - 1)
                x = rng.integers(info.min, top, count, dtype=code, endpoint=True)
                x[:2] = [info.min, top][:count]
            else:
                x = (rng.standard_normal(count) * 10.0 ** rng.integers(-4, 4, count)).astype(code)
                x[:5] = np.array([np.nan, np.inf, -np.inf, -0.0, np.finfo(code).smallest_subnormal])[:count].astype(code)
            result[f"{code}_{'x'.join(map(str, shape)) or 'scalar'}"] = x.reshape(shape)
    return result


def widened(x):
    kind = x.dtype.kind
    if kind == "f":
        return x.astype("f8" if x.dtype.itemsize == 8 else "f4")
    return x.astype(bool if kind == "b" else "i8")


def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


class Checks:
    def __init__(self, program, folder):
        self.program, self.folder, self.failed, self.count = program, Path(folder), 0, 0

    def path(self, name):
        return str(self.folder / name)

    def convert(self, source, target, *words):
        done = subprocess.run([self.program, source, target, *words], capture_output=True, text=True)
        self.holds(done.returncode == 0, f"{source} to {target}: {done.stderr.strip()}")
        return target

    def holds(self, condition, what):
        self.count += 1
        if not condition:
            self.failed += 1
            print("  " + what)

    def all_same(self, found, expected, what):
        self.holds(list(found) == list(expected), f"{what}: other names or another order")
        for name in expected:
            if name in found:
                self.holds(same(found[name], expected[name]), f"{what}: {name} differs")


def npz(checks, all_arrays):
    expected = {name: widened(x) for name, x in all_arrays.items()}
    for save in [np.savez, np.savez_compressed]:
        source = checks.path(f"numpy_{save.__name__}.npz")
        save(source, **all_arrays)
        for words in [[], ["compressed"]]:
            target = checks.convert(source, checks.path("ours.npz"), *words)
            with np.load(target) as found:
                checks.all_same({name: found[name] for name in found.files}, expected, f"{save.__name__} {words}")
            checks.holds(zipfile.ZipFile(target).testzip() is None, "a member that zipfile finds damaged")
    swapped = {name: x.astype(x.dtype.newbyteorder(">")) for name, x in all_arrays.items()}
    swapped |= {name + "_f": np.asfortranarray(x) for name, x in all_arrays.items()}
    np.savez(checks.path("swapped.npz"), **swapped)
    target = checks.convert(checks.path("swapped.npz"), checks.path("ours.npz"))
    with np.load(target) as found:
        checks.all_same({name: found[name] for name in found.files}, {n: widened(x) for n, x in swapped.items()}, "swapped")


def npy(checks, all_arrays):
    for name, x in all_arrays.items():
        for version in [(1, 0), (2, 0), (3, 0)] if x.size < 10 else [(1, 0)]:
            source = checks.path("numpy.npy")
            with open(source, "wb") as file:
                np.lib.format.write_array(file, x, version=version)
            target = checks.convert(source, checks.path("ours.npy"))
            checks.holds(same(np.load(target), widened(x)), f"npy {version} {name} differs")
        np.save(checks.path("again.npy"), widened(x))
        checks.holds(Path(target).read_bytes() == Path(checks.path("again.npy")).read_bytes(),
                     f"npy {name}: other bytes than numpy.save")
        if x.dtype.kind == "f":
            target = checks.convert(source, checks.path("ours.npy"), "float16")
            with np.errstate(over="ignore"):
                checks.holds(np.array_equal(np.load(target), x.astype("f2"), equal_nan=True), f"npy {name} as float16")


def safetensors(checks, all_arrays):
    expected = {name: widened(x) for name, x in all_arrays.items()}
    metadata = {"format": "np", "note": "größer \"q\"\n"}
    source = checks.path("reference.safetensors")
    save_file(all_arrays, source, metadata)
    target = checks.path("ours.safetensors")
    for words in [[], ["mapped"], ["checksum"]]:
        checks.convert(source, target, *words)
        found = load_file(target)
        checks.all_same(dict(sorted(found.items())), dict(sorted(expected.items())), f"safetensors {words}")
    with safe_open(target, "np") as file:
        names = sorted(file.keys())
        listed = file.metadata().pop("xgrad.crc32").split()
        for name, crc in zip(names, listed[1:]):
            checks.holds(zlib.crc32(file.get_tensor(name).tobytes()) == int(crc, 16), f"the checksum of {name}")
        lines = "".join(f"{name} {file.get_slice(name).get_dtype()} {json.dumps(file.get_slice(name).get_shape(), separators=(',', ':'))}\n"
                        for name in names) + "".join(f"{k}={v}\n" for k, v in sorted(metadata.items()))
        checks.holds(zlib.crc32(lines.encode()) == int(listed[0], 16), "the checksum of the header")
    save_file(expected, checks.path("again.safetensors"), {"format": "np"})
    checks.convert(checks.path("again.safetensors"), target)
    checks.holds(Path(target).read_bytes() == Path(checks.path("again.safetensors")).read_bytes(),
                 "safetensors: other bytes than the reference implementation")


def halves(checks, rng):
    x = torch.from_numpy(rng.standard_normal(20000) * 10.0 ** rng.integers(-50, 42, 20000))
    near = torch.arange(65536, dtype=torch.int32).to(torch.int16)
    for dtype, word in [(torch.float16, "float16"), (torch.bfloat16, "bfloat16")]:
        every = near.view(dtype)
        wide = every.to(torch.float64)
        between = (wide[:-1] + wide[1:]) / 2  # ties
        numbers = torch.cat([x, x.float().double(), wide, between, torch.nextafter(between, wide[1:])])
        source = {"f64": numbers, "f32": numbers.float(), "half": every}
        save_torch(source, checks.path("wide.safetensors"))
        target = checks.convert(checks.path("wide.safetensors"), checks.path("half.safetensors"), word)
        found = load_torch(target)
        # NumPy rounds float64 to float16 once; PyTorch goes by way of float32.
        with np.errstate(over="ignore"):
            by_numpy = torch.from_numpy(numbers.numpy().astype(np.float16))
        once = by_numpy if word == "float16" else rounded_once(numbers)
        for name, expected in [("f64", once), ("f32", source["f32"].to(dtype)), ("half", every)]:
            nan = torch.isnan(expected)
            checks.holds(found[name].dtype == dtype and bool(nan[torch.isnan(found[name])].all()), f"{word} {name}: NaN")
            checks.holds(torch.equal(found[name][~nan].view(torch.int16), expected[~nan].view(torch.int16)), f"{word} {name}")
        back = load_torch(checks.convert(target, checks.path("back.safetensors")))
        nan = torch.isnan(every)
        checks.holds(torch.equal(back["half"][~nan], every.float()[~nan]), f"{word}: widened")


def rounded_once(numbers):
    """float64 to bfloat16 by integers: round half to even at bit 45 of the double. Below the normal range of bfloat16 the
    result is NaN: not compared."""
    result = numbers.float().to(torch.bfloat16)
    bits = numbers.view(torch.int64)
    down = bits & ~((1 << 45) - 1)
    rest = bits - down
    odd = (down >> 45) & 1
    up = (rest > 1 << 44) | ((rest == 1 << 44) & (odd == 1))
    exact = (down + (up.to(torch.int64) << 45)).view(torch.float64)
    normal = torch.isfinite(numbers) & (numbers.abs() >= 2.0**-126)
    return torch.where(normal, exact.float().to(torch.bfloat16), torch.where(numbers.abs() < 2.0**-126, torch.nan, result))


def shards(checks, all_arrays):
    expected = {name: widened(x) for name, x in all_arrays.items()}
    save_file(expected, checks.path("whole.safetensors"))
    folder = checks.folder / "shards"
    folder.mkdir()
    checks.convert(checks.path("whole.safetensors"), str(folder / "model.safetensors"), "shards=100000", "checksum")
    index = json.loads((folder / "model.safetensors.index.json").read_text())
    files = sorted(set(index["weight_map"].values()))
    checks.holds(files == [f"model-{i + 1:05d}-of-{len(files):05d}.safetensors" for i in range(len(files))], f"names {files}")
    checks.holds(index["metadata"]["total_size"] == sum(x.nbytes for x in expected.values()), "total_size")
    found = {}
    for name in files:
        part = load_file(folder / name)
        checks.holds(all(index["weight_map"][key] == name for key in part), f"weight_map of {name}")
        size = sum(x.nbytes for x in part.values())
        checks.holds(size <= 100000 or len(part) == 1, f"{name} has {size} bytes in {len(part)} tensors")
        found |= part
    checks.all_same(dict(sorted(found.items())), dict(sorted(expected.items())), "shards")
    back = checks.convert(str(folder / "model.safetensors"), checks.path("back.npz"))
    with np.load(back) as archive:
        checks.all_same({n: archive[n] for n in sorted(archive.files)}, dict(sorted(expected.items())), "shards read back")


def csv(checks, rng):
    x = rng.standard_normal((1000, 7)) * 10.0 ** rng.integers(-300, 300, (1000, 7))
    x[0, :4] = [np.nan, np.inf, -np.inf, 5e-324]
    np.savez(checks.path("table.npz"), table=x)
    target = checks.convert(checks.path("table.npz"), checks.path("table.csv"))
    checks.holds(np.array_equal(np.genfromtxt(target, delimiter=",", skip_header=1), x, equal_nan=True), "csv read by NumPy")
    np.savetxt(checks.path("numpy.csv"), x, delimiter=",", header=",".join("abcdefg"), comments="", fmt="%.17g")
    back = checks.convert(checks.path("numpy.csv"), checks.path("back.npy"))
    checks.holds(np.array_equal(np.load(back), x, equal_nan=True), "csv written by NumPy")


def record(folder):
    """Small files of each writer for the tests."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(12)
    codes = ["?", "<i1", "<i2", ">i4", "<i8", "<u1", ">u2", "<u4", "<u8", "<f2", ">f4", "<f8"]
    table = {f"a{i}": (rng.integers(0, 100, (2, 3)) / (4 if "f" in code else 1)).astype(code) for i, code in enumerate(codes)}
    table["fortran"] = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    table["cube"] = np.asfortranarray(np.arange(24, dtype="<i4").reshape(2, 3, 4))
    table["scalar"], table["empty"] = np.array(2.5), np.zeros((0, 3), "f4")
    np.savez(folder / "numpy.npz", **table)
    np.savez_compressed(folder / "numpy_compressed.npz", **table)
    for version in [(1, 0), (2, 0), (3, 0)]:
        with open(folder / f"numpy_version_{version[0]}.npy", "wb") as file:
            np.lib.format.write_array(file, np.arange(5.0), version=version)
    with open(folder / "python_2.npy", "wb") as file:  # what NumPy wrote under Python 2
        text = b"{'descr': '<i2', 'fortran_order': False, 'shape': (3L,), }"
        text += b" " * (16 - (len(text) + 11) % 16) + b"\n"
        file.write(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + np.arange(3, dtype="<i2").tobytes())
    numbers = torch.tensor([1.0, -2.5, 3.140625, 65504.0, 2.0**-24, float("inf"), 0.1])
    save_torch({"half": numbers.half(), "bfloat": numbers.bfloat16(), "double": numbers.double(),
                "whole": torch.arange(4, dtype=torch.int16)}, folder / "torch.safetensors", {"format": "pt"})
    record_network(folder / "convolution_net.safetensors")
    record_lstm(folder / "torch_lstm.safetensors")


def record_network(path):
    """A convolution net with its state_dict, an input and the output, for tests/conv_test.cpp."""
    from torch import nn
    torch.manual_seed(5)
    net = nn.Sequential(nn.Conv2d(2, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(),
                        nn.Conv2d(6, 6, 3, stride=2, padding=1, groups=3, padding_mode="reflect"), nn.ReLU(),
                        nn.ConvTranspose2d(6, 4, 3, stride=2, padding=1, output_padding=1), nn.Conv2d(4, 3, 1, bias=False),
                        nn.Flatten(), nn.Linear(192, 5))
    net(torch.randn(16, 2, 8, 8))  # gives the normalisation statistics
    net.eval()
    x = torch.randn(2, 2, 8, 8)
    save_torch({**net.state_dict(), "input": x, "output": net(x).detach()}, path, {"format": "pt"})


def record_lstm(path):
    """The state of a model of PyTorch, what it is called with, and what it returns."""
    torch.manual_seed(1)
    lstm = torch.nn.LSTM(3, 4, num_layers=2, bidirectional=True)
    x = torch.randn(5, 2, 3)
    with torch.no_grad():
        y, (h, c) = lstm(x)
    tensors = {f"lstm.{name}": value for name, value in lstm.state_dict().items()}
    save_torch({**tensors, "x": x, "y": y, "h": h, "c": c}, path, {"format": "pt"})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="build/release/tests/convert_files")
    parser.add_argument("--record", metavar="FOLDER")
    given = parser.parse_args()
    if given.record:
        record(given.record)
        return 0
    rng = np.random.default_rng(1)
    all_arrays = arrays(rng)
    failed = 0
    for check in [npz, npy, safetensors, halves, shards, csv]:
        with tempfile.TemporaryDirectory() as folder:
            checks = Checks(given.program, folder)
            check(checks, rng if check in (halves, csv) else all_arrays)
            print(f"{check.__name__}: {checks.count - checks.failed} of {checks.count} hold")
            failed += checks.failed
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
