"""Reads the public headers: their functions, classes and constants, with comments."""

import re
from dataclasses import dataclass, field

# The pages that hold more than one header, or whose title is not the name of their header. Every other public header of
# the folders below is a page of its own.
PAGES = [
    ("tensor", "Tensor", ["autograd/graph/tensor.hpp", "autograd/graph/dtype.hpp", "autograd/graph/shape.hpp", "autograd/graph/hook.hpp"]),
    ("gradients", "Gradients", ["autograd/engine/backward.hpp", "autograd/graph/mode.hpp"]),
    ("checks", "Checks of gradients", ["autograd/engine/gradcheck.hpp"]),
    ("runtime", "Memory, threads and profiling",
     ["autograd/engine/runtime.hpp", "autograd/kernels/runtime/memory.hpp", "autograd/graph/profiler.hpp",
      "autograd/graph/out_of_memory.hpp"]),
    ("random", "Random numbers", ["autograd/graph/random.hpp", "autograd/ops/sampling.hpp"]),
    ("arithmetic", "Arithmetic", ["autograd/ops/arithmetic.hpp", "autograd/ops/ternary.hpp", "autograd/ops/rounding.hpp",
                                  "autograd/ops/bitwise.hpp"]),
    ("mathematics", "Elementary and special functions",
     ["autograd/ops/exponential.hpp", "autograd/ops/trigonometric.hpp", "autograd/ops/special.hpp"]),
    ("activation", "Activations", ["autograd/ops/activation.hpp", "autograd/ops/piecewise_activation.hpp", "autograd/ops/rrelu.hpp",
                                   "autograd/ops/softmax.hpp", "autograd/ops/dropout.hpp"]),
    ("selection", "Comparison and selection", ["autograd/ops/selection.hpp"]),
    ("elementwise", "Elementwise lambdas", ["autograd/ops/elementwise.hpp"]),
    ("reduction", "Reductions", ["autograd/ops/reduction.hpp", "autograd/ops/variance.hpp", "autograd/ops/norm.hpp",
                                 "autograd/ops/prod.hpp", "autograd/ops/counting.hpp", "autograd/ops/histogram.hpp"]),
    ("sorting", "Scans, sorting and order statistics",
     ["autograd/ops/scan.hpp", "autograd/ops/sorting.hpp", "autograd/ops/order_statistics.hpp"]),
    ("shape", "Shapes", ["autograd/ops/shape.hpp", "autograd/ops/reordering.hpp", "autograd/ops/repeating.hpp",
                         "autograd/ops/diagonal.hpp", "autograd/ops/padding.hpp", "autograd/ops/windows.hpp"]),
    ("joining", "Joining and cutting", ["autograd/ops/joining.hpp"]),
    ("indexing", "Parts of a tensor", ["autograd/ops/indexing.hpp", "autograd/ops/slicing.hpp", "autograd/graph/slice.hpp",
                                       "autograd/ops/scattering.hpp", "autograd/ops/masking.hpp"]),
    ("creation", "Factories", ["autograd/ops/creation.hpp"]),
    ("matmul", "Products", ["autograd/ops/matmul.hpp", "autograd/ops/products.hpp", "autograd/ops/tensordot.hpp", "autograd/ops/einsum.hpp",
                            "autograd/ops/distance.hpp"]),
    ("linalg", "Linear algebra", []),
    ("func", "Transforms of functions",
     ["autograd/func/transforms.hpp", "autograd/func/jacobian.hpp", "autograd/func/per_sample.hpp", "autograd/func/custom.hpp",
      "autograd/func/checkpoint.hpp", "nn/checkpoint_plan.hpp", "nn/functional_call.hpp"]),
    ("extend", "Ops of one's own",
     ["autograd/graph/record.hpp", "autograd/graph/rule.hpp", "autograd/graph/attribute.hpp"]),
    ("torch-names", "PyTorch's other names", ["autograd/ops/torch_names.hpp"]),
    ("losses", "Losses", ["nn/losses.hpp", "nn/cross_entropy.hpp", "nn/likelihood_losses.hpp", "nn/margin_losses.hpp",
                          "nn/loss_modules.hpp", "nn/adaptive_softmax.hpp", "nn/loss_options.hpp", "nn/reduction.hpp"]),
    ("layers", "Layers", ["nn/linear.hpp", "nn/lazy_linear.hpp", "nn/bilinear.hpp", "nn/batch_norm.hpp",
                          "nn/layer_norm.hpp", "nn/instance_norm.hpp", "nn/dropout.hpp", "nn/flatten.hpp",
                          "nn/embedding.hpp", "nn/distance.hpp", "nn/activation.hpp", "autograd/ops/batch_norm.hpp",
                          "autograd/ops/layer_norm.hpp"]),
    ("convolution", "Convolutions", ["autograd/ops/convolution.hpp", "nn/convolution.hpp", "nn/lazy_convolution.hpp"]),
    ("pooling", "Pooling, resizing and padding",
     ["autograd/ops/max_pooling.hpp", "autograd/ops/average_pooling.hpp", "autograd/ops/resizing.hpp", "autograd/ops/rearranging.hpp",
      "nn/pooling.hpp", "nn/fold.hpp", "nn/upsample.hpp", "nn/padding.hpp"]),
    ("recurrence", "Recurrent layers", ["nn/recurrent.hpp", "nn/recurrent_cells.hpp", "nn/packed_sequence.hpp"]),
    ("attention", "Attention and transformers",
     ["autograd/ops/attention.hpp", "nn/multihead_attention.hpp", "nn/transformer_layer.hpp", "nn/transformer.hpp", "nn/positions.hpp"]),
    ("modules", "Modules", ["nn/module.hpp", "nn/module_of.hpp", "nn/sequential.hpp", "nn/module_list.hpp",
                            "nn/module_dict.hpp", "nn/parameter.hpp", "nn/parameter_list.hpp", "nn/clone.hpp",
                            "nn/generators.hpp", "nn/summary.hpp"]),
    ("init", "Initial values", ["nn/init.hpp", "nn/init_structured.hpp"]),
    ("optimisers", "Optimisers",
     ["optim/optimizer.hpp", "optim/group.hpp", "optim/sgd.hpp", "optim/adam.hpp", "optim/adamax.hpp", "optim/nadam.hpp",
      "optim/radam.hpp", "optim/adagrad.hpp", "optim/adadelta.hpp", "optim/rmsprop.hpp", "optim/rprop.hpp", "optim/asgd.hpp",
      "optim/lion.hpp", "optim/muon.hpp", "optim/adafactor.hpp", "optim/lbfgs.hpp"]),
    ("schedules", "Learning-rate schedules",
     ["optim/schedule/lr_scheduler.hpp", "optim/schedule/mode.hpp", "optim/schedule/step_lr.hpp", "optim/schedule/cosine.hpp",
      "optim/schedule/lambda_lr.hpp", "optim/schedule/cyclic.hpp", "optim/schedule/plateau.hpp",
      "optim/schedule/composite.hpp", "optim/schedule/swa_lr.hpp", "optim/lr_finder.hpp"]),
    ("averaging", "Clipping and averaging", ["optim/clip_grad.hpp", "optim/averaging.hpp"]),
    ("data", "Data", ["data/dataset.hpp", "data/subset.hpp", "data/map.hpp", "data/loader.hpp", "data/sampler.hpp", "data/transforms.hpp",
                       "data/draws.hpp", "data/image_dataset.hpp", "data/mnist.hpp", "data/cifar.hpp", "data/idx.hpp",
                       "data/synthetic.hpp"]),
    ("train", "Training", ["train/trainer.hpp", "train/trainer_options.hpp", "train/objective.hpp", "train/batches.hpp",
                           "train/callback.hpp", "train/history.hpp", "train/record.hpp", "train/checkpoint.hpp",
                           "train/checkpoint_folder.hpp", "train/early_stopping.hpp", "train/input_contract.hpp",
                           "train/interrupt.hpp", "train/progress.hpp"]),
    ("metrics", "Metrics", ["train/metric.hpp", "train/classification.hpp", "train/ranking.hpp", "train/regression.hpp",
                            "train/exact_sum.hpp"]),
    ("files", "Files", ["io/safetensors_writer.hpp", "io/safetensors.hpp", "io/floats.hpp", "io/npy.hpp", "io/npz.hpp",
                        "io/csv_options.hpp", "io/csv.hpp", "io/csv_writer.hpp", "io/state_dict.hpp", "io/atomic_file.hpp"]),
]
NOT_LIBRARY = {"bench", "build", "cmake", "docs", "examples", "scripts", "tests", "tools"}
# The groundwork of autograd is for writers of ops; of it, PAGES names what every program uses.
GROUNDWORK = ("autograd/kernels/", "autograd/graph/")
NOT_DOCUMENTED = {"autograd/engine/engine.hpp", "nn/call.hpp", "nn/graph_memory.hpp", "nn/members.hpp", "nn/module_state.hpp", "nn/printing.hpp", "autograd/ops/along.hpp",
                  "autograd/ops/operand.hpp", "io/input_file.hpp", "io/name_text.hpp", "nn/state_dict.hpp", "autograd/ops/promotion.hpp",
                  "autograd/ops/recorded_lane.hpp", "nn/batch_statistics.hpp", "autograd/ops/pool_windows.hpp", "autograd/ops/tiles.hpp", "autograd/ops/update.hpp", "autograd/ops/wide_norm.hpp"}


