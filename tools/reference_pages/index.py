"""Writes the alphabetical index: the names here, and PyTorch's and NumPy's words for them."""

from collections import defaultdict

from reference_pages.headers import owners
from reference_pages.pages import anchors


def write(kinds, names, page):
    """`names` are other words for names here, `page` the pairs of docs/pytorch.md."""
    places, meant = {}, owners(kinds)
    for kind in kinds:
        for entry in kind.entries:
            if not entry.name.startswith("operator"):
                place = f"{kind.slug}.md#{anchors(kind)[(entry.name, entry.kind)]}"
                if meant[entry.name] is entry:
                    places[entry.name] = place
                elif entry.space != meant[entry.name].space:
                    places[entry.full_name] = place
    lines = {}
    for kind in kinds:
        for entry in kind.entries:
            if entry.name.startswith("operator"):
                lines.setdefault(f"`{entry.name[8:]}`", f"{kind.slug}.md#operators")
    result = ["# Reference", "",
              "Every function and class, with the words that PyTorch (`torch.`), NumPy (`np.`), torchvision, torchmetrics, scikit-learn "
              "(`sklearn.`), Lightning, Keras and others have for it.", "",
              "Pages: " + " · ".join(f"[{kind.title}]({kind.slug}.md)" for kind in kinds), "",
              "Operators: " + " ".join(f"[{symbol}]({place})" for symbol, place in sorted(lines.items()))]
    letters = defaultdict(set)
    for name, place in places.items():
        word = name.split("::")[-1]
        letters[letter(word)].add((word.lower() + (" " + name if word != name else ""), f"- [`{name}`]({place})"))
    for name, others in names.items():
        for other in others:
            word = other.split(".")[-1].lstrip("_")
            if name in places:
                letters[letter(word)].add((word.lower() + " " + other, f"- `{other}`: [`{name}`]({places[name]})"))
    for word, here, code in page:
        if word not in places:
            letters[letter(word)].add((word.lower() + " ", f"- `{code}` of PyTorch: {here}"))
    for first in sorted(letters):
        result += ["", f"## {first}", "", *[line for _, line in sorted(letters[first])]]
    return "\n".join(result) + "\n"


def letter(word):
    first = word.lstrip("_")[0]
    return first.upper() if first.isalpha() else "#"
