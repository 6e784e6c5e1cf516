"""Nobody is let in without a token, except on this machine."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from alzer.model.engine import Model
from alzer.settings import Settings
from alzer.store.store import open_store
from alzer.store.tokens import Scope
from phantoms import as_png, draw_brain
from served import app_with

BRAIN = as_png(draw_brain())

# Open to everybody, because they hold nothing of anybody.
OPEN = {
    ("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/docs"),
    ("GET", "/openapi.json"), ("GET", "/login"), ("POST", "/login"),
    ("GET", "/v2/health/live"), ("GET", "/v2/health/ready"),
}  # fmt: skip

# Asked by what watches over the service, by whatever name it knows it.
PROBES = {"/healthz", "/readyz", "/v2/health/live", "/v2/health/ready"}


@pytest.fixture
def guarded(model: Model, tmp_path: Path) -> Iterator[TestClient]:
    """Return a service that needs a token."""
    app = app_with(model, data_dir=tmp_path, auth="required")
    with TestClient(app, follow_redirects=False) as client:
        yield client


@pytest.fixture
def token(tmp_path: Path) -> str:
    """Return a token for it."""
    return make_token(tmp_path)


def make_token(
    folder: Path, name: str = "clinic", scope: Scope = Scope.ANALYSES
) -> str:
    store = open_store(Settings(data_dir=folder))
    made = store.tokens.create(name, scope=scope)
    store.database.close()
    return made


def revoke(folder: Path, token: str) -> None:
    store = open_store(Settings(data_dir=folder))
    store.tokens.revoke(token.split("_")[1])
    store.database.close()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_every_address_is_closed_but_those_that_hold_nothing(
    guarded: TestClient,
) -> None:
    document = guarded.get("/openapi.json").json()["paths"]
    routes = {(each.upper(), path) for path in document for each in document[path]}
    pages = {
        ("GET", "/"),
        ("GET", "/assessment/mri-upload"),
        ("GET", "/assessment/history"),
        ("GET", "/nowhere"),
    }
    assert len(routes) > 8
    for method, path in (routes | pages) - OPEN:
        address = re.sub(r"\{[^}]+\}", "x", path)
        status = guarded.request(method, address).status_code

        assert status == (
            303 if (method, path) in pages - {("GET", "/nowhere")} else 401
        )
    for method, path in routes & OPEN:
        assert guarded.request(method, path).status_code == 200


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer",
        "Bearer x",
        "Basic YTpi",
        "Bearer alzer_x_y",
        "bearer " + "x" * 9999,
    ],
)
def test_a_wrong_token_is_refused(guarded: TestClient, value: str) -> None:
    response = guarded.get("/analyses", headers={"Authorization": value})

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json()["code"] == "not_signed_in"


def test_a_token_predicts_and_sees_its_own_analyses_only(
    guarded: TestClient, tmp_path: Path, token: str
) -> None:
    other = make_token(tmp_path, "other")
    files = {"file": BRAIN}
    answer = guarded.post("/predict", files=files, headers=bearer(token)).json()
    address = f"/analyses/{answer['analysis_id']}"
    name = urlsplit(answer["heatmap_url"]).path

    assert guarded.get(address, headers=bearer(token)).status_code == 200
    assert guarded.get(name, headers=bearer(token)).status_code == 200
    assert len(guarded.get("/analyses", headers=bearer(token)).json()["analyses"]) == 1
    assert guarded.get(address, headers=bearer(other)).status_code == 404
    assert guarded.delete(address, headers=bearer(other)).status_code == 404
    assert guarded.get(name, headers=bearer(other)).status_code == 404
    assert guarded.get("/analyses", headers=bearer(other)).json()["analyses"] == []
    assert guarded.delete(address, headers=bearer(token)).status_code == 204


def test_a_heatmaps_address_is_signed_and_ends(
    guarded: TestClient, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"file": BRAIN}
    answer = guarded.post("/predict", files=files, headers=bearer(token)).json()
    url = answer["heatmap_url"]
    expires = re.search(r"expires=(\d+)", url)
    assert expires

    assert guarded.get(url).status_code == 200
    assert guarded.get(urlsplit(url).path).status_code == 401
    later = url.replace(expires[1], str(int(expires[1]) + 1))
    assert guarded.get(later).status_code == 401
    assert guarded.get(url[:-1]).status_code == 401
    assert guarded.get(url + "é").status_code == 401
    assert guarded.post(url).status_code in {401, 403, 405}
    monkeypatch.setattr("alzer.web.signing.time.time", lambda: int(expires[1]) + 1.0)
    assert guarded.get(url).status_code == 401


def predict(client: TestClient, token: str) -> dict[str, Any]:
    response = client.post("/predict", files={"file": BRAIN}, headers=bearer(token))
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


def test_a_heatmaps_address_ends_with_its_token(
    guarded: TestClient, tmp_path: Path, token: str
) -> None:
    other = make_token(tmp_path, "other")
    ended, lasting = predict(guarded, token), predict(guarded, other)
    before = guarded.get(ended["heatmap_url"]).status_code
    revoke(tmp_path, token)

    assert before == 200
    assert guarded.get(ended["heatmap_url"]).status_code == 401
    assert guarded.get(lasting["heatmap_url"]).status_code == 200


def test_a_heatmaps_address_ends_with_its_analysis(
    guarded: TestClient, tmp_path: Path, token: str
) -> None:
    answer = predict(guarded, token)
    (file,) = tmp_path.rglob("heatmap_*.png")
    content = file.read_bytes()
    guarded.delete(f"/analyses/{answer['analysis_id']}", headers=bearer(token))
    file.write_bytes(content)  # as from a backup

    assert guarded.get(answer["heatmap_url"]).status_code == 401


def test_a_session_ends_with_its_token(
    guarded: TestClient, tmp_path: Path, token: str
) -> None:
    sign_in(guarded, token)
    before = guarded.get("/analyses").status_code
    revoke(tmp_path, token)

    assert before == 200
    assert guarded.get("/analyses").status_code == 401
    assert guarded.get("/assessment/mri-upload").status_code == 303


def test_only_a_token_for_them_sees_everybodys_figures(
    guarded: TestClient, tmp_path: Path, token: str
) -> None:
    scraper = make_token(tmp_path, "prometheus", Scope.METRICS)
    figures = guarded.get("/metrics", headers=bearer(scraper))
    refused = guarded.get("/metrics", headers=bearer(token))
    sign_in(guarded, token)
    by_session = guarded.get("/metrics")

    assert "alzer_analyses_total" in figures.text
    assert refused.status_code == by_session.status_code == 403
    assert refused.json()["code"] == "not_allowed"
    assert "--metrics" in refused.json()["detail"]


def test_a_token_for_figures_sees_nobodys_analyses(
    guarded: TestClient, tmp_path: Path, token: str
) -> None:
    answer = predict(guarded, token)
    scraper = bearer(make_token(tmp_path, "prometheus", Scope.METRICS))
    files = {"file": BRAIN}
    for path in ("/analyses", f"/analyses/{answer['analysis_id']}", "/"):
        assert guarded.get(path, headers=scraper).status_code == 403
    for path in ("/predict", "/preview"):
        assert guarded.post(path, files=files, headers=scraper).status_code == 403
    name = urlsplit(answer["heatmap_url"]).path
    assert guarded.get(name, headers=scraper).status_code == 403


def test_no_cache_keeps_what_only_those_see_who_have_signed_in(
    guarded: TestClient, token: str
) -> None:
    answer = predict(guarded, token)
    csrf = sign_in(guarded, token)
    own = f"/analyses/{answer['analysis_id']}"
    name = urlsplit(answer["heatmap_url"]).path
    thumbnail = f"{own}/thumbnail"
    pages = ["/assessment/mri-upload", "/assessment/history", "/", "/analyses", own]
    pages += [thumbnail, name]
    for path in (*pages, answer["heatmap_url"], "/metrics", "/nowhere"):
        assert guarded.get(path).headers["cache-control"] == "no-store", path
    out = guarded.post("/logout", data={"csrf": csrf})

    assert out.headers["clear-site-data"] == '"cache"'
    assert out.headers["cache-control"] == "no-store"
    gone = out.headers.get_list("set-cookie")
    assert {each.partition("=")[0] for each in gone} == {"alzer_session", "alzer_csrf"}
    assert all("Max-Age=0" in each for each in gone)


@pytest.mark.parametrize(
    "odd",
    [
        "a b=c",
        'x={"a": [1, 2]}',
        "=",
        "name",
        "Path",
        "é=1",
        'q="',
        "expires=x, y",
        "$",
    ],
)
@pytest.mark.parametrize("order", ["{odd}; {ours}", "{ours}; {odd}", "{odd};{ours};"])
def test_an_odd_cookie_of_somebody_else_signs_nobody_out(
    guarded: TestClient, token: str, odd: str, order: str
) -> None:
    sign_in(guarded, token)
    ours = f"alzer_session={guarded.cookies['alzer_session']}"
    guarded.cookies.clear()
    cookies = order.format(odd=odd, ours=ours).encode("latin-1")

    assert guarded.get("/analyses", headers={b"Cookie": cookies}).status_code == 200


def sign_in(client: TestClient, token: str) -> str:
    response = client.post("/login", data={"token": token})
    assert response.status_code == 303
    return client.cookies["alzer_csrf"]


def test_a_person_signs_in_works_and_signs_out(guarded: TestClient, token: str) -> None:
    page = "/assessment/mri-upload"
    assert guarded.get(page).headers["location"] == "../login"
    assert "Access token" in guarded.get("/login").text
    csrf = sign_in(guarded, token)
    shown = guarded.get(page)
    answer = guarded.post(
        "/predict", files={"file": BRAIN}, headers={"X-CSRF-Token": csrf}
    )
    heatmap = guarded.get(urlsplit(answer.json()["heatmap_url"]).path)
    out = guarded.post("/logout", data={"csrf": csrf})

    assert shown.status_code == answer.status_code == heatmap.status_code == 200
    assert "Sign out" in shown.text
    assert out.status_code == 303
    assert guarded.get("/analyses").status_code == 401


def test_a_session_that_was_copied_ends_when_its_owner_signs_out(
    guarded: TestClient, token: str
) -> None:
    csrf = sign_in(guarded, token)
    copied = {"Cookie": f"alzer_session={guarded.cookies['alzer_session']}"}
    guarded.post("/logout", data={"csrf": csrf})

    assert guarded.get("/analyses", headers=copied).status_code == 401


def test_a_wrong_token_signs_nobody_in(guarded: TestClient) -> None:
    response = guarded.post("/login", data={"token": "alzer_x_<script>"})

    assert response.status_code == 401
    assert "not valid" in response.text
    assert "<script>" not in response.text
    assert not guarded.cookies
    assert guarded.post("/login", content=b"x" * 99999).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "0" * 64},
        {"Origin": "https://evil.example", "X-CSRF-Token": "right"},
        {"Sec-Fetch-Site": "cross-site", "X-CSRF-Token": "right"},
        {"Origin": "null", "X-CSRF-Token": "right"},
    ],
)
def test_another_sites_page_can_do_nothing_in_a_sessions_name(
    guarded: TestClient, token: str, headers: dict[str, str]
) -> None:
    csrf = sign_in(guarded, token)
    sent = {key: value.replace("right", csrf) for key, value in headers.items()}
    answer = guarded.post("/predict", files={"file": BRAIN}, headers=sent)
    deleted = guarded.delete("/analyses/x", headers=sent)

    assert answer.status_code == deleted.status_code == 403
    assert answer.json()["code"] == "forged"
    assert guarded.get("/analyses").json()["analyses"] == []


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_another_site_can_sign_nobody_in_or_out(
    guarded: TestClient, token: str, headers: dict[str, str]
) -> None:
    signed_in = guarded.post("/login", data={"token": token}, headers=headers)
    csrf = sign_in(guarded, token)
    signed_out = guarded.post("/logout", data={"csrf": csrf}, headers=headers)
    without = guarded.post("/logout", data={"csrf": "0"})

    assert signed_in.status_code == signed_out.status_code == 403
    assert without.status_code == 403
    assert guarded.get("/analyses").status_code == 200


@pytest.mark.parametrize("public", [None, "https://mri.example.org/alzer"])
def test_cookies_are_kept_from_scripts_and_other_sites(
    model: Model, tmp_path: Path, token: str, public: str | None
) -> None:
    app = app_with(model, data_dir=tmp_path, auth="required", public_url=public)
    with TestClient(app, follow_redirects=False) as client:
        response = client.post("/login", data={"token": token})

    session, csrf = response.headers.get_list("set-cookie")
    for each in (session, csrf):
        assert "SameSite=strict" in each
        assert ("Secure" in each) is (public is not None)
        assert f"Path={'/alzer' if public else '/'}" in each
    assert "HttpOnly" in session
    assert "HttpOnly" not in csrf


def test_a_front_end_on_another_origin_uses_a_token(
    guarded: TestClient, token: str
) -> None:
    headers = {"origin": "http://localhost:3000", **bearer(token)}
    asked = {
        "origin": "http://localhost:3000",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
    }
    preflight = guarded.options("/predict", headers=asked)
    answer = guarded.post("/predict", files={"file": BRAIN}, headers=headers)

    assert preflight.status_code == answer.status_code == 200
    assert "authorization" in preflight.headers["access-control-allow-headers"].lower()
    assert "access-control-allow-credentials" not in answer.headers


def test_without_the_database_nobody_is_let_in(
    guarded: TestClient, tmp_path: Path, token: str
) -> None:
    assert guarded.get("/analyses", headers=bearer(token)).status_code == 200
    for each in tmp_path.glob("alzer.db*"):
        each.unlink()
    (tmp_path / "alzer.db").mkdir()

    response = guarded.get("/analyses", headers=bearer(token))
    assert response.status_code == 503
    assert guarded.get("/healthz").status_code == 200


def test_the_key_is_readable_by_its_owner_only(
    guarded: TestClient, tmp_path: Path
) -> None:
    assert guarded.get("/healthz").status_code == 200
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("settings", "needs"),
    [
        ({}, False), ({"host": "::1"}, False), ({"host": "localhost"}, False),
        ({"host": "127.8.9.1"}, False), ({"host": "0.0.0.0"}, True),  # noqa: S104
        ({"host": "10.0.0.5"}, True), ({"host": "::"}, True),
        ({"host": "127.0.0.1.example.org"}, True), ({"auth": "required"}, True),
    ],
)  # fmt: skip
def test_a_token_is_needed_wherever_others_could_come(
    settings: dict[str, str],
    needs: bool,  # noqa: FBT001
) -> None:
    assert Settings.model_validate(settings).needs_token is needs


SPOOFS = [
    {name: value}
    for name in ("X-Forwarded-Host", "X-Forwarded-For", "X-Forwarded-Proto",
                 "X-Forwarded-Prefix", "X-Forwarded-Port", "X-Original-URL",
                 "X-Rewrite-URL", "X-Host", "X-Real-IP", "Forwarded",
                 "X-Forwarded-Server", "X-HTTP-Host-Override")
    for value in ("evil.example", "https://evil.example/x")
]  # fmt: skip


@pytest.mark.parametrize("headers", SPOOFS)
def test_no_header_changes_the_address_of_heatmaps(
    model: Model, tmp_path: Path, headers: dict[str, str]
) -> None:
    app = app_with(model, data_dir=tmp_path, public_url="https://mri.example.org")
    with TestClient(app) as client:
        answer = client.post("/predict", files={"file": BRAIN}, headers=headers)

    assert answer.json()["heatmap_url"].startswith("https://mri.example.org/uploads/")


HOSTS = ["evil.example", "mri.example.org@evil.example", "", "127.0.0.1.evil.example"]


@pytest.mark.parametrize("host", HOSTS)
def test_with_a_token_no_host_changes_the_address_of_heatmaps(
    model: Model, tmp_path: Path, token: str, host: str
) -> None:
    url = "https://mri.example.org"
    app = app_with(model, data_dir=tmp_path, public_url=url, auth="required")
    with TestClient(app) as client:
        headers = {"Host": host, **bearer(token)}
        answer = client.post("/predict", files={"file": BRAIN}, headers=headers)

    assert answer.json()["heatmap_url"].startswith(f"{url}/uploads/")


@pytest.mark.parametrize("public_url", [None, "https://mri.example.org"])
@pytest.mark.parametrize("host", HOSTS)
def test_without_a_token_only_the_services_own_names_lead_to_it(
    model: Model, tmp_path: Path, host: str, public_url: str | None
) -> None:
    app = app_with(model, data_dir=tmp_path, public_url=public_url)
    with TestClient(app) as client:
        document = client.get("/openapi.json").json()["paths"]
        for path in {*document, "/", "/assessment/mri-upload", "/static/alzer.css"}:
            for method in document.get(path, ["get"]):
                address = re.sub(r"\{[^}]+\}", "x", path)
                answer = client.request(method.upper(), address, headers={"Host": host})
                is_probe = path in PROBES

                assert answer.status_code == (200 if is_probe else 400), path
                assert is_probe or answer.json()["code"] == "invalid_host"


@pytest.mark.parametrize("path", ["/predict/", "/docs/", "/healthz/", "/analyses/"])
def test_no_answer_leads_to_the_host_of_a_request(
    model: Model, tmp_path: Path, path: str
) -> None:
    app = app_with(model, data_dir=tmp_path, allowed_hosts="*")
    with TestClient(app, follow_redirects=False) as client:
        answer = client.post(path, headers={"Host": "evil.example"})

    assert answer.status_code in {404, 405}
    assert "location" not in answer.headers


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://[::1"},
    {"Sec-Fetch-Site": "cross-site"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_token_that_a_proxy_adds_does_not_serve_another_site(
    guarded: TestClient, token: str, headers: dict[str, str]
) -> None:
    sent = {**headers, **bearer(token)}
    answer = guarded.post("/predict", files={"file": BRAIN}, headers=sent)
    read = guarded.get("/analyses", headers=sent)

    assert answer.status_code == 403
    assert answer.json()["code"] == "forged"
    assert read.json()["analyses"] == []


@pytest.mark.parametrize("headers", FOREIGN)
def test_an_origin_that_is_none_signs_nobody_in(
    guarded: TestClient, token: str, headers: dict[str, str]
) -> None:
    answer = guarded.post("/login", data={"token": token}, headers=headers)

    assert answer.status_code == 403


@pytest.mark.parametrize("body", ["&" * 40, "a=1&" * 40, "token", "=", "%", "\x00"])
def test_forms_of_any_content_sign_nobody_in(guarded: TestClient, body: str) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = guarded.post("/login", content=body, headers=kind)

    assert answer.status_code == 401


def test_a_service_goes_by_the_loopback_address_that_it_listens_on(
    model: Model, tmp_path: Path
) -> None:
    app = app_with(model, data_dir=tmp_path, host="127.0.0.2")
    with TestClient(app) as client:
        own = client.get("/docs", headers={"Host": "127.0.0.2:8000"})
        other = client.get("/docs", headers={"Host": "127.0.0.3:8000"})

    assert (own.status_code, other.status_code) == (200, 400)
