// Words highlighted in a text.  Offsets of the API count characters (code points), those of scripts UTF-16 units.
import { html, useEffect, useLayoutEffect, useRef } from "./html.js";

/** Turn spans `{start, end}` counted in code points into spans counted in units of a script's string. */
export function inUnits(text, spans) {
  if (!/[\ud800-\udbff]/.test(text)) return spans;
  const units = [0];
  for (const character of text) units.push(units[units.length - 1] + character.length);
  const last = units.length - 1;
  return spans.map((span) => ({ ...span, start: units[Math.min(span.start, last)], end: units[Math.min(span.end, last)] }));
}

/** Keep spans true while somebody types: those before the change stay, those behind it move. */
export function moved(spans, before, after) {
  if (before === after) return spans;
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < most - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  const shift = after.length - before.length;
  return spans.flatMap((span) => {
    if (span.end <= head) return [span];
    if (span.start >= before.length - tail) return [{ ...span, start: span.start + shift, end: span.end + shift }];
    return [];
  });
}

/** Cut a text at the borders of spans: pieces `{text, spans}` in order. */
export function pieces(text, spans) {
  const within = spans.filter((span) => span.start < span.end && span.end <= text.length);
  const cuts = [...new Set([0, text.length, ...within.flatMap((span) => [span.start, span.end])])].sort((a, b) => a - b);
  const found = [];
  for (let at = 0; at + 1 < cuts.length; at++) {
    const [start, end] = [cuts[at], cuts[at + 1]];
    found.push({ text: text.slice(start, end), spans: within.filter((s) => s.start <= start && s.end >= end) });
  }
  return found;
}

/** A text with highlighted spans; a span's `tone` is its class, `active` makes it stand out. */
export function Marked({ text, spans }) {
  return pieces(text, spans).map((piece) => {
    if (!piece.spans.length) return piece.text;
    const top = piece.spans.find((span) => span.active) ?? piece.spans[0];
    return html`<mark class=${`${top.tone ?? ""} ${top.active ? "active" : ""}`} title=${top.title}>${piece.text}</mark>`;
  });
}

/** A field to write in, with highlighted words behind the letters.  It grows with its text. */
export function MarkedArea({ value, spans, onInput, onPaste, onKeyDown, label, placeholder, rows = 1, maxlength, areaRef, name }) {
  const own = useRef(null);
  const area = areaRef ?? own;
  useLayoutEffect(() => fit(area.current), [value]);
  useEffect(() => {
    const again = () => fit(area.current);
    window.addEventListener("resize", again);
    return () => window.removeEventListener("resize", again);
  }, []);
  return html`<div class=${`marked-area ${name}`}>
    <div class="marked-back" aria-hidden="true"><${Marked} text=${value} spans=${spans} />${"\n"}</div>
    <textarea
      ref=${area}
      name=${name}
      rows=${rows}
      aria-label=${label}
      placeholder=${placeholder}
      maxlength=${maxlength}
      value=${value}
      spellcheck=${false}
      onInput=${(event) => onInput(event.target.value)}
      onPaste=${onPaste}
      onKeyDown=${onKeyDown}
    ></textarea>
  </div>`;
}

function fit(area) {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
}

const ENTITIES = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'", nbsp: " ", mdash: "—", middot: "·", hellip: "…" };

/** The plain text of a body that may be HTML.  Markup is cut away by its form; nothing is ever parsed or run. */
export function plainText(body) {
  if (!/<[a-z!/][^>]*>|&[a-z#0-9]+;/i.test(body)) return body;
  return body
    .replace(/<(script|style|template|noscript)\b[\s\S]*?(<\/\1\s*>|$)|<!--[\s\S]*?(-->|$)/gi, "")
    .replace(/<br\s*\/?>|<\/(p|div|li|h[1-6]|tr|section|blockquote)\s*>/gi, "\n")
    .replace(/<[a-z!/][^>]*>/gi, "")
    .replace(/&(#x[0-9a-f]{1,6}|#\d{1,7}|[a-z]{2,8});/gi, (whole, name) => character(name) ?? whole)
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

function character(name) {
  if (name[0] !== "#") return ENTITIES[name.toLowerCase()];
  const code = /^#x/i.test(name) ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10);
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

/**
 * Where words stand in a text, every time; for texts that offsets do not count in.  White space does not
 * matter, as texts are broken into lines anew when they are copied.
 */
export function occurrences(text, words, rest = {}) {
  const places = [];
  let dense = "";
  for (let at = 0; at < text.length; at++) {
    if (/\s/.test(text[at])) continue;
    dense += text[at];
    places.push(at);
  }
  const wanted = words.replace(/\s/g, "");
  const found = [];
  if (!wanted) return found;
  for (let at = dense.indexOf(wanted); at >= 0 && found.length < 50; at = dense.indexOf(wanted, at + wanted.length)) {
    found.push({ ...rest, start: places[at], end: places[at + wanted.length - 1] + 1 });
  }
  return found;
}
