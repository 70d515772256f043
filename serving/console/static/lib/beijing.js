// Times of form fields, which people in Sichuan mean as Beijing's.
const OFFSET_MS = 8 * 3_600_000;

/** What a `datetime-local` field shows for a moment. */
export function toField(moment) {
  return new Date(new Date(moment).getTime() + OFFSET_MS).toISOString().slice(0, 16);
}

/** What a field shows for an hour of the day in Beijing, `days` after a moment's day. */
export function dayField(moment, days = 0, hour = 0) {
  const day = toField(new Date(moment).getTime() + days * 24 * 3_600_000).slice(0, 10);
  return `${day}T${String(hour).padStart(2, "0")}:00`;
}

/** The moment that a `datetime-local` field means, RFC 3339; null for an empty field. */
export function fromField(text) {
  return text ? `${text}:00+08:00` : null;
}

/** The month in Beijing, such as 2026-03, `back` months before this one. */
export function monthOf(moment, back = 0) {
  const [year, month] = toField(moment).split("-").map(Number);
  const at = year * 12 + month - 1 - back;
  return `${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, "0")}`;
}

/** The month before, such as 2025-12 for 2026-01. */
export function monthBefore(month) {
  return monthOf(`${month}-15T00:00:00+08:00`, 1);
}
