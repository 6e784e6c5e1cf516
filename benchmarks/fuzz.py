"""Feed each reader inputs that coverage guides, and keep what breaks it.

A finding is an input for which `read_slice` raises anything but UnusableScan, takes
more than 10 s or more than 2 GiB. Each format runs in a process of its own, which
a crash may end. With `--cases 15000` all formats together try 225,000 inputs. They
begin with a clean file of the format and with tests/hostile/corpus, where the inputs
belong that were found.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))


def main() -> None:
    """Try all formats, or one.

    Raises:
        SystemExit: Something was found, or a format could not be tried.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=15_000, help="per format")
    parser.add_argument("--findings", type=Path, default=Path("artefacts/fuzz"))
    parser.add_argument("--format", help="this one alone, in this process")
    chosen = parser.parse_args()
    chosen.findings.mkdir(parents=True, exist_ok=True)
    if chosen.format:
        _fuzz(chosen.format, chosen.cases, chosen.findings)
        return
    from hostile.formats import FORMATS  # noqa: PLC0415 - it is drawn on import

    before, broken = set(chosen.findings.iterdir()), []
    for name in FORMATS:
        started = time.perf_counter()
        command = [sys.executable, __file__, "--format", name]
        command += ["--cases", str(chosen.cases), "--findings", str(chosen.findings)]
        ended = subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - this program
        told = ended.stderr.decode(errors="replace").splitlines()
        covered = next((each for each in reversed(told) if "cov:" in each), "")
        print(
            f"{name}: {chosen.cases} cases in {time.perf_counter() - started:.0f} s, "
            f"ended with {ended.returncode}; {covered[:60]}",
            flush=True,
        )
        if ended.returncode:
            broken.append(name)
            print(*told[-20:], sep="\n", flush=True)
    found = set(chosen.findings.iterdir()) - before
    print(f"{len(found)} findings, {len(broken)} formats that did not end well")
    if found or broken:
        raise SystemExit(1)


def _fuzz(name: str, cases: int, findings: Path) -> None:
    import warnings  # noqa: PLC0415 - of this process alone

    warnings.simplefilter("ignore")
    with atheris.instrument_imports(include=["alzer", "pydicom", "nibabel", "PIL"]):
        from alzer.errors import UnusableScan  # noqa: PLC0415 - to be instrumented
        from alzer.scans import nifti, raster  # noqa: F401, PLC0415 - likewise
        from alzer.scans.dicom import reader  # noqa: F401, PLC0415 - likewise
        from alzer.scans.formats import read_slice  # noqa: PLC0415 - likewise
        from alzer.settings import Limits  # noqa: PLC0415 - likewise
        from hostile.formats import FORMATS  # noqa: PLC0415 - likewise

    limits = Limits(2**20, 10**6, 2**22, 2**24)

    def try_one(content: bytes) -> None:
        try:
            read_slice(content, limits)
        except UnusableScan:
            return

    with tempfile.TemporaryDirectory() as corpus:
        (Path(corpus) / "seed").write_bytes(FORMATS[name])
        for each in (ROOT / "tests/hostile/corpus").glob("read-*"):
            shutil.copy(each, corpus)
        options = [
            f"-runs={cases}", "-timeout=10", "-rss_limit_mb=2048", "-max_len=20000",
            f"-artifact_prefix={findings}/{name.replace(', ', '-')}-", corpus,
        ]  # fmt: skip
        atheris.Setup([sys.argv[0], *options], try_one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