# Names that are public for the library's own rooms, or for writers of ops.
INTERNAL = {"MaxPooling", "AveragePooling", "AdaptivePooling", "PowerPooling", "MaxUnpooling", "Padding", "RunningNorm", "RandomDropout", "refuse_axis", "resolve_axis", "resolve_axis_of_any_rank", "broadcasts_to", "check_rows", "Raw", "Wide",
            "refuse_memory", "bytes_of", "guarded_product"}


# What users derive from, and so need the protected part of.
FOR_DERIVING = {"ModuleBase", "Metric"}


@dataclass
class Part:
    """Declarations that share a comment."""
    signatures: list
    text: list


@dataclass
class Entry:
    name: str
    kind: str  # function, class, enum, alias or constant
    header: str
    space: str  # "nn::" for namespace xgrad::nn
    parts: list = field(default_factory=list)

    @property
    def full_name(self):
        return self.space + self.name

    @property
    def documented(self):
        return any(part.text for part in self.parts)

    @property
    def needs_example(self):
        # The matchers of tests are shown at the head of their page: an example would need their framework.
        return not self.name.startswith("operator") and not self.header.startswith("testing/")

    @property
    def needs_names(self):
        """Whether one may look for it by the word of another library: an option or a choice of a function has none."""
        return self.needs_example and (self.kind == "function" or self.kind == "class" and "Options" not in self.name)


