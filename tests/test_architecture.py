"""What holds for the package as a whole."""

import ast
import importlib
import pkgutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import alzer

ROOT = Path(__file__).resolve().parents[1]

# What only training may load, scientific stacks that serving does without, what makes
# PDF, and clusters.
HEAVY = (
    "torch", "sklearn", "matplotlib", "onnx", "onnxscript", "cv2", "weasyprint", "ray",
    "pyarrow",
)  # fmt: skip

# Loaded only where a cluster is asked for.
ON_RAY = ("alzer.backends.ray", "alzer.ray_applications", "alzer.cli.parquet")

IMPORT_ALL = """
import importlib, sys
for name in {blocked!r}:
    sys.modules[name] = None
for name in {modules!r}:
    importlib.import_module(name)
"""


def modules() -> list[str]:
    found = pkgutil.walk_packages(alzer.__path__, "alzer.")
    return [each.name for each in found if not each.name.endswith("__main__")]


def run(program: str) -> subprocess.CompletedProcess[bytes]:
    # Our own program, in a fresh interpreter: nothing is imported there yet.
    command = [sys.executable, "-W", "error", "-c", program]
    return subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own


def test_serving_imports_without_what_only_training_needs() -> None:
    later = ("alzer.training", "alzer.evaluation", *ON_RAY)
    serving = [each for each in modules() if not each.startswith(later)]
    result = run(IMPORT_ALL.format(blocked=HEAVY, modules=serving))

    assert len(serving) > 30
    assert result.stderr.decode() == ""
    assert result.returncode == 0


def test_evaluation_loads_no_torch() -> None:
    evaluating = [each for each in modules() if each.startswith("alzer.evaluation")]
    program = IMPORT_ALL.format(blocked=(), modules=evaluating)
    result = run(program + "print('torch' in sys.modules)")

    assert len(evaluating) > 5
    assert result.stdout.decode().strip() == "False"


def test_the_service_loads_neither_training_nor_evaluation() -> None:
    program = (
        "import sys, alzer.web.app\n"
        "print([each for each in sys.modules if each.startswith("
        "('alzer.training', 'alzer.evaluation', 'torch'))])"
    )

    assert run(program).stdout.decode().strip() == "[]"


def test_importing_alzer_does_nothing() -> None:
    program = (
        "import sys\nbefore = set(sys.modules)\nimport alzer\n"
        "print(sorted(set(sys.modules) - before))"
    )

    assert run(program).stdout.decode().strip() == "['alzer']"


def test_importing_every_module_starts_and_writes_nothing() -> None:
    ours = [each for each in modules() if not each.startswith(ON_RAY)]
    program = IMPORT_ALL.format(blocked=("ray",), modules=ours) + (
        "\nimport threading, warnings\nprint(threading.active_count())"
    )
    result = run(program.replace("import importlib, sys", _QUIET, 1))

    assert result.stdout.decode().split() == ["1"]


# Libraries of training warn of their own future; that is not alzer's doing.
_QUIET = "import importlib, sys, warnings\nwarnings.simplefilter('ignore')"


def test_nothing_that_is_served_unpickles() -> None:
    package = ROOT / "src" / "alzer"
    served = [
        each for each in package.rglob("*.py")
        if not {"training", "evaluation"} & set(each.relative_to(package).parts)
    ]  # fmt: skip
    named = {
        (each.name, name)
        for each in served
        for node in ast.walk(ast.parse(each.read_text("utf-8")))
        for name in _names(node)
    }

    assert len(served) > 50
    assert not {name for _, name in named} & {
        "pickle",
        "cPickle",
        "dill",
        "joblib",
        "marshal",
        "shelve",
        "allow_pickle",
    }
    assert not {name for _, name in named} & {"eval", "exec", "compile_command"}


def test_weights_are_loaded_as_numbers_and_nothing_else() -> None:
    nodes = [
        node
        for each in (ROOT / "src" / "alzer").rglob("*.py")
        for node in ast.walk(ast.parse(each.read_text("utf-8")))
    ]
    loads = [
        node for node in nodes
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"torch.load", "numpy.load"}
    ]  # fmt: skip
    of_pickle = {
        ast.unparse(node) for node in nodes
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "pickle"
    }  # fmt: skip

    assert loads
    for call in loads:
        given = {each.arg: ast.unparse(each.value) for each in call.keywords}
        assert given.get("weights_only") == "True", ast.unparse(call)
    # What a damaged file makes torch raise; nothing is called.
    assert of_pickle == {"pickle.UnpicklingError"}


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (each.name.partition(".")[0] for each in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield (node.module or "").partition(".")[0]
    elif isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.keyword) and node.arg:
        yield node.arg


def test_packages_hold_only_a_docstring() -> None:
    for each in pkgutil.walk_packages(alzer.__path__, "alzer."):
        if each.ispkg:
            package = importlib.import_module(each.name)
            own = [name for name in vars(package) if not name.startswith("__")]
            submodules = [name for name in own if f"{each.name}.{name}" in sys.modules]

            assert package.__doc__
            assert set(own) == set(submodules)


def test_every_file_that_is_no_code_is_part_of_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    globs = project["tool"]["setuptools"]["package-data"]["alzer"]
    package = ROOT / "src" / "alzer"
    files = {
        each
        for each in package.rglob("*")
        if each.is_file() and each.suffix != ".py" and "__pycache__" not in each.parts
    }

    assert package / "py.typed" in files
    assert files == {each for glob in globs for each in package.glob(glob)} & files
