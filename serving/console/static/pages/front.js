// 首屏与干预: the first screen of an outlet as its readers see it, and an editor's hand in it.
import { html, useEffect, useMemo, useRef, useState } from "../lib/html.js";
import { get, send, useData, useOutlets } from "../lib/api.js";
import { Button, Card, Chip, Empty, Field, Loading, OutletPicker, ProblemNote, StoryLink, Table, When } from "../lib/ui.js";
import { word } from "../lib/words.js";
import { FeedItemText, MeasuredAims, Mix, Phone } from "../lib/feed.js";
import { ActionChip, LASTING, concerns, doesText, giveOrder, inHours, moveOrder, stateOf, withdrawOrder } from "../lib/orders.js";

export const title = "首屏与人工干预";
export const roles = ["editor", "operator", "admin"];

const SCREEN = 10;
const DEPTH = 40;
const SCENES = ["home", "local"];

export default function Page({ session, query, go }) {
  const outlet = session.outlet_id ?? query.outlet ?? "";
  const scene = query.scene ?? "home";
  const turn = (change) => go("front", { outlet: session.outlet_id ? "" : outlet, scene, ...change });
  return html`<p class="hint page-lead">
      左边是没有登录的读者此刻看到的首屏。从右边把稿件拖到想要的位置，或用键盘；改动立即生效，到期自动结束。
    </p>
    <${Card}>
      <div class="filters">
        ${session.outlet_id
          ? html`<div class="field"><span class="field-label">媒体</span><strong>${session.outlet_name}</strong></div>`
          : html`<${Field} label="媒体"><${OutletPicker} value=${outlet} onChange=${(id) => turn({ outlet: id })} /><//>`}
        <${Field} label="场景">
          <select class="input" value=${scene} onChange=${(event) => turn({ scene: event.target.value })}>
            ${SCENES.map((one) => html`<option value=${one} key=${one}>${word("scene", one)}</option>`)}
          </select>
        <//>
      </div>
    <//>
    ${outlet
      ? html`<${FrontScreen} key=${`${outlet}/${scene}`} outlet=${outlet} scene=${scene} session=${session} />`
      : html`<${Card}><${Empty} text="先选一家媒体" hint="选好以后，这里是它的首屏。" /><//>`}`;
}

function FrontScreen({ outlet, scene, session }) {
  const screen = useData(
    (signal) => send("POST", "/v1/recommend/preview", { outlet_id: outlet, scene, count: DEPTH }, { signal }),
    [outlet, scene],
  );
  const orders = useData((signal) => get("/v1/placements", {}, { signal }), [outlet]);
  const [lasts, setLasts] = useState("6");
  const [dragged, setDragged] = useState(null);
  const desk = useDesk({ outlet, scene, lasts, screen, orders });
  if (screen.problem) return html`<${Card}><${ProblemNote} problem=${screen.problem} retry=${screen.reload} /><//>`;
  if (!screen.data) return html`<${Loading} text="正在生成首屏……" />`;
  const items = screen.data.feed.items;
  const first = items.slice(0, SCREEN);
  return html`<div class="columns phone-first">
    <${Card}
      title="首屏"
      actions=${html`<${Button} tone="small" onClick=${screen.reload} disabled=${screen.loading}>刷新<//>`}
    >
      <${Screen} items=${first} scene=${scene} desk=${desk} dragged=${dragged} setDragged=${setDragged} />
      <${Keys} />
    <//>
    <div class="stack">
      <${Card}
        title="可放上首屏的稿件"
        actions=${html`<${Field} label="新安排持续">
          <select class="input" value=${lasts} onChange=${(event) => setLasts(event.target.value)}>
            ${LASTING.map((one) => html`<option value=${one.value} key=${one.value}>${one.label}</option>`)}
          </select>
        <//>`}
      >
        <${Candidates} below=${items.slice(SCREEN)} shown=${first} desk=${desk} setDragged=${setDragged} />
      <//>
      <${Card} title="正在起作用的安排">
        <${Standing} orders=${orders} desk=${desk} session=${session} />
      <//>
      <${Card} title="首屏的构成" hint="此刻的首屏 ${first.length} 条">
        <${Mix} items=${first} />
        <${MeasuredAims} measured=${screen.data.decision.measured} />
      <//>
    </div>
  </div>`;
}

/** What an editor can do on this screen; everything shows at once. */
function useDesk({ outlet, scene, lasts, screen, orders }) {
  const [busy, setBusy] = useState(false);
  const here = useOutlets().get(outlet);
  const known = (orders.data?.items ?? []).filter((one) => concerns(one, here));
  const placed = screen.data?.decision.items ?? [];
  const orderOf = (story_id) => {
    const id = placed.find((one) => one.story_id === story_id)?.placement_id;
    return known.find((one) => one.id === id) ?? known.find((one) => one.story_id === story_id);
  };
  const act = async (change) => {
    setBusy(true);
    if (await change()) {
      orders.reload();
      screen.reload();
    }
    setBusy(false);
  };
  const give = (story_id, action, position) =>
    act(() =>
      giveOrder({
        story_id,
        action,
        outlet_ids: [outlet],
        scenes: [scene],
        ends_at: inHours(lasts),
        ...(position === undefined ? {} : { position }),
      }),
    );
  return {
    busy,
    known,
    orderOf,
    give,
    withdraw: (id) => act(() => withdrawOrder(id)),
    place(story_id, position) {
      if (position < 0 || position >= SCREEN) return null;
      const order = orderOf(story_id);
      const movable = order && ["pin", "insert"].includes(order.action) && order.outlet_ids.length === 1;
      return movable ? act(() => moveOrder(order.id, position)) : give(story_id, "pin", position);
    },
  };
}

function Screen({ items, scene, desk, dragged, setDragged }) {
  const [here, setHere] = useState(0);
  const [over, setOver] = useState(null);
  const list = useRef(null);
  const follow = useRef(null);
  const focus = (place) => list.current?.querySelectorAll("[data-place]")[place]?.focus();
  useEffect(() => {
    const place = items.findIndex((one) => one.story_id === follow.current);
    if (place < 0) return;
    follow.current = null;
    setHere(place);
    requestAnimationFrame(() => focus(place));
  }, [items]);
  const move = (item, step) => {
    follow.current = item.story_id;
    desk.place(item.story_id, item.position + step);
  };
  const keys = (event, item, place) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step && event.altKey) move(item, step);
    else if (step) {
      const next = Math.min(items.length - 1, Math.max(0, place + step));
      setHere(next);
      focus(next);
    } else if (event.key.toLowerCase() === "p") move(item, 0);
    else if (event.key.toLowerCase() === "s") desk.give(item.story_id, "suppress");
    else if (event.key.toLowerCase() === "b") desk.give(item.story_id, "block");
    else if (event.key === "Delete" && desk.orderOf(item.story_id)) desk.withdraw(desk.orderOf(item.story_id).id);
    else return;
    event.preventDefault();
  };
  const drop = (event, place) => {
    event.preventDefault();
    setOver(null);
    const story_id = dragged ?? event.dataTransfer.getData("text/plain");
    setDragged(null);
    if (story_id) {
      follow.current = story_id;
      desk.place(story_id, place);
    }
  };
  if (!items.length) {
    return html`<${Phone} name=${word("scene", scene)} note="匿名读者"
      ><${Empty} text="首屏还没有稿件" hint="发稿以后，这里会自动填满。"
    /><//>`;
  }
  return html`<${Phone} name=${word("scene", scene)} note="匿名读者">
    <ol class="feed" ref=${list} aria-label="首屏" aria-busy=${String(desk.busy)}>
      ${items.map((item, place) => {
        const order = desk.orderOf(item.story_id);
        return html`<li
          key=${item.story_id}
          class=${over === place ? "drop-here" : ""}
          onDragOver=${(event) => {
            event.preventDefault();
            setOver(place);
          }}
          onDragLeave=${() => setOver(null)}
          onDrop=${(event) => drop(event, place)}
        >
          <div
            class=${`feed-item held ${place === here ? "here" : ""}`}
            role="group"
            aria-label=${`第 ${place + 1} 位：${item.title}${order ? `，${doesText(order)}` : ""}`}
            tabindex=${place === here ? 0 : -1}
            data-place=${place}
            draggable="true"
            onDragStart=${(event) => {
              event.dataTransfer.setData("text/plain", item.story_id);
              setDragged(item.story_id);
            }}
            onDragEnd=${() => {
              setDragged(null);
              setOver(null);
            }}
            onFocus=${() => setHere(place)}
            onKeyDown=${(event) => event.target === event.currentTarget && keys(event, item, place)}
          >
            <span class="feed-place figure">${place + 1}</span>
            <span class="feed-text">
              <${FeedItemText} item=${item} />
              ${order ? html`<span class="row"><${ActionChip} action=${order.action} /><span class="hint">到 <${When} at=${order.ends_at} /></span></span>` : null}
              <span class="item-actions" role="group" aria-label=${`对“${item.title}”`}>
                <${Button} tone="small" disabled=${desk.busy || place === 0} onClick=${() => move(item, -1)} label=${`上移：${item.title}`}>上移<//>
                <${Button} tone="small" disabled=${desk.busy || place === items.length - 1} onClick=${() => move(item, 1)} label=${`下移：${item.title}`}>下移<//>
                <${Button} tone="small" disabled=${desk.busy} onClick=${() => desk.give(item.story_id, "suppress")} label=${`压后：${item.title}`}>压后<//>
                <${Button} tone="small bad" disabled=${desk.busy} onClick=${() => desk.give(item.story_id, "block")} label=${`屏蔽：${item.title}`}>屏蔽<//>
                ${order
                  ? html`<${Button} tone="small" disabled=${desk.busy} onClick=${() => desk.withdraw(order.id)} label=${`撤回安排：${item.title}`}>撤回安排<//>`
                  : null}
              </span>
            </span>
          </div>
        </li>`;
      })}
    </ol>
  <//>`;
}

