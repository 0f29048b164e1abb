// Keeps Python's memory once symnet is imported: a page that starts with it imports nothing.
//
//   node snapshot.mjs PYODIDE OUT WHEEL…
//
// In two steps: what compiling leaves behind would be kept, too.

import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import { PACKAGES, START, WARM, found, put } from "./python.mjs";

const [pyodide, out, ...paths] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`).href);
const started = async (wheels, options = {}) => {
  const python = await loadPyodide({ indexURL: pyodide, stdout: () => {}, stderr: () => {}, ...options });
  put(python, wheels);
  return python;
};

const COMPILE = `
import importlib._bootstrap_external as external, importlib.util, warnings, zipfile

warnings.simplefilter("ignore")


def compiled(wheel):
    """The same wheel with code in place of text, each under the name that its text has."""
    with zipfile.ZipFile(wheel) as given, zipfile.ZipFile("/compiled", "w", zipfile.ZIP_DEFLATED) as made:
        for name in given.namelist():
            text = given.read(name)
            if name.endswith(".py"):
                code = compile(text, f"{wheel}/{name}", "exec", dont_inherit=True)
                text, name = external._code_to_hash_pyc(code, importlib.util.source_hash(text), False), name + "c"
            made.writestr(name, text)
`;

const wheels = paths.map((path) => [basename(path), new Uint8Array(readFileSync(path))]);
const compiler = await started(wheels);
compiler.runPython(COMPILE);
const compiled = wheels.map(([name]) => {
  compiler.runPython(`compiled(${JSON.stringify(`${PACKAGES}/${name}`)})`);
  return [name, compiler.FS.readFile("/compiled")];
});

const python = await started(compiled, { _makeSnapshot: true });
python.runPython(found(wheels.map(([name]) => name)));
python.runPython(START);
python.runPython(WARM);
writeFileSync(out, python.makeMemorySnapshot());
