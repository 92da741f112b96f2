#!/usr/bin/env python3
"""Computes the coefficients of the elementary functions in autograd/kernels/math.

    tools/coefficients.py --check    compares the committed headers with what it computes
    tools/coefficients.py --write    writes them anew
    tools/coefficients.py --errors   prints the largest error of each fit

Needs nothing but Python 3.9. All arithmetic is that of Python's decimal module, which is specified to the digit, and
results are rounded to float or double at the end: every machine computes the same headers.
"""

import argparse
import difflib
import pathlib
import sys

sys.dont_write_bytecode = True  # no __pycache__ in the source tree

from functions import LN2, literal, rounded
from tables import AVX2, AVX512, polynomials, powers_of_two

MATH = pathlib.Path(__file__).resolve().parent.parent / "autograd" / "kernels" / "math"
WIDTH = 120


def braced(items, opening="    {"):
    """{item, item, ...}, wrapped, with what stands before the first item."""
    lines, line = [], opening
    for i, item in enumerate(items):
        item += "}" if i == len(items) - 1 else ","
        if len(line) + len(item) > WIDTH:
            lines.append(line.rstrip())
            line = " " * len(opening)
        line += item + " "
    return "\n".join([*lines, line.rstrip()])


def floats(values):
    return [literal(v, 24) for v in values]


def error_text(error):
    return f"{float(error):.2g}"


def piecewise(table):
    table.build()
    rows = [[slopes[k] for slopes in table.coefficients] for k in range(table.degree)]
    coefficients = ",\n".join(braced(floats(row), "     {" if k else "    {{") for k, row in enumerate(rows))
    parameters = [*floats([table.scale, table.offset, table.end]), str(table.shift)]
    return (f"/// {table.text} The polynomials are off by at most {error_text(table.error)} ulp.\n"
            f"inline constexpr PiecewisePolynomial<{table.intervals}, {table.degree}> {table.name} = {{\n"
            f"{braced(floats(table.centres))},\n{braced(floats(table.values))},\n{coefficients}}},\n"
            f"    {', '.join(parameters)}}};\n")


def array(name, values, alignment, text):
    return f"/// {text}\nalignas({alignment}) inline constexpr float {name}[] =\n{braced(floats(values))};\n"


def header(space, text, includes, parts):
    includes = "".join(f"#include <{i}>\n" for i in includes) + ("\n" if includes else "")
    body = "\n".join(parts)
    space = f"namespace xgrad::kernels::{space}"
    return (f"#pragma once\n\n// Written by tools/coefficients.py.\n\n{includes}{space} {{\n\n// {text}\n\n"
            f"// clang-format off\n\n{body}\n// clang-format on\n\n}}  // {space}\n")


TEMPLATE = ["xgrad/autograd/kernels/math/piecewise_polynomial.hpp"]


def avx512_tables():
    exact = powers_of_two(16)
    short = [rounded(x, 12) for x in exact]
    logs = [x.ln() - s.ln() for x, s in zip(exact, short)]
    return header("avx512", "The tables of Avx512Float.", TEMPLATE, [
        *map(piecewise, AVX512),
        array("powers_of_two", [rounded(x, 24) for x in exact], 64, "2^(j/16)."),
        array("short_powers_of_two", short, 64, "2^(j/16) rounded to 12 bits."),
        array("short_powers_log", [rounded(x, 24) for x in logs], 64, "j/16 ln 2 - ln short_powers_of_two[j]."),
    ])


def avx2_tables():
    return header("avx2", "The tables of Avx2Float.", TEMPLATE, [
        *map(piecewise, AVX2),
        array("powers_of_two", [rounded(x, 24) for x in powers_of_two(8)], 32, "2^(j/8)."),
    ])


def polynomial(p):
    p.build()
    size = 2.0**-p.bits
    literals = [literal(c, p.bits) for c in p.coefficients]
    return (f"/// {p.text}: at most {error_text(float(p.error) / size)} 2^-{p.bits}.\n"
            f"inline constexpr {'float' if p.bits == 24 else 'double'} {p.name}[] =\n{braced(literals)};\n")


def polynomial_header():
    text = "c_0, c_1, ... of c_0 + c_1 x + ...; an error is relative to the function that is named."
    return header("polynomials", text, [], map(polynomial, polynomials()))


HEADERS = {
    "avx512_tables.hpp": avx512_tables,
    "avx2_tables.hpp": avx2_tables,
    "polynomials.hpp": polynomial_header,
}


def print_errors():
    for space, tables in (("avx512", AVX512), ("avx2", AVX2)):
        for table in tables:
            print(f"{space}::{table.name:20} {float(table.build().error):8.4f} ulp")
    for p in polynomials():
        print(f"polynomials::{p.name:20} {float(p.build().error) * 2**p.bits:8.4f} 2^-{p.bits}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    task = parser.add_mutually_exclusive_group(required=True)
    for name in ("check", "write", "errors"):
        task.add_argument("--" + name, action="store_true")
    arguments = parser.parse_args()
    if arguments.errors:
        return print_errors()
    unequal = False
    for name, make in HEADERS.items():
        path, computed = MATH / name, make()
        if arguments.write:
            path.write_text(computed, encoding="utf-8")
            continue
        committed = path.read_text(encoding="utf-8") if path.exists() else ""
        unequal = unequal or committed != computed
        lines = committed.splitlines(keepends=True), computed.splitlines(keepends=True)
        sys.stdout.writelines(difflib.unified_diff(*lines, str(path), "computed"))
    if arguments.check:
        print("the committed coefficients are", "not" if unequal else "exactly", "those that are computed")
    return int(unequal)


if __name__ == "__main__":
    sys.exit(main())