@dataclass
class Kind:
    slug: str
    title: str
    headers: list
    notes: list = field(default_factory=list)
    entries: list = field(default_factory=list)


def kinds(root):
    """The pages, in the order of PAGES and then by name."""
    listed = {header for _, _, headers in PAGES for header in headers}
    rest = []
    for path in sorted(root.rglob("*.hpp")):
        name = path.relative_to(root).as_posix()
        if name.split("/")[0] in NOT_LIBRARY or "/" not in name or name in listed or name in NOT_DOCUMENTED:
            continue
        if not name.startswith(GROUNDWORK):
            rest.append(name)
    # A room that PAGES does not divide is one page; in the others a header is.
    divided = {header.rpartition("/")[0] for _, _, headers in PAGES for header in headers}
    titles = {slug: title for slug, title, _ in PAGES}
    groups = {slug: (slug, title, list(headers)) for slug, title, headers in PAGES}
    for header in rest:
        room = header.rpartition("/")[0]
        name = header[:-4] if room in divided else room
        slug = name.split("/")[-1].replace("_", "-")
        groups.setdefault(slug, (slug, titles.get(slug) or title_of(name), []))[2].append(header)
    result = []
    for slug, title, headers in groups.values():
        texts = {h: (root / h).read_text(encoding="utf-8") for h in headers if (root / h).exists()}
        kind = Kind(slug, title, [h for h, text in texts.items() if not re.search("s sources only[:.]", text)])
        for header in kind.headers:
            Reader(kind, header).read(with_matchers(root, header, texts[header]))
        if kind.entries:
            result.append(kind)
    return result


