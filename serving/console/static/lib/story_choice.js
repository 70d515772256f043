// Naming a story: by words of it, or by the address of its page.
import { html, useEffect, useState } from "./html.js";
import { get, useData, useOutlets } from "./api.js";
import { Button, Field, Loading, ProblemNote, StoryLink, When } from "./ui.js";
import { storyIdOf } from "./story_id.js";

const FEW = 8;

/**
 * Hold the story that is chosen, or find one.  `story` is `{story_id, title}` or null, its title empty while
 * it is only known by its id; with `outletId` only stories of that outlet are found by words.
 */
export function StoryChoice({ story, onChange, outletId, hint }) {
  const named = useData(
    (signal) => (story && !story.title ? get(`/v1/stories/${encodeURIComponent(story.story_id)}`, {}, { signal }) : null),
    [story?.story_id],
  );
  if (!story) return html`<${Search} onChange=${onChange} outletId=${outletId} hint=${hint} />`;
  const title = story.title || named.data?.title;
  return html`<div class="field">
    <span class="field-label">稿件</span>
    <div class="row">
      ${title ? html`<${StoryLink} story_id=${story.story_id} title=${title} />` : named.problem ? null : html`<${Loading} />`}
      <${Button} tone="small" onClick=${() => onChange(null)}>换一篇<//>
    </div>
    <${ProblemNote} problem=${named.problem} />
  </div>`;
}

function Search({ onChange, outletId, hint }) {
  const [text, setText] = useState("");
  const [asked, setAsked] = useState("");
  useEffect(() => {
    const wait = setTimeout(() => setAsked(text.trim()), 300);
    return () => clearTimeout(wait);
  }, [text]);
  const story_id = storyIdOf(asked);
  const found = useData((signal) => (asked ? find(asked, story_id, outletId, signal) : null), [asked, outletId]);
  const outlets = useOutlets();
  return html`<div class="field">
    <${Field} label="找稿件：写几个字，或粘贴稿件页的网址" hint=${hint}>
      <input class="input" type="search" name="story" maxlength="400" value=${text} onInput=${(event) => setText(event.target.value)} />
    <//>
    <${ProblemNote} problem=${found.problem} retry=${found.reload} />
    ${asked && found.loading ? html`<${Loading} text="正在找……" />` : null}
    ${found.data && !found.problem
      ? html`<ul class="choices" aria-label="找到的稿件">
          ${found.data.map(
            (one) => html`<li key=${one.story_id}>
              <button type="button" class="story-choice" onClick=${() => onChange(one)}>
                <span>${one.title}</span><span class="hint">${outlets.get(one.outlet_id)?.name ?? one.outlet_id} · <${When} at=${one.published_at} /></span>
              </button>
            </li>`,
          )}
          ${found.data.length ? null : html`<li class="hint">没有找到，换一个词试试。</li>`}
        </ul>`
      : null}
  </div>`;
}

/** What an address names, or else stories whose text holds the words. */
async function find(asked, story_id, outlet_id, signal) {
  if (story_id) return [await get(`/v1/stories/${encodeURIComponent(story_id)}`, {}, { signal })];
  return (await get("/v1/stories", { words: asked.slice(0, 100), outlet_id, limit: FEW }, { signal })).items;
}
