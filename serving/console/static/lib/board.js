// Parts of a joint coverage's board: gaps, doubles, hours and reach.
import { html, useMemo, useState } from "./html.js";
import { useAreas } from "./areas.js";
import { Chart } from "./chart.js";
import { Button, Card, Chip, Count, Empty, fullTime, hashOf, OutletName, StoryLink, Table, afterText } from "./ui.js";
import { word } from "./words.js";

const LEVELS = ["province", "city", "county"];
const SHOWN = 24;
const FIRST_ROWS = 20;

export function Gaps({ coverage }) {
  const { names } = useAreas();
  const { gaps } = coverage;
  const angle = new Map(coverage.angles.map((one) => [one.id, one.name]));
  const none = !gaps.empty_angles.length && !gaps.unfiled_claims.length && !gaps.silent_places.length && !gaps.silent_outlets.length;
  return html`<${Card} title="还缺什么">
    ${none
      ? html`<${Empty} text="没有缺口" hint="每个角度有稿，认领的都交了，各地各家都报了。" />`
      : html`<dl class="gaps">
          <${Gap} label="没有稿件的角度" items=${gaps.empty_angles.map((id) => angle.get(id) ?? id)} />
          <${Gap}
            label="认领了还没交稿"
            items=${gaps.unfiled_claims.map((claim) => html`<${OutletName} id=${claim.outlet_id} />（${angle.get(claim.angle_id) ?? ""}，到 ${fullTime(claim.until)}）`)}
          />
          <${Gap} label="没有写到的地方" items=${gaps.silent_places.map((code) => names.get(code) ?? code)} />
          <${Gap} label="还没有稿件的媒体" items=${gaps.silent_outlets.map((id) => html`<${OutletName} id=${id} />`)} />
        </dl>`}
  <//>`;
}

