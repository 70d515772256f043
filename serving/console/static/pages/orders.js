// 人工安排: orders about feeds, and the live board of which outlet shows one, where, since when.
import { html, useEffect, useMemo, useState } from "../lib/html.js";
import { get, useData, useOutlets } from "../lib/api.js";
import { Button, Card, Chip, Count, Dialog, Empty, Loading, ProblemNote, StoryLink, Table, Tabs, When, fullTime, hashOf } from "../lib/ui.js";
import { PageLink } from "../lib/places.js";
import { word } from "../lib/words.js";
import { useAreas } from "../lib/areas.js";
import { Meets, OrderForm } from "../lib/order_form.js";
import { ActionChip, doesText, reachText, stateOf, withdrawOrder } from "../lib/orders.js";

export const roles = ["editor", "operator", "admin"];

const EVERY_MS = 5_000;

export default function Page({ session, query, go }) {
  const [making, setMaking] = useState(Boolean(query.story));
  const ended = query.list === "ended";
  const orders = useData((signal) => get("/v1/placements", ended ? { ended } : {}, { signal }), [ended]);
  const given = (order) => {
    setMaking(false);
    orders.reload();
    go("orders", { id: order.id });
  };
  return html`${making
      ? html`<${Dialog} title="新的安排" onClose=${() => setMaking(false)}>
          <${OrderForm} session=${session} story_id=${query.story} onGiven=${given} />
        <//>`
      : null}
    ${query.id ? html`<${Order} key=${query.id} id=${query.id} session=${session} go=${go} onChange=${orders.reload} />` : null}
    <${Card} title="全部安排" actions=${html`<${Button} tone="main" onClick=${() => setMaking(true)}>新的安排<//>`}>
      <${Tabs}
        label="安排"
        value=${ended ? "ended" : "standing"}
        onChange=${(list) => go("orders", { list: list === "ended" ? list : "", id: query.id })}
        tabs=${[
          { value: "standing", label: "生效和将要生效" },
          { value: "ended", label: "近 30 天结束的" },
        ]}
      />
      ${orders.problem
        ? html`<${ProblemNote} problem=${orders.problem} retry=${orders.reload} />`
        : orders.data
          ? html`<${List} orders=${orders.data.items} ended=${ended} here=${query.id} session=${session} onChange=${orders.reload} />`
          : html`<${Loading} />`}
    <//>`;
}

const mayEnd = (order, session) => !session.outlet_id || order.authority === "outlet";

