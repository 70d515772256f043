// Orders about feeds in words, and giving, moving and withdrawing them.
import { html } from "./html.js";
import { send } from "./api.js";
import { Chip, toast } from "./ui.js";
import { word } from "./words.js";
import { actionWord } from "./feed.js";

const HOUR = 3_600_000;
export const LASTING = [
  { value: "2", label: "2 小时" },
  { value: "6", label: "6 小时" },
  { value: "12", label: "12 小时" },
  { value: "24", label: "1 天" },
  { value: "72", label: "3 天" },
];
const TONES = { pin: "accent", insert: "accent", boost: "good", suppress: "warn", block: "bad", must_carry: "bad", emergency: "bad" };

export function ActionChip({ action }) {
  return html`<${Chip} tone=${TONES[action]}>${actionWord(action)}<//>`;
}

/** So many hours from now, as the API wants it. */
export const inHours = (hours) => new Date(Date.now() + Number(hours) * HOUR).toISOString();

/** Whether an order waits, is in force, ran out or was withdrawn. */
export function stateOf(order, now = Date.now()) {
  if (order.withdrawn_at) return { label: "已撤回", tone: "plain" };
  if (now >= Date.parse(order.ends_at)) return { label: "已结束", tone: "plain" };
  return now < Date.parse(order.starts_at) ? { label: "未开始", tone: "warn" } : { label: "生效中", tone: "good" };
}

/** Whether an order's time has come. */
export const hasBegun = (order, now = Date.now()) => Date.parse(order.starts_at) <= now;

/** Whether an order is about a scene that has no channels. */
export const touches = (order, scene) => !order.channels.length && (!order.scenes.length || order.scenes.includes(scene));

/** Whether an order ever reaches an outlet, as the service decides it. */
export function concerns(order, outlet) {
  if (!outlet) return false;
  const area = order.adcode?.length > 6 ? order.adcode : order.adcode?.replace(/0000$|00$/, "");
  return (
    (!order.outlet_ids.length || order.outlet_ids.includes(outlet.id)) &&
    (!order.levels.length || order.levels.includes(outlet.level)) &&
    (!area || outlet.adcode.startsWith(area))
  );
}

/** Whom an order reaches, in one line. */
export function reachText(order, outlets, areas) {
  const parts = [];
  if (order.outlet_ids.length) {
    const names = order.outlet_ids.slice(0, 2).map((id) => outlets.get(id)?.name ?? id);
    parts.push(names.join("、") + (order.outlet_ids.length > 2 ? ` 等 ${order.outlet_ids.length} 家` : ""));
  }
  if (order.levels.length) parts.push(order.levels.map((level) => word("level", level)).join("、"));
  if (order.adcode) parts.push(areas.get(order.adcode) ?? `行政区 ${order.adcode}`);
  if (!parts.length) parts.push("全部媒体");
  if (order.scenes.length) parts.push(order.scenes.map((scene) => word("scene", scene)).join("、"));
  if (order.channels.length) parts.push(`频道：${order.channels.join("、")}`);
  return parts.join(" · ");
}

/** What an order does, in words: 置顶到第 3 位. */
export function doesText(order) {
  const where = order.position === null ? "" : `到第 ${order.position + 1} 位`;
  const strength = ["boost", "suppress"].includes(order.action) && order.strength !== 1 ? `（强度 ${order.strength}）` : "";
  return `${actionWord(order.action)}${where}${strength}`;
}

/** Give an order; says what came of it, and whom it meets.  Returns the order, or null after a problem. */
export async function giveOrder(fields) {
  return said(async () => {
    const given = await send("POST", "/v1/placements", fields);
    const met = given.meets.length ? `；与 ${given.meets.length} 条已有安排相遇，按规则决定先后` : "";
    toast(`已下达：${doesText(given)}${met}`, given.meets.length ? "plain" : "good");
    return given;
  }, "没有下达");
}

export async function moveOrder(id, position) {
  return said(async () => {
    const changed = await send("PATCH", `/v1/placements/${encodeURIComponent(id)}`, { position });
    toast(`已移到第 ${position + 1} 位`);
    return changed;
  }, "没有移动");
}

/** Give an order in another's stead, as wide and as long; the old one stands until the new one does. */
export async function replaceOrder(order, change) {
  return said(async () => {
    const { story_id, outlet_ids, levels, adcode, scenes, priority, note, ends_at } = order;
    const kept = { story_id, outlet_ids, levels, adcode, scenes, priority, note, ends_at };
    const given = await send("POST", "/v1/placements", { ...kept, ...change });
    const gone = await said(() => send("DELETE", `/v1/placements/${encodeURIComponent(order.id)}`).then(() => true), "新安排已生效，旧安排没有撤回");
    if (gone) toast(`已改为：${doesText(given)}`);
    return given;
  }, "没有改动");
}

export async function withdrawOrder(id) {
  return said(async () => {
    await send("DELETE", `/v1/placements/${encodeURIComponent(id)}`);
    toast("已撤回，立即生效");
    return true;
  }, "没有撤回");
}

async function said(act, failed) {
  try {
    return await act();
  } catch (problem) {
    toast(refusal(problem, failed), "bad");
    return null;
  }
}

function refusal(problem, failed) {
  return (
    {
      forbidden: `${failed}：这超出了当前密钥的权限。省级平台的安排只能由省级平台更改。`,
      too_many_must_carry: `${failed}：同一场景最多 5 条必推，请先结束一条。`,
      not_found: `${failed}：稿件或安排已经不在。`,
      unreachable: `${failed}：连不上服务，请检查网络后再试。`,
    }[problem.code] ?? `${failed}：内容不符合要求，请检查后再试。`
  );
}
