// The registry of models: versions with their figures; publishing and rolling back where the service offers it.
import { html, useState } from "./html.js";
import { get, send, useData } from "./api.js";
import { Button, Chip, Count, Dialog, Empty, Loading, ProblemNote, Table, When, toast } from "./ui.js";
import { modelWord } from "./feed.js";
import { problemWords } from "./words.js";

const METRICS = {
  micro_f1: "标签又准又全的程度（按标签数）",
  macro_f1: "标签又准又全的程度（各类同等看待）",
  primary_accuracy: "首选主题判对的比例",
  ece: "把握与实际的差距（越小越好）",
  coverage_at_precision_90: "要求九成准确时能定下的标签",
  reprint_f1: "转载判得又准又全的程度",
  same_event_f1: "同一事件判得又准又全的程度",
  relation_macro_f1: "各种关系判得又准又全的程度",
  hit_at_5: "读者要读的排在前 5 条的比例",
  hit_at_10: "读者要读的排在前 10 条的比例",
  ndcg_at_10: "前 10 条的先后是否得当",
  mrr_at_20: "读者要读的排得多靠前",
  recall_at_1: "第一条就找对的比例",
  recall_at_10: "前 10 条里找到的比例",
  mrr_at_10: "找对的排得多靠前",
  spearman: "相近程度与人的判断的一致",
  page_auc: "同一屏里先后判对的比例",
};
const MOST_METRICS = 5;
const ROUTES = { publish: "/v1/models/{kind}/publish", rollback: "/v1/models/{kind}/rollback", move: "/v1/models/encoder/move" };
const MOVES = { running: "进行中", paused: "已暂停", cancelled: "已取消", done: "已完成", failed: "未完成" };

/** `onChange` hears that another version serves. */
export function ModelList({ paths, session, onChange }) {
  const { data, problem, loading, reload } = useData((signal) => get("/v1/models", {}, { signal }), []);
  const [asking, setAsking] = useState(null);
  if (problem) return html`<${ProblemNote} problem=${problem} retry=${reload} />`;
  if (!data) return html`<${Loading} />`;
  const done = () => {
    reload();
    onChange();
  };
  const mayAct = ["admin", "scientist"].includes(session.role);
  const offers = (act) => mayAct && ROUTES[act] in paths;
  const servingId = new Map(data.serving.map((one) => [one.kind, one.published?.id]));
  const standing = [
    { key: "kind", label: "种类", render: (row) => modelWord(row.kind) },
    { key: "serving", label: "正在使用", render: (row) => html`<code lang="en">${row.serving}</code>` },
    { key: "since", label: "启用", render: (row) => (row.since ? html`<${When} at=${row.since} />` : "随产品提供") },
    { key: "previous", label: "上一版", render: (row) => (row.previous ? html`<code lang="en">${row.previous.version}</code>` : row.published ? "随产品提供的" : "—") },
    offers("rollback") && {
      key: "act",
      label: "操作",
      render: (row) =>
        row.published
          ? html`<${Button} tone="small bad" onClick=${() => setAsking({ act: "rollback", row })} label=${`退回上一版：${modelWord(row.kind)}`}>退回上一版<//>`
          : null,
    },
  ].filter(Boolean);
  const versions = [
    { key: "kind", label: "种类", render: (row) => modelWord(row.kind) },
    { key: "version", label: "版本", render: (row) => html`<code lang="en">${row.version}</code>` },
    { key: "metrics", label: "指标", render: (row) => html`<${Metrics} metrics=${row.metrics} />` },
    { key: "when", label: "登记", render: (row) => html`<${When} at=${row.imported_at} />` },
    {
      key: "act",
      label: "操作",
      render: (row) =>
        servingId.get(row.kind) === row.id
          ? html`<${Chip} tone="good">正在使用<//>`
          : offers("publish")
            ? html`<${Button} tone="small" onClick=${() => setAsking({ act: "publish", row })} label=${`启用：${row.version}`}>启用<//>`
            : html`<${Chip}>备用<//>`,
    },
  ];
  return html`${asking ? html`<${Confirm} ...${asking} onClose=${() => setAsking(null)} onDone=${done} />` : null}
    <div class="stack" aria-busy=${String(loading)}>
      <${Table} columns=${standing} rows=${data.serving.map((row) => ({ ...row, id: row.kind }))} caption="正在使用的模型" empty="没有模型" wide />
      ${data.move ? html`<${Move} move=${data.move} may=${offers("move")} onDone=${reload} />` : null}
      <div>
        <h3>登记过的版本</h3>
        <${Table}
          columns=${versions}
          rows=${data.versions}
          caption="登记过的版本"
          empty=${html`<${Empty} text="还没有登记别的版本" hint=${mayAct ? "训练好的模型登记以后，可以在这里启用。" : "训练好的模型登记以后列在这里，由数据分析或管理员启用。"} />`}
        />
      </div>
    </div>`;
}

