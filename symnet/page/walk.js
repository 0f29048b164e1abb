"use strict";
/* A walk through the arrays: the entry that is worked, the entries that its line reads, and the line itself with its
   numbers.  One after another the entries of an array are worked, or its rows, or the steps of a recurrence, forward
   and back again.  No layer is known here: what is read stands in the lines. */

const PAUSE = 900; // ms between two entries of a slide

class Walk {
  constructor(explore) {
    this.explore = explore;
    const given = new Map(PAGE.given.flat().map(([name, , said]) => [said, name]));
    const idOf = (key) => given.get(key) ?? PAGE.names.keys[key]?.[1];
    this.at = new Map(); // {id of an entry: where it stands}
    this.grids = PAGE.walks.grids.map((grid, index) => {
      const cells = grid.cells.map((row, r) => row.map((key, c) => {
        const line = PAGE.lines[key], isWorked = line && line.part !== "update" && PAGE.explored.includes(key);
        const cell = { key: isWorked ? key : null, id: idOf(key), index, r, c };
        this.at.set(cell.id, cell);
        return cell;
      }));
      return { ...grid, cells, index, isWorked: cells.flat().some(({ key }) => key) };
    });
    this.orders = [...this.steps(), ...this.grids.filter((grid) => grid.isWorked).flatMap((grid) => this.ordersOf(grid))];
    if (this.orders.length) this.build();
  }

  static get isWanted() { return PAGE.walks.grids.length > 0; }

  /* -- what comes after what -- */

  /* The steps of a recurrence, forward and, where there are gradients, back again. */
  steps() {
    const steps = PAGE.walks.steps;
    if (steps.length < 2) return [];
    const back = steps.map((keys) => keys.map((key) => `grad(${key})`).filter((key) => PAGE.lines[key]).reverse()).reverse();
    const places = [...steps.map((keys, i) => ({ keys, name: `step ${i + 1}, forward` })),
      ...back.map((keys, i) => ({ keys, name: `step ${steps.length - i}, backward` }))];
    return [{ name: "step by step", all: true, places: places.filter(({ keys }) => keys.length) }];
  }

  ordersOf(grid) {
    const keysOf = (cells) => cells.map(({ key }) => key).filter(Boolean);
    const entries = { grid, name: `${grid.said}, entry by entry`, places: keysOf(grid.cells.flat()).map((key) => ({ keys: [key] })) };
    const rows = { grid, name: `${grid.said}, row by row`, byRows: true,
      places: grid.cells.map((row, r) => ({ keys: keysOf(row), name: `row ${r + 1}` })).filter(({ keys }) => keys.length) };
    if (grid.cells.length < 2 || grid.cells[0].length < 2) return [entries];
    return this.hasWindow(grid) ? [entries, rows] : [rows, entries];
  }

  /* Whether an entry reads a block of another array that is neither all of it nor whole rows or columns. */
  hasWindow(grid) {
    return PAGE.walks.windows.some(([of]) => of === grid.index) || grid.cells.flat().some(({ key }) => key && this.grids.some((other) => {
      const read = PAGE.lines[key].from.map((id) => this.at.get(id)).filter((cell) => cell && cell.index === other.index);
      const rows = new Set(read.map(({ r }) => r)).size, columns = new Set(read.map(({ c }) => c)).size;
      return rows > 1 && columns > 1 && rows < other.cells.length && columns < other.cells[0].length;
    }));
  }

  /* Where one would look first: at the steps, or a window, or the rows of the last array of the forward pass. */
  first() {
    const forward = this.orders.filter(({ grid }) => grid && !grid.said.startsWith("∂"));
    return this.orders.find(({ all }) => all) || forward.find(({ grid }) => this.hasWindow(grid)) ||
      forward.findLast(({ byRows }) => byRows) || this.orders[0];
  }

  /* -- what is seen -- */

  build() {
    this.choice = $("select", { onchange: () => this.choose(this.orders[this.choice.value]) },
      ...this.orders.map((order, i) => $("option", { value: i }, order.name)));
    const button = (text, says, go) => $("button", { type: "button", "aria-label": says, onclick: go }, text);
    this.slides = button("Slide", null, () => (this.timer ? this.stop() : this.slide()));
    this.slides.removeAttribute("aria-label");
    this.where = $("span", { class: "quiet" });
    this.live = $("p", { class: "visually-hidden", role: "status", "aria-live": "polite" });
    const tools = $("div", { class: "tools" }, $("label", {}, "Watch ", this.choice),
      $("span", { class: "pair" }, button("◀", "Back", () => this.move(-1)), button("▶", "Next", () => this.move(1))), this.slides, this.where);
    this.place = $("div", { class: "grids" });
    this.lines = $("div", { class: "derivation", role: "group", "aria-label": "The lines that are worked",
      onmouseover: (event) => this.explore.pointed(event.target), onmouseleave: () => this.explore.light([], "") });
    this.box = $("section", { class: "walk", "aria-label": "What is read for what" }, tools, this.place, this.lines, this.live);
    this.tables = this.grids.map((grid) => this.table(grid));
    this.scalars = $("p", { class: "scalars" });
    this.place.append(...this.tables, this.scalars);
    this.order = this.first();
    this.choice.value = this.orders.indexOf(this.order);
  }

