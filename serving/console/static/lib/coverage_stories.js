// A joint coverage's stories with the reasons they are there, and what editors put in or out.
import { html, useState } from "./html.js";
import { get, send, useData } from "./api.js";
import { StoryChoice } from "./story_choice.js";
import { Button, Card, Chip, Empty, Field, Loading, OutletName, ProblemNote, StoryLink, Table, toast, When } from "./ui.js";

/** Whether this session may put a story in or out: its own outlet's, or every one for who leads. */
function may(mine, outletId) {
  return mine.writes && (mine.leads || outletId === mine.outlet_id);
}

export function CoverageStories({ coverage, mine, reload }) {
  const [angle, setAngle] = useState("");
  const path = `/v1/coverages/${coverage.id}/stories`;
  const first = useData((signal) => get(path, { angle, limit: 50 }, { signal }), [path, angle]);
  const [more, setMore] = useState(null);
  const items = [...(first.data?.items ?? []), ...(more?.angle === angle ? more.items : [])];
  const cursor = more?.angle === angle ? more.cursor : first.data?.cursor;
  const [problem, setProblem] = useState(null);
  const next = () =>
    get(path, { angle, limit: 50, cursor }).then(
      (page) => setMore({ angle, items: [...(more?.angle === angle ? more.items : []), ...page.items], cursor: page.cursor }),
      setProblem,
    );
  const changed = (said) => {
    toast(said);
    setMore(null);
    first.reload();
    reload();
  };
  const out = (story) =>
    send("POST", `/v1/coverages/${coverage.id}/picks`, { story_id: story.story_id, verb: "remove" }).then(() => changed("已移出专题"), setProblem);
  const into = (story, angleId) =>
    send("POST", `/v1/coverages/${coverage.id}/picks`, { story_id: story.story_id, verb: "add", angle_id: angleId }).then(() => changed("已归入角度"), setProblem);
  const names = new Map(coverage.angles.map((one) => [one.id, one.name]));
  return html`<${Card} title="专题稿件" hint="每篇都写明为什么收进来；不合适的可以移出，系统不会再收">
    <div class="filters few">
      <${Field} label="角度">
        <select class="input" value=${angle} onChange=${(event) => setAngle(event.target.value)}>
          <option value="">全部</option>
          <option value="none">未归角度</option>
          ${coverage.angles.map((one) => html`<option value=${one.id} key=${one.id}>${one.name}</option>`)}
        </select>
      <//>
    </div>
    <${ProblemNote} problem=${first.problem ?? problem} retry=${first.problem ? first.reload : undefined} />
    ${!first.data
      ? html`<${Loading} />`
      : !items.length
        ? html`<${Empty} text="没有稿件" hint="换个角度看看，或放宽收稿的条件。" />`
        : html`<ul class="told">
            ${items.map(
              (story) => html`<li key=${story.story_id}>
                <div>
                  <p><${StoryLink} story_id=${story.story_id} title=${story.title} /></p>
                  <p class="hint"><${OutletName} id=${story.outlet_id} /> · <${When} at=${story.published_at} /></p>
                  <p class="row">
                    ${story.angles.map((one) => html`<${Chip} key=${one.angle_id} tone="accent">${names.get(one.angle_id) ?? one.angle_id}<//>`)}
                    ${story.reasons.map((reason, at) => html`<${Chip} key=${at} tone=${reason.ground === "pick" ? "good" : "plain"}>${reason.text}<//>`)}
                  </p>
                </div>
                ${may(mine, story.outlet_id) && html`<${StoryActions} story=${story} coverage=${coverage} onOut=${out} onInto=${into} />`}
              </li>`,
            )}
          </ul>`}
    ${cursor ? html`<p class="row centred"><${Button} onClick=${next}>再看一些<//></p>` : null}
  <//>`;
}

function StoryActions({ story, coverage, onOut, onInto }) {
  return html`<div class="row">
    ${coverage.angles.length
      ? html`<select class="input narrow" aria-label=${`把“${story.title}”归入角度`} value="" onChange=${(event) => event.target.value && onInto(story, event.target.value)}>
          <option value="">归入角度…</option>
          ${coverage.angles.map((one) => html`<option value=${one.id} key=${one.id}>${one.name}</option>`)}
        </select>`
      : null}
    <${Button} tone="small" label=${`移出：${story.title}`} onClick=${() => onOut(story)}>移出<//>
  </div>`;
}

export function Picks({ coverage, mine, reload }) {
  const path = `/v1/coverages/${coverage.id}/picks`;
  const picks = useData((signal) => get(path, {}, { signal }), [path]);
  const [problem, setProblem] = useState(null);
  const done = (said) => () => {
    toast(said);
    setProblem(null);
    picks.reload();
    reload();
  };
  const undo = (pick) => send("DELETE", `${path}/${encodeURIComponent(pick.story_id)}`).then(done("已撤回，由条件决定"), setProblem);
  const names = new Map(coverage.angles.map((one) => [one.id, one.name]));
  const columns = [
    { key: "verb", label: "决定", render: (row) => html`<${Chip} tone=${row.verb === "add" ? "good" : "bad"}>${row.verb === "add" ? "选入" : "移出"}<//>` },
    { key: "title", label: "稿件", render: (row) => html`<${StoryLink} story_id=${row.story_id} title=${row.title} />` },
    { key: "outlet", label: "媒体", render: (row) => html`<${OutletName} id=${row.outlet_id} />` },
    { key: "angle", label: "角度", render: (row) => names.get(row.angle_id) ?? "—" },
    { key: "at", label: "时间", render: (row) => html`<${When} at=${row.picked_at} />` },
    { key: "undo", label: "操作", render: (row) => may(mine, row.outlet_id) && html`<${Button} tone="quiet small" label=${`撤回：${row.title}`} onClick=${() => undo(row)}>撤回<//>` },
  ];
  return html`<${Card} title="人工选稿" hint="编辑的决定高于收稿条件；撤回后由条件再定">
    ${mine.writes && html`<${PickForm} coverage=${coverage} mine=${mine} path=${path} onDone=${done("已选入专题")} />`}
    <${ProblemNote} problem=${picks.problem ?? problem} retry=${picks.problem ? picks.reload : undefined} />
    ${picks.data
      ? html`<${Table} caption="选入和移出的稿件" columns=${columns} rows=${picks.data.items} empty=${html`<${Empty} text="还没有人工选稿" hint="条件收不到的稿件，可以在上面找到并选进来。" />`} />`
      : picks.problem
        ? null
        : html`<${Loading} />`}
  <//>`;
}

function PickForm({ coverage, mine, path, onDone }) {
  const [story, setStory] = useState(null);
  const [angle, setAngle] = useState("");
  const [problem, setProblem] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    setProblem(null);
    try {
      await send("POST", path, { story_id: story.story_id, verb: "add", ...(angle ? { angle_id: angle } : {}) });
      setStory(null);
      onDone();
    } catch (found) {
      setProblem(found);
    }
  };
  return html`<form class="picks-form" onSubmit=${submit}>
    <${StoryChoice} story=${story} onChange=${setStory} outletId=${mine.leads ? "" : mine.outlet_id} hint=${mine.leads ? "" : "本媒体自己的稿件"} />
    <${Field} label="归入角度" hint="可以不选">
      <select class="input" value=${angle} onChange=${(event) => setAngle(event.target.value)}>
        <option value="">不指定</option>
        ${coverage.angles.map((one) => html`<option value=${one.id} key=${one.id}>${one.name}</option>`)}
      </select>
    <//>
    <div class="field"><${Button} type="submit" tone="main" disabled=${!story}>选入<//></div>
    <${ProblemNote} problem=${problem} />
  </form>`;
}
