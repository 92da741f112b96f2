#include <xgrad/autograd/inspect/explain_layout.hpp>

namespace xgrad::detail {

// clang-format off
const char* const page_layout = R"page("use strict";
// A drawing has vertices {id, width, members} and links {from, to}. Vertices are numbered in order of creation.

// Not Math.max(...numbers): a call takes only so many arguments.
const largest = (numbers, first) => numbers.reduce((a, b) => Math.max(a, b), first);
const least = (numbers) => numbers.reduce((a, b) => Math.min(a, b), Infinity);

// Merges the nodes that are folded. Returns the drawing; every node of the graph is a member of one vertex.
function drawingOf(graph, groupOf) {
  const vertices = [], links = [], vertexOf = [], groups = new Map();
  graph.nodes.forEach((node, i) => {
    const group = groupOf(i);
    let vertex = group === "" ? undefined : groups.get(group);
    if (vertex === undefined) {
      vertex = {id: vertices.length, members: [], group, layer: 0, x: 0, y: 0};
      vertices.push(vertex);
      if (group !== "") groups.set(group, vertex);
    }
    vertex.members.push(i);
    vertexOf[i] = vertex;
  });
  const seen = new Map();
  graph.edges.forEach((edge, k) => {
    const from = vertexOf[edge.from], to = vertexOf[edge.to];
    if (from === to) return;
    const key = from.id + " " + to.id;
    if (!seen.has(key)) {
      seen.set(key, {from, to, edges: []});
      links.push(seen.get(key));
    }
    seen.get(key).edges.push(k);
  });
  return {vertices, links, vertexOf};
}

// The groups to begin with: none up to `most` nodes, else modules as deep as the limit allows, and where nodes belong to no
// module, the lines that made them.
function groupsFor(graph, most) {
  const none = () => "";
  if (graph.nodes.length <= most) return {groupOf: none, folded: false};
  const deepest = largest(graph.nodes.map((node) => node.module === "" ? 0 : node.module.split(".").length), 0);
  const byModule = (depth) => (i) => {
    const module = graph.nodes[i].module;
    return module === "" ? "" : module.split(".").slice(0, depth).join(".");
  };
  const count = (groupOf) => {
    const groups = new Set();
    return graph.nodes.reduce((sum, node, i) => {
      const group = groupOf(i);
      if (group === "") return sum + 1;
      if (groups.has(group)) return sum;
      groups.add(group);
      return sum + 1;
    }, 0);
  };
  for (let depth = deepest; depth > 0; --depth)
    if (count(byModule(depth)) <= most || depth === 1 && count(byModule(1)) < graph.nodes.length / 2)
      return {groupOf: byModule(depth), folded: true};
  const byLine = (i) => {
    const node = graph.nodes[i], module = byModule(1)(i);
    return module !== "" ? module : node.at !== "" ? node.at : node.op === "leaf" ? "leaves" : "";
  };
  return {groupOf: byLine, folded: true};
}

// The longest path from an input decides the layer. Folding may have made cycles: links against the order of creation
// are left out here.
function assignLayers(drawing) {
  const last = (vertex) => vertex.members[vertex.members.length - 1];
  const order = drawing.vertices.slice().sort((a, b) => last(a) - last(b));
  const rank = new Map(order.map((vertex, i) => [vertex, i]));
  const into = new Map(order.map((vertex) => [vertex, []])), out = new Map(order.map((vertex) => [vertex, []]));
  for (const link of drawing.links)
    if (rank.get(link.from) < rank.get(link.to)) {
      into.get(link.to).push(link.from);
      out.get(link.from).push(link.to);
    }
  for (const vertex of order)
    vertex.layer = largest(into.get(vertex).map((from) => from.layer + 1), 0);
  // A leaf stands right above its first use.
  for (const vertex of order)
    if (into.get(vertex).length === 0 && out.get(vertex).length > 0)
      vertex.layer = least(out.get(vertex).map((to) => to.layer)) - 1;
}

// Places everything: sets x and y of the vertices and the points of the links, and returns the size.
function placeAll(drawing, boxWidth, boxHeight) {
  assignLayers(drawing);
  const layers = [];
  const put = (item) => (layers[item.layer] = layers[item.layer] || []).push(item);
  drawing.vertices.forEach((vertex) => { vertex.width = boxWidth; vertex.near = []; put(vertex); });
  // A link over several layers gets a bend in each one between.
  for (const link of drawing.links) {
    link.chain = [link.from];
    const down = link.from.layer < link.to.layer ? 1 : -1;
    for (let layer = link.from.layer + down; layer !== link.to.layer && link.from.layer !== link.to.layer; layer += down) {
      const bend = {layer, width: 14, near: [], bend: true, x: 0, y: 0};
      put(bend);
      link.chain.push(bend);
    }
    link.chain.push(link.to);
    for (let i = 0; i + 1 < link.chain.length; ++i) {
      link.chain[i].near.push(link.chain[i + 1]);
      link.chain[i + 1].near.push(link.chain[i]);
    }
  }
  for (let i = 0; i < layers.length; ++i) layers[i] = layers[i] || [];
  const gap = 22, spread = (layer) => {
    let x = 0;
    for (const item of layer) { item.x = x + item.width / 2; x += item.width + gap; }
    for (const item of layer) item.x -= (x - gap) / 2;
  };
  layers.forEach(spread);
  // Sweeps that bring each item below or above the middle of its neighbours, which also avoids crossings.
  const middle = (item, side) => {
    const near = item.near.filter((other) => (other.layer - item.layer) * side > 0);
    return near.length === 0 ? item.x : near.reduce((sum, other) => sum + other.x, 0) / near.length;
  };
  const settle = (layer, wanted) => {
    layer.sort((a, b) => wanted.get(a) - wanted.get(b));
    let right = -Infinity;
    for (const item of layer) {
      item.x = Math.max(wanted.get(item), right + item.width / 2);
      right = item.x + item.width / 2 + gap;
    }
    const shift = layer.reduce((sum, item) => sum + wanted.get(item) - item.x, 0) / Math.max(1, layer.length);
    for (const item of layer) item.x += shift;
  };
  for (let sweep = 0; sweep < 12; ++sweep) {
    const side = sweep % 2 === 0 ? -1 : 1, order = layers.slice();
    if (side === 1) order.reverse();
    for (const layer of order) settle(layer, new Map(layer.map((item) => [item, middle(item, side)])));
  }
  const all = layers.flat(), left = least(all.map((item) => item.x - item.width / 2));
  for (const item of all) {
    item.x += 20 - left;
    item.y = 20 + item.layer * (boxHeight + 58) + boxHeight / 2;
  }
  for (const link of drawing.links) {
    const points = link.chain.map((item) => [item.x, item.y]);
    const down = link.from.layer <= link.to.layer ? 1 : -1;
    points[0] = [link.from.x, link.from.y + down * boxHeight / 2];
    points[points.length - 1] = [link.to.x, link.to.y - down * boxHeight / 2];
    link.points = points;
  }
  return {width: largest(all.map((item) => item.x + item.width / 2), -Infinity) + 20,
          height: layers.length * (boxHeight + 58) - 18};
}

// A curve through the points that leaves and arrives vertically.
function curve(points) {
  let path = `M${points[0][0].toFixed(1)} ${points[0][1].toFixed(1)}`;
  for (let i = 1; i < points.length; ++i) {
    const [x, y] = points[i], [u, v] = points[i - 1], half = (v + y) / 2;
    path += `C${u.toFixed(1)} ${half.toFixed(1)} ${x.toFixed(1)} ${half.toFixed(1)} ${x.toFixed(1)} ${y.toFixed(1)}`;
  }
  return path;
}
)page";
// clang-format on

}  // namespace xgrad::detail
