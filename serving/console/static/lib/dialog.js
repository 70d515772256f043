// A dialog that keeps the focus, and short notes in the head of the page.
import { html, useEffect, useRef, useState } from "./html.js";

/** A modal window: the browser keeps the focus inside, Esc closes it and focus returns. */
export function Dialog({ title, onClose, children }) {
  const box = useRef(null);
  useEffect(() => {
    const dialog = box.current;
    dialog.showModal();
    return () => dialog.close(); // while it is open nothing outside of it takes the focus
  }, []);
  const cancel = (event) => {
    event.preventDefault();
    onClose();
  };
  return html`<dialog ref=${box} class="dialog" aria-label=${title} onCancel=${cancel}>
    <header class="dialog-head">
      <h2>${title}</h2>
      <button type="button" class="button quiet" onClick=${onClose} aria-label="关闭">关闭</button>
    </header>
    <div class="dialog-body">${children}</div>
  </dialog>`;
}

const SHOWN_MS = 6_000;
const listeners = new Set();
let lastNote = 0;

/** Show a short note for some seconds; tone is "good", "bad" or "plain". */
export function toast(text, tone = "good") {
  const note = { id: ++lastNote, text, tone };
  for (const listener of listeners) listener(note);
}

/**
 * Where the latest note appears: over the head of the page, which holds nothing one works with, so that no
 * button is ever covered.  The frame of the console holds one.
 */
export function Toasts() {
  const [note, setNote] = useState(null);
  useEffect(() => {
    const show = (given) => {
      setNote(given);
      setTimeout(() => setNote((now) => (now?.id === given.id ? null : now)), SHOWN_MS);
    };
    listeners.add(show);
    return () => listeners.delete(show);
  }, []);
  return html`<div class="toasts" role="status" aria-live="polite">
    ${note && html`<p key=${note.id} class=${`toast ${note.tone}`}>${note.text}</p>`}
  </div>`;
}
