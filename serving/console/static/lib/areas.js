// Cities and counties by name, and choosing one.
import { html, useMemo } from "./html.js";
import { get, useData } from "./api.js";

const PROVINCE = { adcode: "510000", name: "全省" };
let mapOnce = null;

/** Every city with its counties, asked for once. */
function cities() {
  mapOnce ??= get("/v1/insights/map", { days: 1 }).then(
    (map) => map.cities,
    (problem) => {
      mapOnce = null;
      throw problem;
    },
  );
  return mapOnce;
}

/** Names of cities and counties by code; only the province's while they load. */
export function useAreas() {
  const { data } = useData(cities, []);
  return useMemo(() => {
    const names = new Map([[PROVINCE.adcode, PROVINCE.name]]);
    for (const city of data ?? []) {
      names.set(city.adcode, city.name);
      for (const county of city.counties) names.set(county.adcode, `${city.short_name}·${county.name}`);
    }
    return { cities: data ?? [], names };
  }, [data]);
}

/** Choose the province, a city or a county; `ask` stands first while none is chosen. */
export function AreaPicker({ value, onChange, ask }) {
  const { cities: all } = useAreas();
  return html`<select class="input" value=${value} onChange=${(event) => event.target.value && onChange(event.target.value)}>
    ${ask ? html`<option value="">${ask}</option>` : null}
    <option value=${PROVINCE.adcode}>${PROVINCE.name}</option>
    ${all.map(
      (city) => html`<optgroup label=${city.name} key=${city.adcode}>
        <option value=${city.adcode}>${city.name}（全域）</option>
        ${city.counties.map((one) => html`<option value=${one.adcode} key=${one.adcode}>${one.name}</option>`)}
      </optgroup>`,
    )}
  </select>`;
}
