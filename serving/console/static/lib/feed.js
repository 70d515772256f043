// A feed as readers see it, and the record that explains it.
import { html, useMemo } from "./html.js";
import { useOutlets } from "./api.js";
import { Chip, Count, Empty, Ratio, StoryLink, When, hashOf, numberText, percentText } from "./ui.js";
import { word } from "./words.js";

const FEATURES = {
  interest: "与读过的相近",
  topic_taste: "关注的主题或地方",
  read_after: "读后常续读",
  hot_here: "本地热度",
  hot_city: "全市热度",
  hot_province: "全省热度",
  local: "写的是本地",
  own_outlet: "本媒体发布",
  mainstream: "主流内容池",
  fresh: "新鲜程度",
  explore: "少见的媒体",
  substance: "篇幅充实",
  placed_or_wished: "编辑加权或读者意愿",
};
const RULES = {
  expired: "已过时效",
  not_yet: "未到发布时间",
  rights: "没有转载权",
  minors: "不适合未成年人",
  excluded: "客户端要求不要",
  blocked: "被屏蔽",
  being_read: "正在看的稿件",
  outside: "不在所选范围",
  unwanted: "客户端要求避开",
  seen: "已经看过",
  wished_away: "读者不想看",
  placed: "已由编辑安排",
  like_seen: "与近来看过的太相似",
  topic_filled: "近来这个主题已经太多",
  like_shown: "与本次更靠前的太相似",
};
const AIMS = { popular: "热门", fresh: "新鲜", local: "本地", varied: "多样", related: "相关", explore: "拓展" };
const MODELS = {
  encoder: ["文本编码器", "把稿件变成向量，用来找相近的稿件"],
  ranker: ["排序模型", "决定推荐列表的先后"],
  pairs: ["查重模型", "判断两篇是转载、同一事件还是无关"],
  tagger: ["主题标签", "按国家标准的 24 个大类给稿件定主题"],
};
// Taggers by the name in their version; one that was published under another name classifies topics.
const TAGGERS = {
  "fine-topics": ["细主题标签", "在大类之下标出更细的主题，跟着编辑的采纳和否定学"],
  places: ["地点标签", "认出写到的市州、县和乡镇"],
  keywords: ["关键词标签", "从标题和正文选出最能代表稿件的词"],
  names: ["人物与机构标签", "认出人名和机构名"],
};
// What stands in a list may be more than an order is called.
const SHOWN_AS = { must_carry: "省级必推", emergency: "紧急信息" };
const PLACED = { editor: "编辑推荐", must_carry: "省级必推", fallback: "补足" };

export const featureWord = (name) => FEATURES[name] ?? name;
const MISSES = { vary: "为内容多样让位", below: "得分低于列表最后一条" };

export const ruleWord = (name) => RULES[name] ?? name;
const missText = (why) => MISSES[why] ?? ruleWord(why);
export const aimWord = (name) => AIMS[name] ?? name;
export const actionWord = (name) => SHOWN_AS[name] ?? word("action", name);

/** How much an aim counts, 0..1 with 0.5 as usual, in words. */
export const amountText = (value) => (value < 0.05 ? "不要" : value < 0.45 ? "少一些" : value <= 0.55 ? "一般" : "多一些");

/** The Chinese name of a model's part and what it does: `{name, does}`.  Taggers are told apart by their version. */
export function modelWords(part, version = "") {
  const stem = part.replace(/_\d+$/, "");
  const [name, does] = (stem === "tagger" && TAGGERS[version.split("@")[0]]) || MODELS[stem] || [part, ""];
  return { name, does };
}

/** The Chinese name of a model's kind. */
export const modelWord = (kind) => modelWords(kind).name;

/** Bars of a few figures, largest first; each row is `{label, value, text, tone}`.  `of` is what fills a bar. */
export function Meters({ rows, label, of }) {
  const most = of ?? Math.max(...rows.map((row) => Math.abs(row.value)), 1e-9);
  const shown = [...rows].sort((a, b) => b.value - a.value);
  return html`<ul class="meters" aria-label=${label}>
    ${shown.map(
      (row) => html`<li key=${row.label}>
        <span class="meter-label">${row.label}</span>
        <span class="meter-track" aria-hidden="true"
          ><span class=${`meter-fill ${row.tone ?? ""}`} style=${{ width: `${(Math.abs(row.value) / most) * 100}%` }}></span
        ></span>
        <span class="meter-text figure">${row.text ?? numberText(row.value)}</span>
      </li>`,
    )}
  </ul>`;
}

/** Who put an item where it stands, where that was not the model. */
export function PlacedChip({ item }) {
  const tone = { editor: "accent", must_carry: "bad", fallback: "plain" }[item.placed_by];
  return tone ? html`<${Chip} tone=${tone}>${placedWord(item)}<//>` : null;
}

