// 月报: an outlet's month in figures, printable to A4.
import { html, useState } from "../lib/html.js";
import { get, useData } from "../lib/api.js";
import { Bars, Figure } from "../lib/bars.js";
import { monthBefore, monthOf } from "../lib/beijing.js";
import { Button, Card, Chip, Count, Empty, Field, fullTime, Loading, OutletPicker, percentText, ProblemNote, StoryLink, Table } from "../lib/ui.js";
import { choices, word } from "../lib/words.js";

export const roles = ["editor", "operator", "scientist", "admin"];

const LEVELS = ["province", "city", "county"];
const MOST = 10;

export default function Page({ session, query, go }) {
  const month = query.month ?? monthOf(Date.now());
  const outletId = session.outlet_id ?? query.outlet_id;
  const change = (fields) => go("report", { ...query, ...fields });
  return html`<div class="stack report">
    <div class="filters few no-print">
      ${session.outlet_id
        ? null
        : html`<${Field} label="媒体"><${OutletPicker} label="" value=${outletId ?? ""} onChange=${(id) => change({ outlet_id: id })} /><//>`}
      <${MonthField} month=${month} onChange=${(value) => change({ month: value })} />
      <div class="field"><${Button} tone="main" disabled=${!outletId} onClick=${() => window.print()}>打印或存为 PDF<//></div>
    </div>
    ${outletId
      ? html`<${Month} key=${`${outletId}${month}`} outletId=${outletId} month=${month} />`
      : html`<${Empty} text="请先选择媒体" />`}
  </div>`;
}

/** Months as a list: `input type=month` is a plain text field in some browsers. */
function MonthField({ month, onChange }) {
  const months = Array.from({ length: 24 }, (_, back) => monthOf(Date.now(), back));
  const known = months.includes(month) ? months : [month, ...months];
  return html`<${Field} label="月份">
    <select class="input" value=${month} onChange=${(event) => onChange(event.target.value)}>
      ${known.map((one) => html`<option value=${one} key=${one}>${monthText(one)}</option>`)}
    </select>
  <//>`;
}

function monthText(month) {
  const [year, number] = month.split("-");
  return `${year} 年 ${Number(number)} 月`;
}

function Month({ outletId, month }) {
  const path = `/v1/outlets/${encodeURIComponent(outletId)}/report`;
  const { data, problem, reload } = useData(
    (signal) => Promise.all([get(path, { month }, { signal }), get(path, { month: monthBefore(month) }, { signal })]),
    [path, month],
  );
  const [madeAt] = useState(() => new Date().toISOString());
  if (problem) return html`<${ProblemNote} problem=${problem} retry=${reload} />`;
  if (!data) return html`<${Loading} text="正在统计……" />`;
  const [report, earlier] = data;
  const before = hasAny(earlier) ? earlier : null;
  return html`<article class="stack" aria-label=${`${report.outlet}${monthText(month)}月报`}>
    <header class="report-head">
      <h2>${report.outlet} · <span class="nowrap">${monthText(month)}</span></h2>
      <p class="hint">统计期 ${fullTime(report.since)} 至 ${fullTime(report.until)}（不含），生成于 ${fullTime(madeAt)}${report.until > madeAt ? "。这个月还没有结束" : ""}</p>
    </header>
    ${hasAny(report)
      ? html`<${Figures} report=${report} before=${before} />`
      : html`<${Empty} text="这个月没有稿件" hint="换一个月份看看。" />`}
  </article>`;
}

function hasAny(report) {
  return Boolean(report.output || report.spread.adoptions || report.readers);
}

/** `before` is the report of the month before, or null where that has nothing. */
function Figures({ report, before }) {
  const { spread } = report;
  const was = (name) => before?.[name] ?? null;
  return html`
    <${Card} title="发稿">
      <dl class="figures">
        <${Figure} label="发稿" value=${report.output} was=${was("output")} />
        <${Figure} label="原创" value=${report.originals} was=${was("originals")} hint=${report.output ? `占 ${percentText(report.originals / report.output)}` : undefined} />
        <${Figure} label="转载" value=${report.reprints} was=${was("reprints")} />
        <${Figure} label="被采用（篇次）" value=${spread.adoptions} was=${before?.spread.adoptions ?? null} />
        <${Figure} label="被上级采用" value=${spread.by_higher_levels} was=${before?.spread.by_higher_levels ?? null} />
      </dl>
    <//>
    <div class="columns">
      <${Card} title="报了什么"><${Counted} rows=${report.topics} label="各主题的稿件数" /><//>
      <${Card} title="写到哪里"><${Counted} rows=${report.places} label="各地的稿件数" /><//>
    </div>
    <${Card} title="传播力" hint=${`${spread.stories_carried} 篇稿件被其他媒体采用`}>
      <p class="row">
        ${LEVELS.map((level) => html`<${Chip} key=${level} tone=${level === "province" ? "accent" : "plain"}>${word("level", level)}媒体采用 ${spread.by_level[level] ?? 0} 次<//>`)}
      </p>
      <${Table} caption="被采用最多的稿件" columns=${CARRIED} rows=${spread.carried} empty=${html`<${Empty} text="这个月没有稿件被采用" hint="在稿件页看看哪些编辑部可能要，主动报送。" />`} />
    <//>
    <div class="columns">
      <${Card} title="报送">
        <dl class="figures">
          ${choices("submission_state").map(({ value, label }) => html`<${Figure} key=${value} label=${label} value=${report.submissions[value] ?? 0} />`)}
        </dl>
      <//>
      <${Card} title="读者" hint="本媒体应用里的数字">
        ${report.readers
          ? html`<dl class="figures">
              <${Figure} label="曝光" value=${report.readers.exposures} was=${before?.readers?.exposures ?? null} />
              <${Figure} label="点击" value=${report.readers.clicks} was=${before?.readers?.clicks ?? null} />
              <${Figure} label="读者" value=${report.readers.readers} was=${before?.readers?.readers ?? null} />
            </dl>`
          : html`<${Empty} text="不足 20 位读者，不显示" hint="人数太少的数字可能认出个人，所以不给。" />`}
      <//>
    </div>
  `;
}

const CARRIED = [
  { key: "title", label: "被采用最多的稿件", render: (row) => html`<${StoryLink} story_id=${row.story_id} title=${row.title} />` },
  { key: "highest_level", label: "最高层级", render: (row) => word("level", row.highest_level) },
  { key: "outlets", label: "采用媒体", align: "end", render: (row) => html`<${Count} n=${row.outlets} />` },
];

function Counted({ rows, label }) {
  if (!rows.length) return html`<${Empty} text="没有数字" hint="稿件还没有这类标签。" />`;
  const shown = rows.slice(0, MOST).map((row) => ({ key: row.code, label: row.name, value: row.stories }));
  const rest = rows.slice(MOST).reduce((sum, row) => sum + row.stories, 0);
  return html`<${Bars} label=${label} rows=${rest ? [...shown, { key: "", label: `其余 ${rows.length - MOST} 个`, value: rest }] : shown} />`;
}
