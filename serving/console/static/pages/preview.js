// 推荐预览: the feed of an outlet for somebody made up, and why it looks so.
import { html, useEffect, useState } from "../lib/html.js";
import { get, send, useData } from "../lib/api.js";
import { Button, Card, Chip, Empty, Field, Loading, OutletPicker, ProblemNote, Tabs } from "../lib/ui.js";
import { word } from "../lib/words.js";
import { ChoosableFeed, DecisionFacts, ItemReplay, Mix } from "../lib/feed.js";

export const roles = ["editor", "operator", "scientist", "admin"];

const WAYS = [
  { value: "stranger", name: "匿名读者", says: "没有登录，什么都不知道", asks: {} },
  { value: "off", name: "关闭个性化", says: "读者关掉了个性化推荐", asks: { personalise: false } },
  { value: "minor", name: "未成年人模式", says: "只看适合未成年人的内容", asks: { minor: true } },
];
const OWN = { value: "own", name: "自己设一位", says: "勾选这位读者关心的主题，最多 10 个" };
const MOST_LIKES = 10;
const NEVER_AN_INTEREST = "38"; // 医药、卫生: what is read of it is not remembered of anybody
const SCENES = ["home", "local", "channel"];
const COUNTS = [10, 20, 50];

export default function Page({ session, query, go }) {
  const outlet = session.outlet_id ?? query.outlet ?? "";
  const who = query.who ?? "stranger";
  const scene = query.scene ?? "home";
  const channel = query.channel ?? "";
  const count = Number(query.count ?? 10);
  const likes = query.likes ?? "";
  const turn = (change) =>
    go("preview", { outlet: session.outlet_id ? "" : outlet, who, scene, channel, count, likes, ...change });
  const personas = useData((signal) => get("/v1/personas", {}, { signal }), []);
  return html`<p class="hint page-lead">
      看看不同的读者此刻会看到什么。预览不留痕迹：不记入读者的阅读，不算热度，也不算必推的展示。
    </p>
    <${Card} title="看谁的" actions=${html`<a class="button" href="#/decision">按编号回放</a>`}>
      <div class="form">
        <div class="filters">
          ${session.outlet_id
            ? html`<div class="field"><span class="field-label">媒体</span><strong>${session.outlet_name}</strong></div>`
            : html`<${Field} label="媒体"><${OutletPicker} value=${outlet} onChange=${(id) => turn({ outlet: id })} /><//>`}
          <${Field} label="场景">
            <select class="input" value=${scene} onChange=${(event) => turn({ scene: event.target.value })}>
              ${SCENES.map((one) => html`<option value=${one} key=${one}>${word("scene", one)}</option>`)}
            </select>
          <//>
          ${scene === "channel" ? html`<${ChannelField} channel=${channel} onChange=${(name) => turn({ channel: name })} />` : null}
          <${Field} label="看几条">
            <select class="input" value=${String(count)} onChange=${(event) => turn({ count: event.target.value })}>
              ${COUNTS.map((n) => html`<option value=${String(n)} key=${n}>${n} 条</option>`)}
            </select>
          <//>
        </div>
        <${ProblemNote} problem=${personas.problem} retry=${personas.reload} />
        <${People} personas=${personas.data?.items ?? []} who=${who} onChange=${(id) => turn({ who: id })} />
        ${who === OWN.value ? html`<${Likes} likes=${likes} onChange=${(codes) => turn({ likes: codes })} />` : null}
      </div>
    <//>
    ${!outlet
      ? html`<${Card}><${Empty} text="先选一家媒体" hint="选好以后，这里是它的读者此刻看到的列表。" /><//>`
      : scene === "channel" && !channel
        ? html`<${Card}><${Empty} text="先填频道的名字" hint="例如“农业、农村”，或本媒体栏目的名字。" /><//>`
        : who === OWN.value && !likes
          ? html`<${Card}><${Empty} text="先勾选几个主题" hint="这位读者关心什么，列表就偏向什么。" /><//>`
          : html`<${Preview} key=${outlet} likes=${likes} outlet=${outlet} who=${who} scene=${scene} channel=${channel} count=${count} />`}`;
}

function ChannelField({ channel, onChange }) {
  const [text, setText] = useState(channel);
  return html`<${Field} label="频道">
    <input
      class="input"
      maxlength="40"
      value=${text}
      onInput=${(event) => setText(event.target.value)}
      onChange=${(event) => onChange(event.target.value.trim())}
    />
  <//>`;
}

