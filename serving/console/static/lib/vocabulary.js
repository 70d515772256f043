// Topics and places to choose from.
import { html } from "./html.js";
import { get, useData } from "./api.js";

const asked = new Map();

/** The entries of a vocabulary, `[{code, label}]`, asked for once. */
export function vocabulary(kind) {
  if (!asked.has(kind)) {
    const loading = get(`/v1/vocabulary/${kind}`).then(({ items }) => items);
    loading.catch(() => asked.delete(kind));
    asked.set(kind, loading);
  }
  return asked.get(kind);
}

export function useVocabulary(kind) {
  return useData(() => vocabulary(kind), [kind]).data ?? [];
}

export function TopicPicker({ value, onChange }) {
  const topics = useVocabulary("topic");
  return html`<select class="input" value=${value ?? ""} onChange=${(event) => onChange(event.target.value)}>
    <option value="">全部主题</option>
    ${topics.map((one) => html`<option value=${one.code} key=${one.code}>${one.label}</option>`)}
  </select>`;
}

const ANYWHERE = [{ code: "", label: "全部地点" }];

/** Choose a city, which holds its counties, or a county; `first` are `{code, label}` that stand before them. */
export function PlacePicker({ value, onChange, first = ANYWHERE }) {
  const places = useVocabulary("place");
  const cities = places.filter((one) => one.code.endsWith("00") && !one.code.endsWith("0000"));
  return html`<select class="input" value=${value ?? ""} onChange=${(event) => onChange(event.target.value)}>
    ${first.map((one) => html`<option value=${one.code} key=${one.code}>${one.label}</option>`)}
    ${cities.map(
      (city) => html`<optgroup label=${city.label} key=${city.code}>
        <option value=${city.code} key=${city.code}>${city.label}（全市州）</option>
        ${places
          .filter((one) => one.code.startsWith(city.code.slice(0, 4)) && one.code !== city.code)
          .map((one) => html`<option value=${one.code} key=${one.code}>${one.label}</option>`)}
      </optgroup>`,
    )}
  </select>`;
}
