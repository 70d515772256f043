// The form of a new order: what it would reach and meet is shown before it is given.
import { html, useMemo, useState } from "./html.js";
import { send, useData, useOutlets } from "./api.js";
import { Button, Chip, Field, Loading, OutletPicker, ProblemNote, StoryLink, Count } from "./ui.js";
import { choices, word } from "./words.js";
import { actionWord } from "./feed.js";
import { AreaPicker, useAreas } from "./areas.js";
import { StoryChoice } from "./story_choice.js";
import { ActionChip, LASTING, doesText, giveOrder, inHours, reachText } from "./orders.js";

const SAYS = {
  must_carry: "占所到媒体首屏的空位，媒体不能屏蔽；同一场景最多 5 条",
  emergency: "排在最前，所涉地区的每个客户端都展示；最长 3 天",
  pin: "固定在指定位置",
  insert: "放在指定位置，已被占用时顺延",
  boost: "排名靠前一些，不固定位置",
  suppress: "排名靠后一些",
  block: "不展示",
};
const MINE = ["pin", "insert", "boost", "suppress", "block"];
const PLACED = ["pin", "insert"];
const WEIGHED = ["boost", "suppress"];
const START = { action: "", levels: [], adcode: "", outlet_ids: [], scenes: ["home"], position: "0", strength: "1", priority: "0", hours: "6", note: "" };

