"use strict";
/* The figure of a network in Explore: what of it stands for which numbers.  A value has its name and its unit, a weight
   its name and its wire, a gradient the parts of what it is the gradient of. */

class Marked {
  constructor(figure, explore) {
    this.figure = figure;
    this.explore = explore;
    this.parts = new Map(); // {id: the parts of the figure that stand for it}
    this.numbers = []; // [the text of a number, id]
    this.lines = Object.values(PAGE.lines);
    this.shapes = [...figure.querySelectorAll("svg circle, svg rect.line")].map((part) => ({ part, ...boxOf(part) }));
    for (const [text, id] of this.texts()) this.named(text, id);
    this.unnamed();
    this.weights();
    this.gradients();
    for (const [id, parts] of this.parts)
      for (const part of parts) part.dataset.id = `${part.dataset.id || ""} ${id}`.trim();
    for (const part of new Set([...this.parts.values()].flatMap((parts) => [...parts]))) {
      part.addEventListener("mouseenter", () => explore.light(part.dataset.id.split(" "), ""));
      part.addEventListener("mouseleave", () => explore.light([], ""));
    }
  }

  put(id, ...parts) {
    if (!this.parts.has(id)) this.parts.set(id, new Set());
    for (const part of parts) if (part) this.parts.get(id).add(part);
  }

  /* The texts that are names. */
  *texts() {
    const names = new Map();
    const known = (maths, key, id) => { names.set(key.replace(/_/g, ""), id); names.set(lettersOf(printed(maths)), id); };
    for (const [id, maths, said] of PAGE.given.flat()) known(maths, said, id);
    for (const key of PAGE.explored)
      if (PAGE.names.keys[key][0] === "pass" && PAGE.lines[key]?.part === "forward") known(PAGE.lines[key].left, key, PAGE.names.keys[key][1]);
    for (const text of this.figure.querySelectorAll("svg text")) {
      const id = names.get(text.textContent.replace(/^target /, "").replace(/\s/g, ""));
      if (id) yield [text, id];
    }
  }

  /* A name with its number below it, and what it stands on or in. */
  named(text, id) {
    const own = document.createElementNS("http://www.w3.org/2000/svg", "tspan");
    const x = +text.getAttribute("x"), y = +text.getAttribute("y") - 3;
    own.setAttribute("class", "number");
    own.setAttribute("font-size", "6.5");
    const wire = this.isParameter(id) ? this.wireAt(x, y) : [];
    const shape = this.isParameter(id) ? null : this.shapes.find((one) => one.has(x, y))?.part;
    if (wire.length) own.setAttribute("dx", "2.5"); // names on wires stand close above one another
    else {
      own.setAttribute("x", text.getAttribute("x"));
      own.setAttribute("dy", String((+text.getAttribute("font-size") || 9) * 0.75));
    }
    this.put(id, text, ...wire, shape);
    if (shape) text.setAttribute("y", +text.getAttribute("y") - 2.5); // both within it
    text.append(own);
    this.numbers.push([own, id]);
  }

  isParameter(id) { return id in this.explore.numbers.start; }

  get wires() {
    return (this._wires ??= [...this.figure.querySelectorAll("svg line + polygon")].map((head) => {
      const [x1, y1, x2, y2] = ["x1", "y1", "x2", "y2"].map((one) => +head.previousElementSibling.getAttribute(one));
      return { parts: [head.previousElementSibling, head], x1, y1, x2, y2 };
    }));
  }

  /* The wire on which a name stands. */
  wireAt(x, y, near = 5, wires = this.wires) {
    const off = ({ x1, y1, x2, y2 }) => {
      const along = Math.min(1, Math.max(0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / ((x2 - x1) ** 2 + (y2 - y1) ** 2)));
      return Math.hypot(x1 + along * (x2 - x1) - x, y1 + along * (y2 - y1) - y);
    };
    const nearest = wires.reduce((best, wire) => (!best || off(wire) < off(best) ? wire : best), null);
    return nearest && off(nearest) < near ? nearest.parts : [];
  }

