"""The goldens: calls with PyTorch's answers, compressed, which tests/golden_test.cpp replays."""

import gzip

from comparison.calls import content_of, save

LARGEST = 700  # elements of a sample
MOST = 24  # samples of an op


def size_of(call):
    return sum(x.numel() for part in (call.tensors, call.extra, call.expected) for x in part.values())


def chosen(calls):
    """Samples that agree, evenly from the first to the last, so that every kind is there."""
    small = [call for call in calls if call.agrees and size_of(call) <= LARGEST]
    count = min(MOST, len(small))
    return [small[i * len(small) // count] for i in range(count)] if count else []


def write(folder, rows, tallies):
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted({rows[name].file for name in tallies}):
        write_file(folder / f"{file}.safetensors.gz", rows, {n: t for n, t in tallies.items() if rows[n].file == file})


def write_file(path, rows, tallies):
    calls = [call for name in sorted(tallies) for call in chosen(tallies[name].calls)]
    tensors, metadata = content_of(calls, expected=True, notes=lambda call: {"tolerance": rows[call.op].tolerance})
    import torch
    metadata["source"] = f"PyTorch {torch.__version__}"
    content = save(None, tensors, metadata)
    path.write_bytes(gzip.compress(content, 9, mtime=0))
    print(f"{path}: {len(calls)} calls of {len({c.op for c in calls})} ops, {path.stat().st_size / 1e6:.2f} MB")
