// 专题: the joint coverages that one may see, and opening a new one.
import { html, useState } from "../lib/html.js";
import { get, useData } from "../lib/api.js";
import { Button, Card, Chip, Count, Dialog, Empty, fullTime, hashOf, Loading, OutletName, ProblemNote, Tabs, toast, When } from "../lib/ui.js";
import { CoverageForm } from "../lib/coverage_form.js";
import { choices, word } from "../lib/words.js";

export const roles = ["editor", "operator", "scientist", "admin"];

const TONES = { live: "good", planned: "warn", closed: "plain" };

export default function Page({ session, query, go }) {
  const state = query.state ?? "";
  const [opening, setOpening] = useState(false);
  const opened = (coverage) => {
    toast(`专题“${coverage.title}”已建立，正在收稿`);
    go("coverage", { id: coverage.id });
  };
  const start = session.role === "scientist" ? null : html`<${Button} tone="main" onClick=${() => setOpening(true)}>新建专题<//>`;
  return html`<div class="stack">
    <${Card} title="联动报道" hint="一件事，多家媒体一起报：谁报哪个角度，谁先报，缺什么" actions=${start}>
      <${Tabs} label="状态" tabs=${[{ value: "", label: "全部" }, ...choices("coverage_state")]} value=${state} onChange=${(value) => go("coverages", { state: value })} />
      <${List} key=${state} state=${state} start=${start} />
    <//>
    ${opening && html`<${Dialog} title="新建专题" onClose=${() => setOpening(false)}><${CoverageForm} onDone=${opened} /><//>`}
  </div>`;
}

function List({ state, start }) {
  const first = useData((signal) => get("/v1/coverages", { state, limit: 20 }, { signal }), [state]);
  const [more, setMore] = useState({ items: [], cursor: undefined, problem: null });
  if (first.problem) return html`<${ProblemNote} problem=${first.problem} retry=${first.reload} />`;
  if (!first.data) return html`<${Loading} />`;
  const items = [...first.data.items, ...more.items];
  const cursor = more.cursor === undefined ? first.data.cursor : more.cursor;
  const next = () =>
    get("/v1/coverages", { state, limit: 20, cursor }).then(
      (page) => setMore({ items: [...more.items, ...page.items], cursor: page.cursor, problem: null }),
      (problem) => setMore({ ...more, problem }),
    );
  if (!items.length) {
    return html`<${Empty} text=${state ? "没有这种状态的专题" : "还没有专题"} hint="建一个，各家写到它的稿件会自动收进来。" /> ${state ? null : html`<p class="row centred">${start}</p>`}`;
  }
  return html`<ul class="coverage-list">
      ${items.map((one) => html`<${Row} key=${one.id} coverage=${one} />`)}
    </ul>
    <${ProblemNote} problem=${more.problem} />
    ${cursor ? html`<p class="row centred"><${Button} onClick=${next}>再看一些<//></p>` : null}`;
}

function Row({ coverage }) {
  return html`<li>
    <div>
      <h3>
        <a class="story-link" href=${hashOf("coverage", { id: coverage.id })}>${coverage.title}</a>${" "}
        <${Chip} tone=${TONES[coverage.state]}>${word("coverage_state", coverage.state)}<//>
      </h3>
      ${coverage.lead ? html`<p>${coverage.lead}</p>` : null}
      <p class="hint">
        ${coverage.opened_outlet_id ? html`<${OutletName} id=${coverage.opened_outlet_id} />` : "省级平台"}发起于
        <${When} at=${coverage.created_at} /> · 收稿 ${fullTime(coverage.query.since)} 至 ${fullTime(coverage.query.until)}
      </p>
    </div>
    <dl class="figures small">
      <div class="fact"><dt>稿件</dt><dd><${Count} n=${coverage.stories} /></dd></div>
      <div class="fact"><dt>媒体</dt><dd><${Count} n=${coverage.outlets_heard} /></dd></div>
      <div class="fact"><dt>角度</dt><dd><${Count} n=${coverage.angles.length} /></dd></div>
    </dl>
  </li>`;
}
