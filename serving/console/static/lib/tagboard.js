// Tags with the words that justify them; an editor accepts or corrects each with one key.
import { html, useRef, useState } from "./html.js";
import { Button, Chip, Empty, percentText, toast } from "./ui.js";
import { useVocabulary } from "./vocabulary.js";
import { word } from "./words.js";

export const KINDS = ["topic", "fine_topic", "place", "keyword", "person", "organisation"];

/** The name that decisions on a tag go by. */
export function tagKey(tag) {
  return `${tag.kind}:${tag.code}`;
}

/**
 * `tags` are `{kind, code, label, confidence, primary, evidence, state}`; `state` is suggested, accepted or
 * rejected.  `onDecide(tag, verb)` takes accept, reject, undo (where `canUndo`) and `onAdd({kind, code, label})` an own tag.
 * `onPoint(tag|null)` tells which tag the eye is on.  Esc calls `onLeave`.
 */
export function TagBoard({ tags, onDecide, onAdd, onPoint, onLeave, canUndo, readOnly, boardRef }) {
  const own = useRef(null);
  const board = boardRef ?? own;
  const keys = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select")) return;
    const row = event.target.closest("[data-tag]");
    const tag = row && tags.find((one) => tagKey(one) === row.dataset.tag);
    const verb = { a: "accept", A: "accept", x: "reject", X: "reject", Delete: "reject", u: "undo", U: "undo" }[event.key];
    if (tag && verb && !readOnly && (verb !== "undo" || canUndo)) {
      event.preventDefault();
      onDecide(tag, verb);
      if (verb !== "undo") step(board.current, row, 1);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      step(board.current, row, event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape" && onLeave) {
      onLeave();
    }
  };
  const groups = KINDS.map((kind) => [kind, tags.filter((tag) => tag.kind === kind)]).filter(([, found]) => found.length);
  return html`<div class="tagboard" ref=${board} onKeyDown=${keys}>
    ${readOnly ? null : html`<${Keys} canUndo=${canUndo} leaves=${Boolean(onLeave)} />`}
    ${groups.length === 0 ? html`<${Empty} text="还没有标签" />` : null}
    ${groups.map(
      ([kind, found]) => html`<section key=${kind} class="tag-group" aria-label=${word("tag_kind", kind)}>
        <h3>${word("tag_kind", kind)}</h3>
        <ul>
          ${found.map(
            (tag) => html`<${TagRow} key=${tagKey(tag)} ...${{ tag, onDecide, onPoint, readOnly, canUndo }} />`,
          )}
        </ul>
      </section>`,
    )}
    ${readOnly ? null : html`<${AddTag} onAdd=${onAdd} />`}
  </div>`;
}

/** Put the focus on the first tag that nobody has decided on, or on the first of all. */
export function focusFirstTag(board) {
  const rows = [...board.querySelectorAll("[data-tag]")];
  (rows.find((row) => row.dataset.state === "suggested") ?? rows[0])?.querySelector("button")?.focus();
}

function step(board, row, by) {
  const rows = [...board.querySelectorAll("[data-tag]")];
  const next = rows[row ? rows.indexOf(row) + by : 0];
  next?.querySelector("button")?.focus();
}

function Keys({ canUndo, leaves }) {
  return html`<p class="keys hint">
    <kbd>A</kbd> 采纳 <kbd>X</kbd> 否定 ${canUndo ? html`<kbd>U</kbd> 撤销 ` : null}<kbd>↑</kbd> <kbd>↓</kbd> 换一条
    ${leaves ? html` <kbd>Esc</kbd> 回到正文` : null}
  </p>`;
}

function TagRow({ tag, onDecide, onPoint, readOnly, canUndo }) {
  const point = () => onPoint?.(tag);
  const leave = () => onPoint?.(null);
  const said = [...new Set((tag.evidence ?? []).map((span) => span.text))].slice(0, 4);
  const press = (verb) => () => onDecide(tag, canUndo && tag.state === verb.state ? "undo" : verb.verb);
  return html`<li
    class=${`tag-row ${tag.state}`}
    data-tag=${tagKey(tag)}
    data-state=${tag.state}
    onMouseEnter=${point}
    onMouseLeave=${leave}
    onfocusin=${point}
    onfocusout=${leave}
  >
    <div class="tag-name">
      <span class="tag-label">${tag.label}</span>
      ${tag.primary && tag.state !== "rejected" ? html`<${Chip} tone="accent" title="这一类里最主要的">主<//>` : null}
      ${tag.state !== "suggested" ? html`<${Chip} tone=${tag.state === "accepted" ? "good" : "bad"}>${word("tag_state", tag.state)}<//>` : null}
      <span class="tag-why hint">
        ${said.length ? html`依据：${said.join("、")}` : tag.assigned_by === "editor" ? "编辑添加" : ""}
      </span>
    </div>
    <span class="tag-sure figure hint" title="模型的把握">${percentText(tag.confidence)}</span>
    ${readOnly
      ? null
      : html`<div class="tag-verbs">
          <${Button} tone="small" pressed=${tag.state === "accepted"} label=${`采纳 ${tag.label}`} onClick=${press({ verb: "accept", state: "accepted" })}>采纳<//>
          <${Button} tone="small" pressed=${tag.state === "rejected"} label=${`否定 ${tag.label}`} onClick=${press({ verb: "reject", state: "rejected" })}>否定<//>
        </div>`}
  </li>`;
}

function AddTag({ onAdd }) {
  const [kind, setKind] = useState("topic");
  const [label, setLabel] = useState("");
  const listed = kind === "topic" || kind === "fine_topic" || kind === "place";
  const entries = useVocabulary(kind);
  const submit = (event) => {
    event.preventDefault();
    const said = label.trim();
    const entry = entries.find((one) => one.label === said);
    if (listed && !entry && kind !== "fine_topic") {
      toast(`词表里没有“${said}”，请从提示中选择。`, "bad");
      return;
    }
    onAdd({ kind, code: entry?.code ?? (kind === "fine_topic" ? ownCode(said) : said), label: said });
    setLabel("");
  };
  return html`<form class="tag-add" onSubmit=${submit}>
    <select class="input" aria-label="要添加的标签类别" value=${kind} onChange=${(event) => setKind(event.target.value)}>
      ${KINDS.map((one) => html`<option value=${one} key=${one}>${word("tag_kind", one)}</option>`)}
    </select>
    <input
      class="input"
      aria-label="要添加的标签"
      list=${`entries-${kind}`}
      value=${label}
      maxlength="20"
      placeholder=${listed ? "输入后从提示中选" : "输入词语"}
      onInput=${(event) => setLabel(event.target.value)}
    />
    <datalist id=${`entries-${kind}`}>
      ${entries.slice(0, 500).map((one) => html`<option value=${one.label} key=${one.code}></option>`)}
    </datalist>
    <${Button} type="submit" disabled=${!label.trim()}>添加<//>
  </form>`;
}

/** A newsroom's own fine topic: one name always has one code. */
function ownCode(label) {
  let hash = 0x811c9dc5;
  for (const unit of new TextEncoder().encode(label)) hash = Math.imul(hash ^ unit, 0x01000193) >>> 0;
  return `local:t${hash.toString(16).padStart(8, "0")}`;
}
