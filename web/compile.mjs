// Compile every .py of a zip to .pyc in Pyodide itself: node compile.mjs PYODIDE.mjs IN.zip OUT.zip
import fs from "node:fs";
import {pathToFileURL} from "node:url";
const [, , where, from, to] = process.argv;
const {loadPyodide} = await import(pathToFileURL(where));
const python = await loadPyodide();
python.FS.writeFile("/in.zip", new Uint8Array(fs.readFileSync(from)));
python.runPython(`
import _imp, marshal, zipfile
from importlib.util import MAGIC_NUMBER
source = zipfile.ZipFile("/in.zip")
with zipfile.ZipFile("/out.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
    for name in sorted(source.namelist()):
        data = source.read(name)
        if name.endswith(".py"):
            code = compile(data, name, "exec", dont_inherit=True, optimize=0)
            # flags 1: a .pyc with a hash that is not checked, the same bytes on every machine
            head = MAGIC_NUMBER + (1).to_bytes(4, "little") + _imp.source_hash(0, data)
            name, data = name + "c", head + marshal.dumps(code)
        info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED
        out.writestr(info, data)
`);
fs.writeFileSync(to, python.FS.readFile("/out.zip"));
