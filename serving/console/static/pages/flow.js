// 选题: what this outlet could carry from others, what was offered to it, and what it offered.
import { html, useState } from "../lib/html.js";
import { get, send, useData } from "../lib/api.js";
import { Button, Card, Chip, Dialog, Empty, Field, hashOf, Loading, numberText, OutletName, OutletPicker, ProblemNote, StoryLink, Tabs, toast, When } from "../lib/ui.js";
import { PageLink } from "../lib/places.js";
import { TopicPicker } from "../lib/vocabulary.js";
import { choices, word } from "../lib/words.js";

export const roles = ["editor", "operator", "admin"];

const TABS = [
  { value: "pickups", label: "可转用" },
  { value: "inbox", label: "收到的报送" },
  { value: "outbox", label: "发出的报送" },
];
const DAYS = [1, 3, 7, 14];
const TONES = { submitted: "warn", accepted: "good", declined: "bad", withdrawn: "plain" };
const DAY_MS = 24 * 3_600_000;

export default function Page({ session, query, go }) {
  const outletId = session.outlet_id ?? query.outlet_id;
  const tab = TABS.some((one) => one.value === query.tab) ? query.tab : "pickups";
  const change = (fields) => go("flow", { ...query, ...fields });
  return html`<div class="stack">
    ${session.outlet_id
      ? null
      : html`<div class="filters few"><${Field} label="媒体"><${OutletPicker} label="" value=${outletId ?? ""} onChange=${(id) => change({ outlet_id: id })} /><//></div>`}
    <${Tabs} label="分栏" tabs=${TABS} value=${tab} onChange=${(value) => change({ tab: value })} />
    ${!outletId
      ? html`<${Empty} text="请先选择媒体" />`
      : tab === "pickups"
        ? html`<${Pickups} outletId=${outletId} query=${query} change=${change} />`
        : html`<${Box} key=${`${tab}${outletId}`} box=${tab} outletId=${outletId} />`}
  </div>`;
}

/** A list that grows page by page; `read(cursor, signal)` gives `{items, cursor}`. */
function usePages(read, deps) {
  const first = useData((signal) => read(undefined, signal), deps);
  const [more, setMore] = useState({ of: null, items: [], cursor: null, problem: null });
  const grown = more.of === first.data ? more : { items: [], cursor: first.data?.cursor ?? null, problem: null };
  const next = () =>
    read(grown.cursor).then(
      (page) => setMore({ of: first.data, items: [...grown.items, ...page.items], cursor: page.cursor, problem: null }),
      (problem) => setMore({ ...grown, of: first.data, problem }),
    );
  return {
    items: first.data && [...first.data.items, ...grown.items],
    problem: first.problem ?? grown.problem,
    reload: first.reload,
    next: grown.cursor ? next : null,
  };
}

function More({ next }) {
  return next ? html`<p class="row centred"><${Button} onClick=${next}>再看一些<//></p>` : null;
}

function Pickups({ outletId, query, change }) {
  const days = DAYS.includes(Number(query.days)) ? Number(query.days) : 3;
  const { topic = "", level = "" } = query;
  const [now] = useState(() => Date.now());
  const since = new Date(now - days * DAY_MS).toISOString();
  const pages = usePages(
    (cursor, signal) => get(`/v1/outlets/${encodeURIComponent(outletId)}/pickups`, { topic, level, since, limit: 20, cursor }, { signal }),
    [outletId, topic, level, since],
  );
  return html`<${Card} title="别家有、本媒体还没有的稿件" hint="最值得转用的在前；本媒体无权转载的不列">
    <div class="filters">
      <${Field} label="主题"><${TopicPicker} value=${topic} onChange=${(code) => change({ topic: code })} /><//>
      <${Pick} label="来自" value=${level} options=${[{ value: "", label: "各级媒体" }, ...["province", "city", "county"].map((value) => ({ value, label: `${word("level", value)}媒体` }))]} onChange=${(value) => change({ level: value })} />
      <${Pick} label="时段" value=${days} options=${DAYS.map((n) => ({ value: n, label: `近 ${n} 天` }))} onChange=${(value) => change({ days: value })} />
    </div>
    <${ProblemNote} problem=${pages.problem} retry=${pages.reload} />
    ${!pages.items
      ? pages.problem
        ? null
        : html`<${Loading} />`
      : !pages.items.length
        ? html`<${Empty} text="没有可转用的稿件" hint="换个主题，或把时段放长。" />`
        : html`<ol class="told">${pages.items.map((one) => html`<${Pickup} key=${one.story_id} pickup=${one} />`)}</ol>`}
    <${More} next=${pages.next} />
  <//>`;
}

function Pick({ label, value, options, onChange }) {
  return html`<${Field} label=${label}>
    <select class="input" value=${value} onChange=${(event) => onChange(event.target.value)}>
      ${options.map((one) => html`<option value=${one.value} key=${one.value}>${one.label}</option>`)}
    </select>
  <//>`;
}

