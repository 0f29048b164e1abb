"use strict";
/* Explore: every given number and parameter can be moved, and what follows from them follows at once. */

class Explore {
  constructor(root) {
    this.path = [];
    this.at = 0;
    this.sliders = {};
    this.values = {};
    this.box = $("details", { class: "explore" }, $("summary", {}, "Explore: change any number and watch what follows"));
    root.querySelector(".summary").before(this.box);
    this.box.addEventListener("toggle", () => this.box.open && this.show());
    document.addEventListener("dealt", () => { this.numbers = null; if (this.box.open) this.show(); });
    if (location.hash === "#explore") this.box.open = true;
  }

  show() {
    if (this.numbers) return;
    const { examples, start } = PAGE.variants[practice.state.at];
    this.numbers = { examples: examples.map((one) => ({ ...one })), start: { ...start }, rate: PAGE.right.rate };
    this.path = [];
    this.build();
    this.follow();
  }

  build() {
    const [given, parameters] = PAGE.given;
    const group = (what, names, of) => names.length
      ? $("fieldset", {}, $("legend", {}, what), ...names.map(([name, label, said]) => this.slider(name, label, said, of)))
      : "";
    const rate = PAGE.right.rate === null ? "" :
      group("Learning rate", [["rate", $("i", {}, "η"), "learning rate"]], this.numbers);
    this.goesBack = PAGE.explored.some((key) => PAGE.lines[key]?.part === "backward");
    this.lines = {};
    this.seen?.disconnect();
    this.near = new Set(); // the lines on the screen, which follow at once
    this.seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const { key } = target.dataset;
        if (!isIntersecting) this.near.delete(key);
        else if (this.near.add(key) && this.stale.delete(key)) this.paint(key);
      }
    }, { rootMargin: "60px" });
    this.stale = new Set();
    const rows = PAGE.explored.filter((key) => PAGE.lines[key]).map((key) => {
      const { row } = (this.lines[key] = this.lineOf(key));
      this.seen.observe(row);
      return row;
    });
    this.walk = Walk.isWanted ? new Walk(this) : null;
    const run = $("button", { type: "button", onclick: () => this.run(50) }, "Run 50 steps");
    const step = $("button", { type: "button", onclick: () => this.run(1) }, "Step");
    const rewind = $("button", { type: "button", onclick: () => this.rewind() }, "Rewind");
    this.live = $("p", { class: "visually-hidden", role: "status", "aria-live": "polite" });
    this.told = $("p", { role: "status", "aria-live": "polite" });
    this.curve = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.curve.setAttribute("viewBox", "0 0 320 120");
    this.curve.setAttribute("class", "curve");
    this.curve.setAttribute("role", "img");
    // Of arrays without wires the walk shows more than the figure of the sheet.
    const figure = practice.root.querySelector("figure");
    this.figure = figure && (!this.walk?.order || figure.querySelector("line + polygon")) ? figure.cloneNode(true) : "";
    const training = PAGE.right.rules.length
      ? $("div", { class: "training" }, $("div", { class: "tools" }, step, run, rewind), this.told, this.curve) : "";
    const sliders = $("div", { class: "sliders" }, group("Given", given, this.numbers.examples[0]),
      group("Parameters", parameters, this.numbers.start), rate);
    this.box.replaceChildren(this.box.firstElementChild, sliders, this.figure, this.walk?.box || "", training,
      $("div", { class: "derivation", role: "group", "aria-label": "The derivation, line by line",
        onmouseover: (event) => this.pointed(event.target), onmouseleave: () => this.light([], "") }, ...rows), this.live);
    this.marked = this.figure ? new Marked(this.figure, this) : null;
  }

  slider(name, label, said, of) {
    const value = of[name], reach = Math.max(5, 2 * Math.abs(value));
    const range = $("input", { type: "range", min: name === "rate" || PAGE.whole ? 0 : -reach, max: name === "rate" ? Math.max(1, 2 * value) : reach,
      step: name === "rate" ? 0.01 : PAGE.whole ? 1 : 0.1, "aria-label": said });
    const typed = $("input", { type: "text", inputmode: "text", maxlength: 30, "aria-label": `${said}, typed` });
    const set = (number) => { of[name] = number; this.forget(); this.followSoon(); };
    range.addEventListener("input", () => set(+range.value));
    typed.addEventListener("change", () => {
      const answer = readNumber(typed.value, PAGE.whole);
      if (answer && Number.isFinite(answer.number)) set(answer.number);
      else typed.value = figures(of[name]);
    });
    this.sliders[name] = { range, typed, of };
    for (const input of [range, typed]) {
      input.addEventListener("focus", () => this.light([name], ""));
      input.addEventListener("blur", () => this.light([], ""));
    }
    return $("label", { class: "slide" }, typeof label === "number" ? printed(label) : label, range, typed);
  }

  /* A factor that is pointed at lights alone, elsewhere in a line all that it reads. */
  pointed(part) {
    const row = part.closest("[data-key]");
    if (row) this.light(factorOf(part) || PAGE.lines[row.dataset.key].from, row.dataset.key);
  }

  /* From factor to factor of a line with the arrows, each with its number said. */
  stepped(event, key) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const line = PAGE.lines[key], { from } = line, own = event.currentTarget;
    own.factor = ((own.factor ?? (by > 0 ? -1 : from.length)) + by + from.length) % from.length;
    const name = from[own.factor];
    this.light([name], key);
    const shown = [...own.querySelectorAll("[data-n]")].find(({ dataset }) => dataset.n === name);
    this.live.textContent = `${shown?.textContent || ""} = ${figures(this.numberAt(line, name))}`;
  }

  light(names, key) {
    for (const part of this.box.querySelectorAll(".lit")) part.classList.remove("lit");
    for (const name of names)
      for (const part of this.box.querySelectorAll(`[data-id~="${CSS.escape(name)}"], [data-n="${CSS.escape(name)}"]`)) part.classList.add("lit");
    if (key) for (const row of this.box.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)) row.classList.add("lit");
  }

  /* Once a frame, however fast a slider is dragged. */
  followSoon() {
    this.soon ??= requestAnimationFrame(() => this.follow());
  }

  follow() {
    cancelAnimationFrame(this.soon);
    this.soon = null;
    this.work = carriedOut(PAGE.right, this.numbers, PAGE.names, {}, 1); // the lines are those of one update
    for (const key in this.lines) {
      if (this.near.has(key)) this.paint(key);
      else this.stale.add(key);
    }
    clearTimeout(this.later);
    if (this.stale.size) this.later = setTimeout(() => this.rest(), 120);
    if (this.walk?.order) { if (this.walk.working) this.walk.paint(); else this.walk.choose(this.walk.order); }
    this.marked?.follow();
    for (const name in this.sliders) {
      const own = this.sliders[name], { range, typed, of } = own;
      if (own.shown === of[name]) continue;
      own.shown = of[name];
      if (document.activeElement !== range) range.value = of[name];
      if (document.activeElement !== typed || !this.path.length) typed.value = figures(of[name]).replace("−", "-");
    }
    this.draw();
  }

  /* The lines that are not on the screen, a few at a time. */
  rest() {
    let left = 12;
    for (const key of this.stale) {
      this.stale.delete(key);
      this.paint(key);
      if (!--left) break;
    }
    if (this.stale.size) this.later = setTimeout(() => this.rest());
  }

  /* A line as it stands among others: {row, value, put, why}, to be painted. */
  lineOf(key) {
    const line = PAGE.lines[key], value = $("output", { class: "value" }), put = $("span", { class: "put" });
    const why = $("span", { class: "why" });
    const row = $("div", { class: "line", tabindex: "0", "data-key": key,
      onkeydown: (event) => this.stepped(event, key), onfocus: () => this.light(line.from, key), onblur: () => this.light([], "") },
    printed(line.left), " ", signed(line.relation, rightOf(line)), " ", signed("=", put), " ", signed("=", value), " ", why);
    row.dataset.id = PAGE.names.keys[key][1];
    return { row, value, put, why };
  }

  paint(key) { this.paintLine(key, this.lines[key]); }

  paintLine(key, own) {
    const line = PAGE.lines[key], value = valueOf(key, this.work, this.numbers, PAGE.names);
    write(own.value, figures(value));
    if (!own.numbers) {
      own.put.append(rightOf(line));
      own.numbers = putIn(own.put.firstChild, (name) => this.numberAt(line, name));
    }
    else own.numbers((name) => this.numberAt(line, name));
    write(own.why, this.why(key, value));
  }

  numberAt(line, name) {
    if (name in this.numbers.examples[0]) return this.numbers.examples[0][name];
    if (name in this.numbers.start) return this.numbers.start[name];
    if (name === PAGE.names.rate) return this.numbers.rate;
    return inLine(line, SLOTS[name], this.work, this.numbers);
  }

  /* Why a unit passes nothing back. */
  why(key, value) {
    const line = PAGE.lines[key], inputs = line.from.length === 1 ? this.numberAt(line, line.from[0]) : null;
    if (line.part !== "forward" || inputs === null || !line.unit || !this.goesBack) return "";
    const slope = LINES[line.unit][1](this.work.first);
    if (slope === 0) return "dead: the slope here is 0, so nothing is passed back";
    return Math.abs(slope) < 0.02 ? "saturated: the slope here is almost 0" : "";
  }

  /* Carries out updates: the numbers of the parameters are then those after them. */
  run(steps) {
    const before = { ...this.numbers.start };
    if (!this.path.length) this.path = [{ start: before, loss: this.lossNow() }];
    const quick = matchMedia("(prefers-reduced-motion: reduce)").matches || steps === 1;
    const once = () => {
      const after = carriedOut(PAGE.right, this.numbers, PAGE.names, {}, 1).parameters;
      this.numbers.state = pick(after, PAGE.right.state);
      this.numbers.done = (this.numbers.done || 0) + 1;
      Object.assign(this.numbers.start, pick(after, this.numbers.start));
      this.path.push({ start: { ...this.numbers.start }, loss: this.lossNow() });
    };
    if (quick) { for (let i = 0; i < steps; i++) once(); this.follow(); return; }
    let left = steps;
    const go = () => {
      once();
      this.follow();
      if (--left > 0 && this.path.length) requestAnimationFrame(go);
    };
    requestAnimationFrame(go);
  }

  lossNow() {
    const all = { ...PAGE.right, examples: null, online: false };
    return carriedOut(all, this.numbers, PAGE.names, {}, 0).over(SLOTS[PAGE.names.loss]);
  }

  rewind() {
    if (!this.path.length) return;
    Object.assign(this.numbers.start, this.path[0].start);
    this.forget();
    this.follow();
  }

  /* What updates remember, and the curve. */
  forget() {
    this.path = [];
    delete this.numbers.state;
    delete this.numbers.done;
  }

  draw() {
    const losses = this.path.map(({ loss }) => loss).filter(Number.isFinite);
    const most = Math.max(...losses, 1e-12);
    const points = losses.map((loss, i) => `${(10 + (300 * i) / Math.max(1, losses.length - 1)).toFixed(1)},${(110 - (100 * loss) / most).toFixed(1)}`);
    this.curve.hidden = losses.length < 2;
    this.curve.style.display = losses.length < 2 ? "none" : "";
    this.curve.setAttribute("aria-label", `The loss over ${losses.length - 1} steps, from ${figures(losses[0] ?? 0)} to ${figures(losses.at(-1) ?? 0)}`);
    const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
    line.setAttribute("points", points.join(" "));
    this.curve.replaceChildren(line);
    this.told.textContent = losses.length < 2 ? "" : `After ${losses.length - 1} step${losses.length > 2 ? "s" : ""} the loss is ${figures(losses.at(-1))}, from ${figures(losses[0])}.`;
  }
}

/* What stands there already is not written again: it would be laid out again. */
const write = (place, text) => { if (place.textContent !== text) place.textContent = text; };
/* The names of the factor that a part of a formula belongs to, as x₃ of ReLU′(x₃); null where that is all of it. */
function factorOf(part) {
  const own = part.closest("[data-n]");
  if (own) return [own.dataset.n];
  const named = (node) => [...new Set([...node.querySelectorAll("[data-n]")].map(({ dataset }) => dataset.n))];
  for (let node = part; node && node.localName !== "math" && node.closest("math"); node = node.parentElement) {
    const applied = node.nextElementSibling?.textContent === "\u2061" ? named(node.nextElementSibling.nextElementSibling) : [];
    const names = applied.length ? applied : named(node);
    if (names.length) return node.parentElement.localName === "math" && !node.nextElementSibling && !node.previousElementSibling ? null : names;
  }
  return null;
}

const pick = (from, names) => Object.fromEntries(Object.keys(names).map((name) => [name, from[SLOTS[name]]]));

const explore = new Explore(document.querySelector("main"));
