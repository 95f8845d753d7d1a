"""The shape of the code: who may import whom, how long things may get, what only one module may do."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
APPS = ("intacct_usage", "usage", "notifications", "scheduling")
SOURCES = sorted(
    path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.relative_to(ROOT).parts
)
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50

LAYERS = [
    "intacct_usage.lib",
    "intacct_usage.logs",
    "intacct_usage.audit",
    "usage",
    "notifications",
    "scheduling",
    "intacct_usage",
]
"""From the ground up; a module imports from its own layer and those before it."""

FORBIDDEN = [
    (r"^\s*(import|from) requests\b", {"intacct_usage/lib/outbound*.py"}, "HTTP sessions are opened in lib/outbound"),
    (r"\bFernet\(", {"intacct_usage/lib/crypto.py"}, "only lib/crypto knows keys"),
    (r"\bmark_safe\(", set(), "text is escaped by templates"),
    (r"\bverify=False", set(), "certificates are always checked"),
    (r"CERT_NONE|CERT_OPTIONAL|_create_unverified|check_hostname = False", set(), "certificates are always checked"),
    (r"^\s*print\(", set(), "programs write to a stream or a log"),
]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def layer_of(module: str) -> int | None:
    if module.startswith("intacct_usage.simulator"):
        return LAYERS.index("intacct_usage")
    for number, layer in enumerate(LAYERS):
        if module == layer or module.startswith(layer + "."):
            return number
    return None


def imported_modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_imports_point_down(path: Path) -> None:
    own_layer = layer_of(module_name(path))

    upward = [
        name
        for node in ast.walk(parsed(path))
        for name in imported_modules(node)
        if (layer := layer_of(name)) is not None and own_layer is not None and layer > own_layer
    ]

    assert upward == []


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_no_import_hides_in_a_function(path: Path) -> None:
    hidden = [
        f"{node.name}: line {inner.lineno}"
        for node in functions(path)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
        if not (path.name == "apps.py" and node.name == "ready")  # where Django wants receivers imported
    ]

    assert hidden == []


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_files_and_functions_stay_short(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    too_long = [
        f"{node.name}: {length} lines"
        for node in functions(path)
        if (length := (node.end_lineno or node.lineno) - node.lineno + 1) > MAX_FUNCTION_LINES
    ]

    assert lines <= MAX_FILE_LINES
    assert too_long == []


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_every_signature_is_annotated(path: Path) -> None:
    bare = []
    for node in functions(path):
        parameters = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        named = [parameter for parameter in parameters if parameter.arg not in ("self", "cls")]
        if node.returns is None or any(parameter.annotation is None for parameter in named):
            bare.append(f"{node.name}: line {node.lineno}")

    assert bare == []


@pytest.mark.parametrize(("pattern", "allowed", "reason"), FORBIDDEN, ids=[row[2] for row in FORBIDDEN])
def test_only_one_module_does_it(pattern: str, allowed: set[str], reason: str) -> None:
    offenders = [
        relative(path)
        for path in SOURCES
        if re.search(pattern, path.read_text(encoding="utf-8"), re.MULTILINE)
        and not any(path.relative_to(ROOT).match(glob) for glob in allowed)
    ]

    assert offenders == [], reason


def test_the_simulator_imports_none_of_the_apps() -> None:
    upward = [
        f"{relative(path)}: {name}"
        for path in SOURCES
        if module_name(path).startswith("intacct_usage.simulator")
        for node in ast.walk(parsed(path))
        for name in imported_modules(node)
        if name.split(".")[0] in ("usage", "notifications", "scheduling")
    ]

    assert upward == []


def test_the_gateway_client_imports_no_django() -> None:
    offenders = [
        f"{relative(path)}: {name}"
        for path in SOURCES
        if f"{module_name(path)}.".startswith("usage.gateway.")
        for node in ast.walk(parsed(path))
        for name in imported_modules(node)
        if name.split(".")[0] == "django"
    ]

    assert "usage.gateway" in {module_name(path) for path in SOURCES}
    assert offenders == []


@pytest.mark.parametrize("app", APPS[1:])
def test_the_parts_of_an_app_import_each_other_in_one_direction(app: str) -> None:
    """A part is a folder of the app or a module beside them."""
    needs: dict[str, set[str]] = {}
    for path in SOURCES:
        own = module_name(path).split(".")
        if own[0] == app and len(own) > 1:
            named = {name for node in ast.walk(parsed(path)) for name in imported_modules(node)}
            parts = {name.split(".")[1] for name in named if name.startswith(f"{app}.")}
            needs.setdefault(own[1], set()).update(parts - {own[1]})

    while free := [part for part in needs if not needs[part] & needs.keys()]:
        for part in free:
            del needs[part]

    assert needs == {}
