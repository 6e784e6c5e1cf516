"""Nobody's identity is left anywhere by the service as people run it."""

import io
import struct
import subprocess
import sys
import zlib
from base64 import b64decode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from alzer.store.tokens import Scope
from processes import Running, service
from web import identities
from web.test_access import bearer, make_token


def texts_in_png(content: bytes) -> bytes:
    """Unpack every chunk: a name may be compressed."""
    found, place = b"", 8
    while place < len(content):
        (length,) = struct.unpack_from(">L", content, place)
        chunk = content[place + 8 : place + 8 + length]
        found += chunk
        if content[place + 4 : place + 8] in {b"zTXt", b"iTXt"}:
            found += zlib.decompress(chunk.rpartition(b"\0")[2])
        place += 12 + length
    return found


@dataclass
class Answers:
    """Whatever the service of a person answers, pictures unpacked.

    Attributes:
        client: Asks it, with an identity in everything that a client can say.
        said: Heads and bodies.
    """

    client: httpx.Client
    said: list[bytes] = field(default_factory=list)

    def ask(self, method: str, path: str, **rest: Any) -> httpx.Response:  # noqa: ANN401 - the client's
        answer = self.client.request(method, path, **rest)
        self.said += [str(answer.headers).encode(), self._open(answer.content)]
        return answer

    def upload(self, path: str, content: bytes) -> httpx.Response:
        name = identities.NAME
        part = (f"{name}.dcm", content, f"image/{name}")
        fields = {"patient": identities.PERSON, name: identities.BORN}
        answer = self.ask("POST", path, files={"file": part}, data=fields)
        if answer.status_code == 200 and "layers" in path:
            told = answer.json()
            for picture in ("original", "heat"):
                content = b64decode(told["layers"][picture].partition(",")[2])
                assert content.startswith(b"\x89PNG")
                self.said.append(self._open(content))
            self.ask("GET", told["heatmap_url"])
        return answer

    @staticmethod
    def _open(content: bytes) -> bytes:
        is_png = content.startswith(b"\x89PNG")
        return content + texts_in_png(content) if is_png else content


# Not of the people on the scans: the operator's own name for a token.
OPERATORS_NAME = "Ottoline-desk"


def list_tokens(folder: Path) -> str:
    command = [sys.executable, "-m", "alzer.cli", "tokens", "list"]
    listed = subprocess.run(  # noqa: S603 - our own program
        [*command, "--data-dir", str(folder)], capture_output=True, check=True
    )
    return listed.stdout.decode()


def say_names(answers: Answers, scraper: str) -> None:
    """Say identities wherever else a client can.

    Args:
        answers: Of the service.
        scraper: A token for everybody's figures.
    """
    name = identities.NAME
    for path in (f"/{name}", f"/analyses/{name}", f"/uploads/heatmaps/{name}.png"):
        assert answers.ask("GET", f"{path}?{name}={name}").status_code == 404
    for query in ("prediction", "cursor", "since", "limit"):
        assert answers.ask("GET", f"/analyses?{query}={name}").status_code == 400
    assert answers.ask(name.upper(), "/predict").status_code in {400, 405}
    signing_in = answers.ask("POST", "/login", data={"token": name, name: name})
    assert signing_in.status_code == 401
    for each in (f"Basic {name}", f"Bearer {name}", f"Bearer alzer_{name}_{name}"):
        refused = answers.ask("GET", "/analyses", headers={"Authorization": each})
        assert refused.status_code == 401
    elsewhere = {"Host": f"{name}.example"}
    refused = answers.ask("POST", "/predict", headers=elsewhere)
    assert refused.status_code == 400
    for path in ("/analyses?limit=200", "/readyz", "/openapi.json"):
        assert answers.ask("GET", path).status_code == 200
    figures = answers.ask("GET", "/metrics", headers=bearer(scraper))
    assert figures.status_code == 200


