#include <xgrad/autograd/inspect/explain_script.hpp>

namespace xgrad::detail {

// clang-format off
const char* const page_script = R"page((function () {
  const graph = JSON.parse(document.getElementById("graph").textContent);
  const svg = document.getElementById("drawing"), details = document.getElementById("details");
  const boxWidth = 168, boxHeight = 64, most = 300;
  const element = (name, attributes, parent, text) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const key of Object.keys(attributes)) made.setAttribute(key, attributes[key]);
    if (text !== undefined) made.textContent = text;
    parent.appendChild(made);
    return made;
  };
  const add = (name, text, parent, className) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    parent.appendChild(made);
    return made;
  };
  const shorten = (text, length) => text.length <= length ? text : text.slice(0, length - 1) + "\u2026";
  const titleOf = (node) => node.name === "" ? node.op : node.op === "leaf" ? node.name : node.name + " = " + node.op;

  let grouping = groupsFor(graph, most), opened = new Set(), drawing, size, step = 0, view;
  const groupOf = (i) => {
    const group = grouping.groupOf(i);
    return opened.has(group) ? "" : group;
  };
  // Backward visits the vertices from the result to the inputs.
  let order = [];

  function draw() {
    drawing = drawingOf(graph, groupOf);
    size = placeAll(drawing, boxWidth, boxHeight);
    order = drawing.vertices.slice().sort((a, b) => b.members[b.members.length - 1] - a.members[a.members.length - 1]);
    svg.textContent = "";
    const defs = element("defs", {}, svg);
    const edges = element("g", {}, svg), nodes = element("g", {}, svg), labels = element("g", {}, svg);
    void defs;
    for (const link of drawing.links) {
      link.shape = element("g", {class: "edge"}, edges);
      element("path", {d: curve(link.points)}, link.shape);
      link.label = element("g", {class: "edge"}, labels);
      const end = link.points[link.points.length - 1], before = link.points[link.points.length - 2];
      const text = link.edges.length === 1 ? graph.edges[link.edges[0]].label : link.edges.length + " gradients";
      element("text", {x: (end[0] * 2 + before[0]) / 3, y: (end[1] * 2 + before[1]) / 3}, link.label, shorten(text, 34));
    }
    for (const vertex of drawing.vertices) drawVertex(vertex, nodes);
    fit();
    show(Math.min(step, order.length - 1));
  }

  function drawVertex(vertex, parent) {
    const node = graph.nodes[vertex.members[vertex.members.length - 1]], folded = vertex.group !== "";
    const shape = element("g", {class: "node", transform: `translate(${vertex.x - boxWidth / 2} ${vertex.y - boxHeight / 2})`},
                          parent);
    vertex.shape = shape;
    vertex.kind = folded ? "folded" : node.op === "leaf" ? "leaf" : "op";
    element("rect", {width: boxWidth, height: boxHeight, rx: vertex.kind === "leaf" ? 20 : 6}, shape);
    element("text", {x: boxWidth / 2, y: 17}, shape, shorten(folded ? vertex.group : titleOf(node), 25));
    element("text", {x: boxWidth / 2, y: 33, class: "small"}, shape,
            shorten(folded ? vertex.members.length + " ops" : node.value === "" ? node.kind : node.value, 29));
    element("text", {x: boxWidth / 2, y: 51, class: "small gradient"}, shape,
            shorten(node.gradient === "" ? "no gradient" : "gradient " + node.gradient, 29));
    element("title", {}, shape, folded ? vertex.group : titleOf(node) + " " + node.kind + " " + node.at);
    shape.addEventListener("click", () => { if (!moved) show(order.indexOf(vertex)); });
    shape.addEventListener("dblclick", () => { if (folded) open(vertex); });
  }

  function open(vertex) {
    opened.add(vertex.group);
    draw();
  }

  function show(to) {
    step = Math.max(0, Math.min(order.length - 1, to));
    const current = order[step], done = new Set(order.slice(0, step + 1));
    for (const vertex of drawing.vertices) {
      // A gradient is complete once all uses of the value have been visited.
      const ready = done.has(vertex) || drawing.links.every((link) => link.from !== vertex || done.has(link.to));
      vertex.shape.setAttribute("class", "node " + vertex.kind + (done.has(vertex) ? " done" : "") +
                                (vertex === current ? " now" : "") + (ready ? "" : " waiting"));
    }
    for (const link of drawing.links) {
      const kind = "edge" + (link.to === current ? " now" : done.has(link.to) ? " sent" : "");
      link.shape.setAttribute("class", kind);
      link.label.setAttribute("class", kind);
    }
    document.getElementById("count").textContent = `step ${step + 1} of ${order.length}`;
    for (const [id, end] of [["first", step === 0], ["back", step === 0], ["next", step + 1 === order.length],
                             ["last", step + 1 === order.length]])
      document.getElementById(id).disabled = end;
    describe(current);
    reveal(current);
  }

  function describe(vertex) {
    details.textContent = "";
    if (vertex.group !== "") {
      add("h2", vertex.group, details);
      add("p", vertex.members.length + " ops are folded here.", details);
      add("button", "unfold", details).addEventListener("click", () => open(vertex));
      return;
    }
    const node = graph.nodes[vertex.members[0]];
    add("h2", titleOf(node), details);
    const list = add("dl", undefined, details);
    const row = (name, value) => {
      if (value === "") return;
      add("dt", name, list);
      add("dd", value, list);
    };
    row("settings", node.settings.join(", "));
    row("shape", node.kind);
    row("line", node.at);
    row("module", node.module);
    row("value", node.values === "" ? "not kept: open a KeepValues scope" : node.values);
    row("gradient", node.gradients === "" ? "none" : node.gradients);
    const own = graph.edges.filter((edge) => edge.to === vertex.members[0]);
    if (own.length > 0) add("h3", "it sends to its inputs", details);
    for (const edge of own) {
      const box = add("div", undefined, details, "use"), input = graph.nodes[edge.from];
      add("p", "input " + edge.input + ": " + titleOf(input), box);
      const parts = add("dl", undefined, box);
      const part = (name, value) => { add("dt", name, parts); add("dd", value, parts); };
      part("upstream", node.gradients === "" ? "none" : node.gradients);
      part("local", edge.local === "" ? "each element depends on several" : edge.local);
      part("sent", edge.sent === "" ? "nothing" : edge.sent);
    }
    const uses = graph.edges.filter((edge) => edge.from === vertex.members[0]);
    if (uses.length > 1) {
      add("h3", "its gradient is the sum over its uses", details);
      for (const edge of uses) add("p", titleOf(graph.nodes[edge.to]) + ": " + (edge.sent || "nothing"), details);
    }
  }

  // ---- the view: what part of the drawing is seen
  function apply() { svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`); }
  function shape() {
    const box = svg.getBoundingClientRect();
    return {width: Math.max(1, box.width), height: Math.max(1, box.height), left: box.left, top: box.top};
  }
  function fit() {
    const box = shape(), scale = Math.max(size.width / box.width, size.height / box.height, .6);
    view = {width: box.width * scale, height: box.height * scale, x: 0, y: 0};
    view.x = (size.width - view.width) / 2;
    view.y = (size.height - view.height) / 2;
    // Boxes that would be too small to read are shown in part, the result first.
    if (scale > 1.7) zoomTo(order[Math.min(step, order.length - 1)], 1.15);
    apply();
  }
  function zoomTo(vertex, scale) {
    const box = shape();
    view = {width: box.width * scale, height: box.height * scale, x: vertex.x - box.width * scale / 2,
            y: vertex.y - box.height * scale / 2};
  }
  function reveal(vertex) {
    const margin = 20, left = vertex.x - boxWidth / 2 - margin, right = vertex.x + boxWidth / 2 + margin;
    const top = vertex.y - boxHeight / 2 - margin, bottom = vertex.y + boxHeight / 2 + margin;
    if (left < view.x || right > view.x + view.width) view.x = vertex.x - view.width / 2;
    if (top < view.y || bottom > view.y + view.height) view.y = vertex.y - view.height / 2;
    apply();
  }
  function zoom(factor, px, py) {
    const box = shape(), fx = (px - box.left) / box.width, fy = (py - box.top) / box.height;
    view.x += view.width * fx * (1 - factor);
    view.y += view.height * fy * (1 - factor);
    view.width *= factor;
    view.height *= factor;
    apply();
  }
  let grab = null, moved = false;
  svg.addEventListener("wheel", (event) => { event.preventDefault(); zoom(event.deltaY > 0 ? 1.15 : 1 / 1.15, event.clientX, event.clientY); },
                       {passive: false});
  svg.addEventListener("pointerdown", (event) => { grab = {x: event.clientX, y: event.clientY}; moved = false; });
  window.addEventListener("pointerup", () => { grab = null; });
  svg.addEventListener("pointermove", (event) => {
    if (grab === null) return;
    const box = shape(), dx = event.clientX - grab.x, dy = event.clientY - grab.y;
    if (!moved && Math.abs(dx) + Math.abs(dy) < 5) return;
    moved = true;
    view.x -= dx * view.width / box.width;
    view.y -= dy * view.height / box.height;
    grab = {x: event.clientX, y: event.clientY};
    apply();
  });
  window.addEventListener("resize", fit);

  // ---- keys and buttons
  const moves = {ArrowRight: () => step + 1, ArrowDown: () => step + 1, ArrowLeft: () => step - 1, ArrowUp: () => step - 1,
                 Home: () => 0, End: () => order.length - 1};
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (moves[event.key]) { event.preventDefault(); show(moves[event.key]()); }
    else if (event.key === "0") fit();
    else if (event.key === "+" || event.key === "-") {
      const box = shape();
      zoom(event.key === "-" ? 1.2 : 1 / 1.2, box.left + box.width / 2, box.top + box.height / 2);
    } else if (event.key === "f") toggleFold();
  });
  const on = (id, f) => document.getElementById(id).addEventListener("click", f);
  on("first", () => show(0));
  on("back", () => show(step - 1));
  on("next", () => show(step + 1));
  on("last", () => show(order.length - 1));
  on("fit", fit);
  on("fold", toggleFold);
  function toggleFold() {
    const folded = drawing.vertices.some((vertex) => vertex.group !== "");
    opened = new Set();
    grouping = folded ? {groupOf: () => "", folded: false} : groupsFor(graph, Math.min(most, graph.nodes.length - 1));
    step = 0;
    draw();
  }
  on("theme", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
  draw();
})();
)page";
// clang-format on

}  // namespace xgrad::detail
