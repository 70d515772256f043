// 传播地图: Sichuan's counties as tiles, by how much is told of them or by one class.
import { html, useMemo, useRef, useState } from "../lib/html.js";
import { get, useData, useOutlets } from "../lib/api.js";
import { Card, Count, Empty, Field, hashOf, Loading, numberText, ProblemNote, Table } from "../lib/ui.js";
import { Figure } from "../lib/bars.js";

export const roles = ["editor", "operator", "scientist", "admin"];

const WINDOWS = [1, 3, 7, 14, 30];
const MEASURES = [
  { value: "stories", label: "关于当地的稿件", hint: "各家媒体写到当地的稿件" },
  { value: "own_stories", label: "当地媒体发稿", hint: "当地融媒体中心自己发的稿件" },
  { value: "outlets", label: "关注当地的媒体", hint: "写到当地的媒体家数" },
  { value: "clicks", label: "点击", hint: "当地稿件的点击，不足 20 位读者的不显示" },
];
const SHADES = 5;
const LEAST_READERS = 20;

export default function Page({ session, query, go }) {
  const days = WINDOWS.includes(Number(query.days)) ? Number(query.days) : 7;
  const topic = query.topic ?? "";
  const measure = MEASURES.find((one) => one.value === query.measure) ?? MEASURES[0];
  const change = (fields) => go("map", { ...query, ...fields });
  const { data, problem, reload } = useData((signal) => get("/v1/insights/map", { days, topic }, { signal }), [days, topic]);
  return html`<div class="stack">
    <div class="filters">
      <${Select} label="看什么" value=${measure.value} options=${MEASURES} onChange=${(value) => change({ measure: value })} />
      <${Select}
        label="主题"
        value=${topic}
        options=${[{ value: "", label: "全部主题" }, ...(data?.topics ?? []).map((t) => ({ value: t.code, label: `${t.name}（${t.stories}）` }))]}
        onChange=${(value) => change({ topic: value })}
      />
      <${Select}
        label="时段"
        value=${days}
        options=${WINDOWS.map((n) => ({ value: n, label: n === 1 ? "近 24 小时" : `近 ${n} 天` }))}
        onChange=${(value) => change({ days: value })}
      />
    </div>
    ${problem
      ? html`<${ProblemNote} problem=${problem} retry=${reload} />`
      : !data
        ? html`<${Loading} text="正在数各县的稿件……" />`
        : html`<${Tiles} map=${data} measure=${measure} session=${session} go=${go} />`}
  </div>`;
}

function Select({ label, value, options, onChange }) {
  return html`<${Field} label=${label}>
    <select class="input" value=${value} onChange=${(event) => onChange(event.target.value)}>
      ${options.map((one) => html`<option value=${one.value} key=${one.value}>${one.label}</option>`)}
    </select>
  <//>`;
}

function Tiles({ map, measure, session }) {
  const counties = useMemo(() => map.cities.flatMap((city) => city.counties.map((one) => ({ ...one, city: city.name }))), [map]);
  const home = useOutlets().get(session.outlet_id)?.adcode ?? null;
  const [picked, setChosen] = useState(null);
  const chosen = picked ?? home;
  const bounds = useMemo(() => boundsOf(counties.map((one) => one[measure.value])), [counties, measure]);
  const county = counties.find((one) => one.adcode === chosen) ?? null;
  if (!map.topics.length) return html`<${Empty} text="这段时间没有稿件" hint="把时段放长，或换个主题。" />`;
  const whose = measure.value === "clicks" && session.outlet_id ? "；只数本媒体读者" : "";
  return html`<${Card} title=${measure.label} hint=${`${measure.hint}${whose}。方块按市州大致方位排列，不表示面积和边界；方向键可在县间移动`}>
    <div class="map-frame">
      <${Grid} map=${map} counties=${counties} measure=${measure.value} bounds=${bounds} chosen=${chosen} onChoose=${setChosen} />
      <div class="map-side">
        <${Shades} bounds=${bounds} least=${measure.value === "clicks" ? LEAST_READERS : 0} />
        ${county ? html`<${County} county=${county} days=${map.days} />` : html`<p class="hint">点一个县，看它的数字。</p>`}
      </div>
    </div>
    <${Ranking} counties=${counties} measure=${measure} />
  <//>`;
}

