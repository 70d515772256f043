// 传播热点: what is hot now and lately in an area, how classes went, and an outlet's blank spots.
import { html, useMemo } from "../lib/html.js";
import { get, useData, useOutlets } from "../lib/api.js";
import { AreaPicker, PROVINCE, useAreas } from "../lib/areas.js";
import { Button, Card, Chip, Count, Empty, Field, hashOf, Loading, OutletName, ProblemNote, Table, When } from "../lib/ui.js";
import { Chart } from "../lib/chart.js";

export const roles = ["editor", "operator", "scientist", "admin"];

const WINDOWS = [3, 7, 14, 30];
const LINES = 6;
const FEW = 4;

export default function Page({ session, query, go }) {
  const outlets = useOutlets();
  const near = nearby(outlets.get(session.outlet_id));
  const adcode = query.adcode ?? (session.outlet_id ? near[near.length - 2]?.adcode : PROVINCE);
  const days = WINDOWS.includes(Number(query.days)) ? Number(query.days) : 7;
  const change = (fields) => go("spread", { ...query, ...fields });
  const hot = useData((signal) => adcode && get("/v1/insights/hot", { adcode, days, limit: 10 }, { signal }), [adcode, days]);
  const heat = useData((signal) => adcode && get("/v1/insights/heat", { adcode, days: Math.max(days, 7) }, { signal }), [adcode, days]);
  return html`<div class="stack">
    <div class="filters">
      <${Field} label="地区"><${AreaPicker} value=${adcode ?? ""} onChange=${(code) => change({ adcode: code })} /><//>
      <${Field} label="时段">
        <select class="input" value=${days} onChange=${(event) => change({ days: event.target.value })}>
          ${WINDOWS.map((n) => html`<option value=${n} key=${n}>近 ${n} 天</option>`)}
        </select>
      <//>
      ${near.length > 1 &&
      html`<div class="field row">
        ${near.map((one) => html`<${Button} key=${one.adcode} pressed=${one.adcode === adcode} onClick=${() => change({ adcode: one.adcode })}>${one.label}<//>`)}
      </div>`}
    </div>
    ${hot.problem
      ? html`<${ProblemNote} problem=${hot.problem} retry=${hot.reload} />`
      : !hot.data
        ? html`<${Loading} />`
        : html`<${Hot} hot=${hot.data} days=${days} session=${session} />`}
    ${heat.problem
      ? html`<${ProblemNote} problem=${heat.problem} retry=${heat.reload} />`
      : heat.data && html`<${Heat} heat=${heat.data} />`}
    ${hot.data && html`<${Topics} topics=${hot.data.topics} />`}
    ${session.outlet_id && html`<${BlankSpots} days=${days} />`}
  </div>`;
}

/** The outlet's own area, its city, the province: near ones first. */
function nearby(outlet) {
  const found = [{ adcode: PROVINCE, label: "全省" }];
  if (!outlet || outlet.adcode === PROVINCE) return found;
  found.unshift({ adcode: `${outlet.adcode.slice(0, 4)}00`, label: "本市州" });
  if (outlet.level === "county") found.unshift({ adcode: outlet.adcode, label: "本县" });
  return found;
}

function Hot({ hot, days, session }) {
  const { names } = useAreas();
  const where = names.get(hot.area) ?? "本地";
  const readers = session.outlet_id ? "点击是本媒体读者的" : "点击是全省读者的";
  const hint = `${where}；${readers}，不足 20 位读者时不显示`;
  return html`<div class="columns even">
    <${Card} title="现在最热" hint=${`24 小时内，${hint}`}><${HotList} rows=${hot.now} area=${where} /><//>
    <${Card} title=${`近 ${days} 天最热`} hint=${hint}><${HotList} rows=${hot.lately} area=${where} /><//>
  </div>`;
}

function HotList({ rows, area }) {
  if (!rows.length) return html`<${Empty} text=${`${area}还没有稿件`} hint="换个地区，或把时段放长。" />`;
  return html`<ol class="hot-list">
    ${rows.map(
      (row, place) => html`<li key=${row.cluster_id}>
        <span class="hot-rank figure" aria-hidden="true">${place + 1}</span>
        <div>
          <a class="story-link" href=${hashOf("cluster", { id: row.cluster_id })}>${row.title}</a>
          <p class="hint">
            <${OutletName} id=${row.outlet_id} />首发 · <${When} at=${row.first_published_at} /> ·
            ${` ${row.outlets} 家媒体 ${row.stories} 篇`}
            ${row.clicks === null ? null : html` · 点击 <${Count} n=${row.clicks} />`}
          </p>
        </div>
      </li>`,
    )}
  </ol>`;
}