function Keys() {
  return html`<p class="hint keys">
    键盘：<kbd>↑</kbd> <kbd>↓</kbd> 选稿，<kbd>Alt</kbd>+<kbd>↑</kbd> <kbd>↓</kbd> 移动并置顶，<kbd>P</kbd> 置顶在原位，<kbd>S</kbd>
    压后，<kbd>B</kbd> 屏蔽，<kbd>Delete</kbd> 撤回安排
  </p>`;
}

function Candidates({ below, shown, desk, setDragged }) {
  const [words, setWords] = useState("");
  const [asked, setAsked] = useState("");
  useEffect(() => {
    const wait = setTimeout(() => setAsked(words.trim()), 300);
    return () => clearTimeout(wait);
  }, [words]);
  const found = useData(
    (signal) => (asked ? get("/v1/stories", { words: asked, limit: 30 }, { signal }) : null),
    [asked],
  );
  const outlets = useOutlets();
  const onScreen = useMemo(() => new Set(shown.map((one) => one.story_id)), [shown]);
  const rows = asked
    ? (found.data?.items ?? []).map((one) => ({ ...one, outlet_name: outlets.get(one.outlet_id)?.name ?? one.outlet_id }))
    : below.map((one) => ({ ...one, outlet_name: one.outlet.name }));
  return html`<${Field} label="搜标题里的词" hint=${asked ? "" : "不搜索时，下面是推荐里排在首屏之后的稿件"}>
      <input class="input" type="search" maxlength="100" value=${words} onInput=${(event) => setWords(event.target.value)} />
    <//>
    <${ProblemNote} problem=${found.problem} retry=${found.reload} />
    ${asked && found.loading
      ? html`<${Loading} />`
      : rows.length
        ? html`<ul class="candidates" aria-label="可放上首屏的稿件" tabindex="0">
            ${rows.map((row) => html`<${Candidate} key=${row.story_id} row=${row} on=${onScreen.has(row.story_id)} desk=${desk} setDragged=${setDragged} />`)}
          </ul>`
        : html`<${Empty} text=${asked ? "没有找到" : "后面没有更多稿件"} hint=${asked ? "换一个词试试。" : "可以搜索其他稿件。"} />`}`;
}

