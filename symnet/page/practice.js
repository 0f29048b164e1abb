"use strict";
/* Practice: every number that is asked is a field. */

const $ = (name, attributes = {}, ...inside) => {
  const made = document.createElement(name);
  for (const key in attributes) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), attributes[key]);
    else if (attributes[key] !== null && attributes[key] !== false) made.setAttribute(key, attributes[key]);
  }
  made.append(...inside);
  return made;
};

/* What symnet printed; it is parsed as a document of its own, in which nothing runs. */
const parsed = (text) => new DOMParser().parseFromString(text, "text/html").body;
const inMaths = (inside) => `<math displaystyle="true">${inside}</math>`;
const FORMULAS = [...parsed(PAGE.maths.map(inMaths).join("")).children];
const printed = (at) => document.importNode(FORMULAS[at], true);

/* The right-hand side of a line, in which every name that it reads has a place of its own. */
function rightOf(line) {
  line.formula ??= parsed(inMaths(line.right.replace(READ, (_, at) => {
    const [name, shown] = PAGE.reads[at];
    return `<mrow data-n="${name}">${PAGE.maths[shown]}</mrow>`;
  }))).firstChild;
  return document.importNode(line.formula, true);
}

/* A relation with what follows it, in one line: what is too long for a telephone goes on with its sign. */
const signed = (relation, right) => $("span", { class: "signed" }, `${relation} `, right);

const READ = /\ue000(\d+);/g;
for (const key in PAGE.lines) {
  const line = PAGE.lines[key];
  line.from = [...new Set(Array.from(line.right.matchAll(READ), ([, at]) => PAGE.reads[at][0]))];
}

/* What was typed, in the browser's store; in the live folder, where a page has none, with the page around it. */
const Kept = {
  name: `symnet:${PAGE.id}`,
  read() {
    try { return JSON.parse(window.symnetKept ? symnetKept.given[PAGE.id] : localStorage.getItem(this.name)) || {}; }
    catch { return {}; }
  },
  write(state) {
    const text = JSON.stringify(state);
    try { window.symnetKept ? symnetKept.write(PAGE.id, text) : localStorage.setItem(this.name, text); }
    catch { /* a page works without */ }
  },
};

function figures(x, digits = 6) {
  if (!Number.isFinite(x)) return "undefined";
  let text = Math.abs(x) >= 1e-4 && Math.abs(x) < 1e15 || !x ? String(+x.toPrecision(digits)) : x.toExponential(digits - 1);
  return text.replace("-", "−");
}

for (const part of [PAGE.lines, PAGE.rules, PAGE.said, PAGE.names.keys]) Object.setPrototypeOf(part, null);

const SLOTS = PAGE.names.slots;
const PASSED = new Set([...PAGE.right.forward, ...PAGE.right.backward].map((at) => LINES[at][0])); // in every example
/* The number of a slot where a line reads it: an update of several examples takes that of all of them. */
function inLine(line, slot, work, { examples }) {
  if (!PASSED.has(slot)) return work.end[slot];
  return line.part === "update" && examples.length > 1 ? work.over(slot) : work.first[slot];
}

const AT_ONCE = 15, A_SLICE = 12; // milliseconds: an answer is judged, and the page stays in hand meanwhile

class Practice {
  constructor(root) {
    this.root = root;
    this.state = { at: 0, typed: {}, stuck: {}, log: [], ...Kept.read() };
    for (const part of ["typed", "stuck"]) this.state[part] = bare(this.state[part]);
    if (!PAGE.variants[this.state.at]) this.state.at = 0;
    this.keys = PAGE.asked.flatMap(([, keys]) => keys);
    this.rows = bare();
    this.unsaid = new Set(); // the keys of which it is still to be said what they come from
    this.fills = []; // what puts given numbers into tables
    this.original = new Map([...root.querySelectorAll("[data-b]")].map((part) => [part.dataset.b, [...part.childNodes]]));
    this.build();
    this.deal(this.state.at, true);
  }

