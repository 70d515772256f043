# %% [markdown]
# # 看看向量
#
# 推荐、查重、搜索都建立在同一件事上：**编码器**把一篇稿件变成一串数字（向量），意思相近的稿件，向量也相近。
# 这个笔记本用随库附带的编码器，把演示用的稿件（本项目自己写的）编成向量，看三件事：
# 一篇稿件的邻居是谁；同一件事换个人写，还认不认得出；全部稿件摊在一张平面上是什么样子。
#
# 需要：`pip install 'tianfu[train]'`。不联网，一分钟以内。

# %%
from datetime import UTC, datetime

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.manifold import TSNE

from tianfu.embeddings.encoder.loading import load_encoder
from tianfu.embeddings.encoder.windows import encode_stories
from tianfu.model.artifacts import shipped
from tianfu.model.vocab.topics import load_topics
from tianfu.serving.demo.seeds import fill_dates, load_seeds

# %% [markdown]
# ## 编码
#
# 演示稿件的日期是空着的，先填上今天。`encode_stories` 接收（标题，正文），长文会分成几段读；
# 结果每行一篇，长度为 1，所以两行的点积就是余弦相似度。

# %%
today = datetime.now(UTC)
seeds = load_seeds()
texts = [(fill_dates(seed.title, today), fill_dates(seed.body, today)) for seed in seeds]

encoder = load_encoder(shipped("encoder"))
vectors = encode_stories(encoder, texts)
print(f"{vectors.shape[0]} 篇稿件，每篇 {vectors.shape[1]} 个数")

# %% [markdown]
# ## 邻居
#
# 找和一篇稿件最近的五篇。分类没有参与编码，邻居却大多是同一类。

# %%
likeness = vectors @ vectors.T
np.fill_diagonal(likeness, -1.0)
label = {topic.code: topic.name for topic in load_topics().all}


def neighbours(place: int, count: int = 5) -> pd.DataFrame:
    """一篇稿件最近的几篇。"""
    nearest = np.argsort(-likeness[place])[:count]
    return pd.DataFrame({
        "相似度": likeness[place, nearest].round(3),
        "标题": [texts[other][0] for other in nearest],
        "分类": [label[seeds[other].topics[0]] for other in nearest],
    })  # fmt: skip


chosen = next(place for place, (title, _) in enumerate(texts) if "猕猴桃" in title)
print(texts[chosen][0], "·", label[seeds[chosen].topics[0]])
neighbours(chosen)

# %% [markdown]
# ## 换个人写，还认得出吗
#
# 不少演示稿件另有一篇“改写”：同一件事，另一位记者写，标题和用词都不同。
# 拿改写去找，原稿排第几？

# %%
rewritten = [place for place, seed in enumerate(seeds) if seed.rewrite is not None]
rewrites = [seeds[place].rewrite for place in rewritten]
others = encode_stories(
    encoder, [(fill_dates(one.title, today), fill_dates(one.body, today)) for one in rewrites if one]
)
scores = others @ vectors.T
rank = (scores > scores[np.arange(len(rewritten)), rewritten][:, None]).sum(axis=1)
print(f"{len(rewritten)} 篇改写：{(rank == 0).mean():.1%} 的原稿排第一，{(rank < 10).mean():.1%} 在前十")

# %% [markdown]
# 排得最靠后的几篇，往往是两篇写的角度差得太远：

# %%
worst = np.argsort(-rank)[:5]
pd.DataFrame({
    "原稿排第": rank[worst] + 1,
    "改写": [rewrites[at].title for at in worst],
    "原稿": [texts[rewritten[at]][0] for at in worst],
})  # fmt: skip

# %% [markdown]
# ## 摊在一张平面上
#
# t-SNE 把几百个数压成两个，尽量让近的还近。每个点是一篇稿件，颜色是分类，数字是分类代码，写在这一类的中间。
# 轴没有含义，只看远近。

# %%
flat = TSNE(init="pca", perplexity=20, random_state=0).fit_transform(vectors)
first = np.array([seed.topics[0] for seed in seeds])
codes = sorted(set(first))

figure, axes = plt.subplots(figsize=(8, 6))
for number, code in enumerate(codes):
    own = flat[first == code]
    colour = plt.get_cmap("tab20")(number % 20)
    axes.scatter(own[:, 0], own[:, 1], s=14, color=colour)
    axes.text(*np.median(own, axis=0), code, fontsize=9, weight="bold", ha="center")
axes.set_xticks([])
axes.set_yticks([])
plt.show()

# %%
pd.DataFrame(
    {"代码": codes, "分类": [label[code] for code in codes], "篇数": [int((first == c).sum()) for c in codes]}
)

# %% [markdown]
# ## 再往下
#
# - 换成省级编码器：`load_encoder(shipped("encoder_province"))`，更准，也慢得多（[为什么有两个](../decisions/0004-the-encoder-that-serves.md)）。
# - 换成自己的：`tianfu models import 目录` 能把任意 sentence-transformers 目录变成可用的编码器
#   （[说明](../decisions/0006-any-encoder.md)）。
# - 在自己的稿件上量一量：`tianfu eval retrieval 稿件.jsonl --report 报告目录`。