const isEmergency = (item) => item.reasons.some((reason) => reason.code === "emergency");
const placedWord = (item) => (isEmergency(item) ? "紧急信息" : (PLACED[item.placed_by] ?? "算法推荐"));

/** Reasons that say more than the chip beside them. */
export function whyText(item) {
  const said = placedWord(item);
  return item.reasons.map((reason) => reason.text).filter((text) => text !== said).join(" · ");
}

/** The inside of one item of a feed: what a reader sees of it. */
export function FeedItemText({ item }) {
  return html`<span class="feed-title">${item.title}</span>
    <span class="feed-meta">
      <${PlacedChip} item=${item} />
      <span>${item.outlet.name}</span>
      <${When} at=${item.published_at} />
      ${item.ai_generated ? html`<${Chip} tone="warn">含 AI 生成内容<//>` : null}
      ${item.cluster_size > 1 ? html`<span>${item.cluster_size} 家报道</span>` : null}
    </span>
    ${whyText(item) ? html`<span class="feed-why">${whyText(item)}</span>` : null}`;
}

/** The frame of a telephone around a feed. */
export function Phone({ name, note, children }) {
  return html`<div class="phone">
    <p class="phone-head"><span class="phone-name">${name}</span><span class="hint">${note}</span></p>
    ${children}
  </div>`;
}

/** A feed in the telephone; one item may be chosen with mouse or keyboard. */
export function ChoosableFeed({ items, chosen, onChoose, name, note }) {
  return html`<${Phone} name=${name} note=${note}>
    ${items.length
      ? html`<ol class="feed">
          ${items.map(
            (item) => html`<li key=${item.story_id}>
              <button
                type="button"
                class="feed-item"
                aria-pressed=${String(item.story_id === chosen)}
                onClick=${() => onChoose(item.story_id)}
              >
                <span class="feed-place figure">${item.position + 1}</span>
                <span class="feed-text"><${FeedItemText} item=${item} /></span>
              </button>
            </li>`,
          )}
        </ol>`
      : html`<${Empty} text="没有可以展示的稿件" hint="本媒体可以展示的稿件都已撤下或过期。" />`}
  <//>`;
}

