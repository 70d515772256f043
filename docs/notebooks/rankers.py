# %% [markdown]
# # 比较推荐排序
#
# 推荐列表里每条内容的分数，是一组曲线之和：离家多近、合不合口味、热不热、新不新……出厂的曲线是手工定的
# （`hand-set`）。有了自己的推荐记录和读者行为，就能学出自己的曲线。这个笔记本：
# 让演示读者在真实接口上“生活”两天 → 导出 → 学一个排序 → 在同样的页面上比较 → 从抽签的位置估计 →
# 看曲线差在哪里。
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
from tianfu.eval.comparing.rankers import plain_scores
from tianfu.eval.comparing.verdict import verdict_of
from tianfu.eval.counterfactual import ESTIMATORS, estimates, overlap_of
from tianfu.eval.draws import best_of_each, expected_rewards, rounds_of
from tianfu.eval.paired import paired
from tianfu.model.feed.scoring import COLUMN, FEATURES, HAND_SET, POLICY, Scorer
from tianfu.training.ranker.fit import fit
from tianfu.training.ranker.log import read_draws
from tianfu.training.ranker.measure import page_measures
from tianfu.training.ranker.pages import read_pages
from tianfu.training.ranker.train import FeedRankerConfig
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
own = load_scorer(learnt)
scores = {
    "hand-set": plain_scores(HAND_SET)(held.features),
    "自己学的": plain_scores(own)(held.features),
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
# 一次也没有出现过。所以这张表只能说“值不值得一试”，不能说“上线会多多少点击”。
# 后者只有一小部分位置能从旧记录里估计：抽签的那些。
#
# ## 从抽签的位置估计
#
# 首页和本地页每十条里有一个位置（媒体可以设成两个或不设）不看分数：从附近近期少有人读的媒体的新稿里，随机取至多五条，
# 抽一条放上去；短名单、每条的特征、抽中的概率都记下来。只有这些位置能回答“换一条会怎样”：别处排序说了算，别的稿件出现的概率是 0，
# 怎么加权也问不出来。新排序会选的那条，抽签有时正好也抽中，那时读者的反应就是答案；
# 权重是“新排序选它的概率 ÷ 抽中的概率”。`ips` 是权重乘点击的平均；`snips` 再除以权重的平均；
# `dr`（doubly robust）先用一个简单的模型猜点击，再用抽签改正，产品信的是它。

# %%
draws = read_draws(open_snapshot(export))
print(f"抽签的位置 {len(draws)} 个，其中 {draws.reward.sum():.0f} 个被点开")
unseen = draws.only(draws.made_at_s >= held.made_at_s[0])
target = best_of_each(unseen, plain_scores(own)(unseen.features))
overlap = overlap_of(rounds_of(unseen, target, expected_rewards(unseen)))
print(f"没学过的：{overlap.refused or overlap.warning}")

# %% [markdown]
# 自己的平台应当只用排序没学过的抽签，`tianfu eval compare` 就是这样做的。这里的两天太短，产品拒绝估计，上面是理由。
# 为了看到估计的样子，下面交叉拟合：读者分五份，每份的抽签由另外四份读者教出的排序来答，谁的点击也不替自己说话。
# `chance` 是照旧抽签。

# %%
config, from_others = FeedRankerConfig(), np.empty(len(draws.shown))
for fold in range(5):
    others = pages.only(pages.reader % 5 != fold)
    found = fit(others, knots=config.knots, ridge=config.ridge, most_steps=config.most_steps)
    mine = (draws.reader % 5 == fold)[draws.of]
    from_others[mine] = plain_scores(Scorer("others@1", found.curves))(draws.features[mine])
targets = {
    "chance": 1.0 / np.bincount(draws.of)[draws.of],
    "hand-set": best_of_each(draws, plain_scores(HAND_SET)(draws.features)),
    "learnt": best_of_each(draws, from_others),
}
expected, made, effective = expected_rewards(draws), {}, {}
for name, target in targets.items():
    rounds = rounds_of(draws, target, expected)
    overlap = overlap_of(rounds)
    print(f"{name}：{overlap.refused or overlap.warning}")
    if not overlap.refused:
        made[name], effective[name] = estimates(rounds), overlap.effective
pd.DataFrame([
    {"选法": name, "有效样本": round(effective[name])}
    | {by: f"{one.value:.3f}（{one.low:.3f} 至 {one.high:.3f}）" for by, one in ones.items()}
    for name, ones in made.items()
])  # fmt: skip

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 2.6), sharey=True, width_ratios=[2, 1])
for shift, by in enumerate(ESTIMATORS):
    at = np.arange(len(made)) + 0.2 * (shift - 1)
    ones = [made[name][by] for name in made]
    left.hlines(at, [one.low for one in ones], [one.high for one in ones], colors=f"C{shift}")
    left.plot([one.value for one in ones], at, "o", color=f"C{shift}", label=by)
left.set(xlabel="wanted per drawn place, 95 %", yticks=range(len(made)), yticklabels=made)
left.legend()
right.barh(range(len(made)), effective.values())
right.set(xlabel="effective sample")
figure.tight_layout()
plt.show()

# %% [markdown]
# 什么时候可以信？先看有效样本：这些抽签抵得上新排序自己的多少次选择。不到 50，或不到 30 位读者，产品不给数字，
# 只给一句理由；不到 400，给数字，也给一句警告（`expect it to move`：数据再多些，数字会变）。再看被点开几次：不到 10 次，
# 区间的两头也靠不住，警告换成 `settles nothing`（什么也定不下来）。这里两样都少。两条区间重叠不等于没有差别，差值要成对算：
# `tianfu eval compare hand-set ranker --data export --report page` 的页面里有。
#
# 估的也只是抽签的位置，不是整页。整页上线会多多少点击，仍然得真的试：`tianfu trials begin shadow`（影子，谁也看不见）、
# `tianfu trials begin split`（一部分读者），或 `tianfu eval simulate --ranker`。
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
