// The page before the console: sign in with a key.
import { html, useEffect, useRef, useState } from "./html.js";
import { send } from "./api.js";
import { Button, Field, ProblemNote } from "./ui.js";

/** Ask for a key.  The key goes to the service once and is kept nowhere in the browser. */
export function SignIn({ again, onDone }) {
  const [key, setKey] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const input = useRef(null);
  useEffect(() => {
    document.title = "登录 · 天府荐闻";
    input.current.focus();
  }, []);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await send("POST", "/v1/session", { key: key.trim() });
      setKey("");
      onDone();
    } catch (found) {
      setProblem(signInProblem(found));
      setBusy(false);
      input.current.select();
    }
  };
  return html`<main class="alone">
    <form class="sign-in" onSubmit=${submit} autocomplete="off">
      <p class="sign-in-brand">天府荐闻</p>
      <h1>登录</h1>
      <p class="hint">${again ? "登录已失效，请重新登录。" : "用省级平台发给本媒体的密钥登录，十二小时内有效。"}</p>
      <${Field} label="密钥">
        <input
          ref=${input}
          class="input"
          type="password"
          name="key"
          autocomplete="off"
          spellcheck=${false}
          required
          maxlength="200"
          placeholder="tf_ 开头"
          value=${key}
          onInput=${(event) => setKey(event.target.value)}
        />
      <//>
      <${ProblemNote} problem=${problem} />
      <${Button} type="submit" tone="main wide" disabled=${busy || !key.trim()}>${busy ? "正在登录……" : "登录"}<//>
      <p class="hint">没有密钥？请联系省级平台的运营人员。</p>
    </form>
  </main>`;
}

function signInProblem(found) {
  const said = {
    unauthenticated: "密钥无效或已停用。",
    key_expired: "密钥已到期，请用新换的密钥登录，或请平台另发一个。",
    key_revoked: "密钥已停用，请联系平台另发一个。",
    too_many_failed_logins: "密钥错误次数太多，请稍等几分钟再试。",
    forbidden: "应用密钥不能登录控制台，请用编辑或运营的密钥。",
  }[found.code];
  return said ? { ...found, code: found.code, detail: said, errors: [] } : found;
}
