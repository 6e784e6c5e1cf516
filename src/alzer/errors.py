"""Every failure that a caller may expect, in one tree.

::

    AlzerError
    |-- UnusableScan            this file can't be analysed; another may be
    |   |-- EmptyFile
    |   |-- NotAnImage          no format that is read
    |   |-- DamagedFile         known format, truncated or inconsistent
    |   |-- UnsupportedVariant  known format, healthy, but of a kind that is not read
    |   |-- MissingDecoder      known format, codec not installed
    |   |-- TooManyBytes
    |   |-- TooManyPixels       declared or decoded size over the limit
    |   |-- TooDemanding        decoding takes more memory or time than allowed
    |   |-- NotOneSlice         a volume, series, animation or multi-frame file
    |   |-- SeveralScans        separate images, of which one answer can't be made
    |   |-- SeveralSeries       series of which none, or more than one, would do
    |   |-- IncompleteSeries    slices are missing, doubled or not in one grid
    |   |-- OtherContrast       MR of another contrast, by its header
    |   |-- UnsafeArchive       a zip archive that is made to harm, or may be
    |   |-- NotMagneticResonance
    |   |-- InvalidValues       NaN, infinite or absurd numbers
    |   |-- ColourImage
    |   |-- ConstantImage
    |   |-- NotBrainLike
    |   |-- FailedPreparation   a whole head that could not be brought to the slices
    |   `-- AnalysisFailed      its process ended at it, or failed unforeseen
    |-- InvalidRequest          the call itself is wrong
    |   |-- InvalidHost         made under a host name that is not trusted
    |   |-- NotSignedIn         without a valid token or session
    |   |-- TooManyGuesses      more invalid tokens than an address may send
    |   |-- NotAllowed          with a token that is good for something else
    |   |-- Forged              in a session's name, but not by its page
    |   |-- NoSuchAnalysis      none of that id, or somebody else's
    |   |-- NoEvidence          none is kept, or none speaks for the class
    |   |-- NoSuchJob           none of that id, or somebody else's
    |   |-- NoSuchModel         none of that name or version answers here
    |   |-- UnusableBundle      no bundle of an analysis, or a damaged one
    |   |-- NotTheScan          files that are not the scan of the analysis
    |   `-- InvalidDataSet      no valid BIDS data set
    |-- UnusableModel
    |   |-- DamagedBundle       a part is missing, unreadable or altered
    |   |-- UnsafeModel         refers to data outside its own file
    |   |-- EngineUnavailable   the inference engine is absent or failed
    |   `-- AddonUnavailable    an add-on is not installed, or can't be fetched
    |-- TrainingRefused
    |   |-- InvalidCohort       files, labels or folds are not usable
    |   `-- LeakySplit          one person on both sides of a split
    |-- StorageUnavailable      what is kept can't be reached
    |-- PdfUnavailable          what makes PDF is not installed
    |-- DicomUnavailable        what writes DICOM objects is not installed
    |-- JobLost                 the service ended before the job did
    |-- ClusterUnavailable      machines that compute can't be reached
    `-- Overloaded              too much waits already

A message is one or two sentences that a person understands: what was found and
what to do next. It holds no path and nothing from inside the file that could
identify a patient. Each class has one stable `code` for programs: its name in small
letters, such as `empty_file` of `EmptyFile`. A class that is renamed changes its code,
on which programs rely.
"""

import re
from typing import ClassVar


class AlzerError(Exception):
    """Any failure that alzer foresees.

    Attributes:
        code: Stable machine-readable name of the failure, that of its class.
        message: What happened and what to do, for a person.
    """

    code: ClassVar[str] = "error"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.code = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UnusableScan(AlzerError):
    """The file can't be analysed."""


class EmptyFile(UnusableScan):
    """The file holds no bytes."""


class NotAnImage(UnusableScan):
    """The content is of no format that is read."""


class DamagedFile(UnusableScan):
    """The format is known, but the content is truncated or inconsistent."""


class UnsupportedVariant(UnusableScan):
    """The format is known and the file healthy, but of a kind that is not read."""


class MissingDecoder(UnusableScan):
    """The pixels are compressed in a way that needs an extra package."""