  build() {
    this.live = $("p", { class: "visually-hidden", role: "status", "aria-live": "polite" });
    this.bar = $("progress", { max: this.keys.length, value: 0, "aria-label": "numbers found" });
    this.told = $("span", {});
    this.code = $("span", { class: "code" });
    this.next = $("button", { type: "button", onclick: () => this.deal(this.state.at + 1) }, "New numbers");
    const again = $("button", { type: "button", onclick: () => this.restart() }, "Start again");
    const tools = $("div", { class: "tools" }, this.bar, this.told, this.code, PAGE.variants.length > 1 ? this.next : "", again);
    this.root.querySelector("h1").after(tools, this.live);
    const behind = $("section", {}, $("h2", {}, "Practise with the numbers"),
      $("p", { class: "quiet" }, "The sheet asks for words; these are the numbers behind them."));
    for (const [number, keys, grids] of PAGE.asked) {
      const parts = this.root.querySelectorAll(`[data-q="${number}"]`);
      if (!number) this.root.append(behind); // no question on the sheet
      const last = number ? parts[parts.length - 1] : behind.lastChild;
      for (const part of parts) if (part.querySelector("td.blank")) part.classList.add("paper");
      const tables = grids.map((grid) => table(grid, this));
      const rows = keys.filter((key) => !this.rows[key]).map((key) => this.row(key));
      last.after($("div", { class: "fields", role: "group", "aria-label": number ? `Numbers of question ${number}` : "Numbers" }, ...tables, ...rows));
    }
    this.summary = $("section", { class: "summary", "aria-label": "Summary" });
    this.root.append(this.summary);
  }

  /* The parts of a field, wherever they stand. */
  parts(key) {
    const id = `f${Object.keys(this.rows).length}`, name = PAGE.said[key] + PAGE.after[key];
    const input = $("input", {
      id, type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: 60,
      "aria-describedby": `${id}v`, "aria-label": name,
      onchange: () => this.answered(key), onkeydown: (event) => event.key === "Enter" && this.onward(event, key),
    });
    const says = $("div", { class: "says", id: `${id}v` });
    const help = $("div", { class: "help" });
    const stuck = $("button", { type: "button", class: "stuck", "aria-label": `I am stuck at ${name}`,
      onclick: () => this.help(key) }, "I am stuck");
    return (this.rows[key] = { row: null, input, says, help, stuck, id });
  }

  row(key) {
    const own = this.parts(key);
    const label = $("label", { for: own.id }, printed(PAGE.labels[key]), PAGE.after[key]);
    return (own.row = $("div", { class: "row" }, label, own.input, own.stuck, own.says, own.help));
  }

  onward(event, key) {
    event.preventDefault();
    this.answered(key);
    const next = this.keys[this.keys.indexOf(key) + 1];
    if (next) this.rows[next].input.focus();
  }

  /* Puts the numbers of a variant into the sheet. */
  deal(at, same = false) {
    this.state.at = at % PAGE.variants.length;
    if (!same) Object.assign(this.state, { typed: bare(), stuck: bare() });
    for (const [b, nodes] of this.original) {
      const text = this.textOf(b);
      this.root.querySelector(`[data-b="${b}"]`).replaceChildren(
        ...(text === null ? nodes : [...parsed(text).childNodes].map((node) => document.importNode(node, true))));
    }
    this.variant = PAGE.variants[this.state.at];
    const judge = (this.judge = new Judge(PAGE, this.variant));
    // All slips are worked while nobody waits.
    const idle = window.requestIdleCallback || setTimeout;
    const go = (left) => {
      const end = performance.now() + Math.min(12, left?.timeRemaining?.() || 6);
      if (judge === this.judge && (this.judging || !judge.prepare(() => performance.now() < end))) idle(go);
    };
    idle(go);
    this.code.textContent = this.variant.code ? `Variant ${this.variant.code}` : "The numbers of the sheet";
    for (const key of this.keys) this.rows[key].input.value = this.state.typed[key] || "";
    for (const fill of this.fills) fill(this.variant, this.judge.right);
    for (const key of this.keys) this.rows[key].help.replaceChildren();
    this.isHelpDue = true;
    this.tell();
    document.dispatchEvent(new CustomEvent("dealt"));
    if (!same) this.live.textContent = `New numbers: ${this.code.textContent}.`;
  }

  /* A block of the sheet in the variant that is dealt; null where it is that of the sheet itself. */
  textOf(b) {
    const other = PAGE.sheets[this.state.at]?.[b];
    if (other === undefined) return null;
    const pieces = Array.isArray(other) ? other : PAGE.blocks[b].map((piece, i) => other[i] ?? piece);
    return pieces.map((piece) => PAGE.pieces[piece]).join("");
  }

  restart() {
    this.deal(this.state.at);
    this.keys.length && this.rows[this.keys[0]].input.focus();
  }

  answered(key) {
    const text = this.rows[key].input.value, before = this.state.typed[key];
    if ((before || "") === text) return;
    if (text.trim()) this.state.typed[key] = text;
    else delete this.state.typed[key];
    this.unsaid.add(key);
    this.tell();
  }

  /* Says of every number what it is: right or wrong at once, and what a wrong one comes from when that is found. */
  tell() {
    this.judging = this.judge.told(this.state.typed);
    this.known = null;
    this.goOn(AT_ONCE);
    if (this.judging) Kept.write(this.state);
  }

