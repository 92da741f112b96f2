"""Compares xgrad with PyTorch in moving data (goal G19): python bench/moving.py build/release/bench/bench_moving [NAME...]

The tasks are those of moving_side.cpp. Both sides run on one thread and one core, in alternation; times are CPU times, and the
results must agree, values and gradients. Prints medians, the ratio PyTorch / xgrad, and the share of memcpy's speed that xgrad
reaches in forward: the bytes of its result read and written once."""

import json
import os
import statistics
import subprocess
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"
import numpy as np
import torch

from python_side import numbers

torch.set_num_threads(1)
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def random(seed, shape):
    return torch.tensor(numbers(seed, int(np.prod(shape)), -3, 3)).reshape(shape)


def indices(seed, shape, n):
    return torch.tensor(numbers(seed, int(np.prod(shape)), 0, n).astype(np.int64)).reshape(shape)


some, rows = indices(70, (512,), 1024), indices(71, (1024, 512), 1024)
columns = rows.t().contiguous()
few, lines = indices(72, (4096,), 1 << 20), indices(73, (512,), 1024)
half = torch.tensor(numbers(74, 1 << 20, 0, 1)).reshape(1024, 1024) > 0.5
pad = torch.nn.functional.pad
# A slice or a permutation is a view in PyTorch: contiguous() is the copy that a following op makes.
TASKS = {
    "slice.rows": ([(256, 1024)], lambda x: x[:, 10:900].contiguous()),
    "slice.large": ([(4096, 4096)], lambda x: x[:, 10:4000].contiguous()),
    "slice.short": ([(65536, 16)], lambda x: x[:, 2:10].contiguous()),
    "slice.pairs": ([(65536, 5)], lambda x: x[:, 1:3].contiguous()),
    "slice.columns": ([(1024, 1024)], lambda x: x[:, ::2].contiguous()),
    "slice.every_other_row": ([(1024, 1024)], lambda x: x[::2].contiguous()),
    "slice.one_column": ([(4096, 64)], lambda x: x[:, 3].contiguous()),
    "slice.rank5": ([(16, 3, 32, 8, 8)], lambda x: x[:, 1, 2:30, :, 1:7].contiguous()),
    "slice.rank6": ([(8, 8, 8, 8, 8, 8)], lambda x: x[::2, :, 1:7, 3, :, ::2].contiguous()),
    "pad": ([(256, 1000)], lambda x: torch.nn.functional.pad(x, (12, 12, 2, 2))),
    "concat.columns": ([(256, 1024)] * 2, lambda *x: torch.cat(x, 1)),
    "concat.rows": ([(256, 1024)] * 2, lambda *x: torch.cat(x, 0)),
    "concat.short": ([(65536, 4), (65536, 12)], lambda *x: torch.cat(x, 1)),
    "concat.eight": ([(8192, 8)] * 8, lambda *x: torch.cat(x, 1)),
    "stack.last": ([(65536,)] * 4, lambda *x: torch.stack(x, 1)),
    "stack.first": ([(65536,)] * 4, lambda *x: torch.stack(x, 0)),
    "split": ([(4096, 256)], lambda x: [part.contiguous() for part in torch.split(x, 64, 1)]),
    "permute.heads": ([(8, 128, 12, 64)], lambda x: x.permute(0, 2, 1, 3).contiguous()),
    "permute.channels_last": ([(64, 3, 64, 64)], lambda x: x.permute(0, 2, 3, 1).contiguous()),
    "permute.channels_first": ([(64, 64, 64, 3)], lambda x: x.permute(0, 3, 1, 2).contiguous()),
    "permute.rank6": ([(8, 8, 8, 8, 8, 8)], lambda x: x.permute(5, 4, 3, 2, 1, 0).contiguous()),
    "permute.short": ([(65536, 2, 4)], lambda x: x.permute(0, 2, 1).contiguous()),
    "transpose": ([(1000, 1000)], lambda x: x.t().contiguous()),
    "amax.pool": ([(64, 12, 12, 2, 12, 2)], lambda x: torch.amax(x, (3, 5))),
    "amax.last": ([(110592, 2)], lambda x: torch.amax(x, 1)),
    "amax.first": ([(2, 110592)], lambda x: torch.amax(x, 0)),
    "amax.sixteen": ([(13824, 16)], lambda x: torch.amax(x, 1)),
    "max.last": ([(110592, 2)], lambda x: torch.max(x, 1).values),
    "max.sixteen": ([(13824, 16)], lambda x: torch.max(x, 1).values),
    "index_select.columns": ([(1024, 1024)], lambda x: torch.index_select(x, 1, some)),
    "index_select.rows": ([(1024, 1024)], lambda x: torch.index_select(x, 0, some)),
    "index_select.short": ([(1024, 256, 4)], lambda x: torch.index_select(x, 0, some)),
    "gather.columns": ([(1024, 1024)], lambda x: torch.gather(x, 1, rows)),
    "gather.rows": ([(1024, 1024)], lambda x: torch.gather(x, 0, columns)),
    "flip.columns": ([(1024, 1024)], lambda x: torch.flip(x, (1,))),
    "flip.rows": ([(1024, 1024)], lambda x: torch.flip(x, (0,))),
    "roll": ([(1024, 1024)], lambda x: torch.roll(x, (100, 100), (0, 1))),
    "pad.constant": ([(256, 1000)], lambda x: pad(x, (12, 12, 2, 2))),
    "pad.reflect": ([(1, 256, 1000)], lambda x: pad(x, (12, 12), "reflect")),
    "pad.replicate": ([(1, 4, 256, 256)], lambda x: pad(x, (2, 2, 2, 2), "replicate")),
    "repeat": ([(256, 256)], lambda x: x.repeat(4, 4)),
    "repeat_interleave": ([(256, 1024)], lambda x: torch.repeat_interleave(x, 4, 1)),
    "tril": ([(16, 256, 256)], lambda x: torch.tril(x)),
    "diagonal": ([(64, 128, 128)], lambda x: torch.diagonal(x, 0, 1, 2).contiguous()),
    "unfold": ([(64, 4096)], lambda x: x.unfold(1, 16, 4).contiguous()),
    "unfold.inner": ([(256, 256)], lambda x: x.unfold(0, 5, 1).contiguous()),
    "scatter_add.columns": ([(1024, 1024), (1024, 512)], lambda x, s: torch.scatter_add(x, 1, rows, s)),
    "scatter_add.rows": ([(1024, 1024), (512, 1024)], lambda x, s: torch.scatter_add(x, 0, columns, s)),
    "scatter_add.few": ([(1 << 20,), (4096,)], lambda x, s: torch.scatter_add(x, 0, few, s)),
    "index_add": ([(1024, 1024), (512, 1024)], lambda x, s: torch.index_add(x, 0, lines, s)),
    "masked_select": ([(1024, 1024)], lambda x: torch.masked_select(x, half)),
    "masked_fill": ([(1024, 1024)], lambda x: torch.masked_fill(x, half, 0)),
    "index.pairs": ([(1024, 1024)], lambda x: x[lines, lines]),
}
def add_sizes(n, m):
    def add(name, shapes, f):
        TASKS[f"{name}@{n}"] = (shapes, f)

    def add_along(axis):
        along = ".columns" if axis else ".rows"
        size, half = (m, (n, m // 2)) if axis else (n, (n // 2, m))
        some, picks = indices(70, (size // 2,), size), indices(71, half, size)
        add("concat" + along, [(n, m)] * 2, lambda *x: torch.cat(x, axis))
        add("concat.same" + along, [(n, m)], lambda q: torch.cat((q, q), axis))
        add("stack" + along, [(n, m)] * 2, lambda *x: torch.stack(x, axis))
        add("stack.same" + along, [(n, m)], lambda q: torch.stack((q, q), axis))
        add("split" + along, [(n, m)], lambda x: [part.contiguous() for part in torch.split(x, size // 4, axis)])
        add("index_select" + along, [(n, m)], lambda x: torch.index_select(x, axis, some))
        add("gather" + along, [(n, m)], lambda x: torch.gather(x, axis, picks))
        add("scatter_add" + along, [(n, m), half], lambda x, s: torch.scatter_add(x, axis, picks, s))
        add("index_add" + along, [(n, m), half], lambda x, s: torch.index_add(x, axis, some, s))
        # Where an op follows, the upstream gradient is a temporary that nobody else holds.
        scale, once = random(95, (n * 2, m)), random(95, (n, m))
        if axis == 0:
            add("concat.rows.scaled", [(n, m)] * 2, lambda *x: torch.cat(x, 0) * scale)
        add("index_add" + along + ".scaled", [(n, m), half], lambda x, s: torch.index_add(x, axis, some, s) * once)
        add("flip" + along, [(n, m)], lambda x: torch.flip(x, (axis,)))

    few, picks = indices(75, (n,), 16), indices(76, (n, m), 16)
    add("slice.columns", [(n, m)], lambda x: x[:, 1 : m - 1].contiguous())
    add("slice.steps", [(n, m)], lambda x: x[::2, ::2].contiguous())
    add_along(0)
    add_along(1)
    add("index_add.few", [(16, m), (n, m)], lambda x, s: torch.index_add(x, 0, few, s))
    add("scatter_add.few", [(16, m), (n, m)], lambda x, s: torch.scatter_add(x, 0, picks, s))
    add("stack.twice_four", [(n, m // 8)] * 8, lambda *x: torch.stack(x, 0))
    add("transpose", [(n, m)], lambda x: x.t().contiguous())
    add("permute", [(n, m // 16, 16)], lambda x: x.permute(1, 0, 2).contiguous())
    add("pad", [(n, m)], lambda x: pad(x, (2, 2, 2, 2)))
    add("amax.last", [(n, m // 2, 2)], lambda x: torch.amax(x, 2))
    add("amax.middle", [(n // 2, 2, m)], lambda x: torch.amax(x, 1))
    add("max.last", [(n, m // 8, 8)], lambda x: torch.max(x, 2).values)
    add("max.middle", [(n // 4, 4, m)], lambda x: torch.max(x, 1).values)
    add("roll", [(n, m)], lambda x: torch.roll(x, (5, 5), (0, 1)))
    add("repeat", [(n, m)], lambda x: x.repeat(2, 2))
    add("tril", [(n, m)], lambda x: torch.tril(x))


add_sizes(64, 64)
add_sizes(256, 1024)
add_sizes(2048, 2048)
clock = time.process_time


class Torch:
    def __init__(self, name):
        shapes, self.f = TASKS[name]
        self.x = [random(80 + i, shape).requires_grad_() for i, shape in enumerate(shapes)]
        self.seeds = [random(90 + i, y.shape) for i, y in enumerate(self.results())]

    def results(self):
        y = self.f(*self.x)
        return y if isinstance(y, list) else [y]

    def both(self):
        # A gradient that is a view is copied, as it would be on its way into a parameter's.
        return [g.contiguous() for g in torch.autograd.grad(self.results(), self.x, self.seeds)]

    def check(self, way):
        tensors = self.results() if way == "forward" else self.both()
        return sum((x.detach().double() * torch.arange(x.numel()).double().reshape(x.shape)).sum().item() for x in tensors)

    def time(self, call, n):
        start = clock()
        for _ in range(n):
            call()
        return (clock() - start) / n


def main():
    server = subprocess.Popen([sys.argv[1], "--clock", "cpu"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(line):
        server.stdin.write(line + "\n")
        server.stdin.flush()
        answer = json.loads(server.stdout.readline())
        if "error" in answer:
            raise SystemExit(f"{line}: {answer['error']}")
        return answer

    json.loads(server.stdout.readline())
    print(f"PyTorch {torch.__version__}, one thread; microseconds, medians of alternating runs\n")
    print("| task | forward | PyTorch | ratio | of memcpy | both ways | PyTorch | ratio |\n|---|---|---|---|---|---|---|---|")
    behind = []
    for name in sys.argv[2:] or TASKS:
        peer = Torch(name)
        for way in ("forward", "both"):
            ours, theirs = ask(f"check {name}.{way}")["values"][0], peer.check(way)
            if not abs(ours - theirs) <= 1e-4 * (abs(theirs) + 1e3):
                raise SystemExit(f"{name}.{way}: xgrad has {ours}, PyTorch {theirs}")
        bytes_out = sum(y.numel() * 4 for y in peer.results())
        size = min((64, 256, 1024, 4096, 16384, 65536), key=lambda k: abs(k * 1024 - bytes_out))
        row = {}
        for way, call in (("forward", peer.results), ("both", peer.both)):
            n = max(3, int(0.02 / max(1e-6, peer.time(call, 3))))
            a, b, c = [], [], []
            for _ in range(9):
                a.append(ask(f"time {name}.{way} {n}")["seconds"] / n)
                b.append(peer.time(call, n))
                c.append(ask(f"time memcpy.{size} {n}")["seconds"] / n * bytes_out / (size * 1024))
            row[way] = [statistics.median(t) * 1e6 for t in (a, b, c)]
        (f, pf, copy), (g, pg, _) = row["forward"], row["both"]
        print(f"| {name} | {f:.1f} | {pf:.1f} | {pf / f:.2f} | {copy / f:.2f} | {g:.1f} | {pg:.1f} | {pg / g:.2f} |", flush=True)
        behind += [name for ratio in (pf / f, pg / g) if ratio < 1]
        ask("close")
    print("\nbehind PyTorch:", ", ".join(dict.fromkeys(behind)) or "nowhere")


main()
