// One story: its text and tags, who else has it, how it was read, revisions, takedowns.
import { html, useEffect, useMemo, useState } from "../lib/html.js";
import { get, send, useData } from "../lib/api.js";
import { inUnits, Marked, occurrences, plainText } from "../lib/marked.js";
import { DeskList } from "../lib/desks.js";
import { Revisions } from "../lib/revisions.js";
import { Matches } from "../lib/sidebyside.js";
import { TagBoard, tagKey } from "../lib/tagboard.js";
import { Orders } from "../lib/takedown.js";
import { Button, Card, Chip, Count, Empty, fullTime, hashOf, Loading, OutletName, OutLink, ProblemNote, Ratio, Table, toast } from "../lib/ui.js";
import { PageLink } from "../lib/places.js";
import { problemWords, word } from "../lib/words.js";

export const roles = ["editor", "operator", "scientist", "admin"];

const ANALYSING_MS = 2_000;

export default function Page({ session, query }) {
  const [changed, setChanged] = useState(0);
  const { data: story, problem, reload } = useData(
    (signal) => get(`/v1/stories/${encodeURIComponent(query.id ?? "")}`, {}, { signal }),
    [query.id, changed],
  );
  useEffect(() => {
    if (!story || story.indexed) return undefined;
    const timer = setTimeout(reload, ANALYSING_MS);
    return () => clearTimeout(timer);
  }, [story]);
  if (!query.id) return html`<${Empty} text="没有指定稿件" hint=${html`请从<${PageLink} name="library" />打开一篇。`} />`;
  if (problem) return html`<${ProblemNote} problem=${problem} retry=${reload} />`;
  if (!story || story.story_id !== query.id) return html`<${Loading} />`;
  const mine = session.role !== "scientist" && (!session.outlet_id || session.outlet_id === story.outlet_id);
  const refresh = () => setChanged((n) => n + 1);
  return html`<div class="columns wide-first" key=${story.story_id}>
    <div class="stack">
      <${Text} story=${story} />
      ${mine && story.state === "live" ? html`<${StoryDesks} story=${story} />` : null}
      <${Exposure} story=${story} />
      ${mine ? html`<${Orders} ...${{ story, changed }} everywhere=${!session.outlet_id} onChange=${refresh} />` : null}
      <${Card} title="历次修改"><${Revisions} story=${story} /><//>
    </div>
    <div class="stack">
      <${Card} title="标签"><${StoryTags} key=${story.indexed} story=${story} mine=${mine} /><//>
      ${story.state === "live" ? html`<${Copies} story=${story} />` : null}
    </div>
  </div>`;
}

function Text({ story }) {
  const text = story.body === null ? "" : plainText(story.body);
  const ends = story.expires_at ?? story.dated?.until;
  const spans = useMemo(() => evidenceIn(story, text), [story]);
  return html`<${Card}>
    <div class="story-head">
      <div class="row">
        <${Chip} tone=${story.state === "live" ? "good" : "bad"}>${word("state", story.state)}<//>
        ${ends && Date.parse(ends) <= Date.now() ? html`<${Chip} tone="warn" title="不再出现在推荐里">已过时效<//>` : null}
        ${story.indexed ? null : html`<${Chip} tone="warn">正在分析<//>`}
        ${story.ai_generated ? html`<${Chip} tone="warn">人工智能生成<//>` : null}
        ${story.dated ? html`<${Chip} title=${`到 ${fullTime(ends)}`}>${word("dated", story.dated.kind)}<//>` : null}
      </div>
      <p class="story-title"><${Marked} text=${story.title} spans=${spans.title} /></p>
      <div class="meta">
        <span><${OutletName} id=${story.outlet_id} /></span>
        <span>发布 ${fullTime(story.published_at)}</span>
        ${story.expires_at ? html`<span>失效 ${fullTime(story.expires_at)}</span>` : null}
        ${story.author ? html`<span>作者 ${story.author}</span>` : null}
        ${story.source ? html`<span>来源 ${story.source}</span>` : null}
        ${story.channel ? html`<span>栏目 ${story.channel}</span>` : null}
        ${story.url ? html`<${OutLink} url=${story.url}>原文页面<//>` : null}
      </div>
    </div>
    ${story.body === null
      ? html`<${Empty} text="没有权限查看全文" hint=${story.rights.text} />`
      : html`<p class="body-text"><${Marked} text=${text} spans=${spans.body} /></p>
          ${story.rights.code === "own" ? null : html`<p class="hint rights">${story.rights.text}</p>`}`}
  <//>`;
}