  /* A grid, with a border of zeros where a window ends outside. */
  table(grid) {
    const windows = PAGE.walks.windows.filter(([, on]) => on === grid.index);
    const [rows, columns] = [grid.cells.length, grid.cells[0].length];
    const over = { top: 0, left: 0, bottom: 0, right: 0 };
    for (const [of, , [r, c], [down, beside], [high, wide]] of windows) {
      const result = this.grids[of].cells;
      over.top = Math.max(over.top, -r);
      over.left = Math.max(over.left, -c);
      over.bottom = Math.max(over.bottom, r + down * (result.length - 1) + high - rows);
      over.right = Math.max(over.right, c + beside * (result[0].length - 1) + wide - columns);
    }
    grid.border = [];
    const body = [];
    for (let r = -over.top; r < rows + over.bottom; r++) {
      const row = $("tr", { role: "row", ...(grid.cells[r] ? {} : { class: "outside" }) });
      for (let c = -over.left; c < columns + over.right; c++) {
        const cell = grid.cells[r]?.[c];
        if (!cell) {
          const zero = $("td", { class: "outside", role: "gridcell" }, "0");
          grid.border.push({ r, c, td: zero });
          row.append(zero);
          continue;
        }
        cell.td = $("td", { role: "gridcell", "data-id": cell.id, ...(cell.key ? { tabindex: "-1" } : {}) });
        cell.td.addEventListener("click", () => this.pick(cell, true));
        cell.td.addEventListener("mouseenter", () => this.explore.light([cell.id], ""));
        cell.td.addEventListener("mouseleave", () => this.explore.light([], ""));
        row.append(cell.td);
      }
      body.push(row);
    }
    const table = $("table", { role: "grid", "aria-label": grid.said, onkeydown: (event) => this.key(event, grid) }, $("tbody", { role: "rowgroup" }, ...body));
    grid.table = $("div", { class: "grid" }, $("div", { class: "called", "aria-hidden": "true" }, printed(grid.label)), table);
    return grid.table;
  }

  /* -- moving -- */

  choose(order, at = 0) {
    this.stop();
    this.order = order;
    this.choice.value = this.orders.indexOf(order);
    this.now = at;
    this.show();
  }

  move(by) {
    this.stop();
    this.now = (this.now + by + this.order.places.length) % this.order.places.length;
    this.show();
  }

  /* An entry that is clicked or come to is worked; of one that is given only the name lights. */
  pick(cell, focus) {
    if (!cell.key) return;
    const has = ({ places }) => places.some(({ keys }) => keys.includes(cell.key));
    const alike = ({ grid, byRows }) => grid?.index === cell.index && Boolean(byRows) === Boolean(this.order.byRows);
    const order = has(this.order) ? this.order : this.orders.find((one) => alike(one) && has(one)) || this.orders.find(has);
    this.choose(order, order.places.findIndex(({ keys }) => keys.includes(cell.key)));
    if (focus) { this.focused = cell; this.tab(); cell.td.focus(); }
  }

  key(event, grid) {
    const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    const from = grid.cells.flat().find(({ td }) => td === event.target);
    if (!move || !from) return;
    event.preventDefault();
    const to = grid.cells[from.r + move[0]]?.[from.c + move[1]];
    if (to?.key) this.pick(to, true);
  }

  /* By itself, an entry after another; who asked for no animation goes on with Next. */
  slide() {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return this.move(1);
    if (this.now === this.order.places.length - 1) this.now = -1;
    const go = () => {
      this.now++;
      this.show(true);
      if (this.now < this.order.places.length - 1) this.timer = setTimeout(go, PAUSE);
      else this.stop();
    };
    this.slides.textContent = "Stop";
    this.timer = true;
    go();
  }

  stop() {
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.timer = null;
    this.slides.textContent = "Slide";
    this.say();
  }

  /* -- showing -- */

