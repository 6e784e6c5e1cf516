"""The JSON of an answer for a whole head, besides that of a slice."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class StandardSlice(BaseModel):
    """One of the slices that the model looked at in a whole head."""

    index: int = Field(description="Its number; the lowest slice is 0.")
    z_mm: float = Field(description="Its height in standard space.")
    class_probabilities: dict[str, str] = Field(
        description="Of this slice alone, as for the person."
    )
    reliable: bool | None = Field(
        description="Whether this slice is like those of the training."
    )
    counted: bool = Field(
        default=True,
        description="Whether the answer for the person is made of this slice, too.",
    )
    heatmap_url: str | None = Field(
        None, description="The slice in the colours of its evidence; a PNG."
    )


class Preparation(BaseModel):
    """How well a head was brought to the standard slices."""

    quality: Literal["good", "check"] = Field(
        description="After `check` a person should look before they trust the answer. "
        "A head whose preparation failed is not answered for."
    )
    reasons: list[str] = Field(description="Why it is not `good`, as sentences.")
    registration_similarity: float = Field(
        description="Correlation of the brain with the average brain, -1 to 1."
    )
    brain_ml: float = Field(description="Volume of the brain with its fluid.")
    rotation_degrees: float = Field(
        description="By how much the head is turned against its header."
    )
    scale: float = Field(description="Mean size against the average brain.")


class Structure(BaseModel):
    """One structure of the brain, left and right together."""

    ml: float = Field(description="Its volume.")
    share: float = Field(description="The same as a share of the brain mask, 0 to 1.")
    evidence: float | None = Field(
        description="Share of what spoke for the predicted class that lies in it."
    )
    evidence_near: float | None = Field(
        description="The same in it or within one cell of the maps."
    )
    looked_at: float | None = Field(
        description="Share of what was looked at that lies in it: evidence as large as "
        "this says nothing of it."
    )
    looked_at_near: float | None = Field(
        description="The same in it or within one cell."
    )


class Measurements(BaseModel):
    """What was measured of a head; nothing says what is usual at an age."""

    brain_ml: float = Field(description="Volume of the brain with its fluid.")
    structures: dict[str, Structure] | None = Field(
        None, description="By name; null where the add-on for them is not installed."
    )
    caveats: list[str] = Field(
        default_factory=list, description="What to say beside structures."
    )


class HeadEvidence(BaseModel):
    """What the values of `evidence_url` mean."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    class_name: str = Field(alias="class", description="The class they speak for.")
    unit: Literal["logit"]
    cell_mm: tuple[float, float, float] = Field(
        description="Nothing finer than this can be read from them: size of a cell "
        "along a slice's rows, along its columns and from slice to slice."
    )


class KeptScan(BaseModel):
    """What is kept of the scan itself: the brain, without skull and face."""

    margin_mm: float = Field(description="How far around the brain mask it is kept.")
    tells_sides: bool = Field(
        description="Whether its file says which side is the left; else letters for "
        "left and right must not be shown."
    )


class HeadFields(BaseModel):
    """What an answer for a whole head has besides that of a slice."""

    kind: Literal["volume"]
    slices: list[StandardSlice] = Field(description="From below upwards.")
    leading_slice: int = Field(
        description="Index of the slice that says most of the predicted class."
    )
    preparation: Preparation
    measurements: Measurements
    evidence: HeadEvidence
    evidence_url: str | None = Field(
        None, description="NIfTI in logit units, on the scan's own grid."
    )
    brain_mask_url: str | None = Field(None, description="NIfTI, likewise.")
    scan: KeptScan | None = Field(
        None, description="What `scan_url` holds; null of analyses from before it."
    )
    scan_url: str | None = Field(
        None,
        description="The scan on its own grid, skull-stripped: NIfTI in 256 greys, 0 "
        "beyond the brain and its margin; skull and face are not in it.",
    )
