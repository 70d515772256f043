// 一稿传播: one cluster as a timeline and as a graph, from the first publisher through the three levels.
import { html, useMemo, useState } from "../lib/html.js";
import { get, useData } from "../lib/api.js";
import { Card, Chip, Empty, fullTime, Loading, OutletName, ProblemNote, spanOf, StoryLink, Tabs, afterText } from "../lib/ui.js";
import { PageLink } from "../lib/places.js";
import { Figure } from "../lib/bars.js";
import { SpreadTree } from "../lib/tree.js";
import { word } from "../lib/words.js";

export const roles = ["editor", "operator", "scientist", "admin"];

const TABS = [
  { value: "tree", label: "关系图" },
  { value: "time", label: "时间线" },
];
const LEVELS = ["county", "city", "province"];

export default function Page({ query }) {
  const { data, problem, reload } = useData(
    (signal) => query.id && get(`/v1/clusters/${encodeURIComponent(query.id)}`, {}, { signal }),
    [query.id],
  );
  if (!query.id) return html`<${Empty} text="没有选定稿件" hint=${html`请从<${PageLink} name="spread" />里选一条。`} />`;
  if (problem) return html`<${ProblemNote} problem=${problem} retry=${reload} />`;
  if (!data) return html`<${Loading} />`;
  return html`<${Spread} cluster=${data} />`;
}

function Spread({ cluster }) {
  const [tab, setTab] = useState("tree");
  const { members } = cluster;
  const [lead] = members;
  const levels = useMemo(() => byLevel(members), [members]);
  const last = members[members.length - 1];
  return html`<div class="stack">
    <${Card} title=${lead.title} hint=${`首发：${lead.outlet || lead.outlet_id}，${fullTime(lead.published_at)}`}>
      <dl class="figures">
        <${Figure} label="媒体" value=${cluster.outlets} />
        <${Figure} label="稿件" value=${cluster.size} />
        ${LEVELS.map((level) => html`<${Figure} key=${level} label=${`${word("level", level)}媒体`} value=${levels.get(level) ?? 0} />`)}
        <div class="fact"><dt>传播时长</dt><dd class="figure">${members.length > 1 ? spanOf(last.minutes_after_lead) : "—"}</dd></div>
      </dl>
    <//>
    ${members.length === 1
      ? html`<${Empty} text="还没有别的媒体刊发" hint="别家刊发后，这里会画出先后和层级。" />`
      : html`<${Card} title="怎样传开" hint="连线指向此前最相近的一篇，是文本相近，不等于确认的转载来源">
          <${Tabs} tabs=${TABS} value=${tab} onChange=${setTab} label="看法" />
          ${tab === "tree" ? html`<${SpreadTree} members=${members} /><${Legend} />` : html`<${Timeline} members=${members} />`}
        <//>`}
  </div>`;
}

function Legend() {
  return html`<ul class="hint tree-legend">
    <li><span class="key first"></span>首发</li>
    <li><span class="key"></span>转载或原文相同</li>
    <li><span class="key words"></span>同一事件，另写</li>
    <li>从上到下按时间先后</li>
  </ul>`;
}

function Timeline({ members }) {
  return html`<ol class="timeline">
    ${members.map(
      (m, place) => html`<li key=${m.story_id} class=${m.level}>
        <p class="timeline-when figure">${place ? afterText(m.minutes_after_lead) : "首发"}</p>
        <div>
          <p>
            <${Chip} tone=${m.level === "province" ? "accent" : "plain"}>${word("level", m.level)}<//>
            <strong> <${OutletName} id=${m.outlet_id} /> </strong>
            <${Chip} tone=${place ? "plain" : "good"}>${place ? word("relation", m.relation) : "首发"}<//>
          </p>
          <p><${StoryLink} story_id=${m.story_id} title=${m.title} /></p>
          <p class="hint">${fullTime(m.published_at)}</p>
        </div>
      </li>`,
    )}
  </ol>`;
}

function byLevel(members) {
  const outlets = new Map();
  for (const m of members) outlets.set(m.outlet_id, m.level);
  const counts = new Map();
  for (const level of outlets.values()) counts.set(level, (counts.get(level) ?? 0) + 1);
  return counts;
}
