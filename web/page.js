// The form: it moves fields to the worker and answers to the page. Nothing is calculated here.
"use strict";
const root = document.documentElement, by = (id) => document.getElementById(id);
const form = by("form"), fields = [...form.querySelectorAll("[data-field]")];
const control = (name) => form.querySelector(`[name="${name}"]`);
let worker, number = 0, shown = null, latest = 0, timer, view = "screen";
const waiting = new Map();
const state = (name, words) => { root.dataset.state = name; by("state").textContent = words; };
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
const bytes = (id) => Uint8Array.from(atob(by(id).textContent), (letter) => letter.charCodeAt(0));
async function start() {
  try { await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])); } catch { return fail(by("no-wasm").textContent); }
  const names = ["pyodide.asm.wasm.gz", "python_stdlib.zip", "site.zip"], one = by("worker.js") !== null;
  worker = new Worker(one ? URL.createObjectURL(new Blob([bytes("worker.js")], {type: "text/javascript"})) : "worker.js");
  worker.onerror = (event) => fail(`pexcalc cannot start here. ${event.message ?? ""}`);
  worker.onmessage = ({data}) => {
    if (data.failed) waiting.get(data.id).no(new Error(data.failed)); else waiting.get(data.id).yes(data.text);
    waiting.delete(data.id);
  };
  const held = Object.fromEntries(names.map((name) => [name, one ? bytes(name) : name]));
  await call({files: held}, one ? Object.values(held).map((value) => value.buffer) : []);
  state("ready", "Ready. Works without a network; nothing you enter leaves this page.");
  refresh();
  if (!one && navigator.serviceWorker) navigator.serviceWorker.register("sw.js").catch(() => {});
}
setTimeout(() => root.dataset.state === "loading" && state("loading", "Still starting. A slow computer needs up to a minute."), 15000);
let begun;
window.pexcalc = Object.freeze({
  answer: async (given, views = "screen sheet removal page summary prescription") => {
    await begun;
    if (root.dataset.state === "failed") throw new Error(by("state").textContent);
    return call({call: "answer", texts: [JSON.stringify(given), views]});
  },
});
function filled() {
  const all = {};
  for (const one of form.elements) {
    if (!one.name || one.type === "file" || (one.type === "checkbox" && !one.checked)) continue;
    all[one.name] = one.type === "checkbox" && all[one.name] ? `${all[one.name]},${one.value}` : one.value;
  }
  return all;
}
function fill(changes) {
  for (const [name, text] of Object.entries(changes)) {
    const boxes = form.querySelectorAll(`[type=checkbox][name="${name}"]`), words = text.split(",").map((word) => word.trim());
    for (const box of boxes) box.checked = words.includes(box.value);
    if (!boxes.length && control(name)) control(name).value = text;
  }
  changed();
}
function stale() { // until the answer to what is on the form now is there, nothing can be printed or copied
  document.body.dataset.fresh = "no";
  shown = null;
  by("sheet").srcdoc = by("said").textContent = "";
  for (const id of ["print", "copy", "save"]) by(id).disabled = true;
}
function changed() {
  stale();
  latest++;
  clearTimeout(timer);
  timer = setTimeout(refresh, 120);
}
async function refresh() {
  if (root.dataset.state !== "ready") return;
  const asked = latest;
  try {
    const text = await window.pexcalc.answer(filled(), `screen summary ${view}`);
    if (asked === latest) show(JSON.parse(text));
  } catch (error) { fail(`This order could not be calculated. Reload the page. ${error.message}`); }
}
const element = (tag, text, also = {}) => Object.assign(document.createElement(tag), {textContent: text}, also);
const button = (text, onclick, className = "") => element("button", text, {type: "button", onclick, className});
const HEADS = {stop: "ORDER ON HOLD", strong: "CALL THE PHYSICIAN BEFORE YOU START", warn: "CHECK"};
function show(found) {
  shown = found;
  for (const field of fields) showField(field, found);
  for (const group of form.querySelectorAll("details")) {
    const own = [...group.querySelectorAll("[data-field]")];
    group.hidden = own.every((field) => field.hidden);
    if (own.some((field) => found.needed.includes(field.dataset.field))) group.open = true;
  }
  const links = (names) => names.map((name) => button(by(`l-${name}`)?.dataset.label ?? name, () => go(name), "link"));
  by("needed").hidden = !found.needed.length;
  by("needed-names").replaceChildren(...links(found.needed));
  const wrong = Object.keys(found.errors).filter((name) => !typing(name));
  by("wrong").hidden = !wrong.length;
  by("wrong-names").replaceChildren(...links(wrong.filter(Boolean)), found.errors[""]?.sentence ?? "");
  by("alerts").replaceChildren(...(found.ready || found.alerts.some((one) => one.severity === "stop") ? alerts(found) : []));
  by("text").textContent = view === "page" ? "" : found[view];
  by("text").hidden = !by("text").textContent;
  by("sheet").hidden = view !== "page" || !found.ready;
  if (view === "page" && found.page) by("sheet").srcdoc = found.page;
  if (found.ready) document.body.dataset.fresh = "yes";
  by("print").disabled = by("copy").disabled = !found.ready;
  by("save").disabled = found.order === null;
}
function alerts(found) {
  return Object.entries(HEADS).flatMap(([severity, head]) => {
    const some = found.alerts.filter((one) => one.severity === severity);
    const list = element("ul", ""), box = element("div", "", {className: `alert ${severity}`});
    list.append(...some.map((one) => {
      const item = element("li", one.message);
      const name = one.confirm.split(".").pop();
      if (name) item.append(" ", button(`Confirm: ${name.replaceAll("_", " ")} is correct`, () => add("confirmed", ", ", name)));
      if (severity === "stop") item.append(" ", button("Override with a reason", () => { add("overrides", "\n", `${one.id}=; by `); go("overrides"); }));
      return item;
    }));
    box.append(element("h3", severity === "stop" && !found.ready ? "STILL OPEN" : head), list);
    return some.length ? [box] : [];
  });
}
const add = (name, between, text) => fill({[name]: [control(name).value, text].filter(Boolean).join(between)});
const typing = (name) => document.activeElement?.name === name && document.activeElement.tagName !== "SELECT";
function showField(field, found) {
  const name = field.dataset.field, fault = typing(name) ? null : found.errors[name], place = by(`e-${name}`);
  field.hidden = !found.asked.includes(name);
  field.classList.toggle("needed", found.needed.includes(name));
  for (const one of field.querySelectorAll("input, select, textarea")) one.setAttribute("aria-invalid", fault ? "true" : "false");
  place.replaceChildren(...(fault ? [fault.sentence, ...fault.meant.map((one) => button(`Use ${one.text}`, () => fill(one.fields)))] : []));
}
function go(name) {
  for (let part = control(name); part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
  control(name)?.focus();
}
const empty = () => { form.reset(); control("order").value = ""; };
form.addEventListener("input", (event) => { if (event.target.type !== "file") changed(); });
form.addEventListener("focusout", () => setTimeout(() => shown && show(shown)));
form.addEventListener("submit", (event) => event.preventDefault());
for (const tab of document.querySelectorAll("[role=tab]")) tab.addEventListener("click", () => {
  view = tab.dataset.view;
  for (const one of document.querySelectorAll("[role=tab]")) one.setAttribute("aria-selected", String(one === tab));
  changed();
});
by("print").addEventListener("click", async () => {
  const asked = latest, found = JSON.parse(await window.pexcalc.answer(filled(), "page"));
  if (asked !== latest || !found.ready) return;
  by("sheet").onload = () => { by("sheet").onload = null; if (asked === latest) by("sheet").contentWindow.print(); };
  by("sheet").srcdoc = found.page;
});
by("copy").addEventListener("click", async () => {
  try { await navigator.clipboard.writeText(shown.summary); } catch { // an http page has no clipboard of its own
    const box = element("textarea", shown.summary, {className: "away"});
    document.body.append(box); box.select(); document.execCommand("copy"); box.remove();
  }
  by("said").textContent = "Ten lines copied.";
});
by("save").addEventListener("click", () => {
  const link = element("a", "", {download: "order.json", href: URL.createObjectURL(new Blob([JSON.stringify(shown.order, null, 2)], {type: "application/json"}))});
  link.click(); URL.revokeObjectURL(link.href);
});
by("open").addEventListener("change", async ({target}) => {
  const found = JSON.parse(await call({call: "opened", texts: [await target.files[0].text()]}));
  target.value = "";
  if (found.fields) { empty(); fill(found.fields); }
  by("said").textContent = found.error ?? "Order opened. Check every field against the patient.";
});
by("clear").addEventListener("click", () => {
  if (!confirm("Clear the form for the next patient?")) return;
  empty();
  changed();
  narrow();
  by("said").textContent = "Cleared.";
  control("sex").focus();
});
// the list of indications: its names, and other names by which they are known
const list = by("indications"), box = control("indication"), rows = [...list.children];
const plain = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f']/g, "").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim().replaceAll("ae", "e").replaceAll("oe", "e").replaceAll("isation", "ization");
function narrow() {
  for (const row of rows) row.hidden = !plain(box.value).split(" ").every((word) => row.dataset.words.includes(word));
  list.hidden = document.activeElement !== box || rows.every((row) => row.hidden);
  box.setAttribute("aria-expanded", String(!list.hidden));
  by("indication-name").textContent = rows.find((row) => row.dataset.id === box.value.trim())?.textContent ?? "";
}
function mark(row) {
  for (const one of rows) one.setAttribute("aria-selected", String(one === row));
  row?.scrollIntoView({block: "nearest"});
  box.setAttribute("aria-activedescendant", row?.id ?? "");
}
function pick(row) { mark(null); fill({indication: row.dataset.id}); narrow(); list.hidden = true; }
for (const name of ["input", "focus", "blur"]) box.addEventListener(name, () => { mark(null); narrow(); });
box.addEventListener("keydown", (event) => {
  const open = rows.filter((row) => !row.hidden), at = open.findIndex((row) => row.getAttribute("aria-selected") === "true");
  if (event.key === "Escape") list.hidden = true;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); list.hidden = false; mark(open.at((at + (event.key === "ArrowDown" ? 1 : at < 0 ? 0 : -1)) % open.length)); }
  if (event.key === "Enter" && !list.hidden && (open[at] ?? (open.length === 1 && open[0]))) { event.preventDefault(); pick(open[at] ?? open[0]); }
});
list.addEventListener("mousedown", (event) => { event.preventDefault(); const row = event.target.closest("li"); if (row) pick(row); });
by("old").hidden = Date.now() < Date.parse(root.dataset.until);
begun = start();
begun.catch((error) => fail(`pexcalc cannot start here. ${error.message}`));
