// An angle of a joint coverage: what stands under it, who has claimed it, claiming and releasing.
import { html, useState } from "./html.js";
import { send } from "./api.js";
import { dayField, fromField } from "./beijing.js";
import { Button, Chip, Dialog, Field, fullTime, OutletName, OutletPicker, ProblemNote, StoryLink, toast, When } from "./ui.js";
import { StoryChoice } from "./story_choice.js";
import { word } from "./words.js";

const TONES = { claimed: "accent", filed: "good", released: "plain", expired: "warn" };

export function AngleCard({ angle, coverage, mine, reload }) {
  const [claiming, setClaiming] = useState(false);
  const ask = angle.claims.some((claim) => claim.state === "claimed") ? "也要认领" : "认领";
  const claimed = () => {
    setClaiming(false);
    reload();
  };
  return html`<section class=${`card angle ${angle.stories ? "" : "vacant"}`} aria-label=${`角度：${angle.name}`}>
    <header class="card-head">
      <h3>${angle.name}</h3>
      <${Chip} tone=${angle.stories ? "plain" : "warn"}>${angle.stories ? `${angle.stories} 篇 · ${angle.outlet_ids.length} 家` : "还没有稿件"}<//>
    </header>
    ${angle.description ? html`<p class="hint">${angle.description}</p>` : null}
    <ul class="angle-stories">
      ${oneOfEach(angle.latest).slice(0, 3).map(
        (story) => html`<li key=${story.story_id}>
          <${StoryLink} story_id=${story.story_id} title=${story.title} />
          <span class="hint"><${OutletName} id=${story.outlet_id} /> · <${When} at=${story.published_at} /></span>
        </li>`,
      )}
    </ul>
    <ul class="claims">
      ${angle.claims.map((claim) => html`<${ClaimRow} key=${claim.id} claim=${claim} coverage=${coverage} mine=${mine} reload=${reload} />`)}
    </ul>
    ${mine.writes
      ? html`<p class="row"><${Button} tone="small" label=${`${ask}：${angle.name}`} onClick=${() => setClaiming(true)}>${ask}<//></p>`
      : null}
    ${claiming &&
    html`<${Dialog} title=${`认领：${angle.name}`} onClose=${() => setClaiming(false)}>
      <${ClaimForm} angle=${angle} coverage=${coverage} mine=${mine} onDone=${claimed} />
    <//>`}
  </section>`;
}

/** The newest version of each story: copies say nothing new of an angle. */
function oneOfEach(stories) {
  return stories.filter((story, at) => stories.findIndex((other) => other.cluster_id === story.cluster_id) === at);
}

function ClaimRow({ claim, coverage, mine, reload }) {
  const [problem, setProblem] = useState(null);
  const [filing, setFiling] = useState(false);
  const stands = mine.writes && claim.state === "claimed";
  const may = stands && (mine.leads || claim.outlet_id === mine.outlet_id);
  const mayFile = stands && (!mine.outlet_id || claim.outlet_id === mine.outlet_id);
  const filed = () => {
    setFiling(false);
    reload();
  };
  const release = async () => {
    try {
      await send("PATCH", `/v1/coverages/${coverage.id}/claims/${claim.id}`, { state: "released" });
      toast("已放弃认领");
      reload();
    } catch (found) {
      setProblem(found);
    }
  };
  return html`<li>
    <${Chip} tone=${TONES[claim.state]}>${word("claim_state", claim.state)}<//>
    <span><${OutletName} id=${claim.outlet_id} />${claim.desk ? ` ${claim.desk}` : ""}${claim.shared ? "（共同）" : ""}</span>
    <span class="hint">${claim.state === "claimed" ? `到 ${fullTime(claim.until)}` : null}${claim.note ? ` ${claim.note}` : ""}</span>
    ${claim.story_id ? html`<${StoryLink} story_id=${claim.story_id} title="看稿件" />` : null}
    ${may || mayFile
      ? html`<span class="row">
          ${mayFile ? html`<${Button} tone="small" onClick=${() => setFiling(true)}>交稿<//>` : null}
          ${may ? html`<${Button} tone="small" onClick=${release}>放弃<//>` : null}
        </span>`
      : null}
    <${ProblemNote} problem=${problem} />
    ${filing &&
    html`<${Dialog} title="交稿" onClose=${() => setFiling(false)}>
      <${FileForm} claim=${claim} coverage=${coverage} onDone=${filed} />
    <//>`}
  </li>`;
}

function FileForm({ claim, coverage, onDone }) {
  const [story, setStory] = useState(null);
  const [problem, setProblem] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    setProblem(null);
    try {
      await send("PATCH", `/v1/coverages/${coverage.id}/claims/${claim.id}`, { state: "filed", story_id: story.story_id });
      toast("已交稿，稿件归入这个角度");
      onDone();
    } catch (found) {
      setProblem(found);
    }
  };
  return html`<form class="form" onSubmit=${submit}>
    <${StoryChoice} story=${story} onChange=${setStory} outletId=${claim.outlet_id} hint="须是认领媒体自己的稿件" />
    <${ProblemNote} problem=${problem} />
    <div class="row"><${Button} type="submit" tone="main" disabled=${!story}>交稿<//></div>
  </form>`;
}

function ClaimForm({ angle, coverage, mine, onDone }) {
  const [fields, setFields] = useState(() => ({ outlet_id: mine.outlet_id ?? "", desk: "", note: "", until: dayField(Date.now(), 1, 18) }));
  const [problem, setProblem] = useState(null);
  const set = (name) => (event) => setFields({ ...fields, [name]: event.target.value });
  const claim = async (shared) => {
    setProblem(null);
    try {
      const body = { angle_id: angle.id, desk: fields.desk.trim(), note: fields.note.trim(), until: fromField(fields.until), shared };
      await send("POST", `/v1/coverages/${coverage.id}/claims`, mine.outlet_id ? body : { ...body, outlet_id: fields.outlet_id });
      toast(`已认领“${angle.name}”`);
      onDone();
    } catch (found) {
      setProblem(found);
    }
  };
  const submit = (event) => {
    event.preventDefault();
    claim(false);
  };
  const taken = problem?.code === "angle_claimed" ? problem.facts : null;
  return html`<form class="form" onSubmit=${submit}>
    ${mine.outlet_id
      ? null
      : html`<${Field} label="哪家媒体"><${OutletPicker} label="" value=${fields.outlet_id} onChange=${(id) => setFields({ ...fields, outlet_id: id })} /><//>`}
    <${Field} label="哪个部门" hint="可以不填"><input class="input" name="desk" maxlength="40" value=${fields.desk} onInput=${set("desk")} /><//>
    <${Field} label="交稿期限" hint="北京时间，到期自动失效"><input class="input" type="datetime-local" name="until" required value=${fields.until} onInput=${set("until")} /><//>
    <${Field} label="说明" hint="可以不填"><input class="input" name="note" maxlength="300" value=${fields.note} onInput=${set("note")} /><//>
    ${taken
      ? html`<div class="notice" role="alert">
          <p><strong>这个角度已有人认领</strong></p>
          <p><${OutletName} id=${taken.outlet_id} />${taken.desk ? ` ${taken.desk}` : ""}，到 ${fullTime(taken.until)}。可以与对方商量后一起做，或另选角度。</p>
          <${Button} onClick=${() => claim(true)}>一起做（共同认领）<//>
        </div>`
      : html`<${ProblemNote} problem=${problem} />`}
    <div class="row"><${Button} type="submit" tone="main" disabled=${!mine.outlet_id && !fields.outlet_id}>认领<//></div>
  </form>`;
}
