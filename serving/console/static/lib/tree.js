// A spread drawn as a tree: three lanes for the three levels, one column a telling, in order of time.
import { html } from "./html.js";
import { hashOf } from "./pickers.js";
import { spanOf } from "./figures.js";
import { word } from "./words.js";

const LANES = ["province", "city", "county"];
const COLUMN = 92;
const LANE = 116;
const LEFT = 64;
const RADIUS = 9;

/** `members` as of `GET /v1/clusters/{id}`; a full line is a copy, a dashed one other words. */
export function SpreadTree({ members }) {
  const at = new Map(members.map((m, place) => [m.story_id, { ...m, x: LEFT + COLUMN / 2 + place * COLUMN, y: laneOf(m) }]));
  const nodes = [...at.values()];
  const width = LEFT + members.length * COLUMN + 16;
  const height = LANES.length * LANE;
  return html`<div class="tree-frame" tabindex="0" role="region" aria-label="传播关系图，可左右滚动">
    <svg class="tree" width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`} role="group" aria-label="传播关系图">
      ${LANES.map(
        (level, place) => html`<g key=${level}>
          <rect class=${`lane ${place % 2 ? "odd" : ""}`} x="0" y=${place * LANE} width=${width} height=${LANE} />
          <text class="lane-name" x="12" y=${place * LANE + 24}>${word("level", level)}</text>
        </g>`,
      )}
      ${nodes.map((node) => {
        const from = at.get(node.nearest_story_id) ?? (node === nodes[0] ? null : nodes[0]);
        return from && html`<${Edge} key=${node.story_id} from=${from} to=${node} />`;
      })}
      ${nodes.map((node, place) => html`<${Node} key=${node.story_id} node=${node} first=${place === 0} />`)}
    </svg>
  </div>`;
}

function laneOf(member) {
  return Math.max(0, LANES.indexOf(member.level)) * LANE + 46;
}

function Edge({ from, to }) {
  const bend = (from.x + to.x) / 2;
  const kind = !to.nearest_story_id ? "guess" : to.relation === "same_event" ? "words" : "copy";
  return html`<path class=${`tree-edge ${kind}`} d=${`M${from.x},${from.y} C${bend},${from.y} ${bend},${to.y} ${to.x},${to.y}`} />`;
}

function Node({ node, first }) {
  const said = first ? "首发" : `首发后 ${spanOf(node.minutes_after_lead)}，${word("relation", node.relation)}`;
  const lines = linesOf(shortName(node.outlet || node.outlet_id));
  return html`<a class="tree-node" href=${hashOf("story", { id: node.story_id })} aria-label=${`${node.outlet || node.outlet_id}，${said}：${node.title}`}>
    <title>${`${node.outlet || node.outlet_id}：${node.title}（${said}）`}</title>
    <circle class=${first ? "first" : node.relation === "same_event" ? "words" : "copy"} cx=${node.x} cy=${node.y} r=${first ? RADIUS + 3 : RADIUS} />
    ${lines.map((line, n) => html`<text key=${n} class="tree-name" x=${node.x} y=${node.y + 28 + n * 16}>${line}</text>`)}
    <text class="tree-time" x=${node.x} y=${node.y + 28 + lines.length * 16}>${first ? "首发" : `+${spanOf(node.minutes_after_lead)}`}</text>
  </a>`;
}

/** Without what every county centre's name ends in. */
export function shortName(name) {
  return name.replace(/融媒体中心$/, "").replace(/^四川/, "") || name;
}

function linesOf(name) {
  const cut = name.length > 12 ? `${name.slice(0, 11)}…` : name;
  return cut.length > 6 ? [cut.slice(0, 6), cut.slice(6)] : [cut];
}
