"""What the goldens and the catalogue of bad calls show: dtypes, shapes and errors."""

import gzip
import json
from collections import defaultdict

DTYPES = {"F64": "float64", "F32": "float32", "I64": "int64", "BOOL": "bool"}
ORDER = ["bool", "int64", "float32", "float64"]
MOST_SHAPES, MOST_ERRORS = 4, 4


def read(folder):
    """For each op, its lines of dtypes and of shapes."""
    dtypes, shapes = defaultdict(dict), defaultdict(list)
    for path in sorted(folder.glob("*.safetensors.gz")):
        content = gzip.decompress(path.read_bytes())
        size = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + size])
        for key, text in header.pop("__metadata__").items():
            if text.startswith("op="):
                settings = dict(part.split("=", 1) for part in text.split(";"))
                look(key, settings, header, dtypes, shapes)
    return {op: (line_of_dtypes(in_both_precisions(dtypes[op])), chosen(shapes[op])) for op in dtypes}


def look(key, settings, header, dtypes, shapes):
    names = [name for name in settings.get("needs", "").split(",") if name]
    result = header.get(f"{key}.y.0")
    if not names or not result:
        return
    given = [header[f"{key}.{name}"] for name in names]
    dtypes[settings["op"]].setdefault(tuple(DTYPES[g["dtype"]] for g in given), DTYPES[result["dtype"]])
    if all(count(g) <= 30 for g in [*given, result]):
        shown = ", ".join(tuple_of(g["shape"]) for g in given)
        more = [f"{k} = {v}" for k, v in settings.items() if k not in ("op", "needs", "wants") and k[0] != "_"]
        shapes[settings["op"]].append((shown, ", ".join(more), tuple_of(result["shape"])))


def count(entry):
    total = 1
    for n in entry["shape"]:
        total *= n
    return total


def tuple_of(shape):
    return f"({', '.join(map(str, shape))})"


def in_both_precisions(pairs):
    """With float32 where samples were recorded in float64 alone: each row of the table of cases is compared in both."""
    found = dict(pairs)
    for given, result in pairs.items():
        if "float64" in given and "float32" not in given:
            single = {"float64": "float32"}
            found.setdefault(tuple(single.get(d, d) for d in given), single.get(result, result))
    return found


def line_of_dtypes(pairs):
    """"int64 gives float32, ...", those of one dtype first."""
    same = {given[0]: result for given, result in pairs.items() if len(set(given)) == 1}
    parts = [f"{d} gives {same[d]}" if same[d] != d else d for d in ORDER if d in same]
    mixed = {tuple(sorted(set(given), key=ORDER.index)): result for given, result in sorted(pairs.items()) if len(set(given)) > 1}
    if len(mixed) > 2 and all(r == g[-1] for g, r in mixed.items()):
        return "; ".join([*([", ".join(parts)] if parts else []), "mixed ones promote"])
    more = ", ".join(f"{' with '.join(g)} gives {r}" for g, r in sorted(mixed.items()))
    return "; ".join(part for part in (", ".join(parts), more) if part)


def chosen(rows):
    unique = list(dict.fromkeys(rows))
    # Shapes with several axes say most.
    unique.sort(key=lambda row: -min(row[0].count(","), 4))
    step = max(1, len(unique) // MOST_SHAPES)
    return [f"`{given}{', ' + more if more else ''}` gives `{result}`" for given, more, result in unique[::step][:MOST_SHAPES]]


def errors(path):
    """For each function, some errors that it throws."""
    found = defaultdict(list)
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            name, _, message = line.partition("\t")
            found[name].append(message)
    return found
