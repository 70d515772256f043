// Rows with a bar each: a figure one can compare without a chart.
import { html } from "./html.js";
import { numberText } from "./figures.js";

/** `rows` are `{key, label, value, note}`; bars are drawn against the largest value. */
export function Bars({ rows, label, unit = "" }) {
  const most = Math.max(1, ...rows.map((row) => row.value));
  return html`<ul class="bars" aria-label=${label}>
    ${rows.map(
      (row) => html`<li key=${row.key}>
        <span class="bar-label">${row.label}</span>
        <span class="bar-track" aria-hidden="true">
          <span class="bar-fill" style=${{ width: `${(100 * row.value) / most}%` }}></span>
        </span>
        <span class="bar-value figure">${numberText(row.value)}${unit}</span>
        ${row.note ? html`<span class="hint bar-note">${row.note}</span>` : null}
      </li>`,
    )}
  </ul>`;
}

/** One figure with its name; `was` is the same of the month before, null where there is none. */
export function Figure({ label, value, was, hint }) {
  return html`<div class="fact">
    <dt>${label}</dt>
    <dd class="figure">${numberText(value)}</dd>
    ${was === undefined ? null : html`<dd class="hint">${changeText(value, was)}</dd>`}
    ${hint ? html`<dd class="hint">${hint}</dd>` : null}
  </div>`;
}

function changeText(value, was) {
  if (was === null) return "上月没有数据";
  if (value === was) return "与上月持平";
  return value > was ? `比上月多 ${numberText(value - was)}` : `比上月少 ${numberText(was - value)}`;
}
