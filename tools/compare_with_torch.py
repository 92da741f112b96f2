#!/usr/bin/env python3
"""Compares the library with PyTorch, op by op: values, gradients and gradients of gradients.

    tools/compare_with_torch.py build/release/tests/call_ops                  random and hostile samples
    tools/compare_with_torch.py build/release/tests/call_ops --database       the samples of PyTorch's op database
    tools/compare_with_torch.py build/release/tests/call_ops --record FOLDER  writes the goldens that golden_test replays
    ... OP OP                                                                 these ops alone
    tools/compare_with_torch.py --differences                                 writes the list into docs/pytorch.md

Needs PyTorch (the numbers of tests/golden are of 2.13) and NumPy. Ends with 1 if anything disagrees, or an op has no row or no
sample.
"""

import argparse
import collections
import subprocess
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import torch  # noqa: E402

from comparison import database, differences, record, table  # noqa: E402
from comparison.calls import Call, Inexpressible, answers  # noqa: E402
from comparison.compare import problems  # noqa: E402
from comparison.reference import evaluate  # noqa: E402


class Tally:
    """What became of the samples of one op."""

    def __init__(self):
        self.calls, self.agree, self.differ = [], 0, collections.Counter()
        self.refused_by_torch, self.inexpressible, self.problems = 0, collections.Counter(), []
        self.samples = self.gradients = self.second = 0


def ordinary(arguments):
    """Whether second derivatives are worth comparing: no argument is infinite, NaN or huge."""
    def calm(value):
        if isinstance(value, torch.Tensor) and value.is_floating_point():
            return bool((value.abs() < 1e6).all()) and bool(((value == 0) | (value.abs() > 1e-6)).all())
        return all(map(calm, value)) if isinstance(value, (list, tuple)) else True
    return all(calm(v) for v in arguments.values())


def add_sample(tally, row, arguments):
    arguments = {name: value for name, value in arguments.items() if value is not None}
    try:
        call = Call(row.name, arguments, row.constants)
    except Inexpressible as reason:
        tally.inexpressible[str(reason)] += 1
        return
    plain = {n: (v.detach() if isinstance(v, torch.Tensor) else v) for n, v in arguments.items()}
    try:
        evaluate(call, row.function, plain, row.second and ordinary(plain))
    except Exception:  # whatever PyTorch refuses
        tally.refused_by_torch += 1
        return
    if any(str(x.dtype) not in ("torch.float64", "torch.float32", "torch.int64", "torch.bool") for x in call.expected.values()):
        tally.inexpressible["a result of another dtype"] += 1
        return
    tally.calls.append(call)


def of_database(row, entries, references):
    tally = Tally()
    for entry in entries:
        for sample in database.samples(entry, references):
            try:
                if (arguments := database.bound(row, sample, entry)) is not None:
                    add_sample(tally, row, arguments)
            except Inexpressible as reason:
                tally.inexpressible[str(reason)] += 1
    return tally


def of_table(row):
    tally = Tally()
    for arguments in row.samples():
        add_sample(tally, row, arguments)
    return tally


def judge(program, row, tally, keep):
    """Runs the calls of one op, and forgets their tensors unless they are to be recorded."""
    calls, tally.calls = tally.calls, []
    for call, answer in zip(calls, answers(program, calls)):
        if isinstance(answer, str) and answer.startswith("a call: "):
            tally.inexpressible[answer[8:]] += 1
            continue
        found, reasons = problems(call, answer, row.tolerance, differences.LIST)
        wanted, second = bool(call.wants), any(n.startswith("second") for n in call.expected)
        call.agrees = not found and (not reasons or values_agree(call, answer, row))
        tally.samples += 1
        tally.agree += not found
        tally.gradients += wanted
        tally.second += second
        tally.differ.update(set(reasons))
        tally.problems += [f"{call.text()}: {sentence}" for sentence in found]
        if keep:
            tally.calls.append(call)


