// The pages of the console.  Navigation, headings, the window's title and links all take their names from here.
import { html } from "./html.js";
import { hashOf } from "./pickers.js";

export const GROUPS = ["稿件", "传播", "首屏", "运行"];

// One line a page.  `linked` ones are reached by links only and belong to the page `within`; `roles` are who sees
// a page in the navigation, everybody when left out; the module's own `roles` decide whether it opens.
export const PAGES = [
  { name: "write", title: "写稿助手", group: "稿件", module: () => import("../pages/write.js"), roles: ["editor", "operator", "admin"] },
  { name: "library", title: "稿库", group: "稿件", module: () => import("../pages/library.js") },
  { name: "story", title: "稿件", group: "稿件", module: () => import("../pages/story.js"), linked: true, within: "library" },
  { name: "spread", title: "传播热点", group: "传播", module: () => import("../pages/spread.js") },
  { name: "map", title: "传播地图", group: "传播", module: () => import("../pages/map.js") },
  { name: "cluster", title: "一稿传播", group: "传播", module: () => import("../pages/cluster.js"), linked: true, within: "spread" },
  { name: "flow", title: "选题与报送", group: "传播", module: () => import("../pages/flow.js"), roles: ["editor", "operator", "admin"] },
  { name: "coverages", title: "专题", group: "传播", module: () => import("../pages/coverages.js") },
  { name: "coverage", title: "专题看板", group: "传播", module: () => import("../pages/coverage.js"), linked: true, within: "coverages" },
  { name: "report", title: "月报", group: "传播", module: () => import("../pages/report.js") },
  { name: "front", title: "首屏与干预", group: "首屏", module: () => import("../pages/front.js"), roles: ["editor", "operator"] },
  { name: "orders", title: "人工安排", group: "首屏", module: () => import("../pages/orders.js"), roles: ["editor", "operator"] },
  { name: "preview", title: "推荐预览", group: "首屏", module: () => import("../pages/preview.js") },
  { name: "decision", title: "推荐回放", group: "首屏", module: () => import("../pages/decision.js"), linked: true, within: "preview" },
  { name: "ops", title: "运行状态", group: "运行", module: () => import("../pages/ops.js"), roles: ["operator", "scientist"] },
];

/** The page of a name, or nothing. */
export function pageOf(name) {
  return PAGES.find((page) => page.name === name);
}

/** Leads to a page; without children it says the page's name. */
export function PageLink({ name, params, children }) {
  return html`<a href=${hashOf(name, params)}>${children ?? pageOf(name).title}</a>`;
}