function People({ personas, who, onChange }) {
  const all = [...WAYS, ...personas.map((one) => ({ value: one.id, name: one.name, says: one.says })), OWN];
  return html`<fieldset class="people">
    <legend class="field-label">读者</legend>
    ${all.map(
      (one) => html`<label key=${one.value} class=${`person ${one.value === who ? "chosen" : ""}`} title=${one.says}>
        <input type="radio" name="who" value=${one.value} checked=${one.value === who} onChange=${() => onChange(one.value)} />
        <span>${one.name}</span>
      </label>`,
    )}
    <p class="hint" role="status">${all.find((one) => one.value === who)?.says ?? ""}</p>
  </fieldset>`;
}

/** The classes that a reader of one's own making cares for, by code, joined by commas. */
function Likes({ likes, onChange }) {
  const { data, problem, reload } = useData((signal) => get("/v1/vocabulary/topic", {}, { signal }), []);
  const chosen = likes ? likes.split(",") : [];
  const turn = (code) => onChange((chosen.includes(code) ? chosen.filter((one) => one !== code) : [...chosen, code]).join(","));
  if (problem) return html`<${ProblemNote} problem=${problem} retry=${reload} />`;
  if (!data) return html`<${Loading} />`;
  return html`<fieldset class="people">
    <legend class="field-label">关心的主题</legend>
    ${data.items
      .filter((one) => one.code !== NEVER_AN_INTEREST)
      .map(
        (one) => html`<label key=${one.code} class=${`person ${chosen.includes(one.code) ? "chosen" : ""}`}>
          <input
            type="checkbox"
            checked=${chosen.includes(one.code)}
            disabled=${!chosen.includes(one.code) && chosen.length >= MOST_LIKES}
            onChange=${() => turn(one.code)}
          />
          <span>${one.label}</span>
        </label>`,
      )}
  </fieldset>`;
}

function Preview({ outlet, who, likes, scene, channel, count }) {
  const way = WAYS.find((one) => one.value === who);
  const made = who === OWN.value ? { interests: likes.split(",").map((code) => ({ kind: "topic", code })) } : { persona: who };
  const asked = { outlet_id: outlet, scene, count, ...(way ? way.asks : made) };
  if (scene === "channel") asked.channel = channel;
  const { data, problem, loading, reload } = useData(
    (signal) => send("POST", "/v1/recommend/preview", asked, { signal }),
    [outlet, who, likes, scene, channel, count],
  );
  const [chosen, setChosen] = useState(null);
  const [tab, setTab] = useState("item");
  useEffect(() => setChosen(null), [data]);
  if (problem) return html`<${Card}><${ProblemNote} problem=${problem} retry=${reload} /><//>`;
  if (!data) return html`<${Loading} text="正在生成这位读者的列表……" />`;
  const { feed, decision } = data;
  const item = decision.items.find((one) => one.story_id === (chosen ?? feed.items[0]?.story_id));
  const choose = (id) => {
    setChosen(id);
    setTab("item");
  };
  return html`<div class="columns phone-first follows" aria-busy=${String(loading)}>
    <${Card} title="读者看到的" actions=${html`<${Button} tone="small" onClick=${reload} disabled=${loading}>刷新<//>`}>
      ${feed.degraded.length ? html`<p><${Chip} tone="warn">有部件暂时不可用，这是简化的列表<//></p>` : null}
      <${ChoosableFeed}
        items=${feed.items}
        chosen=${item?.story_id}
        onChoose=${choose}
        name=${word("scene", scene)}
        note=${feed.personalised ? "个性化推荐" : "未使用个人信息"}
      />
    <//>
    <${Card} title="为什么是这样">
      <${Tabs}
        label="回放"
        value=${tab}
        onChange=${setTab}
        tabs=${[
          { value: "item", label: "选中的这条" },
          { value: "decision", label: "整个列表" },
          { value: "mix", label: "构成" },
        ]}
      />
      <div role="tabpanel">
        ${tab === "mix"
          ? html`<${Mix} items=${feed.items} />`
          : tab === "decision"
            ? html`<${DecisionFacts} decision=${decision} />`
            : item
              ? html`<${ItemReplay} item=${item} decision=${decision} />`
              : html`<${Empty} text="点列表里任意一条，看它为什么在那里" />`}
      </div>
    <//>
  </div>`;
}
