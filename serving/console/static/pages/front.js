// 首屏与干预: the first screen of an outlet as its readers see it, and an editor's hand in it.
import { html, useEffect, useMemo, useRef, useState } from "../lib/html.js";
import { get, send, useData, useOutlets } from "../lib/api.js";
import { Button, Card, Chip, Empty, Field, Loading, OutletPicker, ProblemNote, Ratio, StoryLink, Table, When, toast } from "../lib/ui.js";
import { word } from "../lib/words.js";
import { FeedItemText, Mix, Phone, aimWord, amountText } from "../lib/feed.js";
import {
  ActionChip,
  LASTING,
  concerns,
  doesText,
  giveOrder,
  hasBegun,
  inHours,
  moveOrder,
  replaceOrder,
  stateOf,
  touches,
  withdrawOrder,
} from "../lib/orders.js";

export const roles = ["editor", "operator", "admin"];

const SCREEN = 10;
const DEPTH = 40;
const SCENES = ["home", "local"];

export default function Page({ session, query, go }) {
  const outlet = session.outlet_id ?? query.outlet ?? "";
  const scene = query.scene ?? "home";
  const turn = (change) => go("front", { outlet: session.outlet_id ? "" : outlet, scene, ...change });
  return html`<p class="hint page-lead">
      “首屏”是没有登录的读者此刻看到的。把候选稿件拖到想要的位置，或用按钮、键盘；改动立即生效，到期自动结束。
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
  const first = useMemo(() => (screen.data?.feed.items ?? []).slice(0, SCREEN), [screen.data]);
  const desk = useDesk({ outlet, scene, lasts, screen, orders, session });
  if (screen.problem) return html`<${Card}><${ProblemNote} problem=${screen.problem} retry=${desk.again} /><//>`;
  if (!screen.data) return html`<${Loading} text="正在生成首屏……" />`;
  const items = screen.data.feed.items;
  return html`<div class="columns phone-first">
    <${Card}
      title="首屏"
      actions=${html`<${Button} tone="small" onClick=${desk.again} disabled=${screen.loading}>刷新<//>`}
    >
      <${Screen} items=${first} scene=${scene} desk=${desk} dragged=${dragged} setDragged=${setDragged} />
      <${Keys} />
    <//>
    <div class="stack">
      <${Card}
        title="可放上首屏的稿件"
        hint="置顶：固定在选定的位置；插入：放在选定的位置，已被占用时顺延"
        actions=${html`<${Field} label="新安排持续">
          <select class="input" value=${lasts} onChange=${(event) => setLasts(event.target.value)}>
            ${LASTING.map((one) => html`<option value=${one.value} key=${one.value}>${one.label}</option>`)}
          </select>
        <//>`}
      >
        <${Candidates} below=${items.slice(SCREEN)} shown=${first} desk=${desk} setDragged=${setDragged} />
      <//>
      <${Card} title="正在起作用的安排">
        <${Standing} orders=${orders} desk=${desk} />
      <//>
      <${Card} title="首屏的构成" hint=${`此刻的首屏 ${first.length} 条`}>
        <${Mix} items=${first} />
      <//>
      <${Card} title="想要的比例" hint="本场景各项取向占多重；下一次刷新就生效">
        <${Aims} outlet=${outlet} scene=${scene} onSaved=${screen.reload} />
      <//>
    </div>
  </div>`;
}

/** What the outlet wants of this scene, beside what its readers were shown in the last day. */
function Aims({ outlet, scene, onSaved }) {
  const path = `/v1/outlets/${encodeURIComponent(outlet)}/aims`;
  const { data, problem, reload } = useData((signal) => get(path, {}, { signal }), [outlet]);
  const [wish, setWish] = useState(null);
  const [busy, setBusy] = useState(false);
  if (problem) return html`<${ProblemNote} problem=${problem} retry=${reload} />`;
  if (!data) return html`<${Loading} />`;
  const found = data.scenes.find((one) => one.scene === scene);
  const mix = wish ?? found.aims;
  const save = async () => {
    setBusy(true);
    try {
      await send("PUT", `${path}/${scene}`, mix);
      toast("已保存，下一次刷新就生效");
      setWish(null);
      reload();
      onSaved();
    } catch {
      toast("没有保存，请稍后再试。", "bad");
    }
    setBusy(false);
  };
  return html`<div class="form">
    ${Object.keys(found.aims).map(
      (name) => html`<label class="slider" key=${name}>
        <span><strong>${aimWord(name)}</strong> ${name in found.measured ? html`<span class="hint">过去 24 小时实际：<${Ratio} value=${found.measured[name]} /></span>` : null}</span>
        <input type="range" min="0" max="1" step="0.1" value=${mix[name]} aria-valuetext=${amountText(mix[name])}
          onInput=${(event) => setWish({ ...mix, [name]: event.target.valueAsNumber })} />
        <span class="hint">${amountText(mix[name])}</span>
      </label>`,
    )}
    <p class="hint">${found.feeds_measured ? `过去 24 小时共 ${found.feeds_measured} 次首屏。` : "过去 24 小时还没有读者打开这个场景。"}</p>
    <div class="row">
      <${Button} tone="main" disabled=${busy || !wish} onClick=${save}>保存<//>
      <${Button} disabled=${busy || !wish} onClick=${() => setWish(null)}>不改<//>
    </div>
  </div>`;
}

/** What an editor can do on this screen; everything shows at once. */
function useDesk({ outlet, scene, lasts, screen, orders, session }) {
  const [busy, setBusy] = useState(false);
  const fetching = screen.loading || orders.loading;
  const [behind, setBehind] = useState(false); // what is shown is from before the last change
  useEffect(() => {
    if (!fetching) setBehind(false);
  }, [fetching]);
  const here = useOutlets().get(outlet);
  const known = (orders.data?.items ?? []).filter((one) => concerns(one, here) && touches(one, scene));
  const placed = screen.data?.decision.items ?? [];
  const orderOf = (story_id) => {
    const id = placed.find((one) => one.story_id === story_id)?.placement_id;
    return known.find((one) => one.id === id) ?? known.find((one) => one.story_id === story_id && hasBegun(one));
  };
  const mayEnd = (order) => Boolean(order) && (!session.outlet_id || order.authority === "outlet");
  const again = () => {
    setBehind(true);
    orders.reload();
    screen.reload();
  };
  const act = async (change) => {
    setBusy(true);
    const done = await change();
    if (done) again();
    setBusy(false);
    return Boolean(done);
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
    busy: busy || behind,
    known,
    again,
    orderOf,
    mayMove: (item) => !session.outlet_id || item.placed_by !== "must_carry",
    mayEnd,
    give,
    block(item) {
      if (item.cluster_size > 1) toast("只屏蔽这一版；同一事件的其他版本仍可能出现，可再屏蔽", "plain");
      return give(item.story_id, "block");
    },
    withdraw: (id) => act(() => withdrawOrder(id)),
    /** Put a story somewhere; one that stands there by an order moves by it, of the same action unless one is asked for. */
    place(story_id, position, action) {
      if (position < 0 || position >= SCREEN) return null;
      const order = orderOf(story_id);
      const movable = mayEnd(order) && ["pin", "insert"].includes(order.action) && order.outlet_ids.length === 1;
      if (!movable) return give(story_id, action ?? "pin", position);
      if (order.action === (action ?? order.action)) return act(() => moveOrder(order.id, position));
      return act(() => replaceOrder(order, { action, position }));
    },
  };
}

function Screen({ items, scene, desk, dragged, setDragged }) {
  const [here, setHere] = useState(0);
  const [over, setOver] = useState(null);
  const list = useRef(null);
  const follow = useRef(null); // the story, or the place, that the next screen focuses
  const focus = (place) => list.current?.querySelectorAll("[data-place]")[place]?.focus();
  useEffect(() => {
    const next = follow.current;
    if (next === null) return;
    const place = Number.isInteger(next) ? Math.min(next, items.length - 1) : items.findIndex((one) => one.story_id === next);
    if (place < 0) return;
    follow.current = null;
    setHere(place);
    requestAnimationFrame(() => focus(place));
  }, [items]);
  const followed = async (next, act) => {
    follow.current = next;
    if (!(await act())) follow.current = null;
  };
  const move = (item, step, action) => followed(item.story_id, () => desk.place(item.story_id, item.position + step, action));
  const keys = (event, item, place) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step && !event.altKey) {
      const next = Math.min(items.length - 1, Math.max(0, place + step));
      setHere(next);
      focus(next);
    } else if (!desk.mayMove(item) || !(step || ["p", "s", "b", "delete"].includes(event.key.toLowerCase()))) return;
    else if (desk.busy || event.repeat) event.preventDefault(); // the screen has not followed the last one yet
    else if (step) move(item, step);
    else if (event.key.toLowerCase() === "p") move(item, 0, "pin");
    else if (event.key.toLowerCase() === "s") followed(place, () => desk.give(item.story_id, "suppress"));
    else if (event.key.toLowerCase() === "b") followed(place, () => desk.block(item));
    else if (event.key === "Delete" && desk.mayEnd(desk.orderOf(item.story_id))) followed(place, () => desk.withdraw(desk.orderOf(item.story_id).id));
    else return;
    event.preventDefault();
  };
  const drop = (event, place) => {
    event.preventDefault();
    setOver(null);
    const story_id = dragged ?? event.dataTransfer.getData("text/plain");
    setDragged(null);
    if (story_id) followed(story_id, () => desk.place(story_id, place));
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
              ${order
                ? html`<span class="row">
                    ${["boost", "suppress"].includes(order.action) ? html`<${ActionChip} action=${order.action} />` : null}
                    <span class="hint"><${When} at=${order.ends_at} />结束</span>
                  </span>`
                : null}
              <${ItemActions} item=${item} last=${place === items.length - 1} order=${order} desk=${desk} move=${move} />
            </span>
          </div>
        </li>`;
      })}
    </ol>
  <//>`;
}

