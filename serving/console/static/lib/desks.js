// Upper desks with their chance to take a story.
import { html } from "./html.js";
import { percentText, StoryLink } from "./ui.js";

/** `desks` as the API gives them; `action(desk)` may add a button to each. */
export function DeskList({ desks, action }) {
  return html`<ul class="desks">
    ${desks.map(
      (desk) => html`<li key=${desk.desk} class="desk">
        <div class="desk-head">
          <strong>${desk.name}</strong>
          <meter class="desk-meter" min="0" max="1" value=${desk.confidence} aria-label="采用的可能"></meter>
          <span class="figure">${percentText(desk.confidence)}</span>
          ${action?.(desk)}
        </div>
        ${desk.told_already
          ? html`<p class="hint">该媒体已发：<${StoryLink} ...${desk.told_already} /></p>`
          : html`<p class="hint">${desk.reasons[0]?.text}</p>`}
      </li>`,
    )}
  </ul>`;
}