function Grid({ map, counties, measure, bounds, chosen, onChoose }) {
  const [focus, setFocus] = useState(counties[0].adcode);
  const box = useRef(null);
  const move = (event) => {
    const next = nextOf(counties, focus, event.key);
    if (!next) return;
    event.preventDefault();
    setFocus(next.adcode);
    box.current.querySelector(`[data-adcode="${next.adcode}"]`).focus();
  };
  return html`<div class="tiles" ref=${box} onKeyDown=${move} role="group" aria-label="各县数字，方向键移动，回车看详情">
    ${map.cities.map(
      (city) => html`<section class="city" key=${city.adcode} style=${{ gridArea: areaOf(city) }} aria-label=${city.name}>
        <h3 title=${`${city.name}：${city.stories} 篇`}>${city.short_name.slice(0, 3)}</h3>
        <div class="city-tiles" style=${{ gridTemplateColumns: `repeat(${city.width}, minmax(0, 1fr))` }}>
          ${city.counties.map(
            (one) => html`<button
              type="button"
              key=${one.adcode}
              data-adcode=${one.adcode}
              class=${`tile shade-${shadeOf(one[measure], bounds)}`}
              tabindex=${one.adcode === focus ? 0 : -1}
              aria-pressed=${String(one.adcode === chosen)}
              onFocus=${() => setFocus(one.adcode)}
              onClick=${() => onChoose(one.adcode)}
            >
              <span class="hidden-text">${city.name}</span>
              <span class="tile-name">${one.short_name}</span>
              <span class="tile-figure figure">${one[measure] === null ? "–" : short(one[measure])}</span>
            </button>`,
          )}
        </div>
      </section>`,
    )}
  </div>`;
}

function areaOf(city) {
  return `${city.row} / ${city.column} / span ${city.height + 1} / span ${city.width}`;
}

/** The nearest tile in the direction of an arrow key. */
function nextOf(counties, from, key) {
  const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key];
  if (!step) return null;
  const here = counties.find((one) => one.adcode === from);
  let best = null;
  for (const one of counties) {
    const ahead = (one.column - here.column) * step[0] + (one.row - here.row) * step[1];
    const aside = Math.abs((one.column - here.column) * step[1]) + Math.abs((one.row - here.row) * step[0]);
    const far = ahead + 2 * aside;
    if (ahead > 0 && (!best || far < best.far)) best = { one, far };
  }
  return best?.one ?? null;
}

/** Upper bounds of the shades, by equal shares of the counties that have anything. */
function boundsOf(values) {
  const some = values.filter((n) => n > 0).sort((a, b) => a - b);
  const bounds = [];
  for (let n = 1; n <= SHADES && some.length; n++) bounds.push(some[Math.ceil((n * some.length) / SHADES) - 1]);
  return [...new Set(bounds)];
}

function shadeOf(value, bounds) {
  if (value === null) return "unknown";
  if (!value) return 0;
  return SHADES - bounds.length + 1 + bounds.findIndex((bound) => value <= bound);
}

function short(n) {
  return n < 10_000 ? String(n) : `${(n / 10_000).toFixed(1)}万`;
}

function Shades({ bounds, least }) {
  return html`<ul class="shades" aria-label="颜色深浅">
    ${least ? html`<li><span class="swatch shade-unknown"></span>不足 ${least} 位读者</li>` : html`<li><span class="swatch shade-0"></span>0</li>`}
    ${bounds.map((bound, n) => {
      const low = n ? bounds[n - 1] + 1 : Math.max(1, least);
      return html`<li key=${bound}>
        <span class=${`swatch shade-${SHADES - bounds.length + 1 + n}`}></span>${low >= bound ? numberText(bound) : `${numberText(low)}–${numberText(bound)}`}
      </li>`;
    })}
  </ul>`;
}

function County({ county, days }) {
  return html`<section class="county" aria-live="polite">
    <h3>${county.city} · ${county.name}</h3>
    <dl class="figures small">
      <${Figure} label="写当地的稿件" value=${county.stories} />
      <${Figure} label="媒体" value=${county.outlets} />
      <${Figure} label="当地发稿" value=${county.own_stories} />
      <${Figure} label="点击" value=${county.clicks} />
    </dl>
    <p>
      ${county.leading_name ? `最多的主题：${county.leading_name}` : `近 ${days} 天没有写到当地的稿件`}${" · "}
      <a href=${hashOf("spread", { adcode: county.adcode })}>看当地热点</a>
    </p>
  </section>`;
}

function Ranking({ counties, measure }) {
  const rows = useMemo(
    () => [...counties].filter((one) => one[measure.value] !== null).sort((a, b) => b[measure.value] - a[measure.value]),
    [counties, measure],
  );
  const columns = [
    { key: "name", label: "县（市、区）", render: (one) => `${one.city} ${one.name}` },
    { key: "stories", label: "关于当地的稿件", align: "end", render: (one) => html`<${Count} n=${one.stories} />` },
    { key: "own_stories", label: "当地媒体发稿", align: "end", render: (one) => html`<${Count} n=${one.own_stories} />` },
    { key: "outlets", label: "媒体", align: "end", render: (one) => html`<${Count} n=${one.outlets} />` },
    { key: "clicks", label: "点击", align: "end", render: (one) => html`<${Count} n=${one.clicks} />` },
    { key: "leading_name", label: "最多的主题", render: (one) => one.leading_name ?? "—" },
  ];
  return html`<details class="chart-rows">
    <summary>以表格查看，从多到少</summary>
    <${Table} caption="各县数字" columns=${columns} rows=${rows.map((one) => ({ ...one, id: one.adcode }))} empty="没有可以显示的数字" />
  </details>`;
}