class TooManyBytes(UnusableScan):
    """The file is larger than the limit."""


class TooManyPixels(UnusableScan):
    """The image is larger than the limit, by its header or once decoded."""


class TooDemanding(UnusableScan):
    """Decoding the file takes more memory or time than is allowed."""


class NotOneSlice(UnusableScan):
    """The file holds more than one image."""


class SeveralScans(UnusableScan):
    """The files are separate images, and one scan was asked for."""


class SeveralSeries(UnusableScan):
    """The files hold several series or volumes, and which is meant is not sure."""

    # `found` says what each series is, in the order of their numbers, from 1 on.
    def __init__(self, message: str, found: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.found = found


class IncompleteSeries(UnusableScan):
    """Slices are missing, doubled, or do not lie in one grid."""


class OtherContrast(UnusableScan):
    """The header says that the scan is of another contrast than T1."""


class UnsafeArchive(UnusableScan):
    """The zip archive is made so that reading it could do harm."""


class NotMagneticResonance(UnusableScan):
    """The file says that it was made by another modality."""


class InvalidValues(UnusableScan):
    """Pixels or their scaling are not finite, sensible numbers."""


class ColourImage(UnusableScan):
    """The image has colours; an MRI slice is grey."""


class ConstantImage(UnusableScan):
    """Every pixel has the same value."""


class NotBrainLike(UnusableScan):
    """The image, or what its header says, is no slice through a head."""


class FailedPreparation(UnusableScan):
    """A whole head could not be brought to the slices that the model knows."""


class AnalysisFailed(UnusableScan):
    """Analysing the file ended its process again and again, or failed unforeseen."""


class InvalidRequest(AlzerError):
    """The call itself is wrong: a missing part, an unknown option."""


class InvalidHost(InvalidRequest):
    """The request names a host that the service does not go by."""


class NotSignedIn(InvalidRequest):
    """The request carries no valid token, session or signature."""


class TooManyGuesses(InvalidRequest):
    """Too many tokens from the same address were not valid; the next has to wait."""


class NotAllowed(InvalidRequest):
    """The token is valid, but it is good for something else."""


class Forged(InvalidRequest):
    """The request comes in a session's name, but not from this service's page."""


class NoSuchAnalysis(InvalidRequest):
    """There is no such analysis, or it belongs to somebody else."""


class NoEvidence(InvalidRequest):
    """The analysis keeps no evidence, or none that speaks for the class."""


class NoSuchJob(InvalidRequest):
    """There is no such job, or it belongs to somebody else."""


class NoSuchModel(InvalidRequest):
    """No model of that name, or of that version, answers here."""


class UnusableBundle(InvalidRequest):
    """The file is no bundle of an analysis, or it is damaged or altered."""


class NotTheScan(InvalidRequest):
    """The files are not those of the scan that was analysed."""


class InvalidDataSet(InvalidRequest):
    """The folder is no valid BIDS data set."""


class UnusableModel(AlzerError):
    """The model can't be used."""


class DamagedBundle(UnusableModel):
    """A part of the bundle is missing, unreadable or altered."""


class UnsafeModel(UnusableModel):
    """The model refers to data outside its own file."""


class EngineUnavailable(UnusableModel):
    """The inference engine is not installed, or failed on this model."""


class AddonUnavailable(UnusableModel):
    """A model that people add is not installed, or can't be fetched."""


class TrainingRefused(AlzerError):
    """Training or evaluation would not give an honest result."""


class InvalidCohort(TrainingRefused):
    """Files, labels or folds are missing or contradict one another."""


class LeakySplit(TrainingRefused):
    """The same person is on both sides of a split."""


class StorageUnavailable(AlzerError):
    """What is kept can't be written, read or removed now."""


class PdfUnavailable(AlzerError):
    """Reports can't be written as PDF here: what makes it is not installed."""


class DicomUnavailable(AlzerError):
    """DICOM objects can't be written here: what makes them is not installed."""


class JobLost(AlzerError):
    """The service ended before the job did; nothing was kept of it."""


class ClusterUnavailable(AlzerError):
    """The machines that compute can't be started or reached, or can't go on."""


class Overloaded(AlzerError):
    """Too many requests wait already."""
