"""Reads the examples: their code and what they print."""

import re


def read(folder):
    """(page, name) -> (lines of code, lines of output)."""
    found = {}
    for path in sorted(folder.glob("*.cpp")):
        outputs = output_of(path.with_suffix(".txt"))
        for name, code in code_of(path.read_text(encoding="utf-8")):
            found[(path.stem.replace("_", "-"), name)] = (code, outputs.get(name, []))
    return found


def code_of(text):
    """What follows each line `example("name");`: a block in braces, of which the inside counts, or one statement."""
    for part in re.split(r"^ *example\(", text, flags=re.M)[1:]:
        match = re.match(r'"(.+?)"\);\n', part)
        lines = part[match.end():].split("\n")
        if lines[0].strip() == "{":
            lines = lines[1 : lines.index(lines[0].replace("{", "}"))]
        else:
            lines = lines[: next(i for i, line in enumerate(lines) if line.rstrip().endswith(";")) + 1]
        width = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
        yield match[1], [line[width:] for line in lines]


def output_of(path):
    outputs, lines = {}, None
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        if line.startswith("## "):
            lines = outputs.setdefault(line[3:], [])
        elif lines is not None:
            lines.append(line)
    return outputs
