// Where the focus goes when what holds it leaves the page: a row taken out of a list, a button that turned into a word.

const CHOSEN = "a[href], button, input, select, textarea, summary, [tabindex='0']";
const BOUNDS = "dialog, main";

/**
 * From now on hand the focus on, instead of losing it, whenever an element under `root` goes while it holds it: to
 * what came in its place, else to what follows, else to what stood before, and at the furthest to the page itself.
 */
export function keepFocus(root) {
  let path = []; // what holds the focus and all that is around it, innermost first
  root.addEventListener("focusin", ({ target }) => (path = withAllAround(target)));
  // Leaving by a click on nothing is meant; an element that went only says so too.
  root.addEventListener("focusout", ({ target }) => queueMicrotask(() => target.isConnected && path[0] === target && (path = [])));
  const watch = new MutationObserver((changes) => {
    if (!path.length || path[0].isConnected || document.activeElement !== document.body) return;
    const at = path.findIndex((one) => one.isConnected);
    const bound = path.slice(Math.max(at, 0)).find((one) => one.matches(BOUNDS));
    if (at > 0 && bound) (successor(path[at - 1], path[at], bound, changes) ?? bound).focus();
  });
  watch.observe(root, { childList: true, subtree: true });
}

function withAllAround(element) {
  const path = [];
  for (let one = element; one; one = one.parentElement) path.push(one);
  return path;
}

function successor(gone, around, bound, changes) {
  const here = changes.filter((change) => change.target === around);
  const added = here.flatMap((change) => [...change.addedNodes]).filter((node) => node.isConnected);
  const replaced = added.flatMap((node) => controlsIn(node))[0];
  if (replaced) return replaced;
  const next = here.find((change) => [...change.removedNodes].includes(gone))?.nextSibling;
  let mark = next?.isConnected ? next : null;
  for (let one = around; ; one = one.parentElement) {
    const controls = controlsIn(one);
    const after = mark && controls.find((control) => mark.contains(control) || follows(control, mark));
    if (controls.length) return after || controls[controls.length - 1];
    if (one === bound) return null;
    mark = one;
  }
}

function controlsIn(node) {
  if (!(node instanceof Element)) return [];
  const inside = [...node.querySelectorAll(CHOSEN)];
  return (node.matches(CHOSEN) ? [node, ...inside] : inside).filter((one) => !one.disabled && one.checkVisibility());
}

const follows = (one, other) => Boolean(other.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING);