function List({ orders, ended, here, session, onChange }) {
  const outlets = useOutlets();
  const { names } = useAreas();
  const withdraw = async (order) => (await withdrawOrder(order.id)) && onChange();
  const columns = [
    { key: "does", label: "安排", render: (order) => html`<span class="nowrap"><${ActionChip} action=${order.action} /> ${order.position === null ? "" : `第 ${order.position + 1} 位`}</span>` },
    { key: "story", label: "稿件", render: (order) => html`<${StoryLink} story_id=${order.story_id} title=${order.story_title} />` },
    { key: "reach", label: "到哪里", render: (order) => reachText(order, outlets, names) },
    { key: "state", label: "状态", render: (order) => html`<${Chip} tone=${stateOf(order).tone}>${stateOf(order).label}<//>` },
    { key: "ends", label: ended ? "结束" : "到", render: (order) => html`<${When} at=${order.withdrawn_at ?? order.ends_at} />` },
    { key: "by", label: "谁下达", render: (order) => html`<span class="nowrap">${word("authority", order.authority)}</span>` },
    {
      key: "act",
      label: "操作",
      render: (order) => html`<span class="row">
        <a class="button small" href=${hashOf("orders", { id: order.id, list: ended ? "ended" : "" })} aria-label=${`看展示：${order.story_title}`} aria-current=${order.id === here ? "true" : undefined}>看展示</a>
        ${!ended && mayEnd(order, session)
          ? html`<${Button} tone="small bad" onClick=${() => withdraw(order)} label=${`撤回：${order.story_title}`}>撤回<//>`
          : null}
      </span>`,
    },
  ];
  return html`<${Table}
    columns=${columns}
    rows=${[...orders].reverse()}
    caption="全部安排"
    empty=${html`<${Empty}
      text=${ended ? "近 30 天没有结束的安排" : "现在没有人工安排"}
      hint=${ended ? "" : html`点“新的安排”，或在<${PageLink} name="front" />里拖动稿件。`}
    />`}
  />`;
}

/** One order with its live board. */
function Order({ id, session, go, onChange }) {
  const path = `/v1/placements/${encodeURIComponent(id)}`;
  const order = useData((signal) => get(path, {}, { signal }), [id]);
  const receipts = useData((signal) => get(`${path}/receipts`, {}, { signal }), [id]);
  useEffect(() => {
    const turn = setInterval(() => document.hidden || receipts.reload(), EVERY_MS);
    return () => clearInterval(turn);
  }, [receipts.reload]);
  useEffect(() => scrollTo({ top: 0 }), [id]);
  const outlets = useOutlets();
  const { names } = useAreas();
  const withdraw = async () => {
    if (await withdrawOrder(id)) {
      onChange();
      go("orders");
    }
  };
  if (order.problem) return html`<${Card} title="安排"><${ProblemNote} problem=${order.problem} retry=${order.reload} /><//>`;
  if (!order.data) return html`<${Loading} />`;
  const it = order.data;
  const state = stateOf(it);
  const ended = it.withdrawn_at || state.label === "已结束";
  return html`<${Card}
    title=${doesText(it)}
    actions=${html`${mayEnd(it, session) && !ended ? html`<${Button} tone="bad" onClick=${withdraw}>撤回<//>` : null}
      <a class="button" href="#/orders">收起</a>`}
  >
    <div class="stack">
      <p class="order-story"><${StoryLink} story_id=${it.story_id} title=${it.story_title} /></p>
      <dl class="fact-grid wide">
        <div><dt>到哪里</dt><dd>${reachText(it, outlets, names)}</dd></div>
        <div><dt>从</dt><dd>${fullTime(it.starts_at)}</dd></div>
        <div><dt>${it.withdrawn_at ? "原定到" : "到"}</dt><dd>${fullTime(it.ends_at)}</dd></div>
        <div><dt>状态</dt><dd><${Chip} tone=${state.tone}>${state.label}<//>${it.withdrawn_at ? ` ${fullTime(it.withdrawn_at)}` : ""}</dd></div>
        <div><dt>谁下达</dt><dd>${word("authority", it.authority)}</dd></div>
        ${it.note ? html`<div><dt>说明</dt><dd>${it.note}</dd></div>` : null}
      </dl>
      <${Meets} meets=${it.meets} rules=${it.rules} />
      ${receipts.problem
        ? html`<${ProblemNote} problem=${receipts.problem} retry=${receipts.reload} />`
        : receipts.data
          ? html`<${Board} receipts=${receipts.data} />`
          : html`<${Loading} />`}
    </div>
  <//>`;
}

function Board({ receipts }) {
  const outlets = useOutlets();
  const [only, setOnly] = useState("all");
  const [open, setOpen] = useState(null);
  const groups = useMemo(() => grouped(receipts.items, outlets), [receipts, outlets]);
  const share = receipts.reached ? receipts.shown / receipts.reached : 0;
  const wanted = (row) => only === "all" || row.shown === (only === "shown");
  const chosen = receipts.items.find((row) => row.outlet_id === open);
  return html`<section aria-label="展示情况" class="stack tight">
    <div class="row spread">
      <p role="status">
        <strong class="big figure">${receipts.shown}</strong> / <${Count} n=${receipts.reached} /> 家媒体的读者已经看到${" "}
        <span class="hint">每 5 秒更新</span>
      </p>
      <div class="row" role="group" aria-label="只看">
        ${[
          ["all", "全部"],
          ["shown", "已展示"],
          ["waiting", "还没展示"],
        ].map(([value, label]) => html`<${Button} key=${value} tone="small" pressed=${only === value} onClick=${() => setOnly(value)}>${label}<//>`)}
      </div>
    </div>
    <div class="meter-track tall" aria-hidden="true"><span class="meter-fill" style=${{ width: `${share * 100}%` }}></span></div>
    ${groups.map(([name, rows]) => {
      const shown = rows.filter(wanted);
      return shown.length
        ? html`<div key=${name} class="board-group">
            <h3>${name} <span class="hint">${rows.filter((row) => row.shown).length} / ${rows.length}</span></h3>
            <ul class="board">
              ${shown.map(
                (row) => html`<li key=${row.outlet_id}>
                  <button type="button" class=${`outlet-tile ${row.shown ? "shown" : ""}`} aria-pressed=${String(row.outlet_id === open)} onClick=${() => setOpen(row.outlet_id === open ? null : row.outlet_id)}>
                    <span class="outlet-tile-name">${shortName(row.outlet_name)}</span>
                    <span class="outlet-tile-state">${row.shown ? `第 ${bestOf(row).first_position + 1} 位` : "还没展示"}</span>
                  </button>
                </li>`,
              )}
            </ul>
            ${chosen && shown.includes(chosen) ? html`<${OutletReceipt} row=${chosen} onClose=${() => setOpen(null)} />` : null}
          </div>`
        : null;
    })}
    ${receipts.items.some(wanted) ? null : html`<${Empty} text=${only === "shown" ? "还没有读者看到" : "全部媒体都已展示"} hint=${only === "shown" ? "有读者打开客户端后，这里会亮起来。" : ""} />`}
  </section>`;
}

function OutletReceipt({ row, onClose }) {
  return html`<div class="tried" role="region" aria-label=${row.outlet_name}>
    <div class="row spread"><h3>${row.outlet_name}</h3><${Button} tone="small quiet" onClick=${onClose}>收起<//></div>
    ${row.scenes.length
      ? html`<ul class="lines">
          ${row.scenes.map(
            (one) => html`<li key=${one.scene}>
              <${Chip} tone="good">${word("scene", one.scene)}<//>
              <span>首次展示在第 ${one.first_position + 1} 位，${fullTime(one.first_shown_at)}</span>
              <span>共 <${Count} n=${one.pages} /> 次</span>
              <span class="hint">最近 <${When} at=${one.last_shown_at} /></span>
              <a href=${hashOf("decision", { trace: one.first_trace_id })}>回放首次展示</a>
            </li>`,
          )}
        </ul>`
      : html`<p class="hint">它的读者还没有打开过有这条安排的列表。</p>`}
  </div>`;
}

const bestOf = (row) => row.scenes.reduce((best, one) => (one.first_position < best.first_position ? one : best));
const shortName = (name) => name.replace(/融媒体中心$/, "").replace(/（示范）$/, "");

/** Provincial, city, then counties by their city. */
function grouped(rows, outlets) {
  const groups = new Map([
    ["省级", []],
    ["市级", []],
  ]);
  const place = (row) => outlets.get(row.outlet_id)?.adcode ?? "999999";
  for (const row of [...rows].sort((a, b) => place(a).localeCompare(place(b)))) {
    const outlet = outlets.get(row.outlet_id);
    const level = outlet?.level ?? "county";
    const name = level === "county" ? shortName(outlets.get(outlet?.parent_id)?.name ?? "县级") : word("level", level);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(row);
  }
  return [...groups].filter(([, members]) => members.length);
}
