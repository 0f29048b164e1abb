// Runs commands of symnet in Pyodide, the Python of browsers, under Node.
//
//   node run.mjs PLAN        PLAN is a file of JSON:
//   {"pyodide": folder of the npm package, "packages": {name: folder}, "folder": folder to work in,
//    "commands": [[argument, …], …]}
//
// Prints JSON: {"python": version, "bits": of a word, "results": [[exit code, standard output, standard error], …]}.
// Only packages of Python alone can be had so; NumPy is none of them, as on a page that loads nothing more.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const plan = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { loadPyodide } = await import(pathToFileURL(`${plan.pyodide}/pyodide.mjs`).href);
const python = await loadPyodide({ indexURL: plan.pyodide, stdout: (line) => console.error(line) });

for (const [name, folder] of Object.entries(plan.packages)) {
  python.FS.mkdirTree(`/packages/${name}`);
  python.mountNodeFS(`/packages/${name}`, folder);
}
python.FS.mkdirTree("/work");
python.mountNodeFS("/work", plan.folder);
python.globals.set("commands", python.toPy(plan.commands));

const found = python.runPython(`
import contextlib, io, json, os, sys, traceback

sys.path.append("/packages")
os.chdir("/work")

from symnet.cli import main


def run(arguments):
    sys.argv = ["symnet", *arguments]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as finished:
            code = finished.code
        except BaseException:
            code, _ = -1, traceback.print_exc()
    return code, out.getvalue(), err.getvalue()


json.dumps({
    "python": sys.version.split()[0],
    "bits": sys.maxsize.bit_length() + 1,
    "results": [run(arguments) for arguments in commands],
})
`);
process.stdout.write(found + "\n");