  /* A value that the figure leaves out, as z before a = σ(z), is at the unit of what is made of it. */
  unnamed() {
    const given = new Set(PAGE.given.flat().map(([id]) => id));
    const place = (readOf) => {
      for (const key of PAGE.explored) {
        const line = PAGE.lines[key], [where, id] = PAGE.names.keys[key];
        if (line?.part !== "forward" || where !== "pass" || !this.parts.has(id)) continue;
        for (const name of readOf(line.from))
          if (!this.parts.has(name) && !given.has(name)) this.put(name, ...[...this.parts.get(id)].filter((part) => part.tagName !== "text"));
      }
    };
    place((from) => from.slice(0, 1)); // in a softmax the first is that of the same unit
    place((from) => from);
  }

  /* A weight whose name is not drawn is the wire between two units, if its gradient is that of the one times the other;
     a bias, whose gradient is that of a unit, is at this. */
  weights() {
    // What stands beside its wire rather than on it.
    const taken = new Set([...this.parts.values()].flatMap((parts) => [...parts]));
    const free = this.wires.filter(({ parts }) => !taken.has(parts[0]));
    const lone = new Set(PAGE.given[1].filter(([id, , said]) =>
      PAGE.lines[`grad(${said})`]?.from.some((name) => !name.startsWith("g_")) && // which a bias has not
      ![...(this.parts.get(id) || [])].some(({ tagName }) => tagName === "line")).map(([id]) => id));
    for (const [{ parentNode: text }, id] of this.numbers)
      if (lone.has(id)) this.put(id, ...this.wireAt(+text.getAttribute("x"), +text.getAttribute("y") - 3, 9, free));
    const shapeOf = (id) => this.shapes.find(({ part }) => this.parts.get(id)?.has(part));
    for (const [id, , said] of PAGE.given[1]) {
      const line = PAGE.lines[`grad(${said})`];
      if (this.parts.has(id) || !line) continue;
      if (line.from.length === 1 && line.from[0].startsWith("g_")) { // a bias, which is at its unit
        this.put(id, shapeOf(this.ofGradient(line.from[0]))?.part);
        continue;
      }
      if (line.from.length !== 2) continue;
      const [to, from] = [line.from.find((name) => name.startsWith("g_")), line.from.find((name) => !name.startsWith("g_"))];
      const [ends, begins] = [to && shapeOf(this.ofGradient(to)), shapeOf(from)];
      if (!ends || !begins) continue;
      const off = ({ x1, y1, x2, y2 }) => Math.max(begins.off(x1, y1), ends.off(x2, y2));
      const wire = this.wires.reduce((best, one) => (!best || off(one) < off(best) ? one : best), null);
      if (wire && off(wire) < 8) this.put(id, ...wire.parts);
    }
  }

  gradients() {
    for (const name of new Set(this.lines.flatMap(({ from }) => from)))
      if (name.startsWith("g_") && this.parts.has(this.ofGradient(name))) this.put(name, ...this.parts.get(this.ofGradient(name)));
  }

  ofGradient(name) { return name.replace(/^g_.*?_d_/, "v_"); }

  follow() {
    for (const [text, id] of this.numbers) write(text, figures(this.explore.numberAt({}, id), 3));
  }
}

/* How far a point is from a circle or a rectangle, and whether it is inside. */
function boxOf(part) {
  const at = (name) => +part.getAttribute(name);
  const beyond = (x, from, size) => Math.max(0, from - x, x - from - size);
  const off = part.tagName === "circle" ? (x, y) => Math.max(0, Math.hypot(x - at("cx"), y - at("cy")) - at("r"))
    : (x, y) => Math.hypot(beyond(x, at("x"), at("width")), beyond(y, at("y"), at("height")));
  return { off, has: (x, y) => off(x, y) === 0 };
}

/* The letters of a formula in the order in which a figure has them: what stands above before what stands below. */
function lettersOf(node) {
  const parts = [...node.children];
  if (!parts.length) return node.textContent.trim();
  const [base, below, above] = parts;
  return (node.localName === "msubsup" ? [base, above, below] : parts).map(lettersOf).join("");
}