  /* Judges for some milliseconds, and later goes on where that is not enough. */
  goOn(longest) {
    clearTimeout(this.later);
    const end = performance.now() + longest;
    let step;
    do {
      step = this.judging.next();
      this.known = step.value || this.known;
    } while (!step.done && (!this.known || performance.now() < end));
    if (this.known !== this.verdicts) this.show(this.known);
    if (!step.done) { this.later = setTimeout(() => this.goOn(A_SLICE)); return; }
    this.judging = null;
    this.log();
    if (!this.isHelpDue) return;
    this.isHelpDue = false;
    for (const key of this.keys) for (let level = 1; level <= (this.state.stuck[key] || 0); level++) this.say(key, level);
  }

  /* What has been typed since is said, and kept where it is a slip. */
  log() {
    for (const key of this.unsaid) {
      const found = this.verdicts[key];
      if (!found) continue;
      this.live.textContent = `${PAGE.said[key]}: ${found.says}`;
      if (found.verdict === "wrong" && found.slips.length) this.state.log.push([this.variant.code, PAGE.said[key], this.state.typed[key], found.says]);
    }
    this.unsaid.clear();
    this.state.log = this.state.log.slice(-200);
    this.summarize();
    Kept.write(this.state);
  }

  show(told) {
    let found = 0, points = 0, all = 0;
    for (const key of this.keys) {
      const row = this.rows[key], verdict = told[key];
      const good = verdict && (verdict.verdict === "right" || verdict.verdict === "rounded");
      const carried = verdict && verdict.carried && verdict.carried.length;
      all += PAGE.points[key];
      if (good) { found++; points += PAGE.points[key]; }
      const [is, says] = verdict ? [carried ? "carried" : verdict.verdict, verdict.says] : ["", ""];
      if (row.is === is && row.said === says) continue; // nothing is laid out again
      Object.assign(row, { is, said: says });
      for (const part of [row.row, row.detail]) if (part) part.dataset.verdict = is;
      row.says.textContent = says;
      row.input.setAttribute("aria-invalid", Boolean(verdict) && !good);
      row.stuck.hidden = Boolean(good);
    }
    this.bar.value = found;
    const worth = (x) => String(Math.round(100 * x) / 100);
    this.told.textContent = `${found} of ${this.keys.length} numbers · ${worth(points)} of ${worth(all)} point${all === 1 ? "" : "s"}`;
    this.verdicts = told;
  }

  /* The line at which help begins: where the slip happens, or the first above it that is not there yet. */
  placeOf(key) {
    const verdict = this.verdicts[key];
    if (verdict && verdict.slips && verdict.slips.length) return this.judge.placeOf(verdict.slips[0], key);
    if (verdict && verdict.carried && verdict.carried.length) return verdict.carried[0];
    return key;
  }

  help(key) {
    if (this.judging) this.goOn(Infinity);
    const level = (this.state.stuck[key] || 0) + 1;
    this.state.stuck[key] = level;
    const said = this.say(key, level);
    if (!said) this.state.stuck[key] = level - 1;
    this.live.textContent = said || "That is all there is to say.";
    Kept.write(this.state);
  }

  say(key, level) {
    const place = this.placeOf(key), line = PAGE.lines[place], help = this.rows[key].help;
    const put = (...inside) => { const p = $("div", { class: "hint" }, ...inside); help.append(p); return p.textContent; };
    const called = () => printed(PAGE.labels[place]);
    const slips = (this.verdicts[key] || {}).slips || [];
    if (level === 1) {
      if (place === key) return put("Look at the line for ", called(), " itself.");
      return put("Look further up: it seems to go wrong in the line for ", called(), ".");
    }
    if (level === 2) {
      const could = slips.length ? ` Could it be that you ${PAGE.slips[slips[0]].did}?` : "";
      return put(`${line ? line.rule : PAGE.rules[place] || "Look at how it is given."}${could}`);
    }
    if (!line) return "";
    if (level === 3) return put(this.formula(line, "names"));
    if (level === 4) return put(this.formula(line, "own"), " Work that out; ▢ stands for what you have not found yet.");
    const lines = this.judge.above(key).filter((other) => PAGE.lines[other]);
    const at = lines[level - 5];
    return at ? put(this.formula(PAGE.lines[at], "value", at)) : "";
  }

  /* A line: with names, with the numbers that the person has found, or with all numbers and its value. */
  formula(line, how, key = "") {
    const right = rightOf(line);
    if (how !== "names") putIn(right, (name) => this.numberAt(line, name, how === "value"));
    const parts = [printed(line.left), " ", signed(line.relation, rightOf(line))];
    if (how !== "names") parts.push(" ", signed("=", right));
    if (how === "value") parts.push(` = ${figures(this.judge.rightOf(key))}`);
    return $("div", { class: "line" }, ...parts);
  }

