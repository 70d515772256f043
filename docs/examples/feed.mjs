// A page of a county app's feed, and the events that make the next one better.
// Run it against the demo newsroom: TIANFU_KEY=<app key> node docs/examples/feed.mjs
const address = process.env.TIANFU_URL ?? "http://127.0.0.1:8000";
const headers = {
  Authorization: `Bearer ${process.env.TIANFU_KEY}`,
  "Content-Type": "application/json",
};

async function call(path, body) {
  const answer = await fetch(address + path, { method: "POST", headers, body: JSON.stringify(body) });
  const found = await answer.json();
  if (!answer.ok) throw new Error(`${found.code}: ${found.detail} ${found.advice ?? ""}`);
  return found;
}

const reader = { device_id: "example-device-1" };
const page = await call("/v1/recommend", { ...reader, count: 5 });
for (const item of page.items) {
  const why = item.reasons.map((reason) => reason.text).join("，");
  console.log(`${item.title}（${item.outlet.name}）${why}`);
}

const first = page.items[0];
const receipt = await call("/v1/events", {
  events: [
    {
      ...reader,
      event_id: `example-${page.trace_id}-0`,
      type: "click",
      story_id: first.story_id,
      trace_id: page.trace_id,
      position: first.position,
      at: new Date().toISOString(),
    },
  ],
});
console.log(`accepted ${receipt.accepted} event`);

const next = await call("/v1/recommend", { cursor: page.cursor, count: 5 });
console.log(`next page starts with ${next.items[0].title}`);