def files_in(*folders: Path) -> dict[str, bytes]:
    """Give name and content of every file, by its name."""
    return {
        each.name: each.name.encode() + each.read_bytes()
        for folder in folders
        for each in folder.rglob("*")
        if each.is_file()
    }


@dataclass(frozen=True)
class Traces:
    """What is left of a service in use.

    Attributes:
        written: Files by name, while it ran and after it had ended.
        log: All that it printed and logged.
        said: All that it answered.
    """

    written: list[dict[str, bytes]]
    log: bytes
    said: bytes

    def everything(self) -> bytes:
        files = [content for each in self.written for content in each.values()]
        return b"\n".join((*files, self.log, self.said))


def use(running: Running, token: str, scraper: str) -> list[bytes]:
    """Send every file that there is, good and bad, in somebody's name."""
    name = identities.NAME
    told = {"User-Agent": name, "Referer": f"http://{name}/", "X-Request-ID": name,
            "Cookie": f"{name}={name}", "X-Patient": name, **bearer(token)}  # fmt: skip
    with running.client() as client:
        client.headers.update(told)
        answers = Answers(client)
        for path in (f"/predict?layers=true&patient={name}", f"/preview?{name}"):
            for content in identities.FILES.values():
                assert answers.upload(path, content).status_code == 200
            for content in identities.REFUSED.values():
                assert answers.upload(path, content).status_code == 400
        say_names(answers, scraper)
    return answers.said


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("identities")


@pytest.fixture(scope="module")
def token(folder: Path) -> str:
    return make_token(folder, OPERATORS_NAME)


@pytest.fixture(scope="module")
def traces(
    bundle_path: Path,
    folder: Path,
    token: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Traces:
    """Give what is left of the real service, to which all of them were sent."""
    aside = tmp_path_factory.mktemp("aside")
    log, temporary = aside / "log", aside / "temporary"
    temporary.mkdir()
    settings = {"log_level": "debug", "auth": "required"}
    scraper = make_token(folder, "prometheus", Scope.METRICS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(temporary))
        with service(bundle_path, folder, log, **settings) as running:
            said = use(running, token, scraper)
            during = files_in(folder, temporary)
    after = files_in(folder, temporary)
    return Traces([during, after], log.read_bytes(), b"\n".join(said))


def test_the_service_keeps_and_tells_nobodys_identity(traces: Traces) -> None:
    planted = b"".join(identities.FILES.values()).lower()
    found = {each for each in identities.spellings() if each in planted}
    told = traces.everything().lower()

    assert len(found) >= 8  # names are there, in several encodings
    assert [each for each in identities.spellings() if each in told] == []
    for written in traces.written:
        kept = [each for each in written if each.startswith("heatmap_")]
        assert len(kept) == len(identities.FILES)
    assert traces.log.count(b'"logger": "alzer.access"') > 2 * len(identities.REFUSED)


def test_a_token_is_named_in_its_list_alone_and_its_secret_nowhere(
    traces: Traces, folder: Path, token: str
) -> None:
    listed = list_tokens(folder)
    database = {"alzer.db", "alzer.db-wal"}
    elsewhere = [
        content
        for each in traces.written
        for name, content in each.items()
        if name not in database
    ]

    assert OPERATORS_NAME in listed
    for place in (traces.log, traces.said, *elsewhere):
        assert OPERATORS_NAME.encode() not in place
    secret = token.split("_", 2)[2].encode()
    assert secret not in traces.everything()
    assert secret.decode() not in listed


@pytest.mark.parametrize("content", identities.FILES.values(), ids=identities.FILES)
def test_pictures_that_are_served_hold_pixels_alone(
    client: TestClient, content: bytes
) -> None:
    answer = client.post("/predict", files={"file": content}).json()
    heatmap = client.get(answer["heatmap_url"]).content
    preview = client.post("/preview", files={"file": content}).content

    for picture in (heatmap, preview):
        opened = Image.open(io.BytesIO(picture))
        opened.load()
        assert not opened.getexif()
        assert set(opened.info) <= {"srgb", "gamma"}