function Metrics({ metrics }) {
  const found = Object.entries(METRICS).filter(([name]) => typeof metrics[name] === "number").slice(0, MOST_METRICS);
  if (!found.length) return html`<span class="muted">—</span>`;
  return html`<ul class="plain-list">
    ${found.map(([name, label]) => html`<li key=${name}>${label} <span class="figure">${metrics[name].toFixed(3)}</span></li>`)}
  </ul>`;
}

/** The stories being read anew by another encoder. */
function Move({ move, may, onDone }) {
  const share = move.total ? move.done / move.total : 0;
  const turn = async (state, said) => {
    try {
      await send("PATCH", ROUTES.move, { state });
      toast(said);
      onDone();
    } catch (problem) {
      const { title, advice } = problemWords(problem);
      toast(`${title}：${advice}`, "bad");
    }
  };
  return html`<div class="tried">
    <p>
      更换文本编码器：<${Chip} tone="accent">${MOVES[move.state] ?? move.state}<//>
      已重读 <${Count} n=${move.done} /> / <${Count} n=${move.total} /> 篇，期间推荐照常。
    </p>
    <div class="meter-track tall" aria-hidden="true"><span class="meter-fill" style=${{ width: `${share * 100}%` }}></span></div>
    ${may
      ? html`<div class="row">
          ${move.state === "paused"
            ? html`<${Button} tone="small" onClick=${() => turn("running", "已继续")}>继续<//>`
            : html`<${Button} tone="small" onClick=${() => turn("paused", "已暂停")}>暂停<//>`}
          <${Button} tone="small bad" onClick=${() => turn("cancelled", "已取消，仍用原来的编码器")}>取消<//>
        </div>`
      : null}
  </div>`;
}

function Confirm({ act, row, onClose, onDone }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const back = act === "rollback";
  const go = async () => {
    setBusy(true);
    try {
      const path = ROUTES[act].replace("{kind}", encodeURIComponent(row.kind));
      await send("POST", path, back ? undefined : { version: row.id });
      toast(back ? "已退回上一版" : "已启用，几秒内各进程生效");
      onDone();
      onClose();
    } catch (found) {
      setProblem(found);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${back ? "退回上一版" : "启用这一版"} onClose=${onClose}>
    <div class="form">
      <p>
        ${back ? "停用" : "启用"}${modelWord(row.kind)} <code lang="en">${back ? row.serving : row.version}</code>
        ${back ? "，换回它之前在用的版本。" : "，代替现在在用的版本。随时可以退回。"}
      </p>
      <${ProblemNote} problem=${problem} />
      <div class="row">
        <${Button} tone=${back ? "bad" : "main"} onClick=${go} disabled=${busy}>${back ? "退回" : "启用"}<//>
        <${Button} onClick=${onClose}>取消<//>
      </div>
    </div>
  <//>`;
}
