"""What `alzer predict` writes of an analysis beside its heatmap, if it is asked to."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alzer.analysis_bundle import describe_analysis, digests_of, pack_bundle
from alzer.analysis_evidence import evidence_of
from alzer.answer import Analysis
from alzer.classes import CLASS_NAMES
from alzer.cli.inputs import STANDARD_INPUT, Input
from alzer.cli.planes_picture import draw_planes
from alzer.errors import InvalidRequest, StorageUnavailable
from alzer.explain.map_legend import draw_map_legend
from alzer.explain.overlay import encode_png, lay_over
from alzer.explain.slice_maps import MapStyle

MAP_FILE: Final = "map.png"
BUNDLE_FILE: Final = "bundle.zip"
PLANES_FILE: Final = "planes.png"

# By plain name: the field of a record that has the path.
FIELDS: Final[Mapping[str, str]] = {
    MAP_FILE: "map",
    BUNDLE_FILE: "bundle",
    PLANES_FILE: "planes",
}


@dataclass(frozen=True)
class Extras:
    """What more is written.

    Attributes:
        style: How a map is drawn; None: no map is.
        label: Index of the class that it explains; None: the predicted one.
        bundles: Whether each analysis is written as a bundle that can be replayed.
        planes: Whether three planes through the brain of a whole head are drawn.
    """

    style: MapStyle | None = None
    label: int | None = None
    bundles: bool = False
    planes: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The plain names of the files of each analysis."""
        wanted = {
            MAP_FILE: self.style is not None,
            BUNDLE_FILE: self.bundles,
            PLANES_FILE: self.planes,
        }
        return tuple(name for name, is_wanted in wanted.items() if is_wanted)

    def files(self, analysis: Analysis, scan: Input) -> dict[str, bytes]:
        """Make the files of one analysis.

        Args:
            analysis: Of a slice or a whole head.
            scan: The input; its files are read again for their digests.

        Returns:
            Contents by plain name; no map where nothing speaks for the class.

        Raises:
            StorageUnavailable: A file of the input can't be read any more.
        """
        files: dict[str, bytes] = {}
        picture = None if self.style is None else self._draw(analysis, self.style)
        if picture is not None:
            files[MAP_FILE] = picture
        if self.planes and analysis.preparation is not None:
            files[PLANES_FILE] = draw_planes(analysis)
        if self.bundles:
            manifest = describe_analysis(analysis, digests_of(contents_of(scan)))
            evidence = evidence_of(analysis)
            files[BUNDLE_FILE] = pack_bundle(evidence, manifest, analysis.overlay_png)
        return files

    def legend(self) -> bytes | None:
        """Draw the legend of the maps; None if there are none."""
        if self.style is None:
            return None
        name = "the class" if self.label is None else CLASS_NAMES[self.label]
        meaning = self.style.method.meaning.replace("'{name}'", "{name}")
        return encode_png(draw_map_legend(self.style, meaning.format(name=name)))

    def _draw(self, analysis: Analysis, style: MapStyle) -> bytes | None:
        label = analysis.label if self.label is None else self.label
        layer = evidence_of(analysis).maps(analysis.leading).draw(style, label)
        if layer is None:
            return None
        return encode_png(lay_over(analysis.picture, layer, style.palette.opacity))


NO_EXTRAS: Final = Extras()


def refuse_standard_input(names: Container[str]) -> None:
    """Refuse to make a bundle of what can't be read twice.

    Args:
        names: Of the inputs.

    Raises:
        InvalidRequest: Standard input is among them.
    """
    if STANDARD_INPUT in names:
        message = "A bundle needs a file that can be read again; name it instead of -."
        raise InvalidRequest(message)


def contents_of(scan: Input) -> Iterator[bytes]:
    """Read the files of an input again.

    Args:
        scan: Not standard input.

    Yields:
        The bytes of each file.

    Raises:
        StorageUnavailable: One can no longer be read.
    """
    halves = () if scan.other_half is None else (scan.other_half,)
    for name in scan.files or (scan.name, *halves):
        try:
            yield Path(name).read_bytes()
        except OSError as error:
            message = "The input can't be read again for its digest; is it still there?"
            raise StorageUnavailable(message) from error