function evidenceIn(story, text) {
  const found = { title: [], body: [] };
  for (const tag of story.tags) {
    if (tag.state === "rejected") continue;
    for (const span of tag.evidence) {
      const rest = { tone: tag.kind, title: tag.label };
      if (span.field === "title") found.title.push({ ...rest, ...inUnits(story.title, [span])[0] });
      else if (text === story.body) found.body.push({ ...rest, ...inUnits(text, [span])[0] });
      else found.body.push(...occurrences(text, span.text, rest).slice(0, 1));
    }
  }
  return found;
}

function StoryTags({ story, mine }) {
  const [tags, setTags] = useState(story.tags);
  const put = async (decision) => {
    try {
      const after = await send("PUT", `/v1/stories/${story.story_id}/tags`, { decisions: [decision] });
      setTags(after.tags);
    } catch (problem) {
      const said = problemWords(problem);
      toast(`${said.title}，${said.advice}`, "bad");
    }
  };
  // A row stays where it is when it is decided on, so that the next key meets the next row.
  const order = useMemo(() => new Map(story.tags.map((tag, place) => [tagKey(tag), place])), [story]);
  const sorted = [...tags].sort((a, b) => (order.get(tagKey(a)) ?? 999) - (order.get(tagKey(b)) ?? 999));
  const decide = ({ kind, code, primary }, verb) => put({ verb, kind, code, primary: primary && verb === "accept" });
  const add = ({ kind, code, label }) => put({ verb: "add", kind, code, label });
  return html`<${TagBoard} tags=${sorted} onDecide=${decide} onAdd=${add} readOnly=${!mine} />`;
}

function Copies({ story }) {
  const { data, problem, loading, reload } = useData(
    (signal) => get(`/v1/stories/${story.story_id}/duplicates`, {}, { signal }),
    [story.story_id, story.revision, story.indexed],
  );
  const spread = html`<a href=${hashOf("cluster", { id: story.cluster_id })}>传播过程</a>`;
  return html`<${Card}
    title="谁也发了"
    hint=${data?.matches.length ? "同一稿件和同一事件" : ""}
    actions=${story.cluster_size > 1 ? spread : null}
  >
    <${ProblemNote} problem=${problem} retry=${reload} />
    ${loading && !data ? html`<${Loading} />` : null}
    ${data && !data.matches.length ? html`<${Empty} text="没有别的媒体发过" />` : null}
    ${data?.matches.length ? html`<${Matches} matches=${data.matches} title=${story.title} body=${story.body ?? ""} />` : null}
  <//>`;
}

