// 稿库: stories of all outlets, newest first.
import { html } from "../lib/html.js";
import { get, useData } from "../lib/api.js";
import { Card, Loading, OutletName, ProblemNote, StoryLink, Table, When } from "../lib/ui.js";

export const title = "稿库";
export const roles = ["editor", "operator", "scientist", "admin"];

export default function Page() {
  const { data, problem, loading, reload } = useData((signal) => get("/v1/stories", {}, { signal }), []);
  if (problem) return html`<${ProblemNote} problem=${problem} retry=${reload} />`;
  if (loading && !data) return html`<${Loading} />`;
  const columns = [
    { key: "title", label: "标题", render: (row) => html`<${StoryLink} ...${row} />` },
    { key: "outlet", label: "媒体", render: (row) => html`<${OutletName} id=${row.outlet_id} />` },
    { key: "when", label: "发布", render: (row) => html`<${When} at=${row.published_at} />` },
  ];
  return html`<${Card} title="最新稿件">
    <${Table} columns=${columns} rows=${data.items} empty="还没有稿件" caption="最新稿件" />
  <//>`;
}
