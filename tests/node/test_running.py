"""All parts of a node together, until it is asked to end."""

import asyncio
import gc
import logging
import os
import signal
import socket
import threading
import warnings
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import httpx2 as httpx
import pydicom
import pytest
import requests

from alzer.errors import InvalidRequest
from alzer.node import running
from alzer.node.dicomweb import open_client
from alzer.node.running import build_node, run
from alzer.node.settings import NodeSettings
from alzer.node.spool import Spool
from alzer.settings import Settings
from alzer.store.store import open_store
from certificates import Authority
from nodes import head_files, send
from servers import free_port

NOWHERE = "http://127.0.0.1:1/dicom-web"
TYPE = 'multipart/related; type="application/dicom"; boundary=edge'


@pytest.fixture(autouse=True)
def _loggers() -> Iterator[None]:
    """Let libraries speak again: a node silences them for its whole process."""
    yield
    for name in running._TALKATIVE:  # noqa: SLF001 - what it has changed
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture
def settings(bundle_path: Path, tmp_path: Path) -> Settings:
    return Settings.model_validate(
        {
            "data_dir": tmp_path,
            "model": bundle_path,
            "engine": "openvino",
            "precision": "fp32",
            "auth": "required",
        }
    )


def node_settings(**more: object) -> NodeSettings:
    values = {"destinations": NOWHERE, "quiet_seconds": 600, "min_free_bytes": 0}
    return NodeSettings.model_validate({**values, **more})


def run_with(
    settings: Settings, node: NodeSettings, use: Callable[[], object]
) -> object:
    """Run a node, use it once it is ready, and ask it to end."""
    outcome: list[object] = []

    def use_and_end() -> None:
        try:
            outcome.append(use())
        except BaseException as error:  # noqa: BLE001 - told by the test's thread
            outcome.append(error)
        os.kill(os.getpid(), signal.SIGTERM)

    built = build_node(settings, node)
    asyncio.run(run(built, lambda: threading.Thread(target=use_and_end).start()))
    with warnings.catch_warnings():
        # A client that is refused before it has sent all leaves uvicorn a transport.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    return outcome[0]


def test_objects_come_in_by_both_ways_until_the_node_is_asked_to_end(
    settings: Settings, tmp_path: Path
) -> None:
    store = open_store(settings)
    token = store.tokens.create("scanner")
    store.database.close()
    node = node_settings(dicom_port=free_port(), http_port=free_port())
    base = f"http://127.0.0.1:{node.http_port}"
    body = b"--edge\r\n\r\n" + head_files()[2] + b"\r\n--edge--\r\n"

    def use() -> list[object]:
        kind = {"Content-Type": TYPE}
        own = {**kind, "Authorization": f"Bearer {token}"}
        return [
            send(node.dicom_port, head_files()[:2]),
            httpx.get(f"{base}/healthz").status_code,
            httpx.post(f"{base}/studies", content=body, headers=kind).status_code,
            httpx.post(f"{base}/studies", content=body, headers=own).status_code,
        ]

    outcome = run_with(settings, node, use)

    assert outcome == [[0, 0], 200, 401, 200]
    with Spool(tmp_path / "node") as spool:  # free again
        assert len(spool.all()[0].sizes) == 3


@pytest.mark.parametrize("setting", ["dicom_port", "http_port"])
def test_a_port_that_is_taken_ends_the_start(settings: Settings, setting: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        ports = {"dicom_port": free_port(), "http_port": free_port()}
        ports[setting] = other.getsockname()[1]
        built = build_node(settings, node_settings(**ports))
        with pytest.raises(InvalidRequest, match=setting.upper()):
            asyncio.run(run(built))


def test_by_tls_the_node_takes_what_its_own_authority_has_signed(
    settings: Settings, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("node")
    tls = {"tls_certificate": certificate, "tls_key": key, "tls_ca": authority.path}
    node = node_settings(dicom_port=0, http_port=free_port(), **tls)
    base = f"https://127.0.0.1:{node.http_port}"
    dataset = pydicom.dcmread(BytesIO(head_files()[0]))

    def use() -> object:
        with pytest.raises(requests.exceptions.ConnectionError):  # shows none
            open_client(base, NodeSettings(tls_ca=authority.path)).store_instances(
                [dataset]
            )
        with pytest.raises(requests.exceptions.SSLError):  # believes others
            open_client(base, NodeSettings()).store_instances([dataset])
        return open_client(base, node).store_instances([dataset])

    answer = run_with(settings.model_copy(update={"auth": "auto"}), node, use)

    assert isinstance(answer, pydicom.Dataset), answer
    assert len(answer.ReferencedSOPSequence) == 1
