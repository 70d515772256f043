// A draft while it is written: what the models say of it, and what its editor decided.
import { useEffect, useMemo, useRef, useState } from "./html.js";
import { get, Problem, send } from "./api.js";
import { inUnits, moved } from "./marked.js";
import { tagKey } from "./tagboard.js";

const KEPT = "tianfu:draft";
const GROUPS = {
  topics: "topic",
  fine_topics: "fine_topic",
  places: "place",
  keywords: "keyword",
  people: "person",
  organisations: "organisation",
};

/** A draft kept in this tab alone, until it is stored or thrown away. */
export function useDraft() {
  const [draft, setDraft] = useState(() => JSON.parse(sessionStorage.getItem(KEPT) ?? "null") ?? { title: "", body: "" });
  useEffect(() => sessionStorage.setItem(KEPT, JSON.stringify(draft)), [draft]);
  return [draft, setDraft];
}

/**
 * Ask anew some time after the last change of `input`; earlier questions are given up.
 * `answer` is null before the first and `of` is the input that it belongs to.
 */
export function useDebounced(ask, input, wait_ms) {
  const [state, setState] = useState({ answer: null, of: null, problem: null, busy: false });
  const latest = useRef(0);
  useEffect(() => {
    const mine = ++latest.current;
    if (input === null) {
      setState({ answer: null, of: null, problem: null, busy: false });
      return undefined;
    }
    const stop = new AbortController();
    setState((was) => ({ ...was, busy: true }));
    const timer = setTimeout(() => {
      ask(input, stop.signal).then(
        (answer) => mine === latest.current && setState({ answer, of: input, problem: null, busy: false }),
        (problem) => {
          if (mine !== latest.current || problem.name === "AbortError") return;
          setState((was) => ({ ...was, busy: false, problem: problem instanceof Problem ? problem : new Problem({ code: "page_broke" }) }));
        },
      );
    }, wait_ms);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [input]);
  return state;
}

/** One list of tags out of an answer of `tags/suggest`, with offsets in units of the text it was asked for. */
export function tagsOf(answer, of) {
  if (!answer) return [];
  return Object.entries(GROUPS).flatMap(([group, kind]) =>
    answer[group].map((tag) => ({
      ...tag,
      kind,
      state: "suggested",
      evidence: tag.evidence.map((span) => inUnits(of[span.field], [span])[0]),
    })),
  );
}

/** Suggestions with the editor's decisions laid over them; own tags come last in their kind. */
export function decided(suggested, decisions) {
  const states = { accept: "accepted", add: "accepted", reject: "rejected" };
  const known = new Set(suggested.map(tagKey));
  const own = [...decisions.values()].filter((one) => !known.has(tagKey(one)) && one.verb !== "reject");
  return [
    ...suggested.map((tag) => {
      const decision = decisions.get(tagKey(tag));
      return decision ? { ...tag, state: states[decision.verb] } : tag;
    }),
    ...own.map((one) => ({ ...one, state: "accepted", confidence: 1, evidence: [], assigned_by: one.verb === "add" ? "editor" : "model" })),
  ];
}

/** Spans to highlight in one field of the text as it stands now. */
export function useSpans(tags, field, of, text, pointed) {
  return useMemo(() => {
    const spans = tags
      .filter((tag) => tag.state !== "rejected")
      .flatMap((tag) =>
        tag.evidence
          .filter((span) => span.field === field)
          .map((span) => ({ start: span.start, end: span.end, tone: tag.kind, active: tagKey(tag) === pointed, title: tag.label })),
      );
    return moved(spans, of?.[field] ?? "", text);
  }, [tags, field, of, text, pointed]);
}

/** Store a draft as a story and its editor's decisions as labels; returns the story's id. */
export async function store(draft, fields, decisions) {
  const story = { ...fields, title: draft.title, body: draft.body, published_at: new Date().toISOString() };
  const receipt = await send("POST", "/v1/stories", story, { headers: { Prefer: "wait=20" } });
  const id = receipt.results[0].story_id;
  if (decisions.size) {
    const stands = new Set((await get(`/v1/stories/${id}`)).tags.map(tagKey));
    const given = [...decisions.values()].flatMap((one) => asDecision(one, stands));
    if (given.length) await send("PUT", `/v1/stories/${id}/tags`, { decisions: given });
  }
  return id;
}

function asDecision({ verb, kind, code, label, primary }, stands) {
  const known = stands.has(`${kind}:${code}`);
  if (verb === "reject") return known ? [{ verb, kind, code }] : [];
  if (known) return [{ verb: "accept", kind, code, primary: Boolean(primary) }];
  return [{ verb: "add", kind, code, label, primary: Boolean(primary) }];
}
