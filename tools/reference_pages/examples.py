"""Reads the examples: their code and what they print."""

import re
from dataclasses import dataclass


@dataclass
class Example:
    """Stands at the entry of its first name; the entries of the others point there."""
    page: str
    names: list
    code: list
    output: list


def read(folder):
    """The examples of all files. A file belongs to the page that its first line names; a page may have several."""
    found = []
    for path in sorted(folder.glob("*.cpp")):
        text = path.read_text(encoding="utf-8")
        page = re.match(r"// (?:The|More) examples of docs/reference/([\w-]+)\.md\.\n", text)[1]
        outputs = output_of(path.with_suffix(".txt"))
        for names, code in code_of(text):
            found.append(Example(page, names, code, outputs.get(names[0], [])))
    return found


def by_name(examples):
    """(page, name) -> example."""
    return {(example.page, name): example for example in examples for name in example.names}


def code_of(text):
    """What follows each `example("name", ...);`: a block in braces, of which the inside counts, or one statement."""
    for part in re.split(r"^ *example\(", text, flags=re.M)[1:]:
        match = re.match(r'((?:"[^"]+",?\s*)+)\);\n', part)
        lines = part[match.end():].split("\n")
        if lines[0].strip() == "{":
            lines = lines[1 : lines.index(lines[0].replace("{", "}"))]
        else:
            lines = lines[: next(i for i, line in enumerate(lines) if line.rstrip().endswith(";")) + 1]
        width = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
        yield re.findall(r'"([^"]+)"', match[1]), [line[width:] for line in lines]


def output_of(path):
    outputs, lines = {}, None
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        if line.startswith("## "):
            lines = outputs.setdefault(line[3:], [])
        elif lines is not None:
            lines.append(line)
    return outputs
