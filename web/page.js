// The form: it moves fields to the worker and answers to the page. Nothing is calculated here.
"use strict";
const root = document.documentElement, by = (id) => document.getElementById(id);
const all = (what, from = document) => [...from.querySelectorAll(what)];
const form = by("form"), fields = all("[data-field]"), control = (name) => form.elements[name];
const PARTS = ["pyodide.asm.wasm.gz", "python_stdlib.zip.gz", "site.zip.gz"];
let worker, begun, number = 0, shown = null, latest = 0, timer, view = "screen", typing = "";
const waiting = new Map(), phone = matchMedia("(max-width: 600px)");
const kept = {}; // what each place shows, by its id
function state(name, words) { root.dataset.state = name; by("state").textContent = words; }
function fail(words) {
  if (root.dataset.state === "failed") return;
  state("failed", words);
  stale();
  for (const {no} of waiting.values()) no(new Error(words));
}
function call(message, transfer = []) {
  worker.postMessage({...message, id: ++number}, transfer);
  return new Promise((yes, no) => waiting.set(number, {yes, no}));
}
const bytes = (id) => Uint8Array.from(atob(by(id).textContent), (one) => one.charCodeAt(0));
async function script() { // the worker's script, packed in the one file
  const packed = new Blob([bytes("worker.js.gz")]).stream();
  const text = await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).text();
  return URL.createObjectURL(new Blob([text], {type: "text/javascript"}));
}
async function start() {
  const smallest = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
  try { await WebAssembly.compile(smallest); } catch { return fail(by("no-wasm").textContent); }
  const one = by("worker.js.gz") !== null;
  worker = new Worker(one ? await script() : "worker.js");
  worker.onerror = (event) => fail(`pexcalc cannot start here. ${event.message ?? ""}`);
  worker.onmessage = ({data}) => {
    const {yes, no} = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.failed) no(new Error(data.failed)); else yes(data.text);
  };
  const files = PARTS.map((name) => one ? bytes(name) : name);
  await call({files}, one ? files.map((file) => file.buffer) : []);
  state("ready", "Ready. Works without a network; nothing you enter leaves this page.");
  refresh();
  if (!one) navigator.serviceWorker?.register("sw.js").catch(() => {});
}
setTimeout(() => { by("slow").hidden = root.dataset.state !== "loading"; }, 15000);
async function asked(name, ...texts) {
  await begun;
  if (root.dataset.state === "failed") throw new Error(by("state").textContent);
  return call({call: name, texts});
}
window.pexcalc = Object.freeze({
  answer: (given, views = "") => asked("answer", JSON.stringify(given), views),
  prescribe: (order, views = "") => asked("prescribed", JSON.stringify(order), views),
});
function filled() {
  const found = {};
  for (const {name, type, checked, value} of form.elements) {
    if (!name || (type === "checkbox" && !checked)) continue;
    found[name] = type === "checkbox" && found[name] ? `${found[name]},${value}` : value;
  }
  return found;
}
function fill(changes) {
  for (const [name, text] of Object.entries(changes)) {
    const boxes = all(`[type=checkbox][name="${name}"]`, form), words = text.split(/ *, */);
    for (const box of boxes) box.checked = words.includes(box.value);
    if (!boxes.length && control(name)) control(name).value = text;
  }
  changed();
}
function stale() { // until the answer to what is on the form now is there, nothing is printed
  document.body.dataset.fresh = "no";
  latest++;
  by("sheet").srcdoc = by("said").textContent = "";
  for (const id of ["print", "copy", "save"]) by(id).disabled = true;
}
function changed() {
  stale();
  clearTimeout(timer); timer = setTimeout(refresh, 120);
}
async function refresh() {
  if (root.dataset.state !== "ready") return;
  const now = latest;
  try {
    const text = await asked("shown", JSON.stringify(filled()), view, typing, phone.matches);
    if (now === latest) show(JSON.parse(text));
  } catch (error) { fail(`This order could not be calculated. Reload the page. ${error.message}`); }
}
function show(found) {
  shown = found;
  const page = view === "page" && found.ready; // what the browser prints by itself is the screen
  for (const [id, html] of Object.entries(found.html))
    if (kept[id] !== html) by(id).innerHTML = kept[id] = html;
  for (const field of fields) showField(field, found);
  by("text").textContent = found.ready ? found[page ? "screen" : view] : found.volumes;
  by("text").hidden = !by("text").textContent; by("sheet").hidden = !page;
  if (page) by("sheet").srcdoc = found.page;
  document.body.dataset.view = found.ready ? view : "screen";
  if (found.ready) document.body.dataset.fresh = "yes";
  by("print").disabled = by("copy").disabled = !found.ready;
  by("save").disabled = found.order === null;
}
function showField(field, found) {
  const name = field.dataset.field, needed = found.needed.includes(name);
  field.hidden = !found.asked.includes(name);
  field.classList.toggle("needed", needed);
  if (needed) unfold(field);
  const wrong = name in found.errors && name !== typing;
  for (const one of all(`[name="${name}"]`, field)) one.setAttribute("aria-invalid", wrong);
}
const unfold = (one) => one.closest("details")?.setAttribute("open", "");
function go(name) { const one = all(`[name="${name}"]`)[0]; unfold(one); one.focus(); }
function empty() {
  form.reset();
  control("order").value = "";
  for (const group of all("details")) group.open = false;
}
form.addEventListener("input", ({target}) => {
  typing = target.matches("[type=text], textarea") ? target.name : ""; // no fault while it is typed
  changed();
});
phone.addEventListener("change", refresh);
form.addEventListener("focusout", () => { if (typing) { typing = ""; refresh(); } });
document.addEventListener("click", ({target: {dataset}}) => {
  if (dataset.fill) fill(JSON.parse(dataset.fill));
  if (dataset.go) go(dataset.go);
});
for (const one of all("[aria-pressed]")) one.addEventListener("click", () => {
  view = one.dataset.view;
  for (const other of all("[aria-pressed]")) other.setAttribute("aria-pressed", other === one);
  changed();
});
by("print").addEventListener("click", async () => {
  const now = latest, sheet = by("sheet"), {page} = JSON.parse(await asked("answer",
    JSON.stringify(filled()), "page"));
  sheet.onload = () => { sheet.onload = null; if (now === latest) sheet.contentWindow.print(); };
  if (now === latest && page) sheet.srcdoc = page;
});
by("copy").addEventListener("click", async () => {
  try { await navigator.clipboard.writeText(shown.summary); } catch { // http has no clipboard
    const text = Object.assign(document.createElement("textarea"), {value: shown.summary});
    document.body.append(text); text.select(); document.execCommand("copy"); text.remove();
  }
  by("said").textContent = "Ten lines copied.";
});
by("save").addEventListener("click", () => {
  const file = new Blob([JSON.stringify(shown.order, null, 2)], {type: "application/json"});
  const href = URL.createObjectURL(file);
  Object.assign(document.createElement("a"), {download: "order.json", href}).click();
  URL.revokeObjectURL(href);
});
by("open").addEventListener("change", async ({target}) => {
  const found = JSON.parse(await asked("opened", await target.files[0].text()));
  target.value = "";
  if (found.fields) { empty(); fill(found.fields); narrow(); }
  by("said").textContent = found.error ?? "Order opened. Check every field against the patient.";
});
by("clear").addEventListener("click", () => {
  if (!confirm("Clear the form for the next patient?")) return;
  empty(); changed(); narrow();
  by("said").textContent = "Cleared."; control("sex").focus();
});
// the list of indications: its names, and other names by which they are known
const list = by("indications"), box = control("indication"), rows = [...list.children];
const plain = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f']/g, "").toLowerCase()
  .replace(/[^\p{L}\p{N}]+/gu, " ").trim().replace(/[ao]e/g, "e").replaceAll("isation", "ization");
