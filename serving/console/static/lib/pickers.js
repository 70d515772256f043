// Outlets and stories: choosing them, naming them, leading to them.
import { html, useMemo } from "./html.js";
import { queryString, useOutlets } from "./api.js";
import { word } from "./words.js";

/** Choose one outlet, counties grouped by their city; `allowAll` offers every outlet as the empty value.
 * Inside a Field, which names it, give `label=""`. */
export function OutletPicker({ value, onChange, allowAll = false, id, label = "媒体" }) {
  const outlets = useOutlets();
  const groups = useMemo(() => grouped([...outlets.values()]), [outlets]);
  return html`<select
    id=${id}
    class="input"
    aria-label=${(!id && label) || undefined}
    value=${value ?? ""}
    onChange=${(event) => onChange(event.target.value)}
  >
    ${allowAll || !value ? html`<option value="" key="">${allowAll ? "全部媒体" : "请选择媒体"}</option>` : null}
    ${groups.map(
      ([name, members]) => html`<optgroup label=${name} key=${name}>
        ${members.map((one) => html`<option value=${one.id} key=${one.id}>${one.name}</option>`)}
      </optgroup>`,
    )}
  </select>`;
}

function grouped(all) {
  const names = new Map(all.map((one) => [one.id, one.name]));
  const groups = new Map([
    ["省级", []],
    ["市级", []],
  ]);
  const byCode = [...all].sort((a, b) => a.adcode.localeCompare(b.adcode) || a.id.localeCompare(b.id));
  for (const one of byCode) {
    const name = one.level === "county" ? `${names.get(one.parent_id) ?? "县级"}·县级` : word("level", one.level);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(one);
  }
  return [...groups].filter(([, members]) => members.length);
}

export function OutletName({ id }) {
  const outlets = useOutlets();
  return html`<span>${outlets.get(id)?.name ?? id}</span>`;
}

/** Leads to a story's page. */
export function StoryLink({ story_id, title }) {
  return html`<a class="story-link" href=${hashOf("story", { id: story_id })}>${title || "（无标题）"}</a>`;
}

/** Leads out of the console, to web addresses alone. */
export function OutLink({ url, children }) {
  if (!/^https?:\/\//i.test(url ?? "")) return html`<span>${children}</span>`;
  return html`<a href=${url} target="_blank" rel="noopener noreferrer">${children}</a>`;
}

/** The address of a page of the console. */
export function hashOf(name, params = {}) {
  return `#/${name}${queryString(params)}`;
}
