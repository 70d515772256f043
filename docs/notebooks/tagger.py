# %% [markdown]
# # 训练自己县的标签模型
#
# 编辑在工作台里接受、驳回、添加标签，每一次都是训练数据。这个笔记本从头走一遍：
# 一个小的演示编辑部 → 编辑判断 → 导出 → 训练 → 和出厂模型比较 → 看哪些稿件变了 → 发布、回退。
#
# 在自己的编辑部里做，只要从“导出”那一步开始，把 `--data-dir` 换成自己的。
# 需要：`pip install 'tianfu[train]'`。不联网，一分钟左右。

# %%
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
from fastapi.testclient import TestClient

from tianfu.embeddings.tagging.topics import load_topic_tagger
from tianfu.model.artifacts import shipped
from tianfu.model.ports import TaggingText
from tianfu.model.vocab.topics import load_topics
from tianfu.serving.app import create_app
from tianfu.serving.logs import configure_logs
from tianfu.serving.settings import ServiceSettings

folder = Path(tempfile.mkdtemp())
plain = {**os.environ, "COLUMNS": "110", "NO_COLOR": "1", "TERM": "dumb"}
plain.pop("FORCE_COLOR", None)


def tianfu(*words: object) -> None:
    """运行一条命令，打印它的回答；失败就停下。"""
    command = [sys.executable, "-m", "tianfu.cli", *map(str, words)]
    done = subprocess.run(command, env=plain, capture_output=True, text=True)
    print(done.stdout.replace(f"{folder}/", ""))
    if done.returncode:
        raise RuntimeError(done.stderr)


# %% [markdown]
# ## 一个小编辑部
#
# 平时的演示有四千多篇稿件；这里只要最早的一千篇。

# %%
newsroom = folder / "newsroom"
tianfu("demo", "--data-dir", newsroom, "--stories", 1000, "--readers", 20)

# %% [markdown]
# ## 编辑的判断
#
# 真的编辑部里，这是几个月的日常工作。演示的每篇稿件都有一份“真相”（写稿时定下的分类），
# 我们请一位“编辑”照着它判断各家的原创稿：建议对的接受，不对的驳回，漏掉的补上，主要的那一类标明。
# 走的就是工作台用的接口 `PUT /v1/stories/{id}/tags`。

# %%
truth = {row["external_id"]: row for row in json.loads((newsroom / "truth.json").read_text())["stories"]}
keys = json.loads((newsroom / "demo.json").read_text())["keys"]
decided = 0
configure_logs("WARNING")

with TestClient(create_app(ServiceSettings(data_dir=newsroom, worker=False))) as service:
    service.headers["Authorization"] = f"Bearer {keys['operator']}"
    cursor = None
    while True:
        page = service.get(
            "/v1/stories", params={"limit": 100, **({"cursor": cursor} if cursor else {})}
        ).json()
        for story in page["items"]:
            told = truth[story["external_id"]]
            if told["copied_from"] is not None:
                continue
            suggested = {topic["code"] for topic in story["topics"]}
            meant = set(told["topics"])
            verbs = {code: "accept" if code in meant else "reject" for code in suggested}
            verbs |= dict.fromkeys(meant - suggested, "add")
            decisions = [
                {"kind": "topic", "code": code, "verb": verb, "primary": code == told["topics"][0]}
                for code, verb in sorted(verbs.items())
            ]
            service.put(
                f"/v1/stories/{story['story_id']}/tags", json={"decisions": decisions}
            ).raise_for_status()
            decided += 1
        cursor = page["cursor"]
        if not cursor:
            break
print(f"编辑判断了 {decided} 篇")

# %% [markdown]
# ## 导出
#
# 从这里开始，和自己的编辑部一模一样。导出是一份 Parquet，读者只有一次性化名；`tags` 表里就是编辑的判断。

# %%
export = folder / "export"
tianfu("export", "--to", export, "--data-dir", newsroom)
tags = pd.read_parquet(export / "tags.parquet")
tags[tags.kind == "topic"].groupby(["assigned_by", "state"]).size().rename("标签数").to_frame()

# %% [markdown]
# ## 训练
#
# 稿件按簇和时间分成两边：旧的学，最新的五分之一只用来量，转载永远不跨边。
# `--from shipped` 从出厂的模型出发，只学编辑改了什么：几百篇判断教不会 24 类，改得动一个已经会的。
# `--name`、`--version` 写进模型卡，以后认得出是谁。

# %%
own = folder / "own"
tianfu(
    "train", "tagger", "--data", export, "--from", "shipped", "--out", own,
    "--name", "topics-gulin", "--version", "2026.11",
)  # fmt: skip
print((own / "data-checks.txt").read_text())

# %% [markdown]
# ## 比较
#
# 两个模型答同一批稿件，区间是**差值**的区间。只有编辑判断过、并且比两个模型学过的都新的稿件才算数。

# %%
shipped_tagger = json.loads((shipped("topics") / "card.json").read_text())
before = f"{shipped_tagger['name']}@{shipped_tagger['version']}"
tianfu("eval", "compare", before, own, "--data", export, "--json", folder / "compare.json")
found = json.loads((folder / "compare.json").read_text())
found["recommendation"]["sentence"]

# %% [markdown]
# 这句话照实读就好，“数据太少”就是还不能说：要 50 个比两个模型学过的都新的簇，一次判断 250 个就有。演示里的“编辑”前后一致，稿件又常用同样的句式，所以学起来格外容易；
# 真实编辑部的差距会小得多。不够好就继续用出厂的，过几个月再来；`--data 标注文件目录 --decisions 导出目录` 可以两样一起学。
#
# ## 哪些稿件变了

# %%
label = {topic.code: topic.name for topic in load_topics().all}
stories = pd.read_parquet(export / "stories.parquet").sort_values("published_at").tail(200)
texts = [TaggingText(title=row.title, body=row.body) for row in stories.itertuples()]


def firsts(model: Path) -> list[str]:
    """每篇的第一个分类。"""
    return [label[tags[0].code] if tags else "" for tags in load_topic_tagger(model).suggest(texts)]


changed = pd.DataFrame(
    {"标题": [text.title for text in texts], "出厂": firsts(shipped("topics")), "自己的": firsts(own)}
)
changed = changed[changed["出厂"] != changed["自己的"]].drop_duplicates("标题")
print(f"最新 200 篇里，{len(changed)} 个标题的第一分类变了")
changed.head(8)

# %% [markdown]
# ## 发布与回退
#
# 发布时再查一遍：文件完整、分类认得、指标不低于底线，不够格就拒绝。发布后运行中的服务几秒内换上，回退同样快。
# 比较的结论是“更好”才发布；这里只为演示走一遍。在册的版本随时可看：`tianfu models list`。

# %%
tianfu("models", "publish", "tagger", own, "--data-dir", newsroom)
tianfu("models", "rollback", "tagger", "--data-dir", newsroom)
