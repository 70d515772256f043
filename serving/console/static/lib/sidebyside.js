// Who has this already, and two texts side by side with what they share.
import { html, useState } from "./html.js";
import { get, useData } from "./api.js";
import { inUnits, Marked, occurrences, plainText } from "./marked.js";
import { Button, Chip, Dialog, Loading, OutletName, ProblemNote, StoryLink, When, percentText } from "./ui.js";
import { word } from "./words.js";

const FEW = 8;
const TONES = { identical: "bad", reprint: "bad", same_event: "warn" };

/** Matches of `duplicates/check` or of a stored story, each to be laid beside `body`. */
export function Matches({ matches, title, body }) {
  const [beside, setBeside] = useState(null);
  const [all, setAll] = useState(false);
  const outlets = new Set(matches.map((match) => match.outlet_id)).size;
  const first = [...matches].sort((a, b) => a.published_at.localeCompare(b.published_at))[0];
  return html`<p class="summary">
      ${outlets} 家媒体已发，共 ${matches.length} 篇；最早是
      <strong><${OutletName} id=${first.outlet_id} /></strong>（<${When} at=${first.published_at} />）
    </p>
    <ul class="matches">
      ${(all ? matches : matches.slice(0, FEW)).map(
        (match) => html`<li key=${match.story_id} class="match">
          <div>
            <${Chip} tone=${TONES[match.relation]}>${word("relation", match.relation)}<//>
            <${StoryLink} ...${match} />
            <p class="hint">
              <${OutletName} id=${match.outlet_id} /> · <${When} at=${match.published_at} /> ·
              <span class="nowrap"> 重合 ${percentText(match.containment)}</span>
            </p>
          </div>
          <${Button} tone="small" onClick=${() => setBeside(match)} label=${`对照 ${match.title}`}>对照<//>
        </li>`,
      )}
    </ul>
    ${matches.length > FEW && !all
      ? html`<div class="more"><${Button} tone="quiet" onClick=${() => setAll(true)}>全部 ${matches.length} 篇<//></div>`
      : null}
    ${beside ? html`<${SideBySide} match=${beside} ...${{ title, body }} onClose=${() => setBeside(null)} />` : null}`;
}

function SideBySide({ match, title, body, onClose }) {
  const { data, problem, loading } = useData(
    (signal) => get(`/v1/stories/${match.story_id}`, {}, { signal }),
    [match.story_id],
  );
  const mine = plainText(body ?? "");
  const spans = mine === body ? inUnits(mine, match.passages) : shared(mine, match.passages);
  return html`<${Dialog} title="逐段对照" onClose=${onClose}>
    <p class="hint">
      标出的是两篇共有的 ${match.passages.length} 段文字，重合 ${percentText(match.containment)}，判断为“${word("relation", match.relation)}”。
    </p>
    <div class="beside">
      <article>
        <p class="hint">这一篇</p>
        <h3>${title}</h3>
        <p class="body-text"><${Marked} text=${mine} spans=${spans} /></p>
      </article>
      <article>
        <p class="hint"><${OutletName} id=${match.outlet_id} /> · <${When} at=${match.published_at} /></p>
        <h3>${match.title}</h3>
        <${ProblemNote} problem=${problem} />
        ${loading ? html`<${Loading} />` : null}
        ${data ? html`<${Other} story=${data} passages=${match.passages} />` : null}
      </article>
    </div>
  <//>`;
}

function Other({ story, passages }) {
  if (story.body === null) {
    return html`<p class="hint">${story.rights.text}，这里只列出共有的文字。</p>
      <ul class="passages">
        ${passages.map((one, place) => html`<li key=${place}><mark>${one.text}</mark></li>`)}
      </ul>`;
  }
  const text = plainText(story.body);
  return html`<p class="body-text"><${Marked} text=${text} spans=${shared(text, passages)} /></p>`;
}

function shared(text, passages) {
  return passages.flatMap((one) => occurrences(text, one.text).slice(0, 1));
}