/** Why one item stands where it stands. */
export function ItemReplay({ item, decision }) {
  const parts = Object.entries(item.parts).filter(([, value]) => Math.abs(value) >= 0.005);
  const verdict = decision.orders.find((one) => one.placement_id === item.placement_id);
  return html`<div class="stack">
    <div>
      <h3><${StoryLink} story_id=${item.story_id} title=${item.title} /></h3>
      <p class="row">
        <${Chip}>第 ${item.position + 1} 位<//>
        <${PlacedChip} item=${item} />
        ${item.placed_by === "model" ? html`<${Chip} tone="good">算法推荐<//>` : null}
        ${item.cluster_size > 1 ? html`<span class="hint">同一事件 ${item.cluster_size} 家报道，只出现一次</span>` : null}
      </p>
    </div>
    <div>
      <h3>读者看到的理由</h3>
      <p>${item.reasons.map((reason) => reason.text).join("；") || "没有"}</p>
    </div>
    <div>
      <h3>得分由什么组成</h3>
      ${parts.length
        ? html`<${Meters}
              label="各项特征加了多少分"
              rows=${parts.map(([name, value]) => ({
                label: featureWord(name),
                value,
                text: `${value >= 0 ? "+" : "−"}${Math.abs(value).toFixed(2)}`,
                tone: value < 0 ? "minus" : "",
              }))}
            />
            <p class="hint">总分 ${item.score.toFixed(2)}。同主题、同媒体过于集中时会拉开距离，所以位置不完全按总分。</p>`
        : html`<p class="hint">${item.placed_by === "model" ? "没有特征加分。" : "由人安排或按时间补足，不看得分。"}</p>`}
    </div>
    <div>
      <h3>从哪里来</h3>
      <p class="row">${item.sources.map((source) => html`<${Chip} key=${source}>${word("source", source)}<//>`)}</p>
      ${item.propensity < 1
        ? html`<p class="hint">这个位置由随机次序决定，出现的概率是 ${percentText(item.propensity)}。</p>`
        : null}
    </div>
    ${item.placement_id
      ? html`<p>
          由<a href=${hashOf("orders", { id: item.placement_id })}>这条人工安排</a>${verdict?.outcome === "in_force"
            ? "加了分，排到这里"
            : `放在这里${verdict ? `（${word("outcome", verdict.outcome)}）` : ""}`}。
        </p>`
      : null}
  </div>`;
}

/** The whole decision: where candidates came from, what rules took out, what counted, orders, models. */
export function DecisionFacts({ decision }) {
  return html`<div class="stack">
    <div>
      <h3>候选稿件</h3>
      <${Tally} of=${decision.candidates} words=${(name) => word("source", name)} none="没有候选" label="各路候选稿件数" />
    </div>
    <div>
      <h3>规则去掉的</h3>
      <${Tally} of=${decision.filtered} words=${ruleWord} none="没有稿件被规则去掉" label="各条规则去掉的稿件数" />
    </div>
    <div>
      <h3>没有展示的候选</h3>
      <${PassedOver} stories=${decision.passed_over} />
    </div>
    <div>
      <h3>每项特征最多加几分</h3>
      <${Meters}
        label="每项特征的权重"
        rows=${Object.entries(decision.weights).map(([name, value]) => ({ label: featureWord(name), value, text: value.toFixed(2) }))}
      />
    </div>
    <${MeasuredAims} measured=${decision.measured} />
    <div>
      <h3>人工安排的结果</h3>
      <${Verdicts} orders=${decision.orders} />
    </div>
    <div>
      <h3>所用模型</h3>
      <${ModelVersions} models=${decision.models} />
    </div>
  </div>`;
}

function Tally({ of, words, none, label }) {
  const rows = Object.entries(of);
  if (!rows.length) return html`<p class="hint">${none}</p>`;
  return html`<${Meters} label=${label} rows=${rows.map(([name, n]) => ({ label: words(name), value: n, text: numberText(n) }))} />`;
}

/** The best candidates that were not shown, and why. */
function PassedOver({ stories }) {
  if (!stories.length) return html`<p class="hint">没有可列出的候选。</p>`;
  return html`<ol class="passed" tabindex="0" aria-label="没有展示的候选">
      ${stories.map(
        (one) => html`<li key=${one.story_id}>
          <${StoryLink} story_id=${one.story_id} title=${one.title} />
          <span class="hint">${missText(one.why)} · ${one.score.toFixed(2)} 分 · ${one.sources.map((name) => word("source", name)).join("、")}</span>
        </li>`,
      )}
    </ol>
    <p class="hint">得分最高的至多 30 条，同一事件只列一条，每种原因至多 10 条。因读者看过、不想看而去掉的只计数，不列出。</p>`;
}

/** What a first page showed of each aim. */
export function MeasuredAims({ measured }) {
  const rows = Object.entries(measured);
  if (!rows.length) return null;
  return html`<div>
    <h3>这一屏的取向</h3>
    <dl class="fact-grid">
      ${rows.map(([name, value]) => html`<div key=${name}><dt>${aimWord(name)}</dt><dd><${Ratio} value=${value} /></dd></div>`)}
    </dl>
  </div>`;
}

/** Versions by part; with `explain` each says what it does. */
export function ModelVersions({ models, explain = false }) {
  return html`<dl class=${explain ? "fact-grid wide" : "fact-grid"}>
    ${Object.entries(models).map(([part, version]) => {
      const { name, does } = modelWords(part, version);
      return html`<div key=${part}>
        <dt>${name}</dt>
        <dd><code lang="en">${version}</code></dd>
        ${explain && does ? html`<dd class="hint">${does}</dd>` : null}
      </div>`;
    })}
  </dl>`;
}

function Verdicts({ orders }) {
  if (!orders.length) return html`<p class="hint">没有人工安排涉及这一屏。</p>`;
  return html`<ul class="lines">
    ${orders.map(
      (order) => html`<li key=${order.placement_id}>
        <a href=${hashOf("orders", { id: order.placement_id })}>${word("outcome", order.outcome)}</a>
        ${order.position === null ? null : html`<span>第 ${order.position + 1} 位</span>`}
        ${order.because ? html`<span class="hint">${because(order.because)}</span>` : null}
      </li>`,
    )}
  </ul>`;
}

function because(why) {
  return why in RULES ? `因为${RULES[why]}` : "因为另一条安排排在前面";
}

const PARTS = [
  ["谁放上来的", placedWord],
  ["媒体层级", (item, outlets) => word("level", outlets.get(item.outlet.id)?.level ?? "unknown")],
  ["主题", (item) => item.topics[0]?.label ?? "未标主题"],
];

/** What a screen is made of, by who placed it, by level, by topic. */
export function Mix({ items }) {
  const outlets = useOutlets();
  const parts = useMemo(
    () =>
      PARTS.map(([name, of]) => {
        const counts = new Map();
        for (const item of items) counts.set(of(item, outlets), (counts.get(of(item, outlets)) ?? 0) + 1);
        return [name, [...counts]];
      }),
    [items, outlets],
  );
  if (!items.length) return html`<${Empty} text="还没有稿件" />`;
  return html`<div class="mix">
    ${parts.map(
      ([name, counts]) => html`<div key=${name}>
        <h3>${name}</h3>
        <${Meters} label=${name} of=${items.length} rows=${counts.map(([label, n]) => ({ label, value: n, text: `${n} 条` }))} />
      </div>`,
    )}
    <p class="hint">共 <${Count} n=${items.length} /> 条，来自 <${Count} n=${new Set(items.map((i) => i.outlet.id)).size} /> 家媒体。</p>
  </div>`;
}