function Gap({ label, items }) {
  if (!items.length) return null;
  return html`<dt>${label} <span class="hint">${items.length}</span></dt>
    <dd class="row">
      ${items.slice(0, SHOWN).map((one, at) => html`<${Chip} key=${at}>${one}<//>`)}
      ${items.length > SHOWN
        ? html`<details>
            <summary>另外 ${items.length - SHOWN} 个</summary>
            <span class="row">${items.slice(SHOWN).map((one, at) => html`<${Chip} key=${at}>${one}<//>`)}</span>
          </details>`
        : null}
    </dd>`;
}

export function Doubles({ coverage }) {
  const { doubles } = coverage;
  const [shown, setShown] = useState(FIRST_ROWS);
  if (!doubles.length) {
    return html`<${Card} title="撞稿"><${Empty} text="没有两家报同一内容" hint="两家以上报了同一内容时列在这里，先报的在前。" /><//>`;
  }
  return html`<${Card} title="撞稿" hint="两家以上报了同一内容，报得最多的在前；点开看先后">
    ${doubles.slice(0, shown).map((double, at) => html`<${OneDouble} key=${double.cluster_id} double=${double} open=${at === 0} />`)}
    <${More} rest=${doubles.length - shown} onMore=${() => setShown(doubles.length)} />
  <//>`;
}

function OneDouble({ double, open }) {
  return html`<details class="double" open=${open}>
    <summary>
      <strong>${double.stories[0].title}</strong>
      <span class="hint"> <${OutletName} id=${double.first_outlet_id} />${`首发，${double.outlets} 家在报`}</span>
    </summary>
    <ol>
      ${double.stories.map(
        (story, at) => html`<li key=${story.story_id}>
          <span class="figure hint">${at ? afterText(story.minutes_after_first) : "首发"}</span>
          <span><${OutletName} id=${story.outlet_id} /></span>
          <${Chip} tone=${at ? "plain" : "good"}>${at ? word("relation", story.relation) : "首发"}<//>
          <${StoryLink} story_id=${story.story_id} title=${story.title} />
        </li>`,
      )}
    </ol>
    <p><a href=${hashOf("cluster", { id: double.cluster_id })}>看怎样传开</a></p>
  </details>`;
}

function More({ rest, onMore }) {
  return rest > 0 ? html`<p class="row centred"><${Button} onClick=${onMore}>${`显示其余 ${rest} 条`}<//></p>` : null;
}

export function Hours({ coverage }) {
  const option = useMemo(() => (coverage.timeline.length ? hourOption(coverage.timeline) : null), [coverage.timeline]);
  if (!option) return html`<${Card} title="进度"><${Empty} text="还没有稿件" /><//>`;
  const columns = [
    { key: "starts_at", label: "时间", render: (row) => fullTime(row.starts_at) },
    ...LEVELS.map((level) => ({ key: level, label: word("level", level), render: (row) => row.by_level[level] ?? 0 })),
  ];
  return html`<${Card} title="进度" hint="每小时的稿件数，按层级">
    <${Chart} option=${option} height=${260} label="每小时的稿件数，按层级" rows=${{ columns, rows: coverage.timeline }} />
  <//>`;
}

function hourOption(timeline) {
  const hour = 3_600_000;
  const first = Date.parse(timeline[0].starts_at);
  const last = Date.parse(timeline[timeline.length - 1].starts_at);
  const known = new Map(timeline.map((row) => [Date.parse(row.starts_at), row]));
  const hours = Array.from({ length: (last - first) / hour + 1 }, (_, n) => first + n * hour);
  return {
    grid: { left: 40, right: 16, top: 40, bottom: 28 },
    legend: { top: 0, left: 0, icon: "roundRect" },
    tooltip: { trigger: "axis" },
    xAxis: { type: "category", data: hours.map((at) => fullTime(at).slice(5)) },
    yAxis: { type: "value", minInterval: 1 },
    series: LEVELS.map((level) => ({
      name: word("level", level),
      type: "bar",
      stack: "levels",
      barMaxWidth: 24,
      data: hours.map((at) => known.get(at)?.by_level[level] ?? 0),
    })),
  };
}

/** How far a coverage got: every outlet's for the platform, the own and the sum for an outlet. */
export function Reach({ coverage, mine }) {
  return html`${mine.outlet_id ? html`<${OwnReach} coverage=${coverage} mine=${mine} />` : null}
    <${ByOutlet} coverage=${coverage} counted=${!mine.outlet_id} />`;
}

function OwnReach({ coverage, mine }) {
  const own = coverage.reach.find((one) => one.outlet_id === mine.outlet_id) ?? { exposures: 0, clicks: 0, readers: 0 };
  const all = coverage.reach_total;
  const rows = [
    { id: "own", name: html`<${OutletName} id=${mine.outlet_id} />`, ...own },
    { id: "all", name: all ? `全部媒体合计（${all.outlets} 家）` : "全部媒体合计", ...(all ?? { exposures: null, clicks: null, readers: null }) },
  ];
  const columns = [{ key: "name", label: "范围" }, count("exposures", "曝光"), count("clicks", "点击"), count("readers", "读者")];
  const few = own.readers === null ? "本媒体读过的不足 20 位，不显示。" : "";
  return html`<${Card} title="触达" hint="这个专题的稿件在应用里的数字">
    <${Table} caption="本媒体与全部媒体的曝光、点击与读者" columns=${columns} rows=${rows} />
    <p class="hint">${few}${all ? "合计只含读者满 20 位的媒体；别家各自的数字不显示。" : "别家达到两家以上、读者都满 20 位时才显示合计；别家各自的数字不显示。"}</p>
  <//>`;
}

const count = (key, label) => ({ key, label, align: "end", render: (row) => html`<${Count} n=${row[key]} />` });

function ByOutlet({ coverage, counted }) {
  const reach = new Map((counted ? coverage.reach : []).map((one) => [one.outlet_id, one]));
  const known = new Set(coverage.by_outlet.map((one) => one.outlet_id));
  const carrying = [...reach.keys()].filter((id) => !known.has(id)).map((id) => ({ outlet_id: id, stories: 0, firsts: 0 }));
  const rows = [...coverage.by_outlet, ...carrying].map((row) => ({ ...reach.get(row.outlet_id), ...row, id: row.outlet_id }));
  rows.sort((a, b) => (b.clicks ?? -1) - (a.clicks ?? -1) || b.stories - a.stories);
  const [shown, setShown] = useState(FIRST_ROWS);
  const columns = [
    { key: "name", label: "媒体", render: (row) => html`<${OutletName} id=${row.outlet_id} />` },
    { key: "level", label: "层级", render: (row) => (row.level ? word("level", row.level) : "转发") },
    count("stories", "稿件"),
    count("firsts", "首发"),
    ...(counted ? [count("exposures", "曝光"), count("clicks", "点击"), count("readers", "读者")] : []),
  ];
  return html`<${Card} title=${counted ? "各家稿件与触达" : "各家稿件"} hint=${counted ? "触达是这些稿件在各家应用里的数字；不足 20 位读者的不显示" : "谁发了多少，谁先发"}>
    <${Table} caption=${counted ? "各家的稿件、首发、曝光、点击与读者" : "各家的稿件与首发"} columns=${columns} rows=${rows.slice(0, shown)} empty="还没有媒体发稿" />
    <${More} rest=${rows.length - shown} onMore=${() => setShown(rows.length)} />
  <//>`;
}