  show(quiet = false) {
    const { keys, name } = this.order.places[this.now];
    const worked = keys.map((key) => this.at.get(PAGE.names.keys[key][1])).filter(Boolean);
    const readBy = (all) => new Set(all.flatMap((key) => PAGE.lines[key].from));
    const read = readBy(keys);
    // What those read themselves; of a step that would be all that went before.
    const before = this.order.all ? new Set() : readBy([...read].map((id) => this.at.get(id)?.key).filter(Boolean));
    const own = new Set(worked.map(({ id }) => id));
    const seen = this.everSeen();
    for (const grid of this.grids) {
      grid.table.hidden = !seen.has(grid.index);
      const inWindow = this.window(grid, worked, read);
      for (const row of grid.cells) for (const cell of row) {
        const { classList } = cell.td;
        classList.toggle("worked", own.has(cell.id));
        classList.toggle("before", before.has(cell.id));
        cell.td.setAttribute("aria-selected", own.has(cell.id));
      }
      for (const { r, c, td } of [...grid.cells.flat(), ...grid.border]) {
        const is = inWindow(r, c);
        td.classList.toggle("read", is);
        for (const [side, u, v] of [["top", -1, 0], ["bottom", 1, 0], ["left", 0, -1], ["right", 0, 1]])
          td.classList.toggle(side, is && !inWindow(r + u, c + v));
      }
    }
    const alone = [...read].filter((id) => !this.at.has(id) && id !== PAGE.names.rate);
    this.alone = alone.map((id) => [id, $("span", { "data-id": id }), this.labelOf(id)]);
    this.scalars.replaceChildren(...this.alone.map(([, number, label]) => $("span", { class: "scalar" }, label, " = ", number)));
    this.scalars.hidden = !alone.length;
    this.working = Object.fromEntries(keys.map((key) => [key, this.explore.lineOf(key)]));
    this.lines.replaceChildren(...Object.values(this.working).map(({ row }) => row));
    this.where.textContent = `${name ? `${name}: ` : ""}${this.now + 1} of ${this.order.places.length}`;
    if (!worked.includes(this.focused)) this.focused = worked[0];
    this.tab();
    this.paint();
    if (!quiet) this.say();
  }

  /* The grids that an order needs, all along, so that nothing jumps. */
  everSeen() {
    return (this.order.seen ??= (() => {
      const seen = new Set();
      const put = (ids, deeper) => {
        for (const id of ids) {
          const cell = this.at.get(id);
          if (!cell) continue;
          seen.add(cell.index);
          if (deeper && cell.key) put(PAGE.lines[cell.key].from, deeper - 1);
        }
      };
      for (const { keys } of this.order.places) {
        put(keys.map((key) => PAGE.names.keys[key][1]), 0);
        for (const key of keys) put(PAGE.lines[key].from, PAGE.lines[key].part === "forward" && !this.order.all ? 1 : 0);
      }
      return seen;
    })());
  }

  /* Whether a place of a grid is read: by name, or as a zero outside that a window covers. */
  window(grid, worked, read) {
    const covers = PAGE.walks.windows.filter(([of, on]) => on === grid.index && worked.some(({ index }) => index === of));
    grid.table.classList.toggle("bare", !covers.length);
    return (r, c) => {
      const cell = grid.cells[r]?.[c];
      if (cell) return read.has(cell.id);
      return covers.some(([of, , [top, left], [down, beside], [high, wide]]) => worked.some((one) => {
        const y = r - top - down * one.r, x = c - left - beside * one.c;
        return one.index === of && y >= 0 && y < high && x >= 0 && x < wide;
      }));
    };
  }

  /* One cell of all is come to with the Tab key: the one that is worked. */
  tab() {
    for (const { td, key } of this.at.values()) if (key && td.tabIndex === 0) td.tabIndex = -1;
    if (this.focused) this.focused.td.tabIndex = 0;
  }

  labelOf(id) {
    const given = PAGE.given.flat().find(([name]) => name === id);
    if (given) return printed(given[1]);
    const key = PAGE.explored.find((one) => PAGE.names.keys[one][1] === id && PAGE.names.keys[one][0] === "pass");
    return key && PAGE.lines[key] ? printed(PAGE.lines[key].left) : id.replace(/^v_/, "");
  }

  /* The numbers, as they are now; how dark a cell is says how large its number is in its array. */
  paint() {
    for (const grid of this.grids) {
      if (grid.table.hidden) continue;
      const numbers = grid.cells.flat().map(({ id }) => this.explore.numberAt({}, id));
      const most = Math.max(...numbers.map(Math.abs).filter(Number.isFinite), 1e-300);
      grid.cells.flat().forEach(({ td }, i) => {
        const text = figures(numbers[i], 4);
        if (td.textContent !== text) td.textContent = text;
        const shade = `${Math.round((Math.abs(numbers[i]) / most) * 30) || 0}%`;
        if (td.style.getPropertyValue("--size") !== shade) td.style.setProperty("--size", shade);
        td.classList.toggle("minus", numbers[i] < 0);
      });
    }
    for (const [id, number] of this.alone) number.textContent = figures(this.explore.numberAt({}, id), 4);
    for (const key in this.working) this.explore.paintLine(key, this.working[key]);
  }

  say() {
    const { keys, name } = this.order.places[this.now];
    const numbers = keys.map((key) => `${this.saidOf(PAGE.names.keys[key][1]) || PAGE.said[key] || key} = ${this.working[key].value.textContent}`);
    const read = keys.length === 1 ? PAGE.lines[keys[0]].from.map((id) => this.saidOf(id)).filter(Boolean) : [];
    this.live.textContent = `${name ? `${name}: ` : ""}${numbers.join(", ")}${read.length ? `, from ${read.join(", ")}` : ""}`;
  }

  /* An entry by its place: K 1,2, or of a vector h 2. */
  saidOf(id) {
    const cell = this.at.get(id), grid = cell && this.grids[cell.index];
    return cell ? `${grid.said} ${grid.cells.length > 1 ? `${cell.r + 1},` : ""}${cell.c + 1}` : "";
  }
}
