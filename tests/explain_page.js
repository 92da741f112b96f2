// Runs the script of a page of explain() over a stand-in for the browser's document, and checks what it draws and how it
// steps:   node explain_page.js PAGE.html...
"use strict";
const fs = require("fs");

class Element {
  constructor(name) {
    Object.assign(this, {name, attributes: {}, children: [], listeners: {}, own: "", dataset: {}, className: ""});
  }
  setAttribute(key, value) { this.attributes[key] = String(value); }
  appendChild(child) { this.children.push(child); return child; }
  addEventListener(type, f) { (this.listeners[type] = this.listeners[type] || []).push(f); }
  set textContent(text) { this.own = text; this.children = []; }
  get textContent() { return this.own + this.children.map((child) => child.textContent).join(" "); }
  getBoundingClientRect() { return {width: 1100, height: 800, left: 0, top: 0}; }
  fire(type, event = {}) {
    for (const f of this.listeners[type] || []) f({preventDefault() {}, ...event});
  }
}

function check(condition, text) {
  if (!condition) throw new Error(text);
}

function run(path) {
  const page = fs.readFileSync(path, "utf8"), ids = {};
  check(!/(src|href)=/.test(page), "the page refers to others");
  for (const match of page.matchAll(/id="(\w+)"/g)) ids[match[1]] = new Element(match[1]);
  const json = page.match(/id="graph">([\s\S]*?)<\/script>/)[1];
  ids.graph.own = json;
  const page_document = new Element("document");
  Object.assign(page_document, {
    getElementById: (id) => ids[id], createElement: (name) => new Element(name),
    createElementNS: (space, name) => new Element(name), documentElement: new Element("html")});
  const page_window = new Element("window");
  const script = page.match(/<script>\n([\s\S]*?)<\/script>/)[1];
  new Function("document", "window", "matchMedia", script)(page_document, page_window, () => ({matches: false}));

  const graph = JSON.parse(json), svg = ids.drawing, boxes = () => svg.children[2].children;
  const places = boxes().map((box) => box.attributes.transform.match(/translate\((\S+) (\S+)\)/).slice(1).map(Number));
  check(graph.nodes.length > 300 ? boxes().length <= 300 : boxes().length === graph.nodes.length,
        boxes().length + " boxes for " + graph.nodes.length + " nodes");
  places.forEach(([x, y], i) => {
    check(Number.isFinite(x) && Number.isFinite(y), "box " + i + " has no place");
    for (const [u, v] of places.slice(0, i)) check(Math.abs(x - u) >= 168 || Math.abs(y - v) >= 64, "boxes overlap");
  });
  const key = (name) => page_document.fire("keydown", {key: name});
  const at = () => ids.count.textContent, steps = boxes().length;
  check(at() === `step 1 of ${steps}`, at());
  for (let i = 0; i < steps + 2; ++i) key("ArrowRight");
  check(at() === `step ${steps} of ${steps}` && ids.next.disabled && !ids.back.disabled, at());
  key("Home");
  ids.next.fire("click");
  ids.next.fire("click");
  key("ArrowUp");
  check(at() === `step 2 of ${steps}` || steps < 3, at());
  boxes()[0].fire("click");
  check(at() !== `step 2 of ${steps}`, "a click selects nothing");
  const view = svg.attributes.viewBox;
  svg.fire("wheel", {deltaY: 1, clientX: 100, clientY: 100});
  check(view !== svg.attributes.viewBox, "the wheel does not zoom");
  ids.fold.fire("click");
  ids.fold.fire("click");
  ids.theme.fire("click");
  check(page_document.documentElement.dataset.theme === "dark", "the theme does not change");
  key("Home");
  check(ids.details.textContent.includes("gradient") || ids.details.textContent.includes("folded"), "no details");
  console.log(`${path}: ${graph.nodes.length} nodes in ${steps} boxes`);
}

for (const path of process.argv.slice(2)) run(path);