def with_matchers(root, header, text):
    """The header of one test framework with what the macro of both declares there."""
    if header != "testing/catch2.hpp":
        return text
    macro = (root / "testing/matching.hpp").read_text(encoding="utf-8").split("#define XGRAD_MATCHERS(Make)")[1]
    lines, inside = [], False
    for line in macro.split("\n")[1:]:
        if not line.strip():
            break
        line = line.rstrip("\\").strip()
        inside = inside or line.startswith("/**")
        comment, inside = inside, inside and not line.endswith("*/")
        line = line.removeprefix("/**").removesuffix("*/").strip()
        lines.append(f"/// {line}" if comment else line)
    usage = re.search(r"^XGRAD_MATCHERS\(.*\)$", text, re.M)
    return text[:usage.start()] + "\n".join(lines) + text[usage.end():]


def owners(kinds):
    """Of entries that share a name, the one that is meant without a namespace: that of the outermost, the first there."""
    found = {}
    for entry in (entry for kind in kinds for entry in kind.entries):
        there = found.get(entry.name)
        if not there or entry.space.count("::") < there.space.count("::"):
            found[entry.name] = entry
    return found


def title_of(name):
    return name.split("/")[-1].replace("_", " ").capitalize()


class Reader:
    """Goes through a header line by line."""

    def __init__(self, kind, header):
        self.kind, self.header = kind, header
        self.comment, self.plain, self.last = [], [], None
        self.rooms = []  # the namespaces around

    @property
    def hidden(self):
        return any("detail" in room or room.endswith("matching") or not room for room in self.rooms)

    @property
    def space(self):
        """"nn::" within namespace xgrad::nn."""
        full = "::".join(self.rooms)
        return full.removeprefix("xgrad").lstrip(":") + "::" if full.startswith("xgrad::") else ""

    def read(self, text):
        lines = text.split("\n")
        i = 0
        while i < len(lines):
            i = self.line(lines, i)

    def line(self, lines, i):
        line = lines[i].strip()
        if line.startswith("#"):
            while lines[i].endswith("\\"):
                i += 1
            return i + 1
        if match := re.match(r"namespace ([\w:]*) ?\{$", line):
            self.enter(match[1])
        elif line.startswith("}  // namespace") or line == "}":
            self.rooms = self.rooms[:-1]
        elif line.startswith("///"):
            self.comment.append(lines[i].strip()[3:].removeprefix(" ").rstrip())
        elif line.startswith("//"):
            self.plain.append(line[2:].removeprefix(" ").rstrip())
            self.last = None
        elif not line:
            self.end_of_paragraph()
        else:
            return self.declaration(lines, i)
        return i + 1

    def enter(self, name):
        self.rooms.append(name)
        if self.comment and not self.hidden:
            self.kind.notes.append([f"Of namespace `{'::'.join(self.rooms)}`:", *self.comment])
        self.comment, self.plain, self.last = [], [], None

    def end_of_paragraph(self):
        # A comment that no declaration follows speaks of all of them.
        note = self.plain
        if note and not self.hidden and not note[0].startswith("----") and "sources only" not in note[0]:
            if not any(n[0].startswith(note[0][:60]) for n in self.kind.notes):
                self.kind.notes.append(note)
        self.comment, self.plain, self.last = [], [], None

    def declaration(self, lines, i):
        text, depth, start = [], 0, i
        while i < len(lines):
            line = lines[i]
            text.append(line)
            code = re.sub(r"//.*|\"[^\"]*\"", "", line)
            depth += code.count("{") + code.count("(") - code.count("}") - code.count(")")
            i += 1
            if depth == 0 and code.rstrip().endswith((";", "}")) or depth == 0 and re.match(r"^XGRAD_\w+\(.*\)$", line.strip()):
                break
        whole = "\n".join(text)
        if not self.hidden:
            self.add(whole)
        self.comment, self.plain = [], []
        return max(i, start + 1)

    def add(self, code):
        kind, name = classify(code)
        internal = "detail::" in code.split("{")[0] or "enable_if" in code.split("{")[0]
        if not kind or name in INTERNAL or kind == "function" and (internal and not self.comment or "= delete" in code):
            return
        if kind == "alias" and not self.comment and "std::function<" not in code:
            return
        text = self.comment or (self.last or [])
        if self.comment:
            self.last = self.comment
        signature = shown(code, kind)
        if "Lane<" in signature:  # the functions of lambdas are those of tensors
            return
        entry = next((e for e in self.kind.entries if (e.name, e.kind, e.space) == (name, kind, self.space)), None)
        if not entry:
            entry = Entry(name, kind, self.header, self.space)
            self.kind.entries.append(entry)
        same = entry.parts[-1] if entry.parts and entry.parts[-1].text == text else None
        if same:
            same.signatures.append(signature)
        else:
            entry.parts.append(Part([signature], text))