function narrow() {
  const words = plain(box.value).split(" ");
  mark(null);
  for (const row of rows) row.hidden = !words.every((word) => row.dataset.words.includes(word));
  list.hidden = document.activeElement !== box || rows.every((row) => row.hidden);
  box.setAttribute("aria-expanded", !list.hidden);
}
function mark(row) {
  for (const one of rows) one.setAttribute("aria-selected", one === row);
  row?.scrollIntoView({block: "nearest"});
  box.setAttribute("aria-activedescendant", row?.id ?? "");
}
function pick(row) { fill({indication: row.dataset.id}); narrow(); list.hidden = true; }
for (const name of ["input", "focus", "blur"]) box.addEventListener(name, narrow);
box.addEventListener("keydown", (event) => {
  const open = rows.filter((row) => !row.hidden), {key} = event;
  const at = open.findIndex((row) => row.getAttribute("aria-selected") === "true");
  if (key === "Escape") list.hidden = true;
  if (key === "ArrowDown" || key === "ArrowUp") {
    event.preventDefault(); list.hidden = false;
    mark(open.at((at + (key === "ArrowDown" ? 1 : at < 0 ? 0 : -1)) % open.length));
  }
  const row = open[at] ?? (open.length === 1 ? open[0] : null);
  if (key === "Enter" && !list.hidden && row) { event.preventDefault(); pick(row); }
});
document.addEventListener("mousedown", (event) => { // the focus stays in its field until the click
  if (event.target.closest("#indications, [data-go], [data-fill]")) event.preventDefault();
  if (event.target.closest("#indications li")) pick(event.target.closest("li"));
});
by("old").hidden = Date.now() < Date.parse(root.dataset.until);
(begun = start()).catch((error) => fail(`pexcalc cannot start here. ${error.message}`));
