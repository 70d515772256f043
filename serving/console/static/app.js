// The frame of the console: who is signed in, where one is, and the pages.
import { html, render, useEffect, useErrorBoundary, useRef, useState } from "./lib/html.js";
import { get, onSignedOut, queryString, send, setCsrf, useData } from "./lib/api.js";
import { keepFocus } from "./lib/focus.js";
import { Button, Empty, Loading, ProblemNote, Toasts } from "./lib/ui.js";
import { GROUPS, PAGES, pageOf } from "./lib/places.js";
import { word } from "./lib/words.js";
import { SignIn } from "./lib/signin.js";

function App() {
  const { data: session, problem, loading, reload } = useData(openSession, []);
  const [over, setOver] = useState(false);
  useEffect(() => onSignedOut(() => setOver(true)), []);
  if (over || problem?.status === 401) {
    return html`<${SignIn} again=${over} onDone=${() => location.reload()} />`;
  }
  if (problem) return html`<main class="alone"><${ProblemNote} problem=${problem} retry=${reload} /></main>`;
  if (loading || !session) return html`<p class="starting">正在打开天府荐闻……</p>`;
  return html`<${Frame} session=${session} />`;
}

async function openSession() {
  const session = await get("/v1/session");
  setCsrf(session.csrf);
  return session;
}

function Frame({ session }) {
  const { name, query } = usePlace(session);
  const [open, setOpen] = useState(false);
  useEffect(() => setOpen(false), [name]);
  return html`<div class="frame">
    <a class="skip" href="#page" onClick=${skipToPage}>跳到正文</a>
    <header class="top">
      <button
        type="button"
        class="button quiet menu-button"
        aria-expanded=${String(open)}
        aria-controls="nav"
        onClick=${() => setOpen(!open)}
      >
        菜单
      </button>
      <a class="brand" href="#/">天府荐闻</a>
      <p class="who">
        <span class="who-outlet">${session.outlet_name ?? "省级平台"}</span>
        <span class="who-role">${word("role", session.role)}</span>
      </p>
      <${Button} tone="quiet" onClick=${signOut}>退出<//>
    </header>
    <${Navigation} session=${session} here=${name} open=${open} />
    <main id="page" class="page" tabindex="-1">
      <${PageOf} key=${name} name=${name} query=${query} session=${session} />
    </main>
    <${Toasts} />
  </div>`;
}

function Navigation({ session, here, open }) {
  const within = pageOf(here)?.within;
  const mine = PAGES.filter((page) => !page.linked && mayOpen(page.roles, session));
  return html`<nav id="nav" class=${`nav ${open ? "open" : ""}`} aria-label="主导航">
    ${GROUPS.map((group) => [group, mine.filter((page) => page.group === group)])
      .filter(([, pages]) => pages.length)
      .map(
        ([group, pages]) => html`<div class="nav-group" key=${group}>
          <h2>${group}</h2>
          <ul>
            ${pages.map(
              (page) => html`<li key=${page.name}>
                <a href=${`#/${page.name}`} aria-current=${page.name === here ? "page" : page.name === within ? "true" : undefined}>${page.title}</a>
              </li>`,
            )}
          </ul>
        </div>`,
      )}
  </nav>`;
}

// The first page leaves the focus at the start of the document; later ones put it on their heading.
let arrived = false;

function PageOf({ name, query, session }) {
  const entry = pageOf(name);
  const { data: module, problem, reload } = useData(() => entry?.module() ?? null, [name]);
  const [broken, mend] = useErrorBoundary((error) => console.error(error));
  const heading = useRef(null);
  const title = entry?.title ?? "找不到";
  useEffect(() => {
    document.title = `${title} · 天府荐闻`;
    if (module && arrived) heading.current?.focus();
    if (module) arrived = true;
  }, [module, title]);
  if (!entry) return html`<h1>${title}</h1>
    <${Empty} text="没有这个页面" hint="请从导航重新进入。" />`;
  const allowed = !module || mayOpen(module.roles, session);
  return html`<h1 ref=${heading} tabindex="-1">${title}</h1>
    ${broken
      ? html`<${ProblemNote} problem=${{ code: "page_broke", detail: "" }} retry=${mend} />`
      : problem
        ? html`<${ProblemNote} problem=${problem} retry=${reload} />`
        : !module
          ? html`<${Loading} />`
          : allowed
            ? html`<${module.default} session=${session} query=${query} go=${go} />`
            : html`<${Empty} text="当前角色不能打开这个页面" hint="需要时请向省级平台申请相应的密钥。" />`}`;
}

/** Go to a page of the console. */
export function go(name, params = {}) {
  location.hash = `#/${name}${queryString(params)}`;
}

function usePlace(session) {
  const [place, setPlace] = useState(() => placeOf(location.hash, session));
  useEffect(() => {
    const moved = () => location.hash !== "#page" && setPlace(placeOf(location.hash, session));
    window.addEventListener("hashchange", moved);
    return () => window.removeEventListener("hashchange", moved);
  }, []);
  return place;
}

function placeOf(hash, session) {
  const [path, search = ""] = hash.replace(/^#\/?/, "").split("?");
  const home = PAGES.find((page) => !page.linked && mayOpen(page.roles, session)).name;
  return { name: path || home, query: Object.fromEntries(new URLSearchParams(search)) };
}

function mayOpen(roles, session) {
  return !roles || roles.includes(session.role) || session.role === "admin";
}

function skipToPage(event) {
  event.preventDefault();
  document.getElementById("page").focus();
}

async function signOut() {
  await send("DELETE", "/v1/session").catch(() => null);
  location.hash = "";
  location.reload();
}

const app = emptied(document.getElementById("app"));
keepFocus(app);
render(html`<${App} />`, app);

function emptied(element) {
  element.replaceChildren();
  return element;
}