function Heat({ heat }) {
  const lines = heat.topics.slice(0, LINES);
  const option = useMemo(() => lineOption(heat.days, lines), [heat]);
  if (!lines.length) return null;
  const rows = heat.days.map((day, at) => ({ day, ...Object.fromEntries(lines.map((t) => [t.topic, t.stories[at]])) }));
  const columns = [{ key: "day", label: "日期" }, ...lines.map((t) => ({ key: t.topic, label: t.name }))];
  return html`<${Card} title="主题走势" hint="每天的稿件数，最多的六个主题；今天还没有结束">
    <${Chart} option=${option} height=${280} label="各主题每天的稿件数" rows=${{ columns, rows }} />
  <//>`;
}

function lineOption(days, lines) {
  return {
    grid: { left: 40, right: 16, top: 40, bottom: 28 },
    legend: { top: 0, left: 0, icon: "roundRect" },
    tooltip: { trigger: "axis" },
    xAxis: { type: "category", data: days.map((day) => day.slice(5).replace("-", "/")) },
    yAxis: { type: "value", minInterval: 1 },
    series: lines.map((line) => ({ name: line.name, type: "line", symbolSize: 6, data: line.stories })),
  };
}

function Topics({ topics }) {
  const columns = [
    { key: "name", label: "主题" },
    { key: "stories", label: "稿件", align: "end", render: (t) => html`<${Count} n=${t.stories} />` },
    { key: "outlets", label: "媒体", align: "end", render: (t) => html`<${Count} n=${t.outlets} />` },
    { key: "pace", label: "今天", align: "end", render: (t) => (t.stories < FEW ? "—" : html`<${Pace} pace=${t.pace} />`) },
    { key: "clicks", label: "点击", align: "end", render: (t) => html`<${Count} n=${t.clicks} />` },
  ];
  return html`<${Card} title="主题热度" hint="“今天”是近 24 小时的稿件数与日均之比，不足四篇不比">
    <${Table} caption="各主题的稿件、媒体与点击" columns=${columns} rows=${topics.map((t) => ({ ...t, id: t.topic }))} empty="这里还没有稿件" />
  <//>`;
}

function Pace({ pace }) {
  const tone = pace >= 1.5 ? "warn" : "plain";
  const said = pace >= 1.5 ? "升温" : pace <= 0.5 ? "降温" : "平常";
  return html`<${Chip} tone=${tone} title=${`日均的 ${pace.toFixed(1)} 倍`}>${said} ${pace.toFixed(1)}<//>`;
}

function BlankSpots({ days }) {
  const { data, problem, reload } = useData((signal) => get("/v1/insights/topics", { days }, { signal }), [days]);
  return html`<${Card} title="空白点" hint=${`近 ${days} 天，本媒体没有报或报得少的`}>
    ${problem
      ? html`<${ProblemNote} problem=${problem} retry=${reload} />`
      : !data
        ? html`<${Loading} />`
        : !data.blank_spots.length
          ? html`<${Empty} text="没有发现空白点" hint="读者爱看的和周边在报的，本媒体都有。" />`
          : html`<ul class="spots">
              ${data.blank_spots.map(
                (spot) => html`<li key=${`${spot.kind}${spot.code}${spot.why}`}>
                  <${Chip} tone=${spot.why === "read" ? "accent" : "plain"}>${spot.why === "read" ? "读者爱看" : "别家在报"}<//>
                  <span class="spot-name">${spot.name}</span>
                  <span class="spot-reason">${spot.reason.text}</span>
                  <${SpotLink} spot=${spot} />
                </li>`,
              )}
            </ul>`}
  <//>`;
}

function SpotLink({ spot }) {
  if (spot.kind === "topic") return html`<a href=${hashOf("flow", { topic: spot.code })}>看可转用的稿件</a>`;
  return html`<a href=${hashOf("spread", { adcode: spot.code })}>看当地热点</a>`;
}