def values_agree(call, answer, row):
    """Whether the values of a call agree whose gradients are meant to differ. Then these are left out of what is recorded."""
    if isinstance(answer, str):
        return False
    call.expected = {name: x for name, x in call.expected.items() if name.startswith("y.")}
    call.wants, call.extra = [], {}
    answer = {name: x for name, x in answer.items() if name.startswith("y.")}
    return problems(call, answer, row.tolerance, differences.LIST) == ([], [])


def report(tallies, most):
    print(f"{'op':34} {'samples':>8} {'gradients':>9} {'second':>7} {'agree':>7}")
    total = collections.Counter()
    for name, tally in sorted(tallies.items()):
        print(f"{name:34} {tally.samples:8} {tally.gradients:9} {tally.second:7} {tally.agree:7}")
        total.update(samples=tally.samples, gradients=tally.gradients, second=tally.second, agree=tally.agree,
                     refused=tally.refused_by_torch, inexpressible=sum(tally.inexpressible.values()))
        for reason, count in tally.inexpressible.items():
            print(f"    not expressible here: {reason} ({count})")
        for reason, count in tally.differ.items():
            print(f"    meant to differ: {reason} ({count})")
        if tally.refused_by_torch:
            print(f"    refused by PyTorch: {tally.refused_by_torch}")
        for sentence in tally.problems[:most]:
            print(f"    WRONG {sentence}")
        if len(tally.problems) > most:
            print(f"    and {len(tally.problems) - most} more")
    print(f"\n{len(tallies)} ops, {total['samples']} samples, {total['gradients']} with gradients, {total['second']} with "
          f"second derivatives: {total['agree']} agree; {total['inexpressible']} cannot be expressed here, "
          f"{total['refused']} are refused by PyTorch")
    return total["agree"] == total["samples"]


def write_differences(page):
    """The list of deliberate differences, as a table in the page."""
    reasons = {}
    for difference in differences.LIST:
        reasons.setdefault(difference.reason, []).append(f"`{difference.op}`")
    rows = sorted(f"| {', '.join(dict.fromkeys(ops))} | {reason} |" for reason, ops in reasons.items())
    before, rest = page.read_text().split("<!-- differences -->")
    after = rest.split("<!-- end of differences -->")[1]
    table = "\n".join(["| op | difference |", "|---|---|", *rows])
    page.write_text(f"{before}<!-- differences -->\n{table}\n<!-- end of differences -->{after}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="call_ops", nargs="?")
    parser.add_argument("ops", nargs="*")
    parser.add_argument("--database", action="store_true", help="take the samples of PyTorch's op database")
    parser.add_argument("--references", action="store_true", help="with --database: its larger reference samples")
    parser.add_argument("--record", metavar="FOLDER", help="write the samples that agree as goldens")
    parser.add_argument("--differences", action="store_true", help="write the list of differences into docs/pytorch.md")
    parser.add_argument("--most", type=int, default=5, help="how many disagreements of an op are shown")
    given = parser.parse_args()
    if given.record and (given.ops or given.database):
        parser.error("--record writes whole files: it takes no OP and no --database")
    if given.differences:
        return write_differences(Path(__file__).resolve().parent.parent / "docs/pytorch.md")
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    known = set(subprocess.run([given.program], check=True, capture_output=True, text=True).stdout.split())
    rows = {name: row for name, row in table.rows().items() if name in known}
    complete = known == set(rows)
    for name in sorted(known - set(rows)):
        print(f"no row in tools/comparison: {name}")
    if unknown := set(given.ops) - set(rows):
        parser.error(f"no such op: {', '.join(sorted(unknown))}")
    entries = database.matching(rows) if given.database or given.references else None
    tallies = {}
    for name, row in rows.items():
        if given.ops and name not in given.ops or entries is not None and name not in entries:
            continue
        tallies[name] = of_table(row) if entries is None else of_database(row, entries[name], given.references)
        judge(given.program, row, tallies[name], given.record)
    # The op database has samples of some ops only.
    for name in [name for name, tally in tallies.items() if entries is None and tally.samples == 0]:
        print(f"no sample of {name} was compared")
        complete = False
    right = report(tallies, given.most) and complete
    if given.record:
        record.write(Path(given.record), rows, tallies)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
