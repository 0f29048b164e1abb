"use strict";
/* Fields in the cells of a table; what is said of the one that is worked at stands below the table. */

function table({ header, rows }, practice) {
  const below = $("div", { class: "of-cells" });
  const words = ({ text }) => text.map((part) => (typeof part === "string" ? part : printed(part.maths)));
  const shown = (key) => {
    for (const one of below.children) one.hidden = one.dataset.key !== key;
  };
  const cell = (one) => {
    if (one.text) return $("td", {}, ...words(one));
    if (!one.key) {
      const made = $("td", {});
      practice.fills.push((variant, right) => {
        const number = one.start ? variant.start[one.start] ?? PAGE.right.state[one.start] : right.moments[one.at].frame[SLOTS[one.given]];
        made.textContent = figures(number);
      });
      return made;
    }
    const own = practice.parts(one.key);
    own.row = $("td", { class: "cell" }, own.input);
    own.input.addEventListener("focus", () => shown(one.key));
    const label = $("div", { class: "called" }, printed(PAGE.labels[one.key]), PAGE.after[one.key]);
    below.append($("div", { class: "row", "data-key": one.key, hidden: "" }, label, own.stuck, own.says, own.help));
    own.detail = below.lastChild;
    return own.row;
  };
  const head = $("tr", {}, ...header.map((one) => $("th", { scope: "col" }, ...words(one))));
  const body = rows.map(([first, ...others]) =>
    $("tr", {}, first.text && first.text.length ? $("th", { scope: "row" }, ...words(first)) : $("td", {}), ...others.map(cell)));
  const moves = $("div", { class: "table", tabindex: "0", role: "group", "aria-label": "Table of numbers" },
    $("table", { class: "cells" }, $("thead", {}, head), $("tbody", {}, ...body)));
  return $("div", { class: "grid" }, moves, below);
}
