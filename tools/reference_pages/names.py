"""What PyTorch and NumPy call things."""

import re


def read(path):
    """name -> [other names], from lines like "concat torch.cat np.concatenate" and "linalg::norm torch.linalg.norm". A name
    may have several lines."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, *others = line.split()
            found.setdefault(name, []).extend(other for other in others if other != "-")
    return found


def of_page(path):
    """(PyTorch's word, what is written here), from the tables of docs/pytorch.md."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        cells = re.split(r" \| ", line.strip("| "))
        if line.startswith("| `") and len(cells) == 2 and "`" in cells[1]:
            for code in re.findall(r"`([^`]+)`", cells[0]):
                if match := re.match(r"(?:x\.|torch\.)?([a-z_]+)\(?", code):
                    if match[1] not in ("x", "with", "loss", "copy"):
                        found.append((match[1], cells[1].strip(), code))
        if line.startswith("## What differs"):
            break
    return found
