"""Bodies of JSON with bytes behind it."""

import json
from typing import Any

import pytest

from alzer.errors import InvalidRequest, TooManyBytes
from alzer.web.inference_body import parse_body

INPUT = {"name": "image", "shape": [1], "datatype": "BYTES"}


def body(*sizes: object, rest: bytes = b"") -> tuple[bytes, str]:
    inputs: list[dict[str, Any]] = [
        {**INPUT, "name": f"{number}", "parameters": {"binary_data_size": size}}
        for number, size in enumerate(sizes)
    ]
    text = json.dumps({"inputs": inputs}).encode()
    return text + rest, str(len(text))


def test_bytes_are_dealt_out_in_the_order_of_the_inputs() -> None:
    asked = parse_body(*body(2, 0, 3, rest=b"abcde"))

    assert asked.contents == {"0": b"ab", "1": b"", "2": b"cde"}


@pytest.mark.parametrize("sizes", [(6,), (4,), (-1,), (True,), ("5",), (3, 3)])
def test_sizes_that_do_not_add_up_are_refused(sizes: tuple[object, ...]) -> None:
    with pytest.raises(InvalidRequest, match="bytes"):
        parse_body(*body(*sizes, rest=b"abcde"))


@pytest.mark.parametrize("length", ["x", "-1", "1.5", "", "٣", "9" * 5000])
def test_a_length_that_is_none_is_refused(length: str) -> None:
    with pytest.raises(InvalidRequest, match="Content-Length"):
        parse_body(body()[0], length)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_what_is_no_request_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidRequest, match="Open Inference Protocol"):
        parse_body(text, None)


def test_json_is_limited_and_bytes_behind_it_are_not() -> None:
    large = b"x" * 2**20
    content, length = body(len(large), rest=large)

    assert parse_body(content, length).contents["0"] == large
    with pytest.raises(TooManyBytes, match="1 MiB"):
        parse_body(content, None)


def test_outputs_are_binary_one_by_one_or_all_together() -> None:
    text = {
        "inputs": [INPUT],
        "outputs": [
            {"name": "a"},
            {"name": "b", "parameters": {"binary_data": True}},
        ],
    }
    some = parse_body(json.dumps(text).encode(), None)
    every = {**text, "parameters": {"binary_data_output": True}}
    all_of_them = parse_body(json.dumps(every).encode(), None)

    assert [some.is_binary(name) for name in "ab"] == [False, True]
    assert [all_of_them.is_binary(name) for name in "ab"] == [True, True]
    assert some.wants(["b", "a", "c"]) == ["a", "b"]
