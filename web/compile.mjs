// Pack the files of a folder with Pyodide itself, so that every machine gives the same bytes:
// node compile.mjs PYODIDE.mjs IN OUT. Each .py of a zip becomes a .pyc; every file is gzipped.
import fs from "node:fs";
import {pathToFileURL} from "node:url";
const [, , where, from, to] = process.argv;
const {loadPyodide} = await import(pathToFileURL(where));
const python = await loadPyodide();
for (const name of fs.readdirSync(from)) {
  python.FS.writeFile("/packed", new Uint8Array(fs.readFileSync(`${from}/${name}`)));
  python.globals.set("name", name);
  python.runPython(`
import _imp, gzip, io, marshal, zipfile
from importlib.util import MAGIC_NUMBER

def compiled(path):
    """A zip with each module compiled; stored, because the whole is gzipped."""
    made = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(made, "w") as out:
        for name in sorted(source.namelist()):
            data = source.read(name)
            if name.endswith(".py"):
                code = compile(data, name, "exec", dont_inherit=True, optimize=0)
                # flags 1: a .pyc with a hash that is not checked, the same bytes on every machine
                head = MAGIC_NUMBER + (1).to_bytes(4, "little") + _imp.source_hash(0, data)
                name, data = name + "c", head + marshal.dumps(code)
            out.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
    return made.getvalue()

with open("/packed", "rb") as file:
    held = compiled("/packed") if name.endswith(".zip") else file.read()
with open("/packed", "wb") as file:
    file.write(gzip.compress(held, 9, mtime=0))
`);
  fs.writeFileSync(`${to}/${name}.gz`, python.FS.readFile("/packed"));
}
