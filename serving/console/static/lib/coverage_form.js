// The form of a joint coverage, for a new one and to change one.
import { html, useState } from "./html.js";
import { send } from "./api.js";
import { AreaPicker, useAreas } from "./areas.js";
import { dayField, fromField, toField } from "./beijing.js";
import { Button, Field, ProblemNote } from "./ui.js";

/** `coverage` is the one to change, or nothing; `onDone(coverage)` gets what the service keeps. */
export function CoverageForm({ coverage, onDone }) {
  const [fields, setFields] = useState(() => fieldsOf(coverage));
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const set = (name) => (event) => setFields({ ...fields, [name]: event.target.value });
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const body = bodyOf(fields, coverage);
      onDone(
        coverage
          ? await send("PATCH", `/v1/coverages/${coverage.id}`, { ...body, expected_revision: coverage.revision })
          : await send("POST", "/v1/coverages", { ...body, state: fields.state }),
      );
    } catch (found) {
      setProblem(found);
      setBusy(false);
    }
  };
  const input = (name, attributes) => html`<input class="input" name=${name} value=${fields[name]} onInput=${set(name)} ...${attributes} />`;
  return html`<form class="form" onSubmit=${submit}>
    <${Field} label="专题名称">${input("title", { required: true, maxlength: 60 })}<//>
    <${Field} label="导语" hint="可以不填，五百字以内">
      <textarea class="input" name="lead" rows="2" maxlength="500" value=${fields.lead} onInput=${set("lead")}></textarea>
    <//>
    <fieldset class="group">
      <legend>收哪些稿件</legend>
      <p class="hint">词和地方都不填，就只有人工选入的稿件。县级媒体发起的只收本媒体的，市级的收本市州各家，省级的收全省。</p>
      <${Field} label="有任意一个词" hint="用空格或逗号隔开，例如：省运会 运动会">${input("words_any")}<//>
      <div class="columns">
        <${Field} label="必须都有的词">${input("words_all")}<//>
        <${Field} label="不能有的词">${input("words_none")}<//>
      </div>
      <${Places} chosen=${fields.places} onChange=${(places) => setFields({ ...fields, places })} />
      <div class="columns">
        <${Field} label="发布时间从">${input("since", { type: "datetime-local", required: true })}<//>
        <${Field} label="到">${input("until", { type: "datetime-local", required: true })}<//>
      </div>
    </fieldset>
    <${Angles} angles=${fields.angles} onChange=${(angles) => setFields({ ...fields, angles })} />
    ${coverage
      ? null
      : html`<${Field} label="状态">
          <select class="input" value=${fields.state} onChange=${set("state")}>
            <option value="live">马上开始，各家应用可见</option>
            <option value="planned">先筹备，应用不可见</option>
          </select>
        <//>`}
    <${ProblemNote} problem=${problem} />
    <div class="row"><${Button} type="submit" tone="main" disabled=${busy}>${coverage ? "保存" : "建立专题"}<//></div>
  </form>`;
}

function Places({ chosen, onChange }) {
  const { names } = useAreas();
  const add = (code) => code && !chosen.includes(code) && onChange([...chosen, code]);
  return html`<${Field} label="只收写到这些地方的稿件" hint="不选就不限地方">
      <${AreaPicker} value="" onChange=${add} ask="添加一个地方" />
    <//>
    ${chosen.length
      ? html`<p class="row">
          ${chosen.map(
            (code) => html`<${Button} key=${code} tone="small" label=${`去掉${names.get(code) ?? code}`} onClick=${() => onChange(chosen.filter((one) => one !== code))}>
              ${names.get(code) ?? code} ×
            <//>`,
          )}
        </p>`
      : null}`;
}

function Angles({ angles, onChange }) {
  const set = (at, name, value) => onChange(angles.map((one, n) => (n === at ? { ...one, [name]: value } : one)));
  return html`<fieldset class="group">
    <legend>角度</legend>
    ${angles.map(
      (angle, at) => html`<div class="angle-row" key=${angle.key}>
        <input class="input" aria-label=${`第 ${at + 1} 个角度的名称`} placeholder="名称，例如：开幕式" required maxlength="40" value=${angle.name} onInput=${(event) => set(at, "name", event.target.value)} />
        <input class="input" aria-label=${`第 ${at + 1} 个角度的词`} placeholder="词，例如：开幕 点火" value=${angle.words} onInput=${(event) => set(at, "words", event.target.value)} />
        <${Button} tone="quiet" label=${`去掉第 ${at + 1} 个角度`} onClick=${() => onChange(angles.filter((_, n) => n !== at))}>去掉<//>
      </div>`,
    )}
    <div class="row">
      <${Button} tone="small" disabled=${angles.length >= 30} onClick=${() => onChange([...angles, { key: keyOf(angles), name: "", words: "", description: "" }])}>
        添加角度
      <//>
    </div>
  </fieldset>`;
}

function keyOf(angles) {
  return 1 + Math.max(0, ...angles.map((one) => one.key));
}

function fieldsOf(coverage) {
  const now = Date.now();
  const query = coverage?.query;
  const words = (name) => (query?.[name] ?? []).join(" ");
  return {
    title: coverage?.title ?? "",
    lead: coverage?.lead ?? "",
    state: "live",
    words_any: words("words_any"),
    words_all: words("words_all"),
    words_none: words("words_none"),
    places: query?.places ?? [],
    since: query ? toField(query.since) : dayField(now, -3),
    until: query ? toField(query.until) : dayField(now, 15),
    angles: (coverage?.angles ?? []).map((one, at) => ({ ...one, key: at + 1, words: one.words.join(" ") })),
  };
}

function bodyOf(fields, coverage) {
  const kept = coverage?.query ?? {};
  return {
    title: fields.title.trim(),
    lead: fields.lead.trim(),
    query: {
      since: fromField(fields.since),
      until: fromField(fields.until),
      words_any: wordsOf(fields.words_any),
      words_all: wordsOf(fields.words_all),
      words_none: wordsOf(fields.words_none),
      places: fields.places,
      ...(coverage ? { topics: kept.topics, examples: kept.examples, least_likeness: kept.least_likeness } : {}),
    },
    angles: fields.angles.map(({ id, name, description, words }) => ({
      ...(id ? { id } : {}),
      name: name.trim(),
      description: description ?? "",
      words: wordsOf(words),
    })),
  };
}

function wordsOf(text) {
  return [...new Set(text.split(/[\s,，、;；]+/).filter(Boolean))];
}
