"""What a page puts around a story: code, credits, advertising and links.  It makes unlike stories alike."""

import re

_CODE_HINT = re.compile(r"[{}@]|;\s*$|/\*|</|\w\(", re.MULTILINE)
_STRONG = re.compile(
    r"function\s*\w*\s*\(|document\s*\.|window\s*\.|\bvar\s+\w+|\.js\b|\.push\(|location\.\w+\(|@@[=~]|@@\S*\$\$|"
    r"SINA_\w+|Sina[A-Z]\w+|\bnew\s+[\w.]+\(|\w\(\{\s*$|^/\*|\*/$|^\s*</?[a-z]\w*[^<>]*>\s*$|"
    r"^\s*[a-z\-]+\s*:\s*[^;，。]{1,200};\s*$|^[.#][\w\-]+[^{}，。]*\{|\w+\.\w+\([^)]*\);|\}\s*\)\s*;?|\$\(|=>"
)
_WEAK = re.compile(
    r"""^\s*(?:[\]\[{}()'",;:]+|["']?[\w\-]+["']?\s*:\s*.{0,200}|[\w.\[\]'"]+\s*=\s*.{0,200})\s*$"""
)
_COMMENT = re.compile(r"(?<!:)//.*$|/\*.*?\*/|(['\"]).*?\1")
_TAIL = re.compile(
    r"\(function\s*\(|\(\w+ads\s*=|SINA_TEXT_PAGE_INFO|SinaPage\.\w+\(|\bvar\s+\w+\s*=\s*[\[{'\"]"
)
_CJK = re.compile(r"[\u3400-\u9fff]")

_TRIGGER = re.compile(
    r"编辑|责编|编审|审核|校对|监制|初审|复审|终审|[一二三]审|二维码|扫码|公众号|公众账号|订阅号|客户端|点击|原标题|声明|"
    r"广告|推广|来源[:：]|阅读|版权|Copyright|Reserved|分享|加载|反馈|转载|悦己|免费试玩|最新行情|查看更多|上一篇|下一篇|推荐|"
    r"相关新闻|关注我们|博客|热点|原题|浏览器|图源|供稿|稿源|微博\]",
    re.IGNORECASE,
)
_CREDIT = (
    r"(?:实习|责任|值班|本期|文字|新媒体|视频|图文)?"
    r"(?:编辑|责编|主编|编审|审核|校对|监制|初审|复审|终审|[一二三]审|统筹|制作)"
)
_LINES = re.compile(
    rf"[（(【\[]?\s*{_CREDIT}\s*(?:[:：/丨|｜]|\s(?=\S{{2,4}}$)).{{0,60}}"
    r"|[^。，]{0,24}(?:扫码|扫一扫|扫描|长按|识别|左侧|下方)[^。，]{0,12}二维码[^。，]{0,24}[。！]?"
    r"|[^。，]{0,20}扫码(?:关注|下载|观看|阅读|报名|进群)[^。，]{0,30}[。！]?"
    r"|.{0,24}(?:搜索|关注|订阅)[^。]{0,16}(?:微信|公众账?号|订阅号|官方微博|视频号).{0,40}"
    r"|[>》\s]*(?:请)?点击(?:进入|查看|阅读|下载|加载|观看|这里|此处|上方|下方|关注).{0,30}"
    r"|.{0,30}点击(?:阅读|查看|进入)(?:原文|专题|全文|详情|更多).{0,10}"
    r"|[（(【\[]?原(?:标题|题为|题)\s*[:：《 ].{0,80}"
    r"|(?:特别|免责|版权|郑重|转载|本[站网报]|\S{1,8}网)?声明[:：].{0,200}"
    r"|.{0,60}(?:版权所有|未经[^。]{0,10}授权[^。]{0,10}(?:转载|禁止)|转载(?:请|须|需)(?:注明|授权|联系)|"
    r"(?:禁止|谢绝)转载).{0,40}"
    r"|.{0,40}(?:Copyright\s*[©(]|All Rights Reserved).{0,60}"
    r"|[-—\[(（【]*(?:广告|推广|赞助内容|AD)[-—\])）】]*"
    r"|[（(\[【]?(?:稿件|文章|图片|信息|本文)?来源[:：].{0,30}|(?:图源|供稿|稿源)[:：].{0,30}"
    r"|[^。，]{0,20}(?:下载|打开)[^。，]{0,12}客户端[^。，]{0,30}[。！]?|您的浏览器不支持.{0,30}"
    r"|加载中[.…]*|点击加载更多|我要反馈|分享到[:：]?.{0,20}|返回搜狐.{0,10}|查看(?:最新行情|更多|原文).{0,6}"
    r"|关键词\s*[:：].{0,60}|(?:上|下)一篇[:：].{0,60}|精度知天下，新闻更悦己|新酷产品第一时间免费试玩.{0,90}"
    r"|关注我们.{0,20}|专题[:：].{0,60}",
    re.IGNORECASE,
)
_PHRASES = re.compile(
    r"[（(【\[]\s*原(?:标题|题为|题)\s*[:：]?[^（）()\n】\]]{1,80}[）)】\]]"
    rf"|[（(【\[]\s*{_CREDIT}\s*[:：][^（）()\n]{{1,40}}[）)】\]]"
    r"|(?:(?:新浪|搜狐|网易|腾讯|凤凰|特别|免责|版权|郑重|本[站网报台号])?声明：|小编注：)"
    r"[^\n]{0,120}?(?:文章内容仅供参考|尊重原创|仅代表作者(?:本人)?观点|不代表本[站网报台](?:立场|观点))[。！]?"
    r"|本文(?:转载?自|选自)[^。\n]{1,40}点击(?:阅读|查看)原文。?"
    r"|新酷产品第一时间免费试玩[^\n]{0,90}?专享福利哦！?"
    r"|欢迎关注[“\"]?[^，。\n]{1,12}[”\"]?的微信订阅号：[A-Za-z0-9_\-]+"
    r"|精度知天下，新闻更悦己|\[微博\]|(?:责任|实习)编辑：[\u4e00-\u9fff]{2,3}(?=$|\n|\s|。|责任)"
)
_END = re.compile(
    r"(?:相关(?:新闻|阅读|推荐|报道)|推荐阅读|热门推荐|延伸阅读|猜你喜欢|更多推荐|我要反馈|今日热点)\s*[:：]?\s*"
)