function Candidate({ row, on, desk, setDragged }) {
  const [position, setPosition] = useState("0");
  return html`<li
    draggable="true"
    onDragStart=${(event) => {
      event.dataTransfer.setData("text/plain", row.story_id);
      setDragged(row.story_id);
    }}
    onDragEnd=${() => setDragged(null)}
  >
    <div class="candidate-text">
      <${StoryLink} story_id=${row.story_id} title=${row.title} />
      <span class="feed-meta"><span>${row.outlet_name}</span><${When} at=${row.published_at} />${on ? html`<${Chip} tone="good">已在首屏<//>` : null}</span>
    </div>
    <div class="row">
      <select class="input short" aria-label=${`放到第几位：${row.title}`} value=${position} onChange=${(event) => setPosition(event.target.value)}>
        ${Array.from({ length: SCREEN }, (_, place) => html`<option value=${String(place)} key=${place}>第 ${place + 1} 位</option>`)}
      </select>
      <${Button} tone="small" disabled=${desk.busy} onClick=${() => desk.place(row.story_id, Number(position))} label=${`置顶：${row.title}`}>置顶<//>
      <${Button} tone="small" disabled=${desk.busy} onClick=${() => desk.give(row.story_id, "insert", Number(position))} label=${`插入：${row.title}`}>插入<//>
    </div>
  </li>`;
}

function Standing({ orders, desk, session }) {
  if (orders.problem) return html`<${ProblemNote} problem=${orders.problem} retry=${orders.reload} />`;
  if (!orders.data) return html`<${Loading} />`;
  const mine = (order) => !session.outlet_id || order.authority === "outlet";
  const columns = [
    { key: "does", label: "安排", render: (order) => html`<${ActionChip} action=${order.action} /> ${order.position === null ? "" : `第 ${order.position + 1} 位`}` },
    { key: "story", label: "稿件", render: (order) => html`<${StoryLink} story_id=${order.story_id} title=${order.story_title} />` },
    { key: "state", label: "状态", render: (order) => html`<${Chip} tone=${stateOf(order).tone}>${stateOf(order).label}<//>` },
    { key: "by", label: "谁下达", render: (order) => word("authority", order.authority) },
    { key: "ends", label: "到", render: (order) => html`<${When} at=${order.ends_at} />` },
    {
      key: "act",
      label: "操作",
      render: (order) =>
        mine(order)
          ? html`<${Button} tone="small" disabled=${desk.busy} onClick=${() => desk.withdraw(order.id)} label=${`撤回：${order.story_title}`}>撤回<//>`
          : html`<span class="hint">省级平台可撤</span>`,
    },
  ];
  return html`<${Table}
    columns=${columns}
    rows=${desk.known}
    caption="正在起作用的安排"
    empty=${html`<${Empty} text="没有人工安排" hint="首屏完全由推荐算法决定。" />`}
  />`;
}
