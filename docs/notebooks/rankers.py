# %% [markdown]
# # 比较推荐排序
#
# 推荐列表里每条内容的分数，是一组曲线之和：离家多近、合不合口味、热不热、新不新……出厂的曲线是手工定的
# （`hand-set`）。有了自己的推荐记录和读者行为，就能学出自己的曲线。这个笔记本：
# 让演示读者在真实接口上“生活”两天 → 导出 → 学一个排序 → 在同样的页面上比较 → 看曲线差在哪里。
#
# 在自己的平台上做，从“导出”开始。需要：`pip install 'tianfu[train]'`。不联网，一分钟左右。

# %%
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from tianfu.embeddings.scorer import load_scorer
from tianfu.eval.comparing.verdict import verdict_of
from tianfu.eval.paired import paired
from tianfu.model.feed.scoring import COLUMN, FEATURES, HAND_SET, POLICY
from tianfu.training.ranker.measure import page_measures
from tianfu.training.ranker.pages import read_pages
from tianfu.training.snapshot import open_snapshot

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
# ## 两天的生活
#
# `tianfu eval simulate` 让口味已知的读者对着真实的接口看推荐、点击、离开；`--keep` 留下那个编辑部的数据。

# %%
newsroom = folder / "newsroom"
tianfu("eval", "simulate", "--days", 2, "--readers", 280, "--arms", "personalised", "--keep", newsroom)

# %% [markdown]
# ## 导出和训练
#
# 模拟的时钟从 2026 年 3 月 1 日开始，所以写明起止。训练只看有点击、也有略过的页面；最后五分之一的页面不学，留着量。

# %%
export = folder / "export"
tianfu("export", "--to", export, "--since", "2026-03-01", "--until", "2026-03-10", "--data-dir", newsroom)
learnt = folder / "ranker"
tianfu("train", "ranker", "--data", export, "--out", learnt, "--name", "feed-mine")

# %% [markdown]
# ## 在同样的页面上比较
#
# 留着的那些页面，换一个排序重排一遍：读者点开的，是不是排在略过的前面（`page_auc`），是不是靠前（`ndcg_at_10`）？
# 两个排序答同样的页面，重抽样时同一位读者的页面一起进出，所以区间是差值的区间。

# %%
pages = read_pages(open_snapshot(export))
held = pages.only(np.arange(len(pages)) >= len(pages) * 0.8)
as_it_comes = dict.fromkeys(FEATURES, 1.0)
own = load_scorer(learnt)
scores = {
    "hand-set": HAND_SET.parts(held.features, as_it_comes).sum(axis=1),
    "自己学的": own.parts(held.features, as_it_comes).sum(axis=1),
    "只看新": held.features[:, COLUMN["fresh"]],
    "只看热": held.features[:, COLUMN["hot_here"]] + held.features[:, COLUMN["hot_province"]],
}
by_page = {name: page_measures(held, np.asarray(score, dtype=np.float64)) for name, score in scores.items()}


def measure(name: str):
    """一个排序在任意一组页面上的指标。"""
    return lambda at: {metric: float(values[at].mean()) for metric, values in by_page[name].items()}


readers = held.reader.tolist()
rows = []
for name in scores:
    for metric, gap in paired(measure("hand-set"), measure(name), readers, resamples=300).items():
        verdict = verdict_of(gap, groups=len(set(readers))).value if name != "hand-set" else ""
        rows.append({
            "排序": name, "指标": metric, "值": round(gap.new, 3), "比 hand-set": f"{gap.gain:+.3f}",
            "95% 区间": f"{gap.low:+.3f} 至 {gap.high:+.3f}", "结论": verdict,
        })  # fmt: skip
print(f"{len(held)} 个页面，{len(set(readers))} 位读者")
pd.DataFrame(rows)

# %% [markdown]
# 读的时候记住一点：这些页面是 `hand-set` 排出来的，排在上面的本来就更容易被点，这对它有利；没有被它排上来的稿件，
# 一次也没有出现过。所以这张表只能说“值不值得一试”，不能说“上线会多多少点击”。要知道后者，得真的试：
# `tianfu trials begin shadow`（影子，谁也看不见）、`tianfu trials begin split`（一部分读者），
# 或 `tianfu eval simulate --ranker`。
#
# ## 曲线差在哪里
#
# 每个特征一条曲线，横轴是特征的值（0 到 1），纵轴是它给分数加了多少。曲线只升不降；
# 平台对公众的承诺（`mainstream`、`explore`）不学，保持手工的。

# %%
shown = [name for name in FEATURES if name not in POLICY and own.curves[name].most > 0.0]
figure, many = plt.subplots(-(-len(shown) // 4), 4, figsize=(10, 2.2 * -(-len(shown) // 4)), sharex=True)
for axes, name in zip(many.flat, shown, strict=False):
    for curve, style in ((HAND_SET.curves[name], "--"), (own.curves[name], "-")):
        axes.plot(curve.at, curve.worth, style)
    axes.set_title(name, fontsize=9)
for axes in many.flat[len(shown) :]:
    axes.axis("off")
figure.legend(["hand-set", "learnt"], loc="lower right")
figure.tight_layout()
plt.show()
