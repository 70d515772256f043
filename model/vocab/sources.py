"""Sources whose news any newsroom may carry, to begin with; the provincial platform keeps the list."""

CENTRAL_SOURCES = (
    "新华社", "新华网", "人民日报", "人民网", "中央广播电视总台", "央视新闻", "央视网", "央广网", "国际在线",
    "求是", "求是网", "解放军报", "光明日报", "光明网", "经济日报", "中国经济网", "中国日报", "中国日报网",
    "中国新闻社", "中国新闻网", "科技日报", "中国科技网", "工人日报", "中工网", "中国青年报", "中国青年网",
    "法治日报", "法治网", "农民日报", "中国农网", "中国纪检监察报", "学习时报", "学习强国", "中国政府网",
)  # fmt: skip
"""Central media on the list of sources published by the Cyberspace Administration of China (2021)."""
