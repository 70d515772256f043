// The building blocks of every page.  Whatever they are given is shown as text.
import { html, useLayoutEffect, useRef } from "./html.js";
import { fieldWord, problemWords } from "./words.js";

export { Dialog, toast, Toasts } from "./dialog.js";
export { When, Count, Ratio, fullTime, relativeTime, spanOf, afterText, numberText, percentText } from "./figures.js";
export { OutletPicker, OutletName, StoryLink, OutLink, hashOf } from "./pickers.js";

export function Card({ title, actions, children, hint }) {
  return html`<section class="card" aria-label=${title}>
    ${title || actions
      ? html`<header class="card-head">
          <div>
            <h2>${title}</h2>
            ${hint ? html`<p class="hint">${hint}</p>` : null}
          </div>
          ${actions ? html`<div class="actions">${actions}</div>` : null}
        </header>`
      : null}
    ${children}
  </section>`;
}

/** Columns are `{key, label, render(row), align}`; `align: "end"` for figures.  A `wide` one is a list on a phone. */
export function Table({ columns, rows, empty, caption, wide = columns.length > 4 }) {
  if (!rows.length) return typeof empty === "string" ? html`<${Empty} text=${empty} />` : empty ?? null;
  return html`<div class="table-frame" tabindex="0" role="region" aria-label=${caption}>
    <table class=${wide ? "wide" : ""}>
      ${caption ? html`<caption>${caption}</caption>` : null}
      <thead>
        <tr>
          ${columns.map((c) => html`<th scope="col" key=${c.key} class=${c.align ?? ""}>${c.label}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row, place) => html`<tr key=${row.id ?? row.story_id ?? place}>
            ${columns.map(
              (c) => html`<td key=${c.key} class=${c.align ?? ""} data-label=${c.label || undefined}>${c.render ? c.render(row) : row[c.key]}</td>`,
            )}
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

export function Empty({ text, hint }) {
  return html`<div class="empty">
    <p class="empty-text">${text}</p>
    ${hint ? html`<p class="hint">${hint}</p>` : null}
  </div>`;
}

/** What went wrong and what to do, in Chinese; the service's own words stand below for the operator. */
export function ProblemNote({ problem, retry }) {
  if (!problem) return null;
  const { title, advice } = problemWords(problem);
  const own = /[\u4e00-\u9fff]/.test(problem.detail) ? problem.detail : "";
  return html`<div class="problem" role="alert">
    <p class="problem-title">${own || title}</p>
    <p>${advice}</p>
    ${problem.errors?.length
      ? html`<ul>
          ${problem.errors.map((one) => html`<li key=${one.field}>${fieldWord(one.field)}：不符合要求，请检查</li>`)}
        </ul>`
      : null}
    ${problem.detail && !own
      ? html`<details>
          <summary>给运维的说明</summary>
          <code lang="en">${problem.code}: ${problem.detail}</code>
        </details>`
      : null}
    ${retry ? html`<${Button} onClick=${retry}>重试<//>` : null}
  </div>`;
}

export function Loading({ text = "正在读取……" }) {
  return html`<p class="loading" role="status">${text}</p>`;
}

/** Tone: "accent", "good", "warn", "bad" or "plain". */
export function Chip({ tone = "plain", children, title }) {
  return html`<span class=${`chip ${tone}`} title=${title}>${children}</span>`;
}

/** Tone: "main" for the one main action, "bad" for what takes away, "quiet" for small ones. */
export function Button({ onClick, tone = "", children, disabled, title, type = "button", pressed, label }) {
  return html`<button
    type=${type}
    class=${`button ${tone}`}
    onClick=${onClick}
    disabled=${disabled}
    title=${title}
    aria-label=${label}
    aria-pressed=${pressed === undefined ? undefined : String(pressed)}
  >
    ${children}
  </button>`;
}

/** A labelled input: the label names whatever control stands inside. */
export function Field({ label, hint, error, children }) {
  return html`<label class=${`field ${error ? "faulty" : ""}`}>
    <span class="field-label">${label}</span>
    ${children}
    ${hint ? html`<span class="hint">${hint}</span>` : null}
    ${error ? html`<span class="field-error" role="alert">${error}</span>` : null}
  </label>`;
}

/** Tabs are `{value, label}`; arrow keys move between them. */
export function Tabs({ tabs, value, onChange, label = "分栏" }) {
  const list = useRef(null);
  // On a phone the chosen tab may lie outside what is seen of the row.
  useLayoutEffect(() => {
    const chosen = list.current.querySelector('[aria-selected="true"]');
    const { offsetLeft: left, offsetWidth: width } = chosen ?? { offsetLeft: 0, offsetWidth: 0 };
    list.current.scrollLeft = Math.min(list.current.scrollLeft, left);
    list.current.scrollLeft = Math.max(list.current.scrollLeft, left + width - list.current.clientWidth);
  }, [value]);
  const move = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = (tabs.findIndex((tab) => tab.value === value) + step + tabs.length) % tabs.length;
    onChange(tabs[at].value);
    list.current.children[at].focus();
  };
  return html`<div class="tabs" role="tablist" aria-label=${label} ref=${list} onKeyDown=${move}>
    ${tabs.map(
      (tab) => html`<button
        type="button"
        role="tab"
        key=${tab.value}
        class="tab"
        aria-selected=${String(tab.value === value)}
        tabindex=${tab.value === value ? 0 : -1}
        onClick=${() => onChange(tab.value)}
      >
        ${tab.label}
      </button>`,
    )}
  </div>`;
}
