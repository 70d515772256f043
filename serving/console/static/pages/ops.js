// 运行: how the service does, and the models it works with.
import { html, useEffect, useMemo } from "../lib/html.js";
import { get, useData } from "../lib/api.js";
import { Button, Card, Chip, Count, Empty, Loading, ProblemNote, Table, When, fullTime, numberText } from "../lib/ui.js";
import { Chart } from "../lib/chart.js";
import { ModelVersions } from "../lib/feed.js";
import { ModelList } from "../lib/models.js";

export const roles = ["operator", "scientist", "admin"];

const EVERY_MS = 15_000;
const PAGES = /^\/($|console|me$|about-algorithm|metrics|v1\/metrics)/;
const TIME = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hour12: false });

export default function Page({ session }) {
  const { data, problem, loading, reload } = useData((signal) => get("/v1/vitals", {}, { signal }), []);
  useEffect(() => {
    const turn = setInterval(() => document.hidden || reload(), EVERY_MS);
    return () => clearInterval(turn);
  }, [reload]);
  if (problem && !data) return html`<${Card}><${ProblemNote} problem=${problem} retry=${reload} /><//>`;
  if (!data) return html`<${Loading} />`;
  return html`<div class="stack">
    ${problem ? html`<${ProblemNote} problem=${problem} retry=${reload} />` : null}
    <${Card}
      title="此刻"
      hint=${`版本 ${data.version}，启动于 ${fullTime(data.started_at)}，每 15 秒更新`}
      actions=${html`<${Button} tone="small" onClick=${reload} disabled=${loading}>刷新<//>`}
    >
      <${Now} now=${data.now} />
    <//>
    <div class="columns even">
      <${Card} title="进稿与入库" hint="每分钟收到和编入索引的稿件"><${Intake} samples=${data.samples} /><//>
      <${Card} title="处理队列" hint="等待编码、查重、打标签的稿件"><${Queue} samples=${data.samples} /><//>
      <${Card} title="应答用时" hint="毫秒，按分钟"><${Durations} minutes=${data.minutes} /><//>
      <${Card} title="请求与错误" hint="每分钟"><${Requests} minutes=${data.minutes} /><//>
    </div>
    <${Card} title="模型"><${Models} running=${data.models} session=${session} onChange=${reload} /><//>
    <${Card} title="接口" hint="启动以来，请求最多的 15 个"><${Routes} routes=${data.routes} /><//>
    <${Card} title="最近的服务错误"><${Broken} rows=${data.broken} /><//>
  </div>`;
}

function Now({ now }) {
  const items = [
    ["稿件", numberText(now.stories), "", ""],
    ["已编入索引", numberText(now.indexed), "", ""],
    ["队列中", numberText(now.waiting), now.waiting > 500 ? "warn" : "", now.waiting ? `最久的等了 ${numberText(Math.round(now.oldest_s))} 秒` : ""],
    ["处理失败", numberText(now.stuck), now.stuck ? "bad" : "", now.stuck ? "试过多次仍不成功，请看日志" : ""],
    ["未跟上的改动", numberText(now.behind), now.behind > 100 ? "warn" : "", now.behind ? "已存下，检索和推荐还没读到" : ""],
  ];
  return html`<dl class="numbers">
    ${items.map(
      ([name, value, tone, hint]) => html`<div key=${name} class=${tone}>
        <dt>${name}</dt>
        <dd class="figure">${value}</dd>
        ${hint ? html`<dd class="hint">${hint}</dd>` : null}
      </div>`,
    )}
  </dl>`;
}

const clock = (at) => TIME.format(new Date(at));

/** Lines over time; `lines` are `{name, values}` of the same length as `times`. */
function Lines({ times, lines, label, empty }) {
  const option = useMemo(
    () => ({
      grid: { left: 48, right: 16, top: 36, bottom: 28 },
      legend: { top: 0, left: 0, icon: "roundRect" },
      tooltip: { trigger: "axis" },
      xAxis: { type: "category", data: times.map(clock), boundaryGap: false },
      yAxis: { type: "value", minInterval: 1 },
      series: lines.map((line) => ({
        name: line.name,
        type: "line",
        data: line.values,
        showSymbol: times.length < 3,
        lineStyle: { width: 2 },
      })),
    }),
    [times, lines],
  );
  if (!times.length) return html`<${Empty} text=${empty} hint="每分钟记一次，稍等片刻就有。" />`;
  const columns = [{ key: "at", label: "时间" }, ...lines.map((line) => ({ key: line.name, label: line.name }))];
  const rows = times.map((at, place) => ({
    at: clock(at),
    ...Object.fromEntries(lines.map((line) => [line.name, numberText(line.values[place])])),
  }));
  return html`<${Chart} option=${option} height=${220} label=${label} rows=${{ columns, rows: rows.slice(-30) }} />`;
}

function Intake({ samples }) {
  const [times, lines] = useMemo(() => {
    const steps = samples.slice(1).map((one, place) => {
      const before = samples[place];
      const minutes = Math.max(1, (Date.parse(one.at) - Date.parse(before.at)) / 60_000);
      return [one.at, (one.stories - before.stories) / minutes, Math.max(0, one.indexed - before.indexed) / minutes];
    });
    return [
      steps.map(([at]) => at),
      [
        { name: "收到", values: steps.map(([, came]) => Math.round(came * 10) / 10) },
        { name: "编入索引", values: steps.map(([, , done]) => Math.round(done * 10) / 10) },
      ],
    ];
  }, [samples]);
  return html`<${Lines} times=${times} lines=${lines} label="每分钟收到和编入索引的稿件数" empty="还没有两次记录" />`;
}

function Queue({ samples }) {
  const times = useMemo(() => samples.map((one) => one.at), [samples]);
  const lines = useMemo(
    () => [
      { name: "等待", values: samples.map((one) => one.waiting) },
      { name: "失败", values: samples.map((one) => one.stuck) },
    ],
    [samples],
  );
  return html`<${Lines} times=${times} lines=${lines} label="队列中等待和失败的稿件数" empty="还没有记录" />`;
}

function Durations({ minutes }) {
  const times = useMemo(() => minutes.map((one) => one.at), [minutes]);
  const lines = useMemo(
    () => [
      { name: "一半不超过", values: minutes.map((one) => one.p50_ms) },
      { name: "95% 不超过", values: minutes.map((one) => one.p95_ms) },
      { name: "99% 不超过", values: minutes.map((one) => one.p99_ms) },
    ],
    [minutes],
  );
  return html`<${Lines} times=${times} lines=${lines} label="每分钟应答用时的三个分位" empty="还没有请求" />`;
}

function Requests({ minutes }) {
  const times = useMemo(() => minutes.map((one) => one.at), [minutes]);
  const lines = useMemo(
    () => [
      { name: "请求", values: minutes.map((one) => one.requests) },
      { name: "被拒绝", values: minutes.map((one) => one.refused) },
      { name: "服务出错", values: minutes.map((one) => one.broken) },
    ],
    [minutes],
  );
  return html`<${Lines} times=${times} lines=${lines} label="每分钟的请求数、被拒绝数和出错数" empty="还没有请求" />`;
}

function Routes({ routes }) {
  const ms = (value) => numberText(Math.round(value * 10) / 10);
  const columns = [
    { key: "route", label: "接口", render: (row) => html`<code lang="en">${row.method} ${row.route}</code>` },
    { key: "requests", label: "请求", align: "end", render: (row) => html`<${Count} n=${row.requests} />` },
    { key: "refused", label: "被拒绝", align: "end", render: (row) => html`<${Count} n=${row.refused} />` },
    { key: "broken", label: "出错", align: "end", render: (row) => (row.broken ? html`<${Chip} tone="bad">${numberText(row.broken)}<//>` : "0") },
    { key: "p50", label: "一半不超过（毫秒）", align: "end", render: (row) => ms(row.p50_ms) },
    { key: "p95", label: "95% 不超过（毫秒）", align: "end", render: (row) => ms(row.p95_ms) },
    { key: "p99", label: "99% 不超过（毫秒）", align: "end", render: (row) => ms(row.p99_ms) },
  ];
  const shown = routes.filter((row) => row.route.startsWith("/") && !PAGES.test(row.route)).slice(0, 15);
  return html`<${Table} columns=${columns} rows=${shown.map((row) => ({ ...row, id: `${row.method} ${row.route}` }))} caption="各接口的请求、错误与用时" empty="还没有请求" />`;
}

function Broken({ rows }) {
  const columns = [
    { key: "at", label: "时间", render: (row) => html`<${When} at=${row.at} />` },
    { key: "route", label: "接口", render: (row) => html`<code lang="en">${row.method} ${row.route}</code>` },
    { key: "status", label: "状态", render: (row) => html`<${Chip} tone="bad">${row.status}<//>` },
  ];
  return html`<${Table}
    columns=${columns}
    rows=${rows.map((row, place) => ({ ...row, id: place }))}
    caption="最近的服务错误"
    empty=${html`<${Empty} text="启动以来没有服务错误" />`}
  />`;
}

/** The registry of models where this service has one; else what runs. */
function Models({ running, session, onChange }) {
  const { data, loading } = useData((signal) => get("/v1/openapi.json", {}, { signal }), []);
  const paths = data?.paths ?? {};
  if (loading) return html`<${Loading} />`;
  return html`<div class="stack">
    <${ModelVersions} models=${running} explain />
    ${"/v1/models" in paths ? html`<${ModelList} ...${{ paths, session, onChange }} />` : null}
  </div>`;
}