def furniture(text: str) -> list[tuple[int, int]]:
    """Find ranges of a plain text that are no part of the story; may overlap, not sorted.

    Whole lines go with their line break.  Linear in the length of the text.
    """
    ranges: list[tuple[int, int]] = []
    if _CODE_HINT.search(text):
        ranges += _code(text)
    if _TRIGGER.search(text):
        ranges += [m.span() for m in _PHRASES.finditer(text)]
        ranges += _credit_lines(text)
    return ranges


def _lines(text: str) -> list[tuple[int, int, str]]:
    rows: list[tuple[int, int, str]] = []
    at = 0
    for line in text.splitlines(keepends=True):
        rows.append((at, at + len(line), line.strip()))
        at += len(line)
    return rows


def _credit_lines(text: str) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    rows = _lines(text)
    for start, end, line in rows:
        if not 2 <= len(line) <= 200:
            continue
        if len(rows) > 3 and start > len(text) // 2 and _END.fullmatch(line):
            return [*ranges, (start, len(text))]
        if _TRIGGER.search(line) and _LINES.fullmatch(line):
            ranges.append((start, end))
    return ranges


def _code(text: str) -> list[tuple[int, int]]:
    rows = _lines(text)
    code = [_is_strong(line) for _, _, line in rows]
    for order, neighbour in ((range(1, len(rows)), -1), (range(len(rows) - 2, -1, -1), 1)):
        for row in order:
            if not code[row] and code[row + neighbour]:
                code[row] = _is_weak(rows[row][2])
    ranges = [(start, end) for (start, end, _), is_code in zip(rows, code, strict=True) if is_code]
    for (start, end, line), is_code in zip(rows, code, strict=True):
        tail = None if is_code else _TAIL.search(line)
        if tail is not None and not _is_chinese(line[tail.start() :]):
            ranges.append((text.index(line, start) + tail.start(), end))
    return ranges


def _is_strong(line: str) -> bool:
    return 0 < len(line) <= 5_000 and not _is_chinese(line) and _STRONG.search(line) is not None


def _is_weak(line: str) -> bool:
    return not line or (len(line) <= 300 and not _is_chinese(line) and _WEAK.match(line) is not None)


def _is_chinese(line: str) -> bool:
    bare = _COMMENT.sub("", line)
    return 5 * len(_CJK.findall(bare)) > len(bare)
