// A spread drawn as a tree: three lanes for the three levels, one column a telling, in order of time.
import { html } from "./html.js";
import { hashOf } from "./pickers.js";
import { afterText } from "./figures.js";
import { word } from "./words.js";

const LANES = ["province", "city", "county"];
const COLUMN = 84;
const LANE = 124;
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
  return Math.max(0, LANES.indexOf(member.level)) * LANE + 52;
}

function Edge({ from, to }) {
  const kind = !to.nearest_story_id ? "guess" : to.relation === "same_event" ? "words" : "copy";
  return html`<path class=${`tree-edge ${kind}`} d=${pathOf(from, to)} />`;
}

/** An S between lanes; within one lane an arc above it, so that lines do not run through the nodes between. */
function pathOf(from, to) {
  if (from.y !== to.y) {
    const bend = (from.x + to.x) / 2;
    return `M${from.x},${from.y} C${bend},${from.y} ${bend},${to.y} ${to.x},${to.y}`;
  }
  const top = from.y - Math.min(44, 10 + (to.x - from.x) / 14);
  return `M${from.x},${from.y} C${from.x + 24},${top} ${to.x - 24},${top} ${to.x},${to.y}`;
}

function Node({ node, first }) {
  const outlet = node.outlet || node.outlet_id;
  const lines = linesOf(shortName(outlet));
  const when = first ? "首发" : afterText(node.minutes_after_lead);
  const said = `${word("relation", first ? "" : node.relation)}`;
  return html`<a
    class="tree-node"
    href=${hashOf("story", { id: node.story_id })}
    aria-label=${`${lines.join(" ")} ${when}${said ? `，${said}` : ""}：${node.title}`}
  >
    <title>${`${outlet}：${node.title}`}</title>
    <circle class=${first ? "first" : node.relation === "same_event" ? "words" : "copy"} cx=${node.x} cy=${node.y} r=${first ? RADIUS + 3 : RADIUS} />
    ${lines.map((line, n) => html`<text key=${n} class="tree-name" x=${node.x} y=${node.y + 28 + n * 16}>${line}</text>`)}
    <text class="tree-time" x=${node.x} y=${node.y + 28 + lines.length * 16}>${when}</text>
  </a>`;
}

/** Without what every county centre's name ends in. */
export function shortName(name) {
  return name.replace(/（.*?）$/, "").replace(/融媒体中心$/, "").replace(/^四川/, "") || name;
}

/** At most two lines of six characters, about equally long. */
function linesOf(name) {
  const cut = name.length > 12 ? `${name.slice(0, 11)}…` : name;
  const half = Math.ceil(cut.length / 2);
  return cut.length > 6 ? [cut.slice(0, half), cut.slice(half)] : [cut];
}
