// Taking a story down and putting it back, with receipts that renew themselves.
import { html, useEffect, useState } from "./html.js";
import { get, send, useData } from "./api.js";
import { Button, Card, Chip, Dialog, Empty, Field, OutletName, ProblemNote, StoryLink, toast, When } from "./ui.js";
import { word } from "./words.js";

const LIVE_MS = 2_000;
const LIVE_TURNS = 15;

/** Orders on a story; with `everywhere` the platform looks.  For half a minute after a change their receipts are asked for every two seconds. */
export function Orders({ story, changed, everywhere, onChange }) {
  const { data, problem, reload } = useData((signal) => get(`/v1/stories/${story.story_id}/takedowns`, {}, { signal }), [
    story.story_id,
    changed,
  ]);
  useEffect(() => {
    let turns = 0;
    const timer = setInterval(() => (++turns > LIVE_TURNS ? clearInterval(timer) : reload()), LIVE_MS);
    return () => clearInterval(timer);
  }, [changed]);
  const [asking, setAsking] = useState(null);
  const down = story.state === "taken_down";
  const theirs = everywhere ? null : data?.items.find((order) => order.authority === "platform" && order.restored_at === null);
  return html`<${Card}
    title="撤稿与恢复"
    actions=${down
      ? theirs
        ? html`<span class="hint">省级平台撤下的，由省级平台恢复</span>`
        : html`<${Button} disabled=${!data} onClick=${() => setAsking("restore")}>恢复<//>`
      : html`<${Button} tone="bad" onClick=${() => setAsking("takedown")}>撤稿<//>`}
  >
    <${ProblemNote} problem=${problem} retry=${reload} />
    ${data && !data.items.length ? html`<${Empty} text="没有撤过稿" hint="撤下的稿件在稿库里选“已撤稿”找得到，也可以恢复。" />` : null}
    <div role="status">${(data?.items ?? []).map((order) => html`<${Order} key=${order.takedown_id} order=${order} />`)}</div>
    ${asking === "takedown" ? html`<${TakeDown} ...${{ story }} onDone=${onChange} onClose=${() => setAsking(null)} />` : null}
    ${asking === "restore" ? html`<${Restore} ...${{ story }} onDone=${onChange} onClose=${() => setAsking(null)} />` : null}
  <//>`;
}

function Order({ order }) {
  const lifted = order.restored_at !== null;
  const settled = order.reached.filter((one) => one.hidden !== lifted).length;
  return html`<article class="order">
    <div class="row">
      <${Chip} tone=${lifted ? "plain" : "bad"}>${lifted ? "已恢复" : "已撤稿"}<//>
      <strong>${order.reason}</strong>
      <span class="hint">${word("authority", order.authority)}</span>
    </div>
    <p class="hint">
      ${order.scope === "cluster" ? "连同同一事件的各篇" : "只撤这一篇"} · <${When} at=${order.taken_at} />
      ${lifted ? html` · 恢复于 <${When} at=${order.restored_at} />` : null}
    </p>
    <p class="hint">回执：${settled}/${order.reached.length} 篇已${lifted ? "恢复展示" : "停止展示"}</p>
    <ul class="receipts">
      ${order.reached.map(
        (one) => html`<li key=${one.story_id}>
          <span class="nowrap"><${OutletName} id=${one.outlet_id} /></span>
          <${StoryLink} ...${one} />
          <${Chip} tone=${one.hidden === lifted ? "warn" : "good"}>
            ${one.hidden ? "已停止展示" : "展示中"}
          <//>
        </li>`,
      )}
    </ul>
  </article>`;
}

function TakeDown({ story, onDone, onClose }) {
  const [reason, setReason] = useState("");
  const [scope, setScope] = useState("story");
  const { busy, problem, run } = useOrder(async () => {
    const done = await send("POST", `/v1/stories/${story.story_id}/takedown`, { reason: reason.trim(), scope });
    toast(`已撤下 ${done.story_ids.length} 篇。`);
  }, onDone, onClose);
  return html`<${Dialog} title="撤稿" onClose=${onClose}>
    <form class="form" onSubmit=${run}>
      <p>撤稿后，这篇稿件立即从各媒体的推荐、搜索和查重中消失。需要时可以恢复；原因会留档。</p>
      <${Field} label="原因">
        <textarea class="input" rows="3" maxlength="500" required value=${reason} onInput=${(event) => setReason(event.target.value)}></textarea>
      <//>
      <fieldset class="choice">
        <legend class="field-label">范围</legend>
        <label><input type="radio" name="scope" checked=${scope === "story"} onChange=${() => setScope("story")} /> 只撤这一篇</label>
        <label>
          <input type="radio" name="scope" checked=${scope === "cluster"} onChange=${() => setScope("cluster")} />
          ${" "}连同同一事件的各篇（有权处理的）
        </label>
      </fieldset>
      <${ProblemNote} problem=${problem} />
      <div class="row">
        <${Button} type="submit" tone="bad" disabled=${busy || !reason.trim()}>确认撤稿<//>
        <${Button} onClick=${onClose}>取消<//>
      </div>
    </form>
  <//>`;
}

function Restore({ story, onDone, onClose }) {
  const [reason, setReason] = useState("");
  const [scope, setScope] = useState("cluster");
  const { busy, problem, run } = useOrder(async () => {
    const done = await send("POST", `/v1/stories/${story.story_id}/restore`, { reason: reason.trim(), scope });
    toast(`已恢复 ${done.story_ids.length} 篇。`);
  }, onDone, onClose);
  return html`<${Dialog} title="恢复稿件" onClose=${onClose}>
    <form class="form" onSubmit=${run}>
      <p>恢复后，稿件重新可以被检索和推荐；原因会留档。</p>
      <${Field} label="原因（可不填）">
        <textarea class="input" rows="2" maxlength="500" value=${reason} onInput=${(event) => setReason(event.target.value)}></textarea>
      <//>
      <fieldset class="choice">
        <legend class="field-label">范围</legend>
        <label>
          <input type="radio" name="scope" checked=${scope === "cluster"} onChange=${() => setScope("cluster")} />
          ${" "}连同同一次撤下的各篇
        </label>
        <label><input type="radio" name="scope" checked=${scope === "story"} onChange=${() => setScope("story")} /> 只恢复这一篇</label>
      </fieldset>
      <${ProblemNote} problem=${problem} />
      <div class="row">
        <${Button} type="submit" tone="main" disabled=${busy}>确认恢复<//>
        <${Button} onClick=${onClose}>取消<//>
      </div>
    </form>
  <//>`;
}

function useOrder(act, onDone, onClose) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const run = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await act();
      onClose();
      onDone();
    } catch (found) {
      setProblem(found);
      setBusy(false);
    }
  };
  return { busy, problem, run };
}