def classify(code):
    flat = re.sub(r"\s+", " ", code).strip()
    if re.match(r"^(friend|extern|static_assert|XGRAD_)", flat):
        return None, None
    bare = re.sub(r"^template <.*?>+ (?=class|struct|\[\[|inline|using|Tensor|auto|void|std|bool|[A-Z])", "", flat)
    if match := re.match(r"^using (\w+) = ", bare):
        return "alias", match[1]
    if re.match(r"^using ", bare):
        return None, None
    if match := re.match(r"^(class|struct) (?:\[\[\w+\]\] )?(\w+)( final)?( : [^{;]*)? ?\{", bare):
        return "class", match[2]
    if match := re.match(r"^enum class (\w+)", bare):
        return "enum", match[1]
    if re.match(r"^(class|struct|enum) ", bare):
        return None, None
    if match := re.match(r"^inline constexpr .*?(\w+)(\{| =|;)", bare):
        return "constant", match[1]
    head = bare.split("(")[0]
    if match := re.search(r"(operator ?[^\w\s(]+|\w+)$", head.strip()):
        if "(" in bare and not re.match(r"^(explicit|friend)\b", bare) and "::" not in head.split()[-1]:
            return "function", match[1].replace("operator ", "operator")
    return None, None


def shown(code, kind):
    """A declaration as the reference shows it: without bodies, the caller's line, and what keeps templates apart."""
    if kind == "class":
        return class_shown(code)
    if kind == "function":
        return function_shown(code)
    return code.strip()


def function_shown(code, member=False):
    flat = re.sub(r"\s+", " ", code).strip()
    depth, end = 0, len(flat)
    for i, c in enumerate(flat):
        depth += (c == "(") - (c == ")")
        if depth == 0 and c in "{;" or depth == 0 and flat.startswith(" : ", i):
            end = i
            break
    flat = flat[:end].strip()
    if match := re.match(r"^template <((?:[^<>]|<(?:[^<>]|<[^<>]*>)*>)*)> ", flat):
        if "detail::" in match[1] or "enable_if" in match[1] or match[1].startswith("class E, class = "):
            flat = flat[match.end():]
    for what in ("[[nodiscard]] ", "inline ", "constexpr ", *(() if member else ("static ",))):
        flat = flat.replace(what, "")
    flat = re.sub(r",? ?Source at = Source::here\(\)", "", flat)
    return wrapped(flat)


