// 稿库: search stories by words and meaning, and narrow them down.
import { html, useEffect, useState } from "../lib/html.js";
import { get, Problem } from "../lib/api.js";
import { Button, Card, Chip, Empty, Field, Loading, OutletName, OutletPicker, ProblemNote, StoryLink, Table, When } from "../lib/ui.js";
import { PlacePicker, TopicPicker } from "../lib/vocabulary.js";
import { choices } from "../lib/words.js";

export const roles = ["editor", "operator", "scientist", "admin"];

const SPANS = [
  { value: "", label: "不限时间" },
  { value: "1", label: "最近一天" },
  { value: "3", label: "最近三天" },
  { value: "7", label: "最近一周" },
  { value: "30", label: "最近一月" },
];
const FOUND = {
  words: { tone: "plain", label: "词语相符" },
  meaning: { tone: "accent", label: "意思相近" },
  both: { tone: "good", label: "词语和意思都相符" },
};

/** What is looked for stands in the address, so that going back finds it again. */
export default function Page({ session, query, go }) {
  const { items, cursor, problem, loading, more, reload } = useStories(query);
  const set = (change) => go("library", { ...query, ...change });
  const narrowed = Object.values(query).some(Boolean);
  const own = session.outlet_id && query.outlet_id !== session.outlet_id;
  return html`<${Card}>
      <${SearchBox} asked=${query.q ?? ""} onAsk=${(q) => set({ q })} />
      <div class="filters">
        <${Field} label="媒体"><${OutletPicker} value=${query.outlet_id} onChange=${(outlet_id) => set({ outlet_id })} allowAll label="" /><//>
        <${Field} label="主题"><${TopicPicker} value=${query.topic} onChange=${(topic) => set({ topic })} /><//>
        <${Field} label="地点"><${PlacePicker} value=${query.place} onChange=${(place) => set({ place })} /><//>
        <${Field} label="发布时间"><${Choice} value=${query.days} options=${SPANS} onChange=${(days) => set({ days })} /><//>
        <${Field} label="状态"><${Choice} value=${query.state ?? "live"} options=${choices("state")} onChange=${(state) => set({ state: state === "live" ? "" : state })} /><//>
      </div>
    <//>
    <${Card}
      title=${query.q ? `“${query.q}”的结果` : query.state === "taken_down" ? "已撤下的稿件" : "最新稿件"}
      hint=${query.q ? "按词语和意思找，最相符的在前。" : ""}
      actions=${html`${own ? html`<${Button} tone="quiet" onClick=${() => set({ outlet_id: session.outlet_id })}>只看本媒体<//>` : null}
        ${narrowed ? html`<${Button} tone="quiet" onClick=${() => go("library")}>清除条件<//>` : null}`}
    >
      <${ProblemNote} problem=${problem} retry=${reload} />
      ${items === null
        ? problem ? null : html`<${Loading} />`
        : html`<${Table}
            columns=${columnsOf(query)}
            rows=${items}
            caption="稿件列表"
            empty=${html`<${Empty} text="没有符合条件的稿件" hint="换个说法，或放宽媒体、时间等条件。" />`}
          />`}
      ${cursor ? html`<div class="more"><${Button} onClick=${more} disabled=${loading}>${loading ? "正在读取……" : "再看一页"}<//></div>` : null}
    <//>`;
}

function columnsOf(query) {
  return [
    {
      key: "title",
      label: "标题",
      render: (row) => html`<div class="title-cell">
        <${StoryLink} ...${row} />
        ${row.found_by ? html` <${Chip} tone=${FOUND[row.found_by].tone}>${FOUND[row.found_by].label}<//>` : null}
        ${query.state === "taken_down" ? html` <${Chip} tone="bad">已撤稿<//>` : null}
      </div>`,
    },
    { key: "outlet", label: "媒体", render: (row) => html`<${OutletName} id=${row.outlet_id} />` },
    { key: "topics", label: "主题", render: (row) => html`<${Names} found=${row.topics.slice(0, 2)} />` },
    { key: "places", label: "地点", render: (row) => html`<${Names} found=${row.places.slice(0, 1)} />` },
    { key: "size", label: "同稿或同事件", align: "end", render: (row) => (row.cluster_size > 1 ? `${row.cluster_size} 篇` : "仅此一篇") },
    { key: "when", label: "发布", render: (row) => html`<${When} at=${row.published_at} />` },
  ];
}

function Names({ found }) {
  return html`<div class="chips">${found.map((one) => html`<${Chip} key=${one.code}>${one.label}<//>`)}</div>`;
}

function SearchBox({ asked, onAsk }) {
  const [text, setText] = useState(asked);
  useEffect(() => setText(asked), [asked]);
  const submit = (event) => {
    event.preventDefault();
    onAsk(text.trim());
  };
  return html`<form class="search" role="search" onSubmit=${submit}>
    <input
      class="input"
      type="search"
      aria-label="搜索稿件"
      maxlength="100"
      placeholder="词语，或一句话的意思"
      value=${text}
      onInput=${(event) => setText(event.target.value)}
    />
    <${Button} type="submit" tone="main">搜索<//>
  </form>`;
}

function Choice({ value, options, onChange }) {
  return html`<select class="input" value=${value ?? ""} onChange=${(event) => onChange(event.target.value)}>
    ${options.map((one) => html`<option value=${one.value} key=${one.value}>${one.label}</option>`)}
  </select>`;
}

function useStories(query) {
  const [state, setState] = useState({ items: null, cursor: null, problem: null, loading: true });
  const [turn, setTurn] = useState(0);
  const { q, outlet_id, topic, place, days, state: wanted } = query;
  const params = { q, outlet_id, topic, place, state: wanted, since: sinceOf(days), limit: q ? 50 : 20 };
  const load = (cursor, stop, before) =>
    get("/v1/stories", { ...params, cursor }, { signal: stop?.signal }).then(
      (page) => setState({ items: [...before, ...page.items], cursor: page.cursor, problem: null, loading: false }),
      (problem) => problem instanceof Problem && setState((was) => ({ ...was, problem, loading: false })),
    );
  useEffect(() => {
    const stop = new AbortController();
    setState((was) => ({ ...was, problem: null, loading: true }));
    load(null, stop, []);
    return () => stop.abort();
  }, [q, outlet_id, topic, place, days, wanted, turn]);
  const more = () => {
    setState((was) => ({ ...was, loading: true }));
    load(state.cursor, null, state.items);
  };
  return { ...state, more, reload: () => setTurn((n) => n + 1) };
}

function sinceOf(days) {
  return days ? new Date(Date.now() - Number(days) * 86_400_000).toISOString() : null;
}
