// Naming a story by hand.

/** The id in what was pasted: an id itself, or the address of a story's page; empty where it is neither. */
export function storyIdOf(text) {
  const found = /[?&]id=([^&#\s]+)/.exec(text)?.[1] ?? /^s[0-9a-f]{32}$/.exec(text.trim())?.[0];
  return found ? decoded(found) : "";
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
