// 写稿助手: write or paste a story; tags, who has it already and the desks above follow the text.
import { html, useMemo, useRef, useState } from "../lib/html.js";
import { send } from "../lib/api.js";
import { decided, store, tagsOf, useDebounced, useDraft, useSpans } from "../lib/draft.js";
import { DeskList } from "../lib/desks.js";
import { MarkedArea } from "../lib/marked.js";
import { Matches } from "../lib/sidebyside.js";
import { focusFirstTag, TagBoard, tagKey } from "../lib/tagboard.js";
import { Button, Dialog, Empty, Field, OutletPicker, ProblemNote, Tabs, toast } from "../lib/ui.js";

export const roles = ["editor", "operator", "admin"];

export default function Page({ session, go }) {
  const [draft, setDraft] = useDraft();
  const [outletId, setOutletId] = useState(session.outlet_id ?? "");
  const [decisions, setDecisions] = useState(new Map());
  const [pointed, setPointed] = useState(null);
  const [storing, setStoring] = useState(false);
  const [side, setSide] = useState("tags");
  const body = useRef(null);
  const board = useRef(null);

  const written = useMemo(() => (draft.title.trim() ? draft : null), [draft]);
  const asked = useMemo(() => written && outletId && { ...written, outlet_id: outletId }, [written, outletId]);
  const tags = useDebounced(suggest, written, 350);
  const copies = useDebounced(check, written, 700);
  const desks = useDebounced(offer, asked || null, 1000);
  const suggested = useMemo(() => tagsOf(tags.answer, tags.of), [tags.answer]);
  const shown = useMemo(() => decided(suggested, decisions), [suggested, decisions]);
  const titleSpans = useSpans(shown, "title", tags.of, draft.title, pointed);
  const bodySpans = useSpans(shown, "body", tags.of, draft.body, pointed);

  const decide = (tag, verb) => {
    const next = new Map(decisions);
    if (verb === "undo") next.delete(tagKey(tag));
    else next.set(tagKey(tag), { verb, kind: tag.kind, code: tag.code, label: tag.label, primary: tag.primary && verb === "accept" });
    setDecisions(next);
  };
  const add = (tag) => setDecisions(new Map(decisions).set(tagKey(tag), { ...tag, verb: "add" }));
  const toTags = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      setSide("tags");
      setTimeout(() => board.current && focusFirstTag(board.current));
    }
  };
  const clear = () => {
    setDraft({ title: "", body: "" });
    setDecisions(new Map());
    body.current?.closest(".write-text").querySelector("textarea").focus();
  };
  const done = (id) => {
    setDraft({ title: "", body: "" });
    setDecisions(new Map());
    toast(decisions.size ? "已入库，标签决定一并保存，以后打标签会更准。" : "已入库，标签可以在这里再定。");
    go("story", { id });
  };
  return html`<div class="columns wide-first write">
    <section class="card write-text" aria-label="稿件" onKeyDown=${toTags}>
      <${MarkedArea}
        name="title"
        label="标题"
        placeholder="标题"
        maxlength="200"
        value=${draft.title}
        spans=${titleSpans}
        onInput=${(text) => setDraft({ ...draft, title: text.replace(/\n/g, " ") })}
        onPaste=${(event) => pasteWhole(event, draft, setDraft)}
      />
      <${MarkedArea}
        name="body"
        label="正文"
        rows="12"
        maxlength="100000"
        areaRef=${body}
        placeholder="把稿件粘贴到这里，或直接写。标签、谁已经发过、可能采用的上级编辑部会随文字给出。"
        value=${draft.body}
        spans=${bodySpans}
        onInput=${(text) => setDraft({ ...draft, body: text })}
        onPaste=${(event) => pasteWhole(event, draft, setDraft)}
      />
      <footer class="write-foot">
        <p class="hint">
          ${[...draft.body].length} 字${decisions.size ? ` · 已定 ${decisions.size} 个标签` : ""}${tags.busy ? " · 正在分析……" : ""} <span class="keys"> · <kbd>Ctrl</kbd>+<kbd>Enter</kbd> 到标签栏</span>
        </p>
        <div class="row">
          <${Button} tone="quiet" onClick=${clear} disabled=${!draft.title && !draft.body}>清空<//>
          <${Button} tone="main" onClick=${() => setStoring(true)} disabled=${!written}>入库<//>
        </div>
      </footer>
    </section>
    <section class="card write-side" aria-label="分析">
      <${Tabs}
        label="分析"
        value=${side}
        onChange=${setSide}
        tabs=${[
          { value: "tags", label: `标签${countIn(written && shown)}` },
          { value: "copies", label: `谁已经发过${countIn(copies.answer?.matches)}` },
          { value: "desks", label: `上级编辑部${countIn(desks.answer?.items)}` },
        ]}
      />
      <div hidden=${side !== "tags"}>
        <${ProblemNote} problem=${tags.problem} />
        ${written && (tags.answer || decisions.size)
          ? html`<${TagBoard}
              tags=${shown}
              onDecide=${decide}
              onAdd=${add}
              onPoint=${(tag) => setPointed(tag && tagKey(tag))}
              onLeave=${() => body.current.focus()}
              canUndo
              boardRef=${board}
            />`
          : html`<${Empty}
              text=${written ? "正在分析……" : "写下标题后，这里给出主题、地点和关键词"}
              hint=${written ? "" : "作为依据的词句会在文中标出。"}
            />`}
      </div>
      <div hidden=${side !== "copies"}>
        <${ProblemNote} problem=${copies.problem} />
        ${copies.answer?.matches.length
          ? html`<${Matches} matches=${copies.answer.matches} title=${draft.title} body=${copies.of.body} />`
          : html`<${Empty} text=${!written ? "写下标题后开始查重" : copies.busy ? "正在查重……" : "没有媒体发过同样的内容"} />`}
      </div>
      <div hidden=${side !== "desks"}>
        ${session.outlet_id ? null : html`<${Field} label="以哪家媒体的名义"><${OutletPicker} value=${outletId} onChange=${setOutletId} label="" /><//>`}
        <${ProblemNote} problem=${desks.problem} />
        <${Desks} desks=${desks} ready=${Boolean(asked)} written=${Boolean(written)} />
      </div>
    </section>
    ${storing ? html`<${StoreDialog} ...${{ session, draft, decisions, outletId, done }} onClose=${() => setStoring(false)} />` : null}
  </div>`;
}

const suggest = (draft, signal) => send("POST", "/v1/tags/suggest", texts(draft), { signal });
const check = (draft, signal) => send("POST", "/v1/duplicates/check", { ...texts(draft), count: 10 }, { signal });
const offer = (draft, signal) => send("POST", "/v1/desks/suggest", { ...texts(draft), outlet_id: draft.outlet_id, limit: 5 }, { signal });
const texts = ({ title, body }) => ({ title, body });

const countIn = (found) => (found?.length ? `（${found.length}）` : "");

/** A whole story pasted into an empty draft: its first line, when short, is the title. */
function pasteWhole(event, draft, setDraft) {
  const pasted = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n").trim();
  const [first, ...rest] = pasted.split("\n");
  if (draft.title || draft.body || !rest.length || !first.trim() || first.length > 60) return;
  event.preventDefault();
  setDraft({ title: first.trim(), body: rest.join("\n").trim() });
}

function Desks({ desks, ready, written }) {
  if (!written) return html`<${Empty} text="写下标题后，这里给出可能采用的编辑部" />`;
  if (!ready) return html`<${Empty} text="先选一家媒体" />`;
  if (!desks.answer) return desks.problem ? null : html`<${Empty} text="正在估计……" />`;
  if (!desks.answer.items.length) return html`<${Empty} text="这家媒体之上没有编辑部" />`;
  return html`<p class="hint">按近 ${desks.answer.ledger_days} 天的采用情况估计采用的可能。</p>
    <${DeskList} desks=${desks.answer.items} />`;
}

function StoreDialog({ session, draft, decisions, outletId, done, onClose }) {
  const [fields, setFields] = useState({ outlet_id: outletId, channel: "", author: "", source: "" });
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const set = (name) => (event) => setFields({ ...fields, [name]: event.target.value });
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      done(await store(draft, fields, decisions));
    } catch (found) {
      setProblem(found);
      setBusy(false);
    }
  };
  return html`<${Dialog} title="入库" onClose=${onClose}>
    <form class="form" onSubmit=${submit}>
      <p>入库后，稿件按本媒体的转载约定进入检索、查重和推荐；${decisions.size ? `${decisions.size} 个标签决定会一并保存。` : "标签可以稍后再定。"}</p>
      ${session.outlet_id
        ? null
        : html`<${Field} label="媒体"><${OutletPicker} value=${fields.outlet_id} onChange=${(id) => setFields({ ...fields, outlet_id: id })} label="" /><//>`}
      <div class="filters">
        <${Field} label="栏目"><input class="input" maxlength="40" value=${fields.channel} onInput=${set("channel")} /><//>
        <${Field} label="作者"><input class="input" maxlength="100" value=${fields.author} onInput=${set("author")} /><//>
        <${Field} label="来源（原创可不填）"><input class="input" maxlength="100" value=${fields.source} onInput=${set("source")} /><//>
      </div>
      <${ProblemNote} problem=${problem} />
      <div class="row">
        <${Button} type="submit" tone="main" disabled=${busy || !fields.outlet_id}>${busy ? "正在入库……" : "确认入库"}<//>
        <${Button} onClick=${onClose}>取消<//>
      </div>
    </form>
  <//>`;
}
