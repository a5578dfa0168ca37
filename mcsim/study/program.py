"""A command-line program as a model: an input file written, the program run, its output parsed, once per draw.

The section ``[program]`` of a study file says how. Every draw runs in a folder of its own that is removed afterwards;
what a program wrote to its standard error is kept where it fails.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.study.declared import Context, Output, Parameter
from mcsim.study.errors import InputError, nearest
from mcsim.study.failure import PartialFailure
from mcsim.study.imports import hashes, with_imports
from mcsim.study.model import Model
from mcsim.study.tables import separator_of
from mcsim.study.types import FloatArray

PLACEHOLDER = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
KEPT_STDERR = 2000  # last characters of a failed program's standard error
_running: set[subprocess.Popen[bytes]] = set()
_given_up = [0]  # how often runs were given up: a call that began before the last time starts nothing more
_gates: dict[int, threading.BoundedSemaphore] = {}
_gates_lock = threading.Lock()


class ProgramFailed(RuntimeError):  # noqa: N818 - it says what happened
    """One call of a program failed; the message says how, with what the program wrote to its standard error."""


@dataclass(frozen=True, slots=True)
class Program:
    """How to run a program for one draw.

    Parameters
    ----------
    command : tuple of str
        Words of the command; ``{input}``, ``{output}``, ``{draw}`` and ``{seed}`` are filled in.
    template : str
        Text of the input file with ``{{name}}`` where values go; empty for a JSON object of all inputs.
    input, output : str
        Names of the two files; output ``-`` is the standard output. The suffix .csv means CSV, anything else JSON.
    timeout : float or None
        Seconds that one call may take.
    parallel : int
        Programs at a time, over all threads.
    outputs : tuple of Output
        What is parsed.
    """

    command: tuple[str, ...]
    template: str
    input: str
    output: str
    timeout: float | None
    parallel: int
    outputs: tuple[Output, ...]

    def evaluate(self, inputs: Mapping[str, FloatArray], context: Context) -> dict[str, NDArray[Any]]:
        """Return the outputs of all draws, running several programs at a time.

        Raises
        ------
        PartialFailure
            When some calls failed.
        """
        n_draws = len(context.draws)
        results = {item.name: np.full((n_draws, *item.packed_shape), np.nan) for item in self.outputs}
        reasons: dict[int, str] = {}
        began = _given_up[0]

        def one(row: int) -> None:
            if _given_up[0] != began:
                reasons[row] = "run given up"
                return
            try:
                with _gate(self.parallel):
                    found = self._call({name: column[row] for name, column in inputs.items()}, row, context)
            except (ProgramFailed, OSError) as error:
                reasons[row] = str(error)
                return
            for name, array in found.items():
                results[name][row] = array

        with ThreadPoolExecutor(min(self.parallel, max(1, n_draws))) as pool:
            try:
                list(pool.map(one, range(n_draws)))
            except BaseException:  # Ctrl-C in the main thread
                stop_programs()
                raise
        if reasons:
            raise PartialFailure(results, dict(sorted(reasons.items())))
        return results

    def _call(self, values: Mapping[str, Any], row: int, context: Context) -> dict[str, NDArray[Any]]:
        with tempfile.TemporaryDirectory(prefix="mcsim-") as folder:
            given, wanted = Path(folder) / self.input, Path(folder) / self.output
            given.write_text(self._input_text(values), encoding="utf-8")
            words = {
                "{input}": str(given),
                "{output}": str(wanted),
                "{draw}": str(int(context.draws[row])),
                "{seed}": str(context.seed),
            }
            command = [_filled(word, words) for word in self.command]
            done = self._run(command, folder)
            if self.output == "-":
                return self._parsed(done, "standard output")
            if not wanted.is_file():
                raise ProgramFailed(f"program wrote no {self.output}")
            return self._parsed(wanted.read_text(encoding="utf-8", errors="replace"), self.output)

    def _run(self, command: list[str], folder: str) -> str:
        pipe = subprocess.PIPE
        # A session of its own: what a wrapper started ends with it.
        with subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, start_new_session=True
        ) as process:
            _running.add(process)
            try:
                output, errors = process.communicate(timeout=self.timeout)
            except subprocess.TimeoutExpired:
                _kill(process)
                errors = process.communicate()[1]
                raise ProgramFailed(f"program took longer than {self.timeout:g} s{_tail(errors)}") from None
            except BaseException:
                _kill(process)
                raise
            finally:
                _running.discard(process)
        if process.returncode != 0:
            raise ProgramFailed(f"program ended with {process.returncode}{_tail(errors)}")
        return output.decode(errors="replace")

    def _input_text(self, values: Mapping[str, Any]) -> str:
        plain = {name: np.asarray(value).tolist() for name, value in values.items()}
        if not self.template:
            return json.dumps(plain)
        return PLACEHOLDER.sub(lambda found: repr(plain[found.group(1)]), self.template)

    def _parsed(self, text: str, place: str) -> dict[str, NDArray[Any]]:
        text = text.removeprefix("\ufeff")  # some programs write a byte-order mark
        try:
            content = _columns(text) if Path(self.output).suffix == ".csv" else json.loads(text)
        except ValueError as error:
            raise ProgramFailed(f"{place} cannot be parsed ({error})") from None
        found = {}
        for item in self.outputs:
            if not isinstance(content, Mapping) or item.name not in content:
                raise ProgramFailed(f"{place} has no {item.name}")
            try:
                array = np.asarray(content[item.name], np.float64)
            except (TypeError, ValueError):
                raise ProgramFailed(f"{place}: {item.name} is not numbers") from None
            if item.packed_shape == () and array.shape == (1,):
                array = array[0]
            if array.shape != item.packed_shape:
                raise ProgramFailed(f"{place}: {item.name} has shape {array.shape}, not {item.packed_shape}")
            found[item.name] = array
        return found


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a program and all that it started."""
    with suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def stop_programs() -> None:
    """End all programs that run, and let no call that has begun start another: a run that is given up waits for none.

    They are in sessions of their own, which Ctrl-C does not reach.
    """
    _given_up[0] += 1
    for process in list(_running):
        _kill(process)


