// 我的推荐设置: a reader's own page, opened from the app by a link that ends by itself.
import { html, render, useEffect, useMemo, useState } from "./lib/html.js";
import { get, send, useData } from "./lib/api.js";
import { keepFocus } from "./lib/focus.js";
import { Button, Card, Chip, Count, Dialog, Empty, Field, Loading, ProblemNote, Toasts, When, toast } from "./lib/ui.js";
import { word } from "./lib/words.js";
import { amountText } from "./lib/feed.js";

const ME = "/v1/readers/me";
const FIRST_INTERESTS = 8;
const KEPT = "tianfu-link";
const SLIDERS = [
  { name: "popular", label: "热门", says: "很多人正在读的" },
  { name: "fresh", label: "新鲜", says: "刚刚发布的" },
  { name: "local", label: "本地", says: "写我所在地方的" },
  { name: "varied", label: "多样", says: "主题和媒体换着来" },
  { name: "related", label: "相关", says: "与我的兴趣接近的" },
  { name: "explore", label: "拓展", says: "平时少见的媒体" },
];
const USUAL = Object.fromEntries(SLIDERS.map((one) => [one.name, 0.5]));
const STRENGTHS = [
  { value: 1, label: "有一点兴趣" },
  { value: 3, label: "感兴趣" },
  { value: 8, label: "非常感兴趣" },
];

/** The token comes behind `#`, where no server sees it, and leaves the address bar at once. */
function takeToken() {
  const token = location.hash.slice(1);
  if (token) {
    sessionStorage.setItem(KEPT, token);
    history.replaceState(null, "", location.pathname);
  }
  return token || sessionStorage.getItem(KEPT) || "";
}

const token = takeToken();
const options = { headers: { Authorization: `Bearer ${token}` } };
const ask = (path = "") => get(ME + path, {}, options);
const change = (method, path, body) => send(method, ME + path, body, options);
// A link cut off at its beginning is no link to the service; to its reader it has ended as well.
const isOver = (problem) => problem?.code === "link_ended" || problem?.status === 401;

function Me() {
  const me = useData(() => (token ? ask() : Promise.reject({ code: "link_ended" })), []);
  const choices = useData(() => (token ? ask("/choices") : null), []);
  const [reader, setReader] = useState(null);
  const [ended, setEnded] = useState(false);
  const [erased, setErased] = useState(null);
  useEffect(() => me.data && setReader(me.data), [me.data]);
  if (erased) return html`<${Erased} counts=${erased} />`;
  if (!token || ended || isOver(me.problem)) return html`<${LinkEnded} />`;
  if (me.problem) return html`<${ProblemNote} problem=${me.problem} retry=${me.reload} />`;
  if (!reader) return html`<${Loading} />`;
  const act = async (method, path, body, done) => {
    try {
      setReader(await change(method, path, body));
      toast(done);
      return true;
    } catch (problem) {
      if (isOver(problem)) setEnded(true);
      else toast("没有保存，请稍后再试。", "bad");
      return false;
    }
  };
  const parts = { reader, act, choices: choices.data };
  return html`<${Switch} ...${parts} />
    <${Interests} ...${parts} />
    <${Wishes} ...${parts} />
    <${Sliders} ...${parts} />
    <${Kept} reader=${reader} setEnded=${setEnded} onErased=${setErased} />
    <p class="hint about-link"><a href="/about-algorithm">推荐是怎样做出来的</a></p>`;
}

function LinkEnded() {
  return html`<${Card} title="链接已失效">
    <p>为了保护您的信息，这个页面只在打开后的一段时间内有效。请回到客户端，从“设置—个性化推荐”重新打开。</p>
    <p class="hint about-link"><a href="/about-algorithm">推荐是怎样做出来的</a></p>
  <//>`;
}

function Erased({ counts }) {
  sessionStorage.removeItem(KEPT);
  const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
  return html`<${Card} title="已经全部清除">
    <p role="status">共删除 <${Count} n=${total} /> 条记录。从现在起，这里对您一无所知。</p>
    <p class="hint">您继续使用客户端时，会按新读者重新开始；不想被记住，可以关闭个性化推荐。</p>
  <//>`;
}

