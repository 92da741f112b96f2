#!/usr/bin/env python3
"""Writes docs/reference: a page for each kind of function and class, made from the headers, and an index.

    tools/reference.py --write    writes the pages
    tools/reference.py --check    says what is out of date or missing, and ends with 1 if anything is

An entry has the declarations with their comments; the dtypes and shapes of the samples in tests/golden; the names that
PyTorch and NumPy have for it (tools/reference_pages/names.txt); errors that the catalogue of bad calls has met
(tools/reference_pages/errors.txt); and an example from examples/reference with what it prints. Needs Python 3.9 alone.
"""

import argparse
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from reference_pages import examples, facts, headers, index, names, pages  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent


def build():
    """The text of every page, by path, and what is missing."""
    known = names.read(ROOT / "tools/reference_pages/names.txt")
    shown = examples.read(ROOT / "examples/reference")
    kinds = headers.kinds(ROOT)
    context = pages.Context(facts.read(ROOT / "tests/golden"), known, examples.by_name(shown),
                            facts.errors(ROOT / "tools/reference_pages/errors.txt"), headers.owners(kinds))
    texts = {f"docs/reference/{kind.slug}.md": pages.write(kind, context) for kind in kinds}
    texts["docs/reference/index.md"] = index.write(kinds, known, names.of_page(ROOT / "docs/pytorch.md"))
    return texts, missing(kinds, known, shown)


def missing(kinds, known, shown):
    """Sentences on what has no example, no line of names, or no comment."""
    found, entries, owners = [], set(), headers.owners(kinds)
    for kind in kinds:
        for entry in kind.entries:
            entries |= {entry.name, entry.full_name}
            if entry.kind == "class" and not all(begins_class(entry.name, text)
                                                 for part in entry.parts for text in part.signatures):
                found.append(f"{entry.name} of {entry.header} is shown without the line that begins its class")
            if entry.needs_names and not entry.documented and not (entry.kind == "class" and kind.notes):
                found.append(f"{entry.name} has no comment in {entry.header}")
            if entry.needs_names and entry.full_name not in known and not (entry.name in known and owners[entry.name] is entry):
                found.append(f"{entry.full_name} has no line in tools/reference_pages/names.txt")
    found += missing_examples(kinds, shown)
    return found + [f"tools/reference_pages/names.txt has {name}, which no header declares"
                    for name in known if name not in entries]


def begins_class(name, text):
    return re.search(rf"\b(class|struct) (\[\[\w+\]\] )?{name}\b", text)


def missing_examples(kinds, shown):
    """The same of examples alone: what has none, what has two, and what an example stands for without showing it."""
    found, given = [], [(example.page, name) for example in shown for name in example.names]
    found += [f"{name} has {given.count((page, name))} examples on the page {page}"
              for page, name in dict.fromkeys(given) if given.count((page, name)) > 1]
    declared = {}
    for kind in kinds:
        for entry in kind.entries:
            declared.setdefault((kind.slug, entry.name), []).append(
                "\n".join(line for part in entry.parts for line in [*part.signatures, *part.text]))
            if entry.needs_example and (kind.slug, entry.name) not in given:
                found.append(f"{entry.full_name} has no example in examples/reference/{kind.slug.replace('-', '_')}.cpp")
    for example in shown:
        for name in example.names:
            if (example.page, name) not in declared:
                found.append(f"an example shows {name}, which the headers of the page {example.page} do not declare")
        for name in example.names[1:]:
            others = [text for other in example.names if other != name for text in declared.get((example.page, other), [])]
            if not re.search(rf"\b{name}\b", "\n".join([*example.code, *others])):
                found.append(f"the example of {example.names[0]} stands for {name} too, but neither it nor a declaration names it")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true")
    action.add_argument("--check", action="store_true")
    given = parser.parse_args()
    texts, problems = build()
    folder = ROOT / "docs/reference"
    there = {f"docs/reference/{path.name}" for path in folder.glob("*.md")}
    for path in sorted(there - set(texts)):
        if given.write:
            (ROOT / path).unlink()
        else:
            problems.append(f"{path} belongs to no header")
    for path, text in texts.items():
        if given.write:
            folder.mkdir(exist_ok=True)
            (ROOT / path).write_text(text, encoding="utf-8")
        elif path not in there or (ROOT / path).read_text(encoding="utf-8") != text:
            problems.append(f"{path} is out of date: tools/reference.py --write")
    for problem in problems:
        print(problem)
    print(f"{len(texts)} pages")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
