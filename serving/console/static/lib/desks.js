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
          <span class="meter-track" role="meter" aria-label="采用的可能" aria-valuemin="0" aria-valuemax="1" aria-valuenow=${desk.confidence}>
            <span class="meter-fill" style=${{ width: `${100 * desk.confidence}%` }}></span>
          </span>
          <span class="figure desk-share">${percentText(desk.confidence)}</span>
          ${action ? html`<span class="desk-verbs">${action(desk)}</span>` : null}
        </div>
        ${desk.told_already
          ? html`<p class="hint">该媒体已发：<${StoryLink} ...${desk.told_already} /></p>`
          : html`<p class="hint">${desk.reasons[0]?.text}</p>`}
      </li>`,
    )}
  </ul>`;
}