/** Desks above that may take the story; its own outlet offers it to one with a button and sees what came of it. */
function StoryDesks({ story }) {
  const path = `/v1/stories/${story.story_id}`;
  const desks = useData((signal) => get(`${path}/desks`, { limit: 5 }, { signal }), [story.story_id]);
  const asked = { box: "outbox", outlet_id: story.outlet_id, story_id: story.story_id, limit: 100 };
  const sent = useData((signal) => get("/v1/submissions", asked, { signal }), [story.story_id]);
  const latest = useMemo(() => latestByDesk(sent.data?.items ?? []), [sent.data]);
  const offer = async (desk) => {
    try {
      await send("POST", `${path}/submissions`, { desk: desk.desk });
      toast(`已报送${desk.name}`);
      sent.reload();
    } catch (found) {
      const said = problemWords(found);
      toast(`${said.title}，${said.advice}`, "bad");
    }
  };
  const { data } = desks;
  const problem = desks.problem ?? sent.problem;
  const reload = () => {
    desks.reload();
    sent.reload();
  };
  const others = [...latest.values()].filter((one) => !data?.items.some((desk) => desk.desk === one.desk));
  return html`<${Card} title="上级编辑部" hint="谁可能采用，按往期采用情况估计">
    <${ProblemNote} problem=${problem} retry=${reload} />
    ${problem || (data && sent.data) ? null : html`<${Loading} />`}
    ${data && !data.items.length ? html`<${Empty} text="这家媒体之上没有编辑部" />` : null}
    ${data?.items.length && sent.data
      ? html`<${DeskList} desks=${data.items} action=${(desk) => html`<${Offer} desk=${desk} sent=${latest.get(desk.desk)} onOffer=${() => offer(desk)} />`} />`
      : null}
    ${others.length
      ? html`<ul class="desks" aria-label="报送过的其他编辑部">
          ${others.map((one) => html`<li key=${one.desk} class="desk desk-head"><strong>${one.desk_name}</strong><${SentChip} sent=${one} /></li>`)}
        </ul>`
      : null}
  <//>`;
}

function latestByDesk(newestFirst) {
  return new Map([...newestFirst].reverse().map((one) => [one.desk, one]));
}

const SENT_TONES = { submitted: "warn", accepted: "good", declined: "bad" };
const SENT_WORDS = { submitted: "已报送" };

function SentChip({ sent }) {
  return html`<${Chip} tone=${SENT_TONES[sent.state]} title=${sent.reason || undefined}>${SENT_WORDS[sent.state] ?? word("submission_state", sent.state)}<//>`;
}

function Offer({ desk, sent, onOffer }) {
  const again = sent?.state === "declined" ? "再报送" : "报送";
  return html`${sent && sent.state !== "withdrawn" ? html`<${SentChip} sent=${sent} />` : null}
    ${["submitted", "accepted"].includes(sent?.state) ? null : html`<${Button} tone="small" label=${`${again} ${desk.name}`} onClick=${onOffer}>${again}<//>`}`;
}

function Exposure({ story }) {
  const { data, problem, reload } = useData(
    (signal) => get(`/v1/stories/${story.story_id}/exposure`, {}, { signal }),
    [story.story_id],
  );
  const known = (data?.items ?? []).filter((row) => row.exposures !== null);
  const few = (data?.items.length ?? 0) - known.length;
  const columns = [
    { key: "outlet", label: "媒体", render: (row) => html`<${OutletName} id=${row.outlet_id} />` },
    { key: "exposures", label: "曝光", align: "end", render: (row) => html`<${Count} n=${row.exposures} />` },
    { key: "clicks", label: "点击", align: "end", render: (row) => html`<${Count} n=${row.clicks} />` },
    { key: "rate", label: "点击率", align: "end", render: (row) => html`<${Ratio} value=${row.exposures ? Math.min(1, row.clicks / row.exposures) : null} />` },
    { key: "readers", label: "读者", align: "end", render: (row) => html`<${Count} n=${row.readers} />` },
  ];
  return html`<${Card} title="曝光">
    <${ProblemNote} problem=${problem} retry=${reload} />
    ${data
      ? html`<${Table} columns=${columns} rows=${known} caption="各媒体的曝光" empty=${few ? html`<${Empty} text="读者还不多" hint="读者不足二十人时不显示数字，以免认出某个人。" />` : "还没有读者看到"} />
          ${known.length && few ? html`<p class="hint">另有 ${few} 家媒体读者不足二十人，不显示数字。</p>` : null}`
      : null}
  <//>`;
}
