// Naming a story by hand.

/** The id in what was pasted: an id itself, or the address of a story's page. */
export function storyIdOf(text) {
  const found = /[?&]id=([^&#]+)/.exec(text);
  return found ? decodeURIComponent(found[1]) : text.trim();
}
