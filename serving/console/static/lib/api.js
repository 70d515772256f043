// Calls to the public HTTP API by the session's cookie, and hooks that load.
import { useCallback, useEffect, useRef, useState } from "./html.js";

const SIGNED_OUT = "tianfu:signed-out";
let csrf = "";

/** An answer of the API that is not what was asked for (RFC 9457), or no answer at all (status 0). */
export class Problem extends Error {
  constructor({ status = 0, code = "unreachable", title = "", detail = "", advice = "", errors = [], facts = {} }) {
    super(detail || title || code);
    Object.assign(this, { status, code, title, detail, advice, errors, facts });
  }
}

/** Remember the session's token for calls that change something. */
export function setCsrf(token) {
  csrf = token;
}

/** Call back when the session is over; returns what undoes it. */
export function onSignedOut(listener) {
  window.addEventListener(SIGNED_OUT, listener);
  return () => window.removeEventListener(SIGNED_OUT, listener);
}

/** Read.  Parameters that are undefined, null or empty are left out; lists are repeated. */
export function get(path, params = {}, options = {}) {
  return call("GET", path + queryString(params), undefined, options);
}

/** Change something: `method` is POST, PUT, PATCH or DELETE. */
export function send(method, path, body, options = {}) {
  return call(method, path, body, options);
}

export function queryString(params) {
  const pairs = [];
  for (const [name, value] of Object.entries(params)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== "") {
        pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(one)}`);
      }
    }
  }
  return pairs.length ? `?${pairs.join("&")}` : "";
}

async function call(method, path, body, { headers = {}, signal } = {}) {
  const sent = { Accept: "application/json", ...headers };
  if (body !== undefined) sent["Content-Type"] = "application/json";
  if (method !== "GET") sent["X-Tianfu-CSRF"] = csrf;
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: sent,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      signal,
    });
  } catch (failure) {
    if (failure.name === "AbortError") throw failure;
    throw new Problem({});
  }
  if (answer.status === 204) return null;
  const kind = answer.headers.get("Content-Type") ?? "";
  const content = kind.includes("json") ? await answer.json() : await answer.text();
  if (answer.ok) return content;
  const problem = new Problem(typeof content === "object" ? content : { status: answer.status, code: "unreadable" });
  if (problem.status === 401 && path !== "/v1/session") window.dispatchEvent(new Event(SIGNED_OUT));
  throw problem;
}

/**
 * Load something and load it anew when `deps` change; an older answer never overwrites a newer one.
 * `fn` gets an AbortSignal.  While it loads anew, `data` is still what it was.
 */
export function useData(fn, deps) {
  const [state, setState] = useState({ data: null, problem: null, loading: true });
  const [turn, setTurn] = useState(0);
  const latest = useRef(0);
  useEffect(() => {
    const mine = ++latest.current;
    const stop = new AbortController();
    const settle = (change) => mine === latest.current && setState((was) => ({ ...was, ...change, loading: false }));
    setState((was) => ({ ...was, loading: true }));
    Promise.resolve()
      .then(() => fn(stop.signal))
      .then(
        (data) => settle({ data, problem: null }),
        (problem) => problem.name !== "AbortError" && settle({ problem: asProblem(problem) }),
      );
    return () => {
      latest.current++;
      stop.abort();
    };
  }, [...deps, turn]);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  return { ...state, reload };
}

function asProblem(error) {
  if (!(error instanceof Problem)) console.error(error);
  return error instanceof Problem ? error : new Problem({ code: "page_broke" });
}

let outletsOnce = null;

/** Every outlet by id, asked for once. */
export function outlets() {
  outletsOnce ??= get("/v1/outlets").then(
    ({ items }) => new Map(items.map((outlet) => [outlet.id, outlet])),
    (problem) => {
      outletsOnce = null;
      throw problem;
    },
  );
  return outletsOnce;
}

/** Every outlet by id; an empty map while it loads. */
export function useOutlets() {
  const { data } = useData(outlets, []);
  return data ?? new Map();
}
