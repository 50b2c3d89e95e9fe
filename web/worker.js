// Python in a worker: fields in, an answer out. It has no network: Pyodide asks for its files by name
// and gets those of the page; anything else is refused.
let bridge;
const files = {}, network = self.fetch.bind(self), nowhere = "https://page.invalid/";
self.fetch = async (asked) => {
  const name = String(asked?.url ?? asked).split("/").pop();
  if (!(name in files)) throw new Error(`not part of this page: ${name}`);
  return files[name]();
};
async function unpacked(held) { // bytes, or the name of a file; gzip or, where a server has unpacked it, not
  const bytes = typeof held === "string" ? new Uint8Array(await (await network(held)).arrayBuffer()) : held;
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
}
const answering = (bytes, type) => async () => new Response(await bytes, {headers: {"content-type": type}});
async function machine(held) { // the raw file where the server knows its type, so that compiled code is kept
  if (typeof held === "string") {
    const raw = await network(held.replace(/\.gz$/, "")).catch(() => null);
    if (raw?.ok && raw.headers.get("content-type") === "application/wasm") return () => raw;
  }
  return answering(unpacked(held), "application/wasm");
}
async function start(given) {
  files["pyodide.asm.wasm"] = await machine(given["pyodide.asm.wasm.gz"]);
  files["python_stdlib.zip"] = answering(unpacked(given["python_stdlib.zip"]), "application/zip");
  const python = await loadPyodide({
    indexURL: nowhere, packageBaseUrl: nowhere, createPyodideModule: _createPyodideModule,
    lockFileContents: JSON.stringify(PAGE_LOCK), env: {PYTHONDONTWRITEBYTECODE: "1"},
  });
  python.unpackArchive(await unpacked(given["site.zip"]), "zip", {extractDir: python.runPython("import site; site.getsitepackages()[0]")});
  bridge = python.pyimport("pexcalc_page.bridge");
  bridge.answer("{}", "screen");
}
self.onmessage = async ({data}) => {
  try {
    if (data.files) await start(data.files);
    postMessage({id: data.id, text: data.files ? "" : bridge[data.call](...data.texts)});
  } catch (error) {
    postMessage({id: data.id, failed: String(error).slice(-2000)});
  }
};
