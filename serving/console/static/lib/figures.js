// Times, counts and shares as people read them.
import { html } from "./html.js";

const BEIJING = "Asia/Shanghai";
const FULL = new Intl.DateTimeFormat("zh-CN", {
  timeZone: BEIJING,
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  hour12: false,
});
const SHORT = new Intl.DateTimeFormat("zh-CN", {
  timeZone: BEIJING,
  month: "long",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hour12: false,
});
const NUMBER = new Intl.NumberFormat("zh-CN");
const PERCENT = new Intl.NumberFormat("zh-CN", { style: "percent", maximumFractionDigits: 0 });

/** A time in Beijing in full, such as 2026/03/02 11:00. */
export function fullTime(at) {
  return FULL.format(new Date(at));
}

/** How long ago, or until when: 刚刚, 5 分钟前, 3 小时前, then the date. */
export function relativeTime(at, now = Date.now()) {
  const minutes = Math.round((now - new Date(at).getTime()) / 60_000);
  const far = Math.abs(minutes);
  const side = minutes >= 0 ? "前" : "后";
  if (far < 1) return "刚刚";
  if (far < 60) return `${far} 分钟${side}`;
  if (far < 24 * 60) return `${Math.round(far / 60)} 小时${side}`;
  return SHORT.format(new Date(at));
}

/** A span of minutes: 25 分钟, 3 小时 5 分, 2 天 4 小时. */
export function spanOf(minutes) {
  const whole = Math.round(Math.abs(minutes));
  if (whole < 60) return `${whole} 分钟`;
  if (whole < 24 * 60) return `${Math.floor(whole / 60)} 小时${whole % 60 ? ` ${whole % 60} 分` : ""}`;
  const hours = Math.round((whole % (24 * 60)) / 60);
  return `${Math.floor(whole / (24 * 60))} 天${hours ? ` ${hours} 小时` : ""}`;
}

/** How long after the first publisher; a copy may say an earlier time than the one that counts for it. */
export function afterText(minutes) {
  return minutes < 0 ? `自称早 ${spanOf(minutes)}` : `+${spanOf(minutes)}`;
}

export function numberText(n) {
  return n === null || n === undefined ? "—" : NUMBER.format(n);
}

export function percentText(value) {
  return value === null || value === undefined ? "—" : PERCENT.format(value);
}

export function When({ at }) {
  if (!at) return html`<span class="muted">—</span>`;
  return html`<time datetime=${at} title=${`北京时间 ${fullTime(at)}`}>${relativeTime(at)}</time>`;
}

export function Count({ n }) {
  return html`<span class="figure">${numberText(n)}</span>`;
}

/** A share of 0..1 as whole per cent. */
export function Ratio({ value }) {
  return html`<span class="figure">${percentText(value)}</span>`;
}
