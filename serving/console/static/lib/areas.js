// Cities and counties by name, and choosing one.
import { html, useMemo } from "./html.js";
import { PlacePicker, useVocabulary } from "./vocabulary.js";

export const PROVINCE = "510000";
const WHOLE = { code: PROVINCE, label: "全省" };

/** Names of cities, and of counties behind their city's, by code; only the province's while they load. */
export function useAreas() {
  const places = useVocabulary("place");
  return useMemo(() => {
    const labels = new Map(places.map((one) => [one.code, one.label]));
    const names = new Map(places.map(({ code, label }) => [code, `${code.endsWith("00") ? "" : (labels.get(`${code.slice(0, 4)}00`) ?? "")}${label}`]));
    return { names: names.set(PROVINCE, WHOLE.label) };
  }, [places]);
}

/** Choose the province, a city or a county; with `ask` one may choose none, the empty code. */
export function AreaPicker({ value, onChange, ask }) {
  const first = ask ? [{ code: "", label: ask }, WHOLE] : [WHOLE];
  return html`<${PlacePicker} value=${value} onChange=${onChange} first=${first} />`;
}
