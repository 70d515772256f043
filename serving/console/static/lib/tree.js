// A spread drawn as a tree: one row a telling, in order of time, with its dot in the lane of its level.
import { html, useEffect, useState } from "./html.js";
import { OutletName, hashOf } from "./pickers.js";
import { afterText } from "./figures.js";
import { word } from "./words.js";

const LANES = ["province", "city", "county"];
const WIDE = { lane: 48, row: 40 };
const NARROW = { lane: 40, row: 68 };
const NARROW_SCREEN = "(max-width: 900px)";
const BEND = 8;
const RADIUS = 6;
const TRACKS = 3;
const TRACK = 4;

/** `members` as of `GET /v1/clusters/{id}`; a full line is a copy, a dashed one other words. */
export function SpreadTree({ members }) {
  const { lane, row } = useMeasures();
  const at = new Map(members.map((m, place) => [m.story_id, { ...m, place, x: laneOf(m, lane), y: (place + 0.5) * row }]));
  const nodes = [...at.values()];
  const edges = tracked(nodes.slice(1).map((to) => ({ to, from: at.get(to.nearest_story_id) ?? nodes[0] })));
  const width = LANES.length * lane;
  const height = members.length * row;
  return html`<div class="tree" style=${{ "--lanes": `${width}px`, "--row": `${row}px` }}>
    <p class="tree-lanes" aria-hidden="true">${LANES.map((level) => html`<span key=${level}>${word("level", level)}</span>`)}</p>
    <svg class="tree-drawing" width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`} aria-hidden="true">
      <rect class="lane" x=${lane} y="0" width=${lane} height=${height} />
      ${edges.map((edge) => html`<path key=${edge.to.story_id} class=${`tree-edge ${kindOf(edge.to)}`} d=${pathOf(edge)} />`)}
      ${nodes.map(
        (node) => html`<circle
          key=${node.story_id}
          class=${`tree-dot ${node.place ? (node.relation === "same_event" ? "words" : "copy") : "first"}`}
          cx=${node.x}
          cy=${node.y}
          r=${node.place ? RADIUS : RADIUS + 2}
        />`,
      )}
    </svg>
    <ol class="tree-rows">
      ${nodes.map((node) => html`<${Row} key=${node.story_id} node=${node} />`)}
    </ol>
  </div>`;
}

function useMeasures() {
  const [narrow, setNarrow] = useState(() => matchMedia(NARROW_SCREEN).matches);
  useEffect(() => {
    const watched = matchMedia(NARROW_SCREEN);
    const turned = () => setNarrow(watched.matches);
    watched.addEventListener("change", turned);
    return () => watched.removeEventListener("change", turned);
  }, []);
  return narrow ? NARROW : WIDE;
}

function laneOf(member, lane) {
  return (Math.max(0, LANES.indexOf(member.level)) + 0.5) * lane;
}

function kindOf(member) {
  if (!member.nearest_story_id) return "guess";
  return member.relation === "same_event" ? "words" : "copy";
}

/** Edges with the side of the lane they go down on, and their source's own track there while tracks last. */
function tracked(edges) {
  const open = new Map();
  const ends = new Map();
  for (const edge of edges) {
    edge.side = edge.to.x > edge.from.x ? 1 : -1;
    edge.way = `${edge.from.x}/${edge.side}`;
    ends.set(`${edge.way}/${edge.from.story_id}`, edge.to.place);
  }
  for (const edge of [...edges].sort((a, b) => a.from.place - b.from.place)) {
    const held = open.get(edge.way) ?? [];
    open.set(edge.way, held);
    const own = held.findIndex((one) => one.id === edge.from.story_id);
    const free = Array.from({ length: TRACKS }, (_, n) => n).find((n) => !held[n] || held[n].until <= edge.from.place);
    edge.track = own >= 0 ? own : (free ?? edge.from.place % TRACKS);
    if (own < 0) held[edge.track] = { id: edge.from.story_id, until: ends.get(`${edge.way}/${edge.from.story_id}`) };
  }
  return edges;
}

/**
 * Down beside the lane of the source, then across in the row of the target, where no other dot is: so no line runs
 * through a dot, and lines from one source share their way.
 */
function pathOf({ from, to, side, track }) {
  const down = from.x + side * (RADIUS + TRACK * (track + 1));
  const end = down + Math.sign(to.x - down) * BEND;
  return `M${from.x},${from.y} Q${down},${from.y} ${down},${from.y + BEND} V${to.y - BEND} Q${down},${to.y} ${end},${to.y} H${to.x}`;
}

function Row({ node }) {
  const when = node.place ? afterText(node.minutes_after_lead) : "首发";
  const said = node.place ? word("relation", node.relation) : "";
  return html`<li>
    <a class="tree-node" href=${hashOf("story", { id: node.story_id })} title=${node.title}>
      <strong class="tree-name"><${OutletName} id=${node.outlet_id} /></strong>
      <span class="tree-time hint figure">${when}${said ? html`<span class="tree-relation"> · ${said}</span>` : null}</span>
      <span class="tree-title">${node.title}</span>
    </a>
  </li>`;
}