  numberAt(line, name, all) {
    if (line.at) return this.numberIn(line.at, name, all);
    const start = this.variant.start, given = this.variant.examples[0];
    if (name in given) return given[name];
    if (name in start) return start[name];
    if (name === PAGE.names.rate) return PAGE.right.rate;
    const work = this.judge.right;
    const key = PAGE.order.find((other) => PAGE.names.keys[other][1] === name && PAGE.names.keys[other][0] === "pass");
    const known = all || (key && ["right", "rounded"].includes((this.verdicts[key] || {}).verdict));
    if (!known) return null;
    return inLine(line, SLOTS[name], work, this.variant);
  }

  /* The same in the line of one sample or update. */
  numberIn(k, name, all) {
    const { moments, frames } = this.judge.right, moment = moments[k], slot = SLOTS[name];
    const frame = PAGE.names.keys[PAGE.order.find((other) => PAGE.names.keys[other][2] === k)][0] === "sample" ? frames[k - 1] : moment.frame;
    if (name in this.variant.examples[0]) return frame[slot];
    if (name === PAGE.names.rate) return PAGE.right.rate;
    const isKept = name in this.variant.start || name in PAGE.right.state, when = isKept ? k - 1 : k;
    const isRight = (key) => ["right", "rounded"].includes((this.verdicts[key] || {}).verdict);
    const key = PAGE.order.find((other) => PAGE.names.keys[other][1] === name && PAGE.names.keys[other][2] === when);
    if (!(all || (isKept && !when) || (key && isRight(key)))) return null;
    if (isKept) return moment.before[slot];
    return moment.together && !PASSED.has(slot) ? moment.together[slot] : frame[slot];
  }

  summarize() {
    const log = this.state.log;
    const text = log.map(([code, said, typed, says]) => `${code ? `${code}: ` : ""}${said} = ${typed}: ${says}`);
    const copy = $("button", { type: "button", onclick: () => this.copy([this.told.textContent, ...text].join("\n")) }, "Copy");
    const print = $("button", { type: "button", onclick: () => this.print() }, "Print");
    const items = text.map((line) => $("li", {}, line));
    this.summary.replaceChildren($("h2", {}, "My slips"), $("p", {}, `${this.told.textContent} · ${this.code.textContent}`),
      items.length ? $("ul", {}, ...items) : $("p", { class: "quiet" }, "None so far."), $("p", { class: "tools" }, copy, print));
  }

  print() {
    document.documentElement.classList.add("summary-only");
    window.print();
    document.documentElement.classList.remove("summary-only");
  }

  async copy(text) {
    try { await navigator.clipboard.writeText(text); }
    catch {
      const area = $("textarea", {}, text);
      this.summary.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    this.live.textContent = "Copied.";
  }
}

const SIGNS = { "\u2062": "·" };
/* Puts numbers for the names in a formula: in brackets where they have a sign; ▢ where there is none yet.  Gives what
   puts other numbers into the same places. */
function putIn(formula, numberOf) {
  const maths = (name, text, attributes = {}) => {
    const made = document.createElementNS("http://www.w3.org/1998/Math/MathML", name);
    made.textContent = text;
    for (const key in attributes) made.setAttribute(key, attributes[key]);
    return made;
  };
  const sign = (text, form) => maths("mo", text, { form, stretchy: "false", lspace: "0", rspace: "0" });
  const places = [...formula.querySelectorAll("mrow[data-n]")].map((place) => {
    const inside = /^\(/.test(place.previousSibling?.textContent) && /^\)/.test(place.nextSibling?.textContent);
    return { place, inside, shown: undefined };
  });
  for (const one of formula.querySelectorAll("mo")) {
    if (!SIGNS[one.textContent]) continue;
    one.textContent = SIGNS[one.textContent];
    one.setAttribute("lspace", one.getAttribute("rspace")); // what is seen has as much room on either side
  }
  const put = (numberOf) => {
    for (const one of places) {
      const value = numberOf(one.place.dataset.n) ?? null;
      if (one.shown === value) continue;
      const digits = maths("mn", value === null ? "▢" : figures(Math.abs(value)));
      const isMinus = value < 0, [open, close] = isMinus && !one.inside ? [[sign("(", "prefix")], [sign(")", "postfix")]] : [[], []];
      one.place.replaceChildren(...open, ...(isMinus ? [sign("−", "prefix")] : []), digits, ...close);
      one.shown = value;
    }
  };
  put(numberOf);
  return put;
}

document.documentElement.classList.add("live");
const practice = new Practice(document.querySelector("main"));