function Switch({ reader, act }) {
  const on = reader.personalise;
  const turn = () =>
    act("PUT", "/personalisation", { on: !on }, on ? "已关闭个性化推荐，立即生效" : "已打开个性化推荐");
  return html`<${Card} title="个性化推荐">
    <div class="row spread">
      <p>
        <strong>${on ? "已打开" : "已关闭"}</strong><br />
        <span class="hint">${on ? "按您读过的内容和您的设置推荐。" : "不使用任何与您有关的信息；新的阅读也不再记住。"}</span>
      </p>
      <button type="button" role="switch" class="switch" aria-checked=${String(on)} aria-label="个性化推荐" onClick=${turn}>
        <span aria-hidden="true"></span>
      </button>
    </div>
  <//>`;
}

function Interests({ reader, act, choices }) {
  const remove = (tag) => act("DELETE", `/tags/${tag.kind}/${encodeURIComponent(tag.code)}`, undefined, `已删除“${tag.label}”，以后也不会自动出现`);
  const set = (tag, weight) => act("PUT", `/tags/${tag.kind}/${encodeURIComponent(tag.code)}`, { weight }, `已设定“${tag.label}”`);
  const most = Math.max(...reader.interests.map((tag) => tag.weight), 1e-9);
  const [all, setAll] = useState(false);
  const shown = all ? reader.interests : reader.interests.slice(0, FIRST_INTERESTS);
  const more = reader.interests.length - shown.length;
  return html`<${Card} title="我的兴趣" hint="由您读过的内容得出，或由您自己设定">
    ${reader.interests.length
      ? html`<ul class="interests">
          ${shown.map(
            (tag) => html`<li key=${`${tag.kind}/${tag.code}`}>
              <div class="interest-text">
                <span><strong>${tag.label}</strong> <span class="hint">${word("tag_kind", tag.kind)}${tag.by_reader ? " · 自己设定" : ""}</span></span>
                <span class="meter-track" role="img" aria-label=${`强弱 ${Math.round((tag.weight / most) * 100)}%`}
                  ><span class="meter-fill" style=${{ width: `${(tag.weight / most) * 100}%` }}></span
                ></span>
              </div>
              <${Button} tone="small" onClick=${() => remove(tag)} label=${`删除兴趣：${tag.label}`}>删除<//>
            </li>`,
          )}
        </ul>`
      : html`<${Empty} text="还没有兴趣标签" hint="读几篇以后会有，也可以在下面自己设定。" />`}
    ${more > 0 ? html`<p class="show-more"><${Button} onClick=${() => setAll(true)}>显示其余 ${more} 个<//></p>` : null}
    <${AddOne} choices=${choices} levels=${STRENGTHS} verb="设定" onAdd=${set} label="自己设定一个兴趣" />
    ${reader.removed.length
      ? html`<p class="hint">删除过的：${reader.removed.map((tag) => tag.label).join("、")}。自己重新设定，就会恢复。</p>`
      : null}
  <//>`;
}

function AddOne({ choices, levels, verb, onAdd, label }) {
  const [code, setCode] = useState("");
  const [level, setLevel] = useState(String(levels[0].value));
  const all = useMemo(() => (choices ? [...choices.topics, ...choices.places] : []), [choices]);
  if (!choices) return null;
  const chosen = all.find((one) => `${one.kind}/${one.code}` === code);
  const submit = async (event) => {
    event.preventDefault();
    const found = levels.find((one) => String(one.value) === level);
    if (chosen && (await onAdd(chosen, found.value))) setCode("");
  };
  const options = (list) => list.map((one) => html`<option key=${one.code} value=${`${one.kind}/${one.code}`}>${one.label}</option>`);
  return html`<form class="add-one" onSubmit=${submit}>
    <${Field} label=${label}>
      <select class="input" value=${code} onChange=${(event) => setCode(event.target.value)}>
        <option value="">请选择</option>
        <optgroup label="主题">${options(choices.topics)}</optgroup>
        <optgroup label="地方">${options(choices.places)}</optgroup>
      </select>
    <//>
    <${Field} label="程度">
      <select class="input" value=${level} onChange=${(event) => setLevel(event.target.value)}>
        ${levels.map((one) => html`<option key=${one.value} value=${String(one.value)}>${one.label}</option>`)}
      </select>
    <//>
    <${Button} type="submit" disabled=${!chosen}>${verb}<//>
  </form>`;
}

const WISHES = [
  { value: "less", label: "少看" },
  { value: "none", label: "不看" },
];
const WISH_KINDS = { story: "稿件", topic: "主题", outlet: "媒体", place: "地方" };