export function OrderForm({ session, story_id, onGiven }) {
  const everywhere = !session.outlet_id;
  const actions = everywhere ? Object.keys(SAYS) : MINE;
  const [story, setStory] = useState(story_id ? { story_id, title: "" } : null);
  const [form, setForm] = useState({ ...START, action: actions[0], adcode: "" });
  const [busy, setBusy] = useState(false);
  const set = (change) => setForm((was) => ({ ...was, ...change }));
  const fields = useMemo(() => fieldsOf(form, story, session), [form, story]);
  const tried = useTried(fields);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    const given = await giveOrder(fields);
    setBusy(false);
    if (given) onGiven(given);
  };
  return html`<form class="form" onSubmit=${submit}>
    <${StoryChoice} story=${story} onChange=${setStory} />
    <${Field} label="做什么" hint=${SAYS[form.action]}>
      <select class="input" value=${form.action} onChange=${(event) => set({ action: event.target.value })}>
        ${actions.map((one) => html`<option value=${one} key=${one}>${actionWord(one)}</option>`)}
      </select>
    <//>
    ${everywhere ? html`<${Reach} form=${form} set=${set} />` : null}
    <div class="filters">
      ${PLACED.includes(form.action)
        ? html`<${Field} label="第几位">
            <input class="input" type="number" min="1" max="50" required value=${Number(form.position) + 1}
              onInput=${(event) => set({ position: String(event.target.valueAsNumber - 1) })} />
          <//>`
        : null}
      ${WEIGHED.includes(form.action)
        ? html`<${Field} label="强度">
            <select class="input" value=${form.strength} onChange=${(event) => set({ strength: event.target.value })}>
              <option value="0.5">轻</option><option value="1">一般</option><option value="2">强</option><option value="3">最强</option>
            </select>
          <//>`
        : null}
      <${Field} label="持续">
        <select class="input" value=${form.hours} onChange=${(event) => set({ hours: event.target.value })}>
          ${LASTING.map((one) => html`<option value=${one.value} key=${one.value}>${one.label}</option>`)}
        </select>
      <//>
      <${Field} label="优先级">
        <select class="input" value=${form.priority} onChange=${(event) => set({ priority: event.target.value })}>
          <option value="0">一般</option><option value="5">较高</option><option value="9">最高</option>
        </select>
      <//>
    </div>
    <${Checks} label="场景" kind="scene" leave="channel" value=${form.scenes} onChange=${(scenes) => set({ scenes })} none="都不选就是全部场景" />
    <${Field} label="说明（只有编辑和运营看得到）">
      <input class="input" maxlength="500" value=${form.note} onInput=${(event) => set({ note: event.target.value })} />
    <//>
    <${Tried} ...${tried} />
    <div class="row">
      <${Button} type="submit" tone="main" disabled=${busy || !fields}>${busy ? "正在下达……" : "下达"}<//>
      ${tried.asked && tried.data && !tried.problem ? html`<span>将到达 <strong><${Count} n=${tried.data.reaches} /></strong> 家媒体</span>` : null}
    </div>
  </form>`;
}

function fieldsOf(form, story, session) {
  if (!story || !form.action) return null;
  const position = Number(form.position);
  if (PLACED.includes(form.action) && !(position >= 0 && position < 50)) return null;
  if (form.action === "emergency" && !form.adcode) return null;
  return {
    story_id: story.story_id,
    action: form.action,
    ends_at: inHours(form.hours),
    outlet_ids: session.outlet_id ? [session.outlet_id] : form.outlet_ids,
    levels: form.levels,
    adcode: form.adcode || null,
    scenes: form.scenes,
    priority: Number(form.priority),
    note: form.note,
    ...(PLACED.includes(form.action) ? { position } : {}),
    ...(WEIGHED.includes(form.action) ? { strength: Number(form.strength) } : {}),
  };
}

/** Whom an order of the province reaches. */
function Reach({ form, set }) {
  const outlets = useOutlets();
  const add = (id) => id && !form.outlet_ids.includes(id) && set({ outlet_ids: [...form.outlet_ids, id] });
  return html`<fieldset class="reach">
    <legend>到哪些媒体</legend>
    <${Checks} label="层级" kind="level" only=${["province", "city", "county"]} value=${form.levels} onChange=${(levels) => set({ levels })} none="都不选就是全部层级" />
    <div class="filters upper">
      <${Field} label="地区">
        <${AreaPicker} value=${form.adcode} onChange=${(adcode) => set({ adcode })} ask="不限地区" />
      <//>
      <${Field} label="只给这些媒体" hint="不选就是符合上面条件的全部媒体"><${OutletPicker} value="" onChange=${add} label="" /><//>
    </div>
    ${form.outlet_ids.length
      ? html`<p class="row">
          ${form.outlet_ids.map(
            (id) => html`<span class="row" key=${id}>
              <${Chip} tone="accent">${outlets.get(id)?.name ?? id}<//>
              <${Button} tone="small quiet" label=${`去掉 ${outlets.get(id)?.name ?? id}`} onClick=${() => set({ outlet_ids: form.outlet_ids.filter((one) => one !== id) })}>去掉<//>
            </span>`,
          )}
        </p>`
      : null}
    ${form.adcode ? html`<p><${Button} tone="small quiet" onClick=${() => set({ adcode: "" })}>不限地区<//></p>` : null}
  </fieldset>`;
}

function Checks({ label, kind, only, leave, value, onChange, none }) {
  const all = choices(kind).filter((one) => (!only || only.includes(one.value)) && one.value !== leave);
  const turn = (one) => onChange(value.includes(one) ? value.filter((other) => other !== one) : [...value, one]);
  return html`<fieldset class="checks">
    <legend class="field-label">${label}</legend>
    <div class="row">
      ${all.map(
        (one) => html`<label class="check" key=${one.value}>
          <input type="checkbox" checked=${value.includes(one.value)} onChange=${() => turn(one.value)} /> ${one.label}
        </label>`,
      )}
    </div>
    <span class="hint">${none}</span>
  </fieldset>`;
}

/** What would come of the order, asked of the service before it is given. */
function useTried(fields) {
  const asked = useMemo(() => fields && { ...fields, note: "" }, [fields]);
  const key = asked ? JSON.stringify({ ...asked, ends_at: "" }) : "";
  const found = useData(
    (signal) => (asked ? send("POST", "/v1/placements/check", asked, { signal }) : null),
    [key],
  );
  return { asked, ...found };
}

function Tried({ asked, data, problem, loading }) {
  if (!asked) return html`<p class="hint">选好稿件、填好上面各项以后，这里会说明它到达多少家媒体、与哪些安排相遇。</p>`;
  if (problem) return html`<${ProblemNote} problem=${problem} />`;
  if (!data) return html`<${Loading} text="正在核对……" />`;
  return html`<div class="tried" aria-busy=${String(loading)}>
    <${Meets} meets=${data.meets} rules=${data.rules} />
  </div>`;
}

/** Orders that one meets, and the rules between them. */
export function Meets({ meets, rules }) {
  const outlets = useOutlets();
  const { names } = useAreas();
  return html`<div class="stack tight">
    ${meets.length
      ? html`<p>与 ${meets.length} 条已有安排相遇：</p>
          <ul class="lines">
            ${meets.map(
              (one) => html`<li key=${one.id}>
                <${ActionChip} action=${one.action} />
                <${StoryLink} story_id=${one.story_id} title=${one.story_title} />
                <span class="hint">${doesText(one)} · ${reachText(one, outlets, names)} · ${word("authority", one.authority)}</span>
              </li>`,
            )}
          </ul>`
      : html`<p class="hint">不与已有安排冲突。</p>`}
    <details>
      <summary>相遇时谁先谁后</summary>
      <ol class="rules">
        ${rules.map((rule) => html`<li key=${rule}>${rule}</li>`)}
      </ol>
    </details>
  </div>`;
}