function Pickup({ pickup }) {
  const [, ...grounds] = pickup.reasons;
  return html`<li>
    <div>
      <p><${StoryLink} story_id=${pickup.story_id} title=${pickup.title} /></p>
      <p class="hint">
        ${pickup.outlet || pickup.outlet_id} · <${When} at=${pickup.published_at} />${` · ${numberText(pickup.body_chars)} 字 · `}<a class="nowrap" href=${hashOf("cluster", { id: pickup.cluster_id })}>${pickup.outlets_carrying} 家已发</a>
      </p>
      <ul class="row">
        ${(grounds.length ? grounds : pickup.reasons).map((reason) => html`<li key=${reason.code}><${Chip}>${reason.text}<//></li>`)}
      </ul>
    </div>
    <p class="score" title="转用价值，满分 100">
      <span class="figure">${Math.round(100 * pickup.score)}</span>
      <span class="hint">分</span>
    </p>
  </li>`;
}

function Box({ box, outletId }) {
  const [state, setState] = useState(box === "inbox" ? "submitted" : "");
  const pages = usePages((cursor, signal) => get("/v1/submissions", { box, outlet_id: outletId, state, limit: 20, cursor }, { signal }), [box, outletId, state]);
  const empty =
    box === "inbox"
      ? html`<${Empty} text=${state === "submitted" ? "没有待处理的报送" : "没有收到报送"} hint="下级媒体报来的稿件会列在这里。" />`
      : html`<${Empty} text="没有发出报送" hint=${html`在<${PageLink} name="library" params=${{ outlet_id: outletId }} />打开本媒体的稿件，看哪些编辑部可能要，再报送。`} />`;
  return html`<${Card} title=${box === "inbox" ? "下级媒体报来的稿件" : "本媒体报上去的稿件"}>
    <div class="filters few">
      <${Pick} label="状态" value=${state} options=${[{ value: "", label: "全部" }, ...choices("submission_state")]} onChange=${setState} />
    </div>
    <${ProblemNote} problem=${pages.problem} retry=${pages.reload} />
    ${!pages.items
      ? pages.problem
        ? null
        : html`<${Loading} />`
      : !pages.items.length
        ? empty
        : html`<ul class="told">${pages.items.map((one) => html`<${Submission} key=${one.id} submission=${one} box=${box} reload=${pages.reload} />`)}</ul>`}
    <${More} next=${pages.next} />
  <//>`;
}

function Submission({ submission, box, reload }) {
  const [declining, setDeclining] = useState(false);
  const [problem, setProblem] = useState(null);
  const end = async (state, said, reason = "") => {
    setProblem(null);
    try {
      await send("PATCH", `/v1/submissions/${submission.id}`, { state, reason });
      toast(said);
      setDeclining(false);
      reload();
    } catch (found) {
      setProblem(found);
    }
  };
  const waits = submission.state === "submitted";
  return html`<li>
    <div>
      <p><${StoryLink} story_id=${submission.story_id} title=${submission.title} /></p>
      <p class="hint">
        ${box === "inbox" ? html`<${OutletName} id=${submission.outlet_id} />报给 ` : "报给 "}${submission.desk_name} · <${When} at=${submission.submitted_at} />
      </p>
      ${submission.note ? html`<p>附言：${submission.note}</p>` : null}
      ${submission.reason ? html`<p>理由：${submission.reason}</p>` : null}
      <p><${Chip} tone=${TONES[submission.state]}>${word("submission_state", submission.state)}<//>${submission.decided_at ? html` <span class="hint"><${When} at=${submission.decided_at} /></span>` : null}</p>
      ${declining ? null : html`<${ProblemNote} problem=${problem} />`}
    </div>
    ${waits && box === "inbox"
      ? html`<div class="row">
          <${Button} tone="main small" label=${`采用：${submission.title}`} onClick=${() => end("accepted", "已采用，对方会看到")}>采用<//>
          <${Button} tone="small" label=${`谢绝：${submission.title}`} onClick=${() => setDeclining(true)}>谢绝<//>
        </div>`
      : null}
    ${waits && box === "outbox"
      ? html`<div class="row"><${Button} tone="small" label=${`撤回：${submission.title}`} onClick=${() => end("withdrawn", "已撤回")}>撤回<//></div>`
      : null}
    ${declining && html`<${Decline} submission=${submission} problem=${problem} onEnd=${end} onClose=${() => setDeclining(false)} />`}
  </li>`;
}

function Decline({ submission, problem, onEnd, onClose }) {
  const [reason, setReason] = useState("");
  const submit = (event) => {
    event.preventDefault();
    onEnd("declined", "已谢绝，理由会让对方看到", reason.trim());
  };
  return html`<${Dialog} title="谢绝报送" onClose=${onClose}>
    <form class="form" onSubmit=${submit}>
      <p>${submission.title}</p>
      <${Field} label="理由" hint="对方会看到">
        <textarea class="input" name="reason" rows="3" required maxlength="300" value=${reason} onInput=${(event) => setReason(event.target.value)}></textarea>
      <//>
      <${ProblemNote} problem=${problem} />
      <div class="row"><${Button} type="submit" tone="main" disabled=${!reason.trim()}>谢绝<//></div>
    </form>
  <//>`;
}
