"""What libraries say of a file stays with them."""

import logging
import threading
import warnings

import numpy as np
import pytest

from alzer.scans.formats import read_slice
from alzer.scans.quiet import quiet_libraries
from phantoms import as_dicom, as_nifti, draw_brain

NAMES = ("PIL.PngImagePlugin", "nibabel.global", "openjpeg", "pydicom.pixels.utils")


def say_everything() -> None:
    """Warn and log as libraries do."""
    warnings.warn("Invalid value 'DOE^JANE'", UserWarning, stacklevel=1)
    warnings.warn_explicit(
        "overflow of DOE^JANE", RuntimeWarning, "fileio.py", 1, "pydicom.fileio"
    )
    for name in NAMES:
        logging.getLogger(name).error("DOE^JANE")


def test_libraries_neither_warn_nor_log_while_they_read(
    capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    with quiet_libraries():
        say_everything()

    assert capfd.readouterr().err == ""
    assert not recwarn.list


def test_a_warning_about_our_own_numbers_is_not_silenced() -> None:
    with quiet_libraries(), pytest.warns(RuntimeWarning, match="overflow"):
        np.float32(3e38) * np.float32(10)


def test_afterwards_everything_is_as_it_was(caplog: pytest.LogCaptureFixture) -> None:
    before = list(warnings.filters)
    threads = [threading.Thread(target=read_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in NAMES:
        logging.getLogger(name).error("heard")

    assert list(warnings.filters) == before
    assert [record.message for record in caplog.records] == ["heard"] * len(NAMES)


def read_often() -> None:
    """Be quiet again and again, as readers in many threads are."""
    for _ in range(200):
        with quiet_libraries():
            say_everything()


def test_odd_files_are_read_without_a_word(
    capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    nifti = bytearray(as_nifti((draw_brain().T * 4000).astype(np.uint16)))
    nifti[80:84] = bytes(4)  # pixdim[1], which should not be zero
    dicom = as_dicom(draw_brain(), SpecificCharacterSet="ISO_IR 192")
    for data in (bytes(nifti), dicom.replace(b"ISO_IR 192", b"DOE^JANE 9")):
        assert read_slice(data).shape == (208, 176)

    assert capfd.readouterr().err == ""
    assert not recwarn.list
