// What changed between two texts, sentence by sentence.
import { html, useState } from "./html.js";
import { plainText } from "./marked.js";
import { Button, Empty, When } from "./ui.js";

/** Compare two texts: `[{kind: "same"|"out"|"in", text}]`, from the longest common run of sentences. */
export function changes(before, after) {
  const [a, b] = [sentences(before), sentences(after)];
  const common = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i][j] = a[i] === b[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  const found = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      found.push({ kind: "same", text: a[i++] });
      j++;
    } else if (j === b.length || (i < a.length && common[i + 1][j] >= common[i][j + 1])) {
      found.push({ kind: "out", text: a[i++] });
    } else {
      found.push({ kind: "in", text: b[j++] });
    }
  }
  return found;
}

function sentences(text) {
  return (text.match(/[^。！？\n]*[。！？\n]|[^。！？\n]+$/g) ?? []).slice(0, 2_000);
}

/** Earlier revisions of a story, each beside the one that followed. */
export function Revisions({ story }) {
  const [open, setOpen] = useState(null);
  if (story.body === null) return html`<${Empty} text="没有权限查看历次修改" hint=${story.rights.text} />`;
  if (!story.revisions.length) return html`<${Empty} text="发出后没有修改过" />`;
  const texts = [...story.revisions.map((one) => one.text), { title: story.title, body: story.body }];
  return html`<ul>
    ${story.revisions.map(
      (one, place) => html`<li class="order" key=${one.revision}>
        <div class="row">
          <strong>第 ${one.revision} 版</strong>
          <span class="hint"><${When} at=${one.received_at} /></span>
          <${Button} tone="small" pressed=${open === place} onClick=${() => setOpen(open === place ? null : place)}>与下一版比较<//>
        </div>
        ${open === place ? html`<${Change} before=${one.text} after=${texts[place + 1]} />` : null}
      </li>`,
    )}
  </ul>`;
}

function Change({ before, after }) {
  const whole = ({ title, body }) => `${title}\n${plainText(body)}`;
  const tags = { out: "del", in: "ins" };
  return html`<p class="body-text revision">
    ${changes(whole(before), whole(after)).map((one) => {
      const tag = tags[one.kind];
      return tag ? html`<${tag}>${one.text}</${tag}>` : one.text;
    })}
  </p>`;
}
