/* The live page: an exercise is typed, commands of symnet run in a worker, and what they make is shown.
   Nothing typed becomes markup here: text is put in as text, and a page that symnet made is shown in a sandbox. */
import { fromLink, toLink } from "./link.mjs";

const $ = (id) => document.getElementById(id);
const make = (name, attributes = {}, ...inside) => {
  const made = document.createElement(name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  made.append(...inside);
  return made;
};
const PAUSE = 450, PATIENCE = 1200; // ms without a key before a command runs; until it is said that it still does
const KEPT = `symnet-live:${location.pathname}`;
const files = await (await fetch("files.json")).json();

/* -- Python, in a worker of its own -- */

class Python {
  constructor() {
    this.waiting = new Map();
    this.count = 0;
    this.start();
  }
  /* The worker is a page's own text, so that it has the policy of this page. */
  start() {
    const code = new Blob([`import ${JSON.stringify(new URL("worker.mjs", location).href)};`], { type: "text/javascript" });
    const url = URL.createObjectURL(code);
    this.worker = new Worker(url, { type: "module" });
    this.ready = new Promise((done, failed) => {
      this.worker.onmessage = ({ data }) => {
        if (data.ready) { URL.revokeObjectURL(url); done(); }
        else if (data.id === undefined && data.failed) failed(new Error(data.failed));
        else if (data.id === undefined) loading(data);
        else this.waiting.get(data.id)?.(data);
      };
      this.worker.onerror = (event) => failed(new Error(event.message || "Python cannot be started here"));
    });
    this.ready.then(() => loading({ ready: true }), (error) => loading({ failed: error.message }));
    this.worker.postMessage({ base: new URL(".", location).href });
  }
  async run(argumentsOf, given, wanted = []) {
    await this.ready;
    const id = this.count++;
    const told = new Promise((done) => this.waiting.set(id, done));
    this.worker.postMessage({ id, arguments: argumentsOf, files: given, wanted });
    const { found, failed } = await told;
    this.waiting.delete(id);
    if (failed) throw new Error(failed);
    return found;
  }
  stop() {
    this.worker.terminate();
    for (const done of this.waiting.values()) done({ failed: "Stopped." });
    this.waiting.clear();
    this.start();
  }
}

function loading({ loaded, all, doing, ready, failed }) {
  $("loading").hidden = Boolean(ready);
  if (failed) $("loaded").textContent = `This does not work here: ${failed}`;
  else if (doing) { $("progress").removeAttribute("value"); $("loaded").textContent = `${doing} …`; }
  else if (loaded) {
    $("progress").value = Math.min(1, loaded / all);
    $("loaded").textContent = `${(loaded / 1e6).toFixed(0)} of ${(all / 1e6).toFixed(0)} MB`;
  }
}

/* -- the exercise -- */

const state = { name: "exercise.toml", text: "", tab: "solution", answers: "" };
const isName = (name) => /^[\w.-]{1,60}\.toml$/.test(name);

function take(name, text) {
  state.name = isName(name) ? name : "exercise.toml";
  $("text").value = state.text = text;
  number();
}

function number(wrong = 0) {
  const lines = state.text.split("\n").length;
  $("text").rows = lines; // as high as that in print
  $("numbers").replaceChildren(...Array.from({ length: lines }, (_, i) =>
    make("div", i + 1 === wrong ? { class: "wrong" } : {}, String(i + 1))));
  $("numbers").scrollTop = $("text").scrollTop;
}

function keep() {
  try { localStorage.setItem(KEPT, JSON.stringify(state)); } catch { /* the page works without */ }
}

function told(text, wrong) {
  $("said").classList.toggle("wrong", wrong);
  $("said").textContent = text;
  $("text").setAttribute("aria-invalid", wrong);
  number(wrong ? +(/\bline (\d+)/.exec(text)?.[1] || 0) : 0);
}

/* -- what follows from it -- */

/* In a frame that has no origin; of what it says nothing is believed but an id, a text and a height. */
let heard = null;
const framed = (text) => {
  const frame = make("iframe", { sandbox: "allow-scripts allow-modals", src: "frame.html", title: TABS[state.tab].says });
  removeEventListener("message", heard);
  heard = ({ source, data }) => {
    if (source !== frame.contentWindow || !data) return;
    if (data === "ready") frame.contentWindow.postMessage({ text, kept: typedIn() }, "*");
    else if (data.height > 0) sized(frame, data.height);
    else if (/^[0-9a-f]{16}$/.test(data.keep) && typeof data.state === "string") keepTyped(data.keep, data.state);
  };
  addEventListener("message", heard);
  return frame;
};

/* On paper a frame is as large as it is here with all that is in it, or smaller where the paper is.  (A practice page is
   another one on paper, and prints with the button alone.) */
const PAPER = 660; // px, of A4 and of Letter within their margins
function sized(frame, height) {
  const wide = Math.max(frame.clientWidth, PAPER), sizes = { "--whole": `${Math.min(height, 30000)}px`, "--wide": `${wide}px`, "--scale": Math.min(1, PAPER / wide) };
  for (const name in sizes) $("panel").style.setProperty(name, sizes[name]);
}

/* {the id of a practice page: what was typed in it}, of the last few of them. */
const TYPED = `${KEPT}:typed`, MOST_PAGES = 12, MOST_LETTERS = 100_000;
function typedIn() {
  try { return JSON.parse(localStorage.getItem(TYPED)) || {}; } catch { return {}; }
}
function keepTyped(id, text) {
  if (text.length > MOST_LETTERS) return;
  const { [id]: _, ...others } = typedIn();
  const kept = [...Object.entries(others), [id, text]].slice(-MOST_PAGES);
  try { localStorage.setItem(TYPED, JSON.stringify(Object.fromEntries(kept))); } catch { /* the page works without */ }
}

/* A frame prints itself, over as many sheets as it needs. */
$("print").addEventListener("click", () => {
  const frame = document.querySelector("#panel iframe");
  if (frame) frame.contentWindow.postMessage("print", "*");
  else print();
});
const pictured = (text, alt) => make("img", { alt, src: URL.createObjectURL(new Blob([text], { type: "image/svg+xml" })) });

const PAGE = ["page", "{file}", "-o", "page.html", "-n", "10", "--salt", "live"];
const SHEET = ["worksheet", "{file}", "-o", "sheet.html", "--key", "key.html"];
const TABS = {
  solution: { says: "Solution", arguments: SHEET, wanted: "key.html", show: framed },
  sheet: { says: "Sheet", arguments: SHEET, wanted: "sheet.html", show: framed },
  practice: { says: "Practice", arguments: PAGE, wanted: "page.html", show: framed },
  figure: { says: "Figure", arguments: ["draw", "{file}", "-o", "figure.svg"], wanted: "figure.svg",
    show: (text) => pictured(text, `The network of ${state.name}, with its values`) },
  check: { says: "Check", arguments: ["check", "{file}", "--answers", "answers.txt"] },
};
const DOWNLOADS = {
  "exercise file (.toml)": null,
  "sheet (.tex)": [["worksheet", "{file}", "-o", "sheet.tex"], "sheet.tex"],
  "sheet (.html)": [["worksheet", "{file}", "-o", "sheet.html"], "sheet.html"],
  "key (.tex)": [["worksheet", "{file}", "-o", "sheet.tex", "--key", "key.tex"], "key.tex"],
  "key (.html)": [["worksheet", "{file}", "-o", "sheet.html", "--key", "key.html"], "key.html"],
  "practice page (.html)": [PAGE, "page.html"],
  "solution (.txt)": [["worksheet", "{file}", "-o", "sheet.txt", "--key", "key.txt"], "key.txt"],
  "figure (.svg)": [["draw", "{file}", "-o", "figure.svg"], "figure.svg"],
};

const python = new Python();
const named = (list) => list.map((one) => one.replace("{file}", state.name));
/* What the command says of a mistake, in its one line; the lines of what was written are for a terminal. */
const messages = (err) => err.split("\n").filter((line) => line.startsWith("symnet: ") && !/^symnet: wrote /.test(line))
  .map((line) => line.slice(8)).join(" ");
/* A fault of symnet itself has no such line, and its last one says most. */
const mistake = (made) => (made.code === 3 ? "Not in a browser: " : "") + messages(made.err) || made.err.trim().split("\n").pop() || "It has no solution.";

let busy = 0;
async function command(list, given = {}, wanted = []) {
  const late = setTimeout(() => { $("doing").textContent = "Working …"; $("stop").hidden = false; }, PATIENCE);
  busy++;
  try {
    return await python.run(named(list), { [state.name]: state.text, ...given }, wanted);
  } finally {
    clearTimeout(late);
    if (!--busy) { $("doing").textContent = ""; $("stop").hidden = true; }
  }
}

const shown = new Map(); // {tab: the exercise that it shows}
let turn = 0;
async function show() {
  const tab = state.tab, about = TABS[tab], own = ++turn, of = JSON.stringify([state.name, state.text]);
  const there = $("panel").dataset.tab === tab && shown.get(tab) === of;
  if (tab === "check" || there) $("panel").removeAttribute("aria-busy");
  if (tab === "check") return check(false);
  if (there) {
    $("panel").classList.remove("old");
    return told("", false);
  }
  if ($("panel").dataset.tab !== tab) $("panel").replaceChildren();
  $("panel").dataset.tab = tab;
  $("panel").setAttribute("aria-busy", "true");
  $("panel").classList.add("old");
  try {
    const made = await command(about.arguments, {}, [about.wanted]);
    if (own !== turn) return;
    const good = made.code === 0;
    told(good ? messages(made.err) : mistake(made), !good);
    if (!good) return;
    $("panel").replaceChildren(about.show(made.files[about.wanted]));
    $("panel").classList.remove("old");
    shown.clear();
    shown.set(tab, of);
  } catch (error) {
    if (own === turn) told(error.message, true);
  } finally {
    if (own === turn) $("panel").removeAttribute("aria-busy");
  }
}

/* -- check -- */

const HINTS = [["", "which slip it is"], ["0", "right or wrong alone"], ["1", "a hint where to look"],
  ["2", "which rule"], ["3", "the rule, with names"], ["4", "the rule, with numbers"]];
let form = null;
function check(now) {
  if (!form) {
    const answers = make("textarea", { class: "answers", rows: 7, spellcheck: "false", autocapitalize: "off", autocomplete: "off" });
    answers.value = state.answers;
    const hint = make("select", {}, ...HINTS.map(([value, says]) => make("option", { value }, says)));
    const out = make("pre");
    const go = make("button", { type: "button" }, "Check");
    go.addEventListener("click", () => check(true));
    answers.addEventListener("input", () => { state.answers = answers.value; keep(); });
    const box = make("div", { class: "check" },
      make("label", {}, "Your numbers, one a line, such as y3 = 5, grad(w35) = 50 or w13 = 2 - 0.1*20 = 0"), answers,
      make("div", { class: "tools" }, make("label", {}, "Say ", hint), go),
      make("div", { role: "status", "aria-live": "polite" }, out));
    box.firstChild.append(answers);
    form = { box, answers, hint, out };
  }
  if ($("panel").dataset.tab !== "check") $("panel").replaceChildren(form.box);
  $("panel").dataset.tab = "check";
  $("panel").classList.remove("old");
  shown.clear();
  if (now) checked();
}

async function checked() {
  const { answers, hint, out } = form;
  if (!answers.value.trim()) { out.textContent = "Type the numbers that you have found."; return; }
  const level = hint.value ? ["--hint", hint.value] : ["--hide"];
  try {
    const made = await command([...TABS.check.arguments, ...level], { "answers.txt": `${answers.value.trim()}\n` });
    out.textContent = made.code < 2 && made.code >= 0 ? made.out.trim() : mistake(made);
  } catch (error) {
    out.textContent = error.message;
  }
}

/* -- tools -- */

function save(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
  const link = make("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

$("download").addEventListener("click", async () => {
  const what = DOWNLOADS[$("downloads").value];
  if (!what) return save(state.name, state.text);
  try {
    const made = await command(what[0], {}, [what[1]]);
    const stem = state.name.replace(/\.toml$/, "");
    if (made.code) told(mistake(made), true);
    else save(`${stem}-${what[1]}`, made.files[what[1]]);
  } catch (error) { told(error.message, true); }
});

$("link").addEventListener("click", async () => {
  history.replaceState(null, "", await toLink(state.name, state.text));
  let said = "The link is in the address bar.";
  try { await navigator.clipboard.writeText(location.href); said = "The link is copied; it holds the exercise itself."; }
  catch { /* the address bar has it */ }
  told(said, false);
});

$("open").addEventListener("change", async () => {
  const [file] = $("open").files;
  if (!file) return;
  if (file.size > 1e6) return told(`${file.name} is too large for an exercise file`, true);
  take(file.name, await file.text());
  $("open").value = "";
  changed(0);
});

let soon;
function changed(pause = PAUSE) {
  clearTimeout(soon);
  turn++; // what is on its way is of another exercise
  $("panel").setAttribute("aria-busy", "true");
  keep();
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  soon = setTimeout(show, pause);
}

$("text").addEventListener("input", () => { state.text = $("text").value; number(); changed(); });
$("text").addEventListener("scroll", () => { $("numbers").scrollTop = $("text").scrollTop; });
$("stop").addEventListener("click", () => python.stop());
$("examples").addEventListener("change", () => {
  const [name, text] = files.examples[$("examples").value];
  take(name, text);
  $("examples").value = "";
  changed(0);
});

/* -- tabs: arrows move among them, as everywhere -- */

function choose(tab, focus = false) {
  state.tab = tab;
  for (const button of $("tabs").children) {
    const on = button.dataset.tab === tab;
    button.setAttribute("aria-selected", on);
    button.tabIndex = on ? 0 : -1;
    if (on && focus) button.focus();
  }
  $("panel").setAttribute("aria-labelledby", `tab-${tab}`);
  keep();
  show();
}

for (const tab in TABS) {
  const button = make("button", { type: "button", role: "tab", id: `tab-${tab}`, "aria-controls": "panel", "data-tab": tab }, TABS[tab].says);
  button.addEventListener("click", () => choose(tab));
  button.addEventListener("keydown", (event) => {
    const all = Object.keys(TABS), at = all.indexOf(tab);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(all[to % all.length], true);
  });
  $("tabs").append(button);
}
$("examples").append(make("option", { value: "" }, "choose …"),
  ...files.examples.map(([, , says], i) => make("option", { value: i }, says)));
$("downloads").append(...Object.keys(DOWNLOADS).map((says) => make("option", { value: says }, says)));

/* -- the start: an exercise in the link, or what was typed last, or the first example -- */

async function begin() {
  let kept = null;
  try { kept = JSON.parse(localStorage.getItem(KEPT)); } catch { /* none */ }
  const [name, text] = files.examples[0];
  if (kept && TABS[kept.tab]) Object.assign(state, { tab: kept.tab, answers: String(kept.answers || "") });
  take(kept?.text ? String(kept.name) : name, kept?.text ? String(kept.text) : text);
  if (location.hash.length > 1) {
    const linked = await fromLink(location.hash);
    if (linked) take(...linked);
    else told("The link holds no exercise that could be read.", true);
  }
  $("loading").hidden = false;
  choose(state.tab);
  await python.ready;
  navigator.serviceWorker?.register("offline.js").catch(() => { /* without a network only where it is allowed */ });
}
addEventListener("hashchange", async () => {
  const linked = await fromLink(location.hash);
  if (linked) { take(...linked); keep(); show(); }
});
begin();