def wrapped(text, width=110):
    if len(text) <= width:
        return text
    open_at = text.index("(") + 1
    lines, line = [], text[:open_at]
    for part in re.split(r"(?<=,) ", text[open_at:]):
        if len(line) + len(part) + 1 > width:
            lines.append(line.rstrip())
            line = " " * open_at
        line += part + " "
    return "\n".join([*lines, line.rstrip()])


def class_shown(code):
    """The public part of a class, with its comments; of one that users derive from to register members, the protected part too."""
    lines = code.strip("\n").split("\n")
    first = next(i for i, line in enumerate(lines) if "{" in line)
    head = class_head(lines[: first + 1])
    if re.search(r"\{\};$", head[-1]):
        return "\n".join(head)
    result, comment = [], []
    visible = "struct " in " ".join(head)
    for_deriving = any(re.search(rf"class {name}\b", " ".join(head)) for name in FOR_DERIVING)
    i = first + 1
    while i < len(lines) - 1:
        line = lines[i]
        if match := re.match(r"^ (public|private|protected):$", line):
            visible, comment = match[1] == "public" or match[1] == "protected" and for_deriving, []
            if visible and match[1] == "protected":
                result += ["", " protected:"]
            i += 1
        elif line.strip().startswith("//") or not line.strip():
            comment.append(line)
            i += 1
        else:
            member, i = member_at(lines, i)
            shown_member = member_shown(member) if visible else []
            result += [*comment, *shown_member] if shown_member else ([""] if "" in comment else [])
            comment = []
    text = "\n".join([*head, *result, "};"])
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"\{\n\n", "{\n", re.sub(r"\n+\};$", "\n};", text)))


def class_head(lines):
    """The lines to the opening brace, without what is the library's own: conditions of templates, bases in detail."""
    start = next(i for i, line in enumerate(lines) if re.match(r"(class|struct) ", line))
    templates = [line for line in lines[:start] if "enable_if" not in line and "detail::" not in line]
    head = re.sub(r"\s+", " ", " ".join(lines[start:]))
    match = re.match(r"(.*?\w)(?: : (.*?))? ?(\{.*)$", head)
    bases, depth = [""], 0
    for c in match[2] or "":
        depth += (c == "<") - (c == ">")
        if c == "," and depth == 0:
            bases.append("")
        else:
            bases[-1] += c
    kept = [base.strip() for base in bases if base.strip() and "detail::" not in base.split("<")[0]]
    return [*templates, match[1] + (" : " + ", ".join(kept) if kept else "") + " " + match[3]]


def member_at(lines, i):
    member, depth = [], 0
    while i < len(lines) - 1:
        text = re.sub(r"//.*|\"[^\"]*\"", "", lines[i])
        member.append(lines[i])
        depth += text.count("{") + text.count("(") - text.count("}") - text.count(")")
        i += 1
        if depth == 0 and text.rstrip().endswith((";", "}", "},")):
            break
    return member, i


def member_shown(lines):
    whole = "\n".join(lines)
    code = re.sub(r"//.*", "", whole)
    if re.match(r"^  (friend|static_assert|XGRAD_)", whole) or "= delete" in code:
        return []
    if "(" not in code or re.match(r"^  (class|struct|enum|using) ", whole):
        return lines
    shown_member = function_shown(re.sub(r"\s+", " ", code).strip(), member=True)
    if "detail::" in shown_member or "operator=(" in shown_member or "~" in shown_member or "&&" in shown_member:
        return []
    if re.search(r"(\w+)\(const \1& ?\w*\)", shown_member):  # copying
        return []
    return ["  " + line for line in (shown_member + ";").split("\n")]
