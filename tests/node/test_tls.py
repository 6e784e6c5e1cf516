"""Files of certificates that can't be used are noticed at the start."""

import socket
import ssl
from pathlib import Path

import pytest

from alzer.errors import InvalidRequest
from alzer.node.settings import NodeSettings
from alzer.node.tls import client_context, server_context
from certificates import Authority


def test_without_a_certificate_there_is_no_tls() -> None:
    assert server_context(NodeSettings()) is None


def test_old_versions_are_not_spoken(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("node")
    settings = NodeSettings(
        tls_certificate=certificate, tls_key=key, tls_ca=authority.path
    )
    context = server_context(settings)

    assert context
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert client_context(settings).check_hostname


def test_with_an_authority_of_their_own_no_other_is_believed(tmp_path: Path) -> None:
    trusted = NodeSettings(tls_ca=Authority(tmp_path).path)

    assert len(client_context(trusted).get_ca_certs()) == 1


@pytest.mark.parametrize("name", ["tls_certificate", "tls_ca"])
def test_a_file_that_is_no_certificate_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("no certificate", encoding="utf-8")
    settings = NodeSettings.model_validate({name: tmp_path / "file"})

    with pytest.raises(InvalidRequest, match="ALZER_NODE_TLS"):
        client_context(settings)


def test_a_client_that_says_nothing_keeps_others_waiting_for_seconds_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alzer.node.tls._HANDSHAKE_S", 0.2)
    certificate, key = Authority(tmp_path).issue("node")
    context = server_context(NodeSettings(tls_certificate=certificate, tls_key=key))
    ours, theirs = socket.socketpair()

    assert context
    with theirs, ours, pytest.raises(TimeoutError):
        context.wrap_socket(ours, server_side=True)
