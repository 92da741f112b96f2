#include <xgrad/autograd/inspect/explain_page.hpp>

namespace xgrad::detail {

// clang-format off
const char* const page_style = R"page(:root {
  color-scheme: light dark;
  --paper: #fbfbf8; --ink: #1c1f24; --soft: #5d6570; --line: #c6cbd2; --box: #ffffff; --leaf: #eef4ea;
  --done: #e3eefc; --now: #1f6fd0; --flow: #c2410c; --panel: #f1f2ee;
}
@media (prefers-color-scheme: dark) {
  :root:not([data-theme="light"]) {
    --paper: #14171b; --ink: #e8eaed; --soft: #9aa3ae; --line: #444c56; --box: #1e2329; --leaf: #1d2a20;
    --done: #1b2c44; --now: #6cb0ff; --flow: #ff9a5a; --panel: #1a1e23;
  }
}
:root[data-theme="dark"] {
  color-scheme: dark;
  --paper: #14171b; --ink: #e8eaed; --soft: #9aa3ae; --line: #444c56; --box: #1e2329; --leaf: #1d2a20;
  --done: #1b2c44; --now: #6cb0ff; --flow: #ff9a5a; --panel: #1a1e23;
}
:root[data-theme="light"] { color-scheme: light; }
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body { display: grid; grid-template: auto 1fr / 1fr 22rem; background: var(--paper); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; }
header { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: center;
  padding: .5rem .9rem; border-bottom: 1px solid var(--line); }
h1 { font-size: 1.05rem; margin: 0; flex: 1 1 12rem; overflow-wrap: anywhere; }
button { font: inherit; color: inherit; background: var(--box); border: 1px solid var(--line); border-radius: .4rem;
  padding: .3rem .7rem; min-height: 2.2rem; cursor: pointer; }
button:focus-visible, svg:focus-visible { outline: 2px solid var(--now); outline-offset: 1px; }
button:disabled { opacity: .45; cursor: default; }
#count { color: var(--soft); min-width: 7.5em; text-align: center; }
#drawing { width: 100%; height: 100%; min-height: 0; touch-action: none; cursor: grab; display: block; }
#stage { min-width: 0; min-height: 0; overflow: hidden; }
aside { border-left: 1px solid var(--line); background: var(--panel); padding: .8rem 1rem; overflow: auto;
  overflow-wrap: anywhere; }
aside h2 { font-size: 1rem; margin: 0 0 .3rem; }
aside h3 { font-size: .9rem; margin: .9rem 0 .2rem; color: var(--soft); font-weight: 600; }
aside p { margin: .15rem 0; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .1rem .7rem; margin: .3rem 0; }
dt { color: var(--soft); }
dd { margin: 0; font-family: ui-monospace, monospace; font-size: .86rem; }
.use { border-left: 3px solid var(--flow); padding-left: .6rem; margin: .5rem 0; }
.node rect { fill: var(--box); stroke: var(--line); }
.node.leaf rect { fill: var(--leaf); }
.node.folded rect { stroke-dasharray: 5 3; }
.node.done rect { fill: var(--done); }
.node.now rect { stroke: var(--now); stroke-width: 3; }
.node { cursor: pointer; }
.node text { fill: var(--ink); font-size: 12px; text-anchor: middle; }
.node text.small { fill: var(--soft); font-size: 10.5px; }
.node.waiting text.gradient { visibility: hidden; }
.edge path { fill: none; stroke: var(--line); stroke-width: 1.5; }
.edge.sent path { stroke: var(--now); opacity: .55; }
.edge.now path { stroke: var(--flow); stroke-width: 2.5; opacity: 1; }
.edge text { fill: var(--flow); font-size: 11px; text-anchor: middle; visibility: hidden;
  paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
.edge.now text { visibility: visible; }
@media (max-width: 760px) {
  body { grid-template: auto minmax(0, 1fr) minmax(9rem, 38%) / 1fr; }
  aside { border-left: 0; border-top: 1px solid var(--line); }
  .hint { display: none; }
}
)page";

const char* const page_body = R"page(<button id="first" type="button" title="Home">first</button>
<button id="back" type="button" title="arrow left or up">back</button>
<span id="count" role="status"></span>
<button id="next" type="button" title="arrow right or down">next</button>
<button id="last" type="button" title="End">last</button>
<button id="fit" type="button" title="key 0">fit</button>
<button id="fold" type="button" title="key f">fold modules</button>
<button id="theme" type="button">light or dark</button>
</header>
<main id="stage"><svg id="drawing" tabindex="0" role="img" aria-label="the graph, from its inputs above to the result below"></svg></main>
<aside id="details" aria-live="polite"></aside>
)page";
// clang-format on

}  // namespace xgrad::detail
