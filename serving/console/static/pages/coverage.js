// 专题看板: who tells which angle, who has claimed what, what is missing, told twice, when, and how far.
import { html, useState } from "../lib/html.js";
import { get, send, useData } from "../lib/api.js";
import { Button, Card, Chip, Dialog, Empty, fullTime, Loading, OutletName, ProblemNote, Tabs, toast, When } from "../lib/ui.js";
import { PageLink } from "../lib/places.js";
import { Figure } from "../lib/bars.js";
import { AngleCard } from "../lib/angles.js";
import { Doubles, Gaps, Hours, Reach } from "../lib/board.js";
import { CoverageForm } from "../lib/coverage_form.js";
import { CoverageStories, Picks } from "../lib/coverage_stories.js";
import { word } from "../lib/words.js";

export const roles = ["editor", "operator", "scientist", "admin"];

const TABS = [
  { value: "angles", label: "角度与认领" },
  { value: "stories", label: "稿件" },
  { value: "doubles", label: "撞稿" },
  { value: "reach", label: "进度与触达" },
  { value: "picks", label: "人工选稿" },
];

export default function Page({ session, query, go }) {
  const board = useData((signal) => query.id && get(`/v1/coverages/${encodeURIComponent(query.id)}`, {}, { signal }), [query.id]);
  if (!query.id) return html`<${Empty} text="没有选定专题" hint=${html`请从<${PageLink} name="coverages" />里选一个。`} />`;
  if (board.problem && !board.data) return html`<${ProblemNote} problem=${board.problem} retry=${board.reload} />`;
  if (!board.data) return html`<${Loading} />`;
  const coverage = board.data;
  const tab = TABS.some((one) => one.value === query.tab) ? query.tab : "angles";
  const mine = { leads: leads(coverage, session), writes: session.role !== "scientist" && coverage.state !== "closed", outlet_id: session.outlet_id };
  const props = { coverage, mine, reload: board.reload };
  return html`<div class="stack">
    <${Head} ...${props} />
    ${board.problem && html`<${ProblemNote} problem=${board.problem} retry=${board.reload} />`}
    <${Tabs} label="看板分栏" tabs=${TABS} value=${tab} onChange=${(value) => go("coverage", { ...query, tab: value })} />
    ${tab === "angles" && html`<${Angles} ...${props} />`}
    ${tab === "stories" && html`<${CoverageStories} ...${props} />`}
    ${tab === "doubles" && html`<${Doubles} coverage=${coverage} />`}
    ${tab === "reach" && html`<div class="stack"><${Hours} coverage=${coverage} /><${Reach} coverage=${coverage} mine=${mine} /></div>`}
    ${tab === "picks" && html`<${Picks} ...${props} />`}
  </div>`;
}

function leads(coverage, session) {
  if (!session.outlet_id) return ["operator", "admin"].includes(session.role);
  return session.outlet_id === coverage.opened_outlet_id;
}

function Head({ coverage, mine, reload }) {
  const [changing, setChanging] = useState(false);
  const [problem, setProblem] = useState(null);
  const turn = async (state, said) => {
    setProblem(null);
    try {
      await send("PATCH", `/v1/coverages/${coverage.id}`, { state, expected_revision: coverage.revision });
      toast(said);
      reload();
    } catch (found) {
      setProblem(found);
    }
  };
  const actions = mine.leads
    ? html`${coverage.state === "planned" && html`<${Button} tone="main" onClick=${() => turn("live", "专题已开始，各家应用可见")}>开始<//>`}
        ${coverage.state === "live" && html`<${Button} onClick=${() => turn("closed", "专题已结束，稿件保持原样")}>结束<//>`}
        ${coverage.state === "closed" && html`<${Button} onClick=${() => turn("live", "专题已重新打开")}>重新打开<//>`}
        <${Button} onClick=${() => setChanging(true)}>修改<//>`
    : null;
  const all = html`<${Button} onClick=${reload}>刷新<//>${actions}`;
  const done = () => {
    setChanging(false);
    toast("已保存，正在按新的条件收稿");
    reload();
  };
  const { done: filled, seen, total } = coverage.fill;
  return html`<${Card} title=${coverage.title} hint=${coverage.lead} actions=${all}>
    <p class="row">
      <${Chip} tone=${coverage.state === "live" ? "good" : "plain"}>${word("coverage_state", coverage.state)}<//>
      <span class="hint">
        ${coverage.opened_outlet_id ? html`<${OutletName} id=${coverage.opened_outlet_id} />` : "省级平台"}${windowOf(coverage)}
      </span>
      ${filled ? null : html`<${Chip} tone="warn">正在补收以前的稿件 ${seen}/${total}<//>`}
    </p>
    <dl class="figures">
      <${Figure} label="稿件" value=${coverage.stories} />
      ${coverage.by_level.map((row) => html`<${Figure} key=${row.level} label=${`${word("level", row.level)}媒体`} value=${row.outlets} />`)}
      <${Figure} label="未归角度" value=${coverage.unassigned} />
      <${Figure} label="撞稿" value=${coverage.doubles.length} />
      <${Figure} label="空角度" value=${coverage.gaps.empty_angles.length} />
    </dl>
    <${ProblemNote} problem=${problem} />
    ${changing && html`<${Dialog} title="修改专题" onClose=${() => setChanging(false)}><${CoverageForm} coverage=${coverage} onDone=${done} /><//>`}
  <//>`;
}

function windowOf({ query, outlet_ids: members }) {
  const who = members.length ? `${members.length} 家媒体` : "全省媒体";
  return `发起，${who}参加 · 收 ${fullTime(query.since)} 至 ${fullTime(query.until)} 的稿件`;
}

function Angles({ coverage, mine, reload }) {
  return html`<div class="stack">
    ${coverage.by_angle.length
      ? html`<div class="angles">${coverage.by_angle.map((angle) => html`<${AngleCard} key=${angle.id} angle=${angle} coverage=${coverage} mine=${mine} reload=${reload} />`)}</div>`
      : html`<${Empty} text="这个专题没有分角度" hint=${mine.leads ? "点“修改”添加角度，各家就能认领。" : "由发起的编辑部添加。"} />`}
    <${Gaps} coverage=${coverage} />
  </div>`;
}