function ItemActions({ item, last, order, desk, move }) {
  if (!desk.mayMove(item)) return html`<span class="item-actions hint">省级平台的安排，本媒体不能改动</span>`;
  const what = (act) => `${act}：${item.title}`;
  return html`<span class="item-actions" role="group" aria-label=${`对“${item.title}”`}>
    <${Button} tone="small" disabled=${desk.busy || item.position === 0} onClick=${() => move(item, -1)} label=${what("上移")}>上移<//>
    <${Button} tone="small" disabled=${desk.busy || last} onClick=${() => move(item, 1)} label=${what("下移")}>下移<//>
    <${Button} tone="small" disabled=${desk.busy} onClick=${() => desk.give(item.story_id, "suppress")} label=${what("降权")}>降权<//>
    <${Button} tone="small bad" disabled=${desk.busy} onClick=${() => desk.block(item)} label=${what("屏蔽")}>屏蔽<//>
    ${desk.mayEnd(order)
      ? html`<${Button} tone="small" disabled=${desk.busy} onClick=${() => desk.withdraw(order.id)} label=${what("撤回安排")}>撤回安排<//>`
      : null}
  </span>`;
}

function Keys() {
  return html`<p class="hint front-keys">
    键盘：<kbd>↑</kbd> <kbd>↓</kbd> 选稿，<kbd>Alt</kbd>+<kbd>↑</kbd> <kbd>↓</kbd> 移动并置顶，<kbd>P</kbd> 置顶在原位，<kbd>S</kbd>
    降权，<kbd>B</kbd> 屏蔽，<kbd>Delete</kbd> 撤回安排
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
      <${Button} tone="small" disabled=${desk.busy} onClick=${() => desk.place(row.story_id, Number(position), "pin")} label=${`置顶：${row.title}`}>置顶<//>
      <${Button} tone="small" disabled=${desk.busy} onClick=${() => desk.place(row.story_id, Number(position), "insert")} label=${`插入：${row.title}`}>插入<//>
    </div>
  </li>`;
}

function Standing({ orders, desk }) {
  if (orders.problem) return html`<${ProblemNote} problem=${orders.problem} retry=${orders.reload} />`;
  if (!orders.data) return html`<${Loading} />`;
  const columns = [
    { key: "does", label: "安排", render: (order) => html`<span class="nowrap"><${ActionChip} action=${order.action} /> ${order.position === null ? "" : `第 ${order.position + 1} 位`}</span>` },
    { key: "story", label: "稿件", render: (order) => html`<${StoryLink} story_id=${order.story_id} title=${order.story_title} />` },
    { key: "state", label: "状态", render: (order) => html`<${Chip} tone=${stateOf(order).tone}>${stateOf(order).label}<//>` },
    { key: "by", label: "谁下达", render: (order) => html`<span class="nowrap">${word("authority", order.authority)}</span>` },
    { key: "ends", label: "到", render: (order) => html`<${When} at=${order.ends_at} />` },
    {
      key: "act",
      label: "操作",
      render: (order) =>
        desk.mayEnd(order)
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
