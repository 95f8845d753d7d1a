"""Builds what the Dockerfile describes: one overlay of this machine's root for each stage."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@dataclass
class Image:
    """A root folder, and what the Dockerfile says about running it."""

    root: Path
    environment: dict[str, str] = field(
        default_factory=lambda: {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
    )
    folder: str = "/"
    user: str = "0:0"
    command: list[str] = field(default_factory=list)
    health_check: list[str] = field(default_factory=list)

    def inside(self, path: str) -> Path:
        return self.root / os.path.normpath(Path(self.folder) / path).lstrip("/")


def overlay(work: Path, name: str) -> Path:
    """A root that looks like this machine's, and whose changes stay in `work`."""
    upper, scratch, root = (work / name / part for part in ("upper", "scratch", "root"))
    for folder in (upper, scratch, root):
        folder.mkdir(parents=True)
    options = f"lowerdir=/,upperdir={upper},workdir={scratch}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, str(root)], check=True)
    for kind, place in (("proc", "proc"), ("devtmpfs", "dev")):
        subprocess.run(["mount", "-t", kind, kind, str(root / place)], check=True)
    (root / "var/lib/man-db/auto-update").unlink(missing_ok=True)  # no slim image has manual pages to index
    (root / "usr/local/bin/python").unlink(missing_ok=True)
    (root / "usr/local/bin/python").symlink_to("/usr/bin/python3")  # as the base image has it
    return root


def context(work: Path) -> Path:
    """What .dockerignore lets through."""
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    allowed = [line[1:] for line in lines if line.startswith("!")]
    ignored = [line.removeprefix("**/") for line in lines[1:] if not line.startswith("!")]
    target = work / "context"
    for name in allowed:
        source, copy = ROOT / name, target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(
                source, copy, ignore=lambda _, names: [n for n in names if any(fnmatch(n, i) for i in ignored)]
            )
        else:
            shutil.copy2(source, copy)
    return target


def build(work: Path) -> Image:
    """Every instruction in order; the last stage. Raises ValueError for an instruction that is not known here."""
    files, stages, arguments = context(work), {}, {}
    image = Image(Path("/"))
    for word, rest in instructions():
        say(f"  {word} {rest}")
        rest = re.sub(r"\$\{?(PYTHON_IMAGE)\}?", lambda found: arguments[found[1]], rest)
        if word == "FROM":
            name = rest.partition(" AS ")[2]
            image = stages[name] = Image(overlay(work, name))
        elif word == "ARG":
            arguments[rest.partition("=")[0]] = rest.partition("=")[2]
        elif word == "COPY":
            copy(rest, image, files, stages)
        elif word == "RUN":
            run(rest, image, arguments)
        else:
            note(word, rest, image)
    return image


def instructions() -> list[tuple[str, str]]:
    text = "\n".join(line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#"))
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines if line.strip()]


def copy(rest: str, image: Image, files: Path, stages: dict[str, Image]) -> None:
    words = rest.split()
    source_root = files
    if words[0].startswith("--from="):
        source_root = stages[words.pop(0).removeprefix("--from=")].root
    *sources, target = words
    for name in sources:
        source, place = source_root / name.lstrip("/"), image.inside(target)
        if source.is_dir():
            shutil.copytree(source, place, symlinks=True, dirs_exist_ok=True)
        else:
            place = place / source.name if target.endswith("/") else place
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, place)


def run(rest: str, image: Image, arguments: dict[str, str]) -> None:
    image.inside(".").mkdir(parents=True, exist_ok=True)
    settings = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    environment = {**settings, "DEBIAN_FRONTEND": "noninteractive", **arguments, **image.environment}
    script = f"cd {shlex.quote(image.folder)} && {rest}"
    subprocess.run(
        ["chroot", str(image.root), "/bin/sh", "-c", script], env=environment, check=True, stdout=subprocess.DEVNULL
    )


def note(word: str, rest: str, image: Image) -> None:
    if word == "ENV":
        for pair in shlex.split(rest):
            name, _, value = pair.partition("=")
            image.environment[name] = value.replace("$PATH", image.environment["PATH"])
    elif word == "WORKDIR":
        image.folder = rest
    elif word == "USER":
        image.user = rest
    elif word == "CMD":
        image.command = json.loads(rest)
    elif word == "HEALTHCHECK":
        image.health_check = json.loads(rest.partition("CMD ")[2])
    elif word != "EXPOSE":
        raise ValueError(f"{word} is not known to this walk.")