function Wishes({ reader, act, choices }) {
  const wish = (one, amount) => act("PUT", `/wishes/${one.kind}/${encodeURIComponent(one.code)}`, { amount }, `以后${word("amount", amount)}“${one.label}”`);
  const withdraw = (one) => act("DELETE", `/wishes/${one.kind}/${encodeURIComponent(one.code)}`, undefined, `已恢复“${one.label}”`);
  return html`<${Card} title="少看和不看" hint="下一次刷新就生效">
    ${reader.wishes.length
      ? html`<ul class="interests">
          ${reader.wishes.map(
            (one) => html`<li key=${`${one.kind}/${one.code}`}>
              <span class="interest-text"><span><${Chip} tone=${one.amount === "none" ? "bad" : "warn"}>${word("amount", one.amount)}<//> ${one.label} <span class="hint">${WISH_KINDS[one.kind]}</span></span></span>
              <${Button} tone="small" onClick=${() => withdraw(one)} label=${`恢复：${one.label}`}>恢复<//>
            </li>`,
          )}
        </ul>`
      : html`<${Empty} text="没有少看或不看的内容" />`}
    <${AddOne} choices=${choices} levels=${WISHES} verb="设定" onAdd=${wish} label="少看或不看什么" />
  <//>`;
}

function Sliders({ reader, act }) {
  const [mix, setMix] = useState(reader.sliders ?? USUAL);
  useEffect(() => setMix(reader.sliders ?? USUAL), [reader.sliders]);
  const changed = SLIDERS.some((one) => mix[one.name] !== (reader.sliders ?? USUAL)[one.name]);
  return html`<${Card} title="推荐的比例">
    <div class="form">
      ${SLIDERS.map(
        (one) => html`<label class="slider" key=${one.name}>
          <span><strong>${one.label}</strong> <span class="hint">${one.says}</span></span>
          <input
            type="range"
            min="0"
            max="1"
            step="0.1"
            value=${mix[one.name]}
            aria-valuetext=${amountText(mix[one.name])}
            onInput=${(event) => setMix({ ...mix, [one.name]: event.target.valueAsNumber })}
          />
          <span class="hint">${amountText(mix[one.name])}</span>
        </label>`,
      )}
      <div class="row">
        <${Button} tone="main" disabled=${!changed} onClick=${() => act("PUT", "/sliders", mix, "已保存，下一次刷新就生效")}>保存<//>
        <${Button} disabled=${!reader.sliders} onClick=${() => act("DELETE", "/sliders", undefined, "已恢复平常的比例")}>恢复平常<//>
      </div>
    </div>
  <//>`;
}

function Kept({ reader, setEnded, onErased }) {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const guarded = async (act) => {
    setBusy(true);
    try {
      await act();
    } catch (problem) {
      if (isOver(problem)) setEnded(true);
      else toast("没有成功，请稍后再试。", "bad");
    }
    setBusy(false);
  };
  const take = () => guarded(async () => save(await ask("/export"), `我的推荐记录-${new Date().toISOString().slice(0, 10)}.json`));
  const erase = () => guarded(async () => onErased((await change("DELETE", "")).erased));
  return html`<${Card} title="记住了什么">
    <dl class="fact-grid">
      <div><dt>读过</dt><dd><${Count} n=${reader.stories_read} /> 篇</dd></div>
      <div><dt>看到过</dt><dd><${Count} n=${reader.stories_seen} /> 篇</dd></div>
      <div><dt>最近一次</dt><dd><${When} at=${reader.last_event_at} /></dd></div>
    </dl>
    <p class="hint">只记客户端给的匿名编号，没有您的手机号、姓名和网络地址。</p>
    <div class="row">
      <${Button} onClick=${take} disabled=${busy}>导出全部记录<//>
      <${Button} tone="bad" onClick=${() => setAsking(true)} disabled=${busy}>清除全部记录<//>
    </div>
    ${asking
      ? html`<${Dialog} title="清除全部记录？" onClose=${() => setAsking(false)}>
          <div class="form">
            <p>兴趣、阅读和设置都会删除，不能恢复。之后您在客户端里就像第一次来。</p>
            <div class="row">
              <${Button} tone="bad" onClick=${erase} disabled=${busy}>全部清除<//>
              <${Button} onClick=${() => setAsking(false)}>不清除<//>
            </div>
          </div>
        <//>`
      : null}
  <//>`;
}

function save(content, name) {
  const address = URL.createObjectURL(new Blob([JSON.stringify(content, null, 2)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
  toast("已导出");
}

const app = document.getElementById("app");
app.replaceChildren();
keepFocus(app);
render(
  html`<main class="me" tabindex="-1">
    <h1>我的推荐设置</h1>
    <${Me} />
    <${Toasts} />
  </main>`,
  app,
);
