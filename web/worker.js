// Python in a worker: texts in, texts out. It has no network: Pyodide asks for its files by name
// and gets those of the page; anything else is refused.
let bridge;
const files = {}, network = self.fetch.bind(self), nowhere = "https://page.invalid/";
self.fetch = async (asked) => {
  const name = String(asked?.url ?? asked).split("/").pop();
  if (!(name in files)) throw new Error(`not part of this page: ${name}`);
  return files[name]();
};
async function unpacked(held) { // bytes, or the name of a file, which a server may have unpacked
  const name = typeof held === "string";
  const bytes = name ? new Uint8Array(await (await network(held)).arrayBuffer()) : held;
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
const reply = (one, type) => async () => new Response(await one, {headers: {"content-type": type}});
async function machine(held) { // the raw file, if its type is known, so that its code is kept
  if (typeof held === "string") {
    const raw = await network(held.replace(/\.gz$/, "")).catch(() => null);
    if (raw?.ok && raw.headers.get("content-type") === "application/wasm") return () => raw;
  }
  return reply(unpacked(held), "application/wasm");
}
async function start([wasm, library, site]) {
  files["pyodide.asm.wasm"] = await machine(wasm);
  files["python_stdlib.zip"] = reply(unpacked(library), "application/zip");
  const python = await loadPyodide({
    indexURL: nowhere, packageBaseUrl: nowhere, createPyodideModule: _createPyodideModule,
    lockFileContents: JSON.stringify(PAGE_LOCK), env: {PYTHONDONTWRITEBYTECODE: "1"},
  });
  const extractDir = python.runPython("import site; site.getsitepackages()[0]");
  python.unpackArchive(await unpacked(site), "zip", {extractDir});
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