def _filled(word: str, words: Mapping[str, str]) -> str:
    for mark, text in words.items():
        word = word.replace(mark, text)
    return word


def _tail(stderr: bytes | str | None) -> str:
    text = stderr.decode(errors="replace") if isinstance(stderr, bytes) else (stderr or "")
    kept = " ".join(text[-KEPT_STDERR:].split())
    return f": {kept}" if kept else ""


def _columns(text: str) -> dict[str, list[float]]:
    """Return the columns of a CSV text with a header; blank cells end a column that is shorter than others."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise ValueError(str(error)) from None
    separator = separator_of(rows[0]) if rows else ""
    if separator:
        raise ValueError(f"columns separated by {separator!r}, not by commas")
    if len(rows) < 2:
        raise ValueError("a header and at least one row expected")
    return {
        name.strip(): [float(row[place]) for row in rows[1:] if place < len(row) and row[place].strip()]
        for place, name in enumerate(rows[0])
    }


def _gate(parallel: int) -> threading.BoundedSemaphore:
    """Return what lets so many programs run at a time in this process, whatever the number of threads."""
    with _gates_lock:
        return _gates.setdefault(parallel, threading.BoundedSemaphore(parallel))


def model_from_program(
    program: Mapping[str, Any], parameters: tuple[Parameter, ...], outputs: tuple[Output, ...], path: Path
) -> Model:
    """Return the model that a study file's ``[program]`` describes.

    Parameters
    ----------
    program : mapping
        The section as `mcsim.study.sections.PROGRAM` reads it.
    parameters, outputs : tuples
        What the study file declares.
    path : Path
        The study file; programs and templates may be given relative to it.

    Raises
    ------
    InputError
        Naming the key, the value and what would be right.
    """
    if "command" not in program:
        raise InputError(f'{path}: program.command: missing; such as ["python3", "model.py", "{{input}}"]')
    beside, words = _words(program, path)
    template, name = _template(program, parameters, path)
    described = Program(
        tuple(beside),
        template,
        program.get("input", name),
        program.get("output", "-"),
        program.get("timeout"),
        program.get("parallel", os.cpu_count() or 1),
        outputs,
    )

    def evaluate(inputs: Mapping[str, FloatArray], context: Context) -> dict[str, NDArray[Any]]:
        return described.evaluate(inputs, context)

    # The engine then cuts a run as finely as it likes, for no draw meets another; but not below what runs at a time.
    evaluate.row_by_row, evaluate.at_once = True, described.parallel  # type: ignore[attr-defined]
    try:
        return Model(program.get("name", Path(words[0]).name), parameters, (), outputs, evaluate)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _words(program: Mapping[str, Any], path: Path) -> tuple[list[str], list[str]]:
    """Return the words of the command with files beside the study file in full, and as they are written."""
    command = program["command"]
    try:
        words = shlex.split(command) if isinstance(command, str) else command
    except ValueError as error:
        raise InputError(f"{path}: program.command: {error} (got {command!r}); quotes in pairs") from None
    beside = [str((path.parent / word).resolve()) if (path.parent / word).is_file() else word for word in words]
    return beside, words


def code_of_program(program: Mapping[str, Any], path: Path) -> dict[str, str]:
    """Return the files that a program is made of, and the SHA-256 of each: words of its command, and its template.

    Of a file of Python also what it imports from beside itself.
    """
    files = [Path(word) for word in _words(program, path)[0] if (path.parent / word).is_file()]
    files += [Path(program["template"])] if "template" in program else []
    return hashes(found for file in files for found in (with_imports(file) if file.suffix == ".py" else [file]))


def _template(program: Mapping[str, Any], parameters: tuple[Parameter, ...], path: Path) -> tuple[str, str]:
    """Return the text of the template, and the name that the input file has by default."""
    if "template" not in program:
        return "", "input.json"
    source = Path(program["template"])
    try:
        text = source.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: program.template: cannot be read (got {source}: {error}); UTF-8 text") from None
    known = [parameter.name for parameter in parameters]
    for wanted in PLACEHOLDER.findall(text):
        if wanted not in known:
            raise InputError(
                f"{source}: {{{{{wanted}}}}}: no such input; one of {', '.join(known)}{nearest(wanted, known)}"
            )
    return text, source.name.removesuffix(".in")
