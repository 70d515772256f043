"""Pages without a key: a reader's own, and the explanation of the algorithm."""

from fastapi.testclient import TestClient

from tianfu.serving.console.pages import CONTENT_SECURITY_POLICY


def test_the_explanation_is_a_page_for_browsers_and_text_for_others(served: TestClient) -> None:
    page = served.get("/about-algorithm", headers={"Accept": "text/html,application/xhtml+xml;q=0.9"})
    assert page.headers["content-type"].startswith("text/html")
    assert "<h2>您的权利</h2>" in page.text
    assert "<strong>关闭个性化</strong>" in page.text
    assert "<script" not in page.text
    plain = served.get("/about-algorithm", headers={"Accept": "*/*"})
    assert plain.headers["content-type"].startswith("text/plain")
    assert "## 您的权利" in plain.text
    assert page.headers["vary"] == plain.headers["vary"] == "Accept"


def test_public_pages_carry_the_security_headers_and_a_readers_is_never_kept(served: TestClient) -> None:
    for path in ("/me", "/about-algorithm"):
        answer = served.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 200
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert answer.headers["referrer-policy"] == "no-referrer"
    assert served.get("/me").headers["cache-control"] == "no-store"
    assert "noindex" in served.get("/me").text
