"""An archive takes the objects, gives them back, and draws them."""

import io
import json
from collections.abc import Iterator
from urllib.request import urlopen

import numpy as np
import pytest
from dicomweb_client import DICOMwebClient
from PIL import Image
from pydicom.dataset import Dataset
from pynetdicom import AE

from alzer.dicom_out.objects import ResultObjects
from dicom_out.made import STUDY, numbers_in, texts_in
from dicom_out.orthanc import archive


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    with archive(tmp_path_factory.mktemp("orthanc")) as place:
        yield place


def test_stow_takes_the_objects_and_wado_returns_them(
    of_head: ResultObjects, place: tuple[str, int]
) -> None:
    client = DICOMwebClient(f"{place[0]}/dicom-web")
    client.store_instances(list(of_head.objects))
    for sent in of_head.objects:
        got = client.retrieve_instance(
            STUDY, sent.SeriesInstanceUID, sent.SOPInstanceUID
        )

        assert got.SOPClassUID == sent.SOPClassUID
        assert str(got.PatientName) == str(sent.PatientName)
    report = of_head.by_kind["report"]
    got = client.retrieve_instance(
        STUDY, report.SeriesInstanceUID, report.SOPInstanceUID
    )
    sent_numbers = numbers_in(report, "Probability")
    assert numbers_in(got, "Probability") == pytest.approx(sent_numbers)
    assert texts_in(got) == texts_in(report)


def test_c_store_takes_the_objects_and_they_are_drawn(
    of_slice: ResultObjects, place: tuple[str, int]
) -> None:
    address, port = place
    entity = AE(ae_title="ALZER")
    for one in of_slice.objects:
        entity.add_requested_context(one.SOPClassUID, one.file_meta.TransferSyntaxUID)
    association = entity.associate("127.0.0.1", port, ae_title="ORTHANC")
    assert association.is_established
    states = [association.send_c_store(one).Status for one in of_slice.objects]
    association.release()

    assert states == [0x0000] * 4
    overlay = of_slice.by_kind["capture"]
    picture = preview(address, overlay)
    assert np.array_equal(picture, overlay.pixel_array)
    assert preview(address, of_slice.by_kind["map"]).std() > 0.0


def preview(address: str, dataset: Dataset) -> np.ndarray:
    """Return the picture that the archive draws of an object."""
    look_up = f"{address}/tools/lookup"
    with urlopen(look_up, dataset.SOPInstanceUID.encode()) as answer:  # noqa: S310 - on loopback
        (found,) = json.loads(answer.read())
    identity = found["ID"]
    with urlopen(f"{address}/instances/{identity}/preview") as answer:  # noqa: S310 - likewise
        return np.asarray(Image.open(io.BytesIO(answer.read())))
