"""Writes a page of the reference."""

import re
from dataclasses import dataclass


@dataclass
class Context:
    facts: dict
    names: dict
    examples: dict
    errors: dict
    owners: dict

    def of(self, table, entry):
        """What a table has for an entry: under its name with the namespace, or under the bare one if it is meant by that."""
        if entry.full_name in table:
            return table[entry.full_name]
        return table.get(entry.name) if self.owners[entry.name] is entry else None


def anchor(name):
    """The part of a link behind #, as GitHub makes it of a heading."""
    return re.sub(r"[^\w\- ]", "", name.lower()).replace(" ", "-")


def anchors(kind):
    """The anchor of each entry of a page: names that differ in capitals alone are numbered."""
    found, seen = {}, {}
    for entry in ordinary(kind):
        base = anchor(entry.name)
        found[(entry.name, entry.kind)] = f"{base}-{seen[base]}" if base in seen else base
        seen[base] = seen.get(base, 0) + 1
    return found


def write(kind, context):
    lines = [f"# {kind.title}", "",
             f"Declared in {', '.join(f'[{h}](../../{h})' for h in kind.headers)}. [All names](index.md)."]
    for note in kind.notes:
        lines += ["", *prose(note)]
    lines += ["", " · ".join(f"[{label(entry)}](#{anchors(kind)[(entry.name, entry.kind)]})"
                                for entry in ordinary(kind))]
    for entry in ordinary(kind):
        lines += of_entry(kind, entry, context)
    operators = [e for e in kind.entries if e.name.startswith("operator")]
    if operators:
        lines += ["", "## Operators"]
        for entry in operators:
            lines += declarations(entry)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines) + "\n")


def ordinary(kind):
    return [e for e in kind.entries if not e.name.startswith("operator")]


def label(entry):
    return entry.name.replace("_", "\\_") if entry.name.endswith("_") else entry.name


def of_entry(kind, entry, context):
    lines = ["", f"## {entry.name}", *declarations(entry)]
    dtypes, shapes = context.of(context.facts, entry) or ("", [])
    if entry.kind == "function" and dtypes:
        lines += ["", f"- **dtypes** {dtypes}"]
        lines += [f"- **shapes** {'; '.join(shapes)}"] if shapes else []
    if others := without_members(context.of(context.names, entry) or []):
        lines += ([""] if not (entry.kind == "function" and dtypes) else []) + [
            f"- **elsewhere** {', '.join(f'`{other}`' for other in others)}"]
    if entry.kind == "function" and (errors := context.of(context.errors, entry)):
        lines += ["", "Errors, among others:", "", "```", *errors, "```"]
    if example := context.examples.get((kind.slug, entry.name)):
        lines += of_example(kind, entry, example)
    return lines


def without_members(names):
    """The names without those of members of a class that is named before them, which only the index has."""
    return [name for i, name in enumerate(names) if not any(name.startswith(f"{before}.") for before in names[:i])]


def of_example(kind, entry, example):
    shown = example.names[0]
    if entry.name != shown:
        there = next((e for e in kind.entries if e.name == shown), None)
        return ["", f"- **example** [{label(there)}](#{anchors(kind)[(shown, there.kind)]})"] if there else []
    return ["", "```cpp", *example.code, "```", *(["", "```", *example.output, "```"] if example.output else [])]


def declarations(entry):
    lines = []
    for part in entry.parts:
        space = f"// namespace xgrad::{entry.space[:-2]}" if entry.space else ""
        signatures = [s + (";" if entry.kind == "function" else "") for s in part.signatures]
        lines += ["", "```c++", *([space] if space and part is entry.parts[0] else []),
                  *[line for s in signatures for line in s.split("\n")], "```"]
        if part.text:
            lines += ["", *prose(part.text)]
    return lines


def prose(text):
    """A comment as Markdown. Lines that are indented by four spaces are code there as here."""
    return [line if line.startswith("    ") else outside_code(line) for line in text]


def outside_code(text):
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(p if p.startswith("`") else p.replace("*", "\\*").replace("<", "&lt;") for p in parts)
