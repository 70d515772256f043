// 决策回放: any feed that was made, by the number that came with it.
import { html, useEffect, useState } from "../lib/html.js";
import { get, useData } from "../lib/api.js";
import { Button, Card, Chip, Empty, Field, Loading, OutletName, ProblemNote, fullTime } from "../lib/ui.js";
import { PageLink } from "../lib/places.js";
import { word } from "../lib/words.js";
import { DecisionFacts, ItemReplay, Phone, PlacedChip, whyText } from "../lib/feed.js";

export const roles = ["editor", "operator", "scientist", "admin"];

export default function Page({ query, go }) {
  const trace = query.trace ?? "";
  const [text, setText] = useState(trace);
  useEffect(() => setText(trace), [trace]);
  const submit = (event) => {
    event.preventDefault();
    go("decision", { trace: text.trim() });
  };
  return html`<p class="hint page-lead">
      每次推荐都有编号，保存 180 天。编号在客户端的每次应答里，也在必推的展示凭证里。<${PageLink} name="preview">返回推荐预览<//>
    </p>
    <${Card}>
      <form class="row grow-first" onSubmit=${submit}>
        <${Field} label="推荐编号">
          <input
            class="input"
            value=${text}
            maxlength="128"
            placeholder="f 开头的一串字母和数字"
            spellcheck=${false}
            onInput=${(event) => setText(event.target.value)}
          />
        <//>
        <${Button} type="submit" tone="main" disabled=${!text.trim()}>回放<//>
      </form>
    <//>
    ${trace ? html`<${Replay} key=${trace} trace=${trace} />` : html`<${Card}><${Empty} text="填入编号，看那一次推荐是怎样决定的" hint=${html`没有编号？向应用的技术人员要，或在<${PageLink} name="orders" />的展示情况里点“回放首次展示”。`} /><//>`}`;
}

function Replay({ trace }) {
  const { data, problem, reload } = useData(
    (signal) => get(`/v1/decisions/${encodeURIComponent(trace)}`, {}, { signal }),
    [trace],
  );
  const [chosen, setChosen] = useState(0);
  if (problem) return html`<${Card}><${ProblemNote} problem=${problem} retry=${reload} /><//>`;
  if (!data) return html`<${Loading} />`;
  const item = data.items[chosen];
  return html`<${Card} title="这一次">
      <dl class="fact-grid">
        <div><dt>时间</dt><dd>${fullTime(data.made_at)}</dd></div>
        <div><dt>媒体</dt><dd><${OutletName} id=${data.outlet_id} /></dd></div>
        <div><dt>场景</dt><dd>${word("scene", data.scene)}</dd></div>
        <div><dt>个性化</dt><dd>${data.personalised ? "使用了读者的兴趣" : "未使用个人信息"}</dd></div>
        <div><dt>共</dt><dd>${data.items.length} 条</dd></div>
      </dl>
      ${data.degraded.length ? html`<p><${Chip} tone="warn">当时有部件不可用，列表经过简化<//></p>` : null}
    <//>
    <div class="columns phone-first">
      <${Card} title="当时的列表">
        <${Phone} name=${word("scene", data.scene)} note="标题是今天的">
          <ol class="feed scrolls" tabindex="0" aria-label="当时的列表">
            ${data.items.map(
              (one, place) => html`<li key=${one.story_id}>
                <button type="button" class="feed-item" aria-pressed=${String(place === chosen)} onClick=${() => setChosen(place)}>
                  <span class="feed-place figure">${one.position + 1}</span>
                  <span class="feed-text">
                    <span class="feed-title">${one.title}</span>
                    ${one.placed_by === "model" ? null : html`<span class="feed-meta"><${PlacedChip} item=${one} /></span>`}
                    ${whyText(one) ? html`<span class="feed-why">${whyText(one)}</span>` : null}
                  </span>
                </button>
              </li>`,
            )}
          </ol>
        <//>
      <//>
      <div class="stack">
        <${Card} title="选中的这条">
          ${item ? html`<${ItemReplay} item=${item} decision=${data} />` : html`<${Empty} text="这次列表是空的" />`}
        <//>
        <${Card} title="整个列表"><${DecisionFacts} decision=${data} /><//>
      </div>
    </div>`;
}
