// Charts: ECharts comes only when the first chart is drawn.
import { html, useEffect, useRef, useState } from "./html.js";
import { Loading } from "./ui.js";

const load = () => import("../vendor/echarts-6.1.0.esm.min.js");
const LEGEND = { icon: 30, letter: 12, gap: 10, line: 24 };

/**
 * A chart from an ECharts option.  `label` says in one sentence what it shows; `rows` (`{columns, rows}`
 * as of Table) are offered as a table beside it.  `onPick(params)` is called when a mark is clicked.
 */
export function Chart({ option, height = 320, label, rows, onPick }) {
  const box = useRef(null);
  const chart = useRef(null);
  const [failed, setFailed] = useState(false);
  const [drawn, setDrawn] = useState(false);
  const [width, setWidth] = useState(0);
  const below = legendBelow(option, width);
  useEffect(() => {
    let gone = false;
    const watch = new ResizeObserver(() => {
      chart.current?.resize();
      setWidth(box.current.clientWidth);
    });
    load().then(
      (echarts) => {
        if (gone) return;
        chart.current = echarts.init(box.current, null, { renderer: "canvas" });
        watch.observe(box.current);
        setDrawn(true);
      },
      () => setFailed(true),
    );
    return () => {
      gone = true;
      watch.disconnect();
      chart.current?.dispose();
      chart.current = null;
    };
  }, []);
  useEffect(() => {
    chart.current?.setOption(dressed(lowered(option, below)), { notMerge: true });
  }, [option, drawn, below]);
  useEffect(() => {
    if (!onPick || !chart.current) return undefined;
    const on = chart.current;
    on.on("click", onPick);
    return () => on.isDisposed() || on.off("click", onPick);
  }, [onPick, drawn]);
  return html`<figure class="chart">
    <div ref=${box} role="img" aria-label=${label} style=${{ height: `${height + below}px` }}></div>
    ${failed ? html`<p class="problem">图表没有载入，请刷新页面。</p>` : !drawn ? html`<${Loading} text="正在画图……" />` : null}
    ${rows ? html`<${Rows} ...${rows} label=${label} />` : null}
  </figure>`;
}

function Rows({ columns, rows, label }) {
  return html`<details class="chart-rows">
    <summary>以表格查看</summary>
    <div class="table-frame" tabindex="0" role="region" aria-label=${label}>
      <table>
        <thead>
          <tr>
            ${columns.map((c) => html`<th scope="col" key=${c.key}>${c.label}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row, place) => html`<tr key=${place}>
              ${columns.map((c) => html`<td key=${c.key}>${c.render ? c.render(row) : row[c.key]}</td>`)}
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}

/** How many pixels the legend's lines after the first take, by the length of the names. */
function legendBelow(option, width) {
  if (!option.legend || !width) return 0;
  let lines = 1;
  let filled = 0;
  for (const { name } of option.series) {
    const item = LEGEND.icon + name.length * LEGEND.letter + LEGEND.gap;
    if (filled && filled + item > width) {
      lines += 1;
      filled = 0;
    }
    filled += item;
  }
  return (lines - 1) * LEGEND.line;
}

/** The option with its grid that much lower. */
function lowered(option, below) {
  return below ? { ...option, grid: { ...option.grid, top: option.grid.top + below } } : option;
}

/** The house's colours and type; tooltips are drawn on the canvas, so that no text becomes HTML. */
function dressed(option) {
  const style = getComputedStyle(document.documentElement);
  const pick = (name) => style.getPropertyValue(name).trim();
  const series = ["--accent", "--series-2", "--series-3", "--series-4", "--series-5", "--series-6"].map(pick);
  return {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    color: series,
    backgroundColor: "transparent",
    ...option,
    ...coloured(option, pick("--ink-2"), pick("--line"), pick("--line-strong")),
    textStyle: { color: pick("--ink"), fontFamily: style.fontFamily, ...option.textStyle },
    tooltip: option.tooltip === undefined ? undefined : { ...option.tooltip, renderMode: "richText" },
  };
}

/** Legends and axes in the house's colours, which the chart would otherwise draw for a white page. */
function coloured(option, ink, line, strong) {
  const axis = (one) => ({
    ...one,
    axisLabel: { color: ink, ...one.axisLabel },
    axisLine: { ...one.axisLine, lineStyle: { color: strong, ...one.axisLine?.lineStyle } },
    axisTick: { ...one.axisTick, lineStyle: { color: strong, ...one.axisTick?.lineStyle } },
    splitLine: { ...one.splitLine, lineStyle: { color: line, ...one.splitLine?.lineStyle } },
  });
  const axes = (found) => (Array.isArray(found) ? found.map(axis) : axis(found));
  return {
    ...(option.legend ? { legend: { ...option.legend, textStyle: { color: ink, ...option.legend.textStyle } } } : {}),
    ...(option.xAxis ? { xAxis: axes(option.xAxis) } : {}),
    ...(option.yAxis ? { yAxis: axes(option.yAxis) } : {}),
  };
}
