"use strict";
/* What is said of a typed number: right, rounded, right given one's own earlier number, or wrong with the slip that
   gives it.  Nothing typed is run: numbers are read sign by sign. */

/* An object that has nothing but what is put into it: a name may be "constructor". */
const bare = (of = {}) => Object.assign(Object.create(null), of);
const SIGNIFICANT = 3; // digits that a number shows before a slip is believed that is met to these digits alone
const SHARE = 30; // of how far an answer is off, at most what rounding the numbers above may make of it

/* {number, unit, figures} of 5, -0.25, 0,25, 1/3, 2e-5, 5·10^3 or the last part of 2·3 = 6; null where it is none.
   Where numbers are whole, 61,706 and 61.706 are 61706. */
function readNumber(text, whole = false) {
  if (whole) text = text.replace(/(?<![\d.,'’])\d{1,3}(?:[,.'’]\d{3})+(?![\d.,'’e]|\s*[*·×]\s*10)/gi, (found) => found.replace(/\D/g, ""));
  let word = text.split(/[=≈]/).pop().trim().replace(/[−–]/g, "-").replace(/\s+/g, "");
  if (/^(undefined|none)$/i.test(word)) return { number: NaN, unit: 0, figures: 0 };
  const power = /^(.*)[·×*]10\^?\(?(-?\d{1,3})\)?$/.exec(word.replace(/[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+$/, (s) => "^" + [...s].map(
    (c) => (c === "⁻" ? "-" : "⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(c))).join("")));
  if (power) word = power[1] + "e" + power[2];
  const fraction = /^([+-]?\d{1,15})\/(\d{1,15})$/.exec(word);
  if (fraction) return +fraction[2] ? { number: fraction[1] / fraction[2], unit: 0, figures: 16 } : null;
  const plain = /^([+-]?)(\d*)(?:[.,](\d*))?(?:e([+-]?\d{1,3}))?$/i.exec(word);
  if (!plain || !(plain[2] || plain[3]) || word.length > 60) return null;
  const decimals = plain[3] || "", exponent = +(plain[4] || 0);
  const number = Number(`${plain[1]}${plain[2] || 0}.${decimals || 0}e${exponent}`);
  const figures = (plain[2] + decimals).replace(/^0+/, "").length;
  const unit = whole && !exponent && !decimals ? 0 : 10 ** (exponent - decimals.length); // a count is not rounded
  return { number, unit, figures, decimals: Math.max(0, decimals.length - exponent) };
}

/* "right", "rounded", "truncated", "float64" or "": as Answer.matches of symnet/diagnosis/answer.py has it. */
function matches(answer, value) {
  if (!Number.isFinite(value)) return Number.isNaN(answer.number) ? "right" : "";
  const off = Math.abs(answer.number - value), size = Math.abs(value), noise = 1e-12 * size + 1e-300;
  if (off <= noise || (!value && off < 1e-15)) return "right";
  if (!answer.unit) return "";
  const { unit, figures, decimals, number } = answer, slack = 1e-9 * unit;
  const close = 100 * off <= size || decimals > (number ? 0 : 1);
  if (close && 2 * off <= unit + slack) return "rounded";
  const inside = number * value > 0 && Math.abs(number) < size;
  if (close && off < unit - slack && (number ? inside : decimals > 1) && (8 * off <= size || figures > 1 || decimals > 1))
    return "truncated";
  if (figures >= 14 && off <= 1e-12 * size) return "float64";
  if (figures >= 7 && off <= 2 * unit && size) return "last-place";
  return "";
}

/* How many decimals a number is written with. */
const decimalsOf = (x) => (/e/.test(String(x)) ? 12 : (String(x).split(".")[1] || "").length);

/* A number to as many decimals as another, or as many significant digits: the coarser of the two. */
function writtenAs(answer, other) {
  if (!answer.unit || !other.unit || !answer.number) return answer;
  const size = Math.abs(answer.number) >= 1 ? String(Math.floor(Math.abs(answer.number))).length : 0;
  const byFigures = size ? 10 ** (size - other.figures) : other.unit;
  const unit = Math.min(answer.unit, Math.max(other.unit, byFigures));
  return { ...answer, unit, decimals: Math.max(0, Math.round(-Math.log10(unit))) };
}

const NEARLY = {
  right: "Right.",
  rounded: "Right, rounded to the digits shown.",
  truncated: "Right, but truncated instead of rounded in the last digit shown.",
  "last-place": "Right except for the last digit, as happens when intermediate results are rounded.",
  float64: "Right, up to the noise of float64 (double precision).",
};

/* Judges the answers of one person to one set of numbers. */
class Judge {
  constructor(page, numbers) {
    this.page = page;
    this.numbers = { ...numbers, begun: null };
    this.right = carriedOut(page.right, this.numbers, page.names);
    this._size = Object.keys(page.names.slots).length;
    this._course = Course.isOf(page.right, page.names) ? (page.course ??= new Course(page.right, this._size)) : null;
    this._right = new Way(page.right, {});
    this.ways = page.ways ??= page.slips.map(({ way }) => new Way(page.right, way));
    this._values = new Map();
    this._slipped = []; // of each way worked so far, the numbers of these keys
    this._prepared = 0; // the ways before this one are worked
    this._keys = [...new Set([...page.order, ...Object.values(page.names.batch || {})])].filter((key) => key in page.names.keys);
    this._places = bare(Object.fromEntries(this._keys.map((key, i) => [key, i])));
    this._scratch = new Scratch();
    this._inPass = bare();
    for (const key of this._keys) {
      const [where, name] = page.names.keys[key];
      if (where === "pass") this._inPass[key] = page.names.slots[name];
    }
    this._upstream = new Map();
  }
  rightOf(key) {
    if (!this._values.has(key)) this._values.set(key, valueOf(key, this.right, this.numbers, this.page.names));
    return this._values.get(key);
  }
  /* What gives the numbers of some keys on any way, with a person's own numbers, and works no more than they want. */
  worker(keys, own) {
    const { right, names } = this.page, inPass = keys.every((key) => ["pass", "sample", "over"].includes(names.keys[key][0]));
    const isBelow = this._course && !Object.keys(own.at || {}).length && keys.every((key) => Downstream.has(key, names));
    const below = isBelow ? new Downstream(this._course, right, this.numbers, names, keys, own, inPass ? 0 : right.updates) : null;
    const lines = below?.lines();
    return (way) => {
      if (below && way.others) return below.of(way);
      const { whole } = way;
      return this.comesTo(below && way.hasLines ? { ...whole, ...lines } : whole, keys, own, inPass && !whole.sequential ? 0 : whole.updates);
    };
  }
  /* What a way comes to, all of it worked. */
  comesTo(way, keys, own, updates) {
    const work = carriedOut(way, this.numbers, this.page.names, own, updates, this._scratch);
    const found = new Float64Array(keys.length), { first } = work, hasOwn = own.pass !== undefined;
    for (let i = 0; i < keys.length; i++) {
      const slot = this._inPass[keys[i]]; // most are in the first pass, where nothing need be looked for
      found[i] = slot === undefined || hasOwn || way.rounding ? valueOf(keys[i], work, this.numbers, this.page.names) : first[slot];
    }
    return found;
  }
  /* Works slips while there is time; says whether all are worked. */
  prepare(hasTime = () => true) {
    while (this._prepared < this.ways.length && hasTime()) this.slipped(this._prepared++);
    return this._prepared === this.ways.length;
  }
  /* The numbers of a slip. */
  slipped(i) {
    this._worker ??= this.worker(this._keys, {});
    return (this._slipped[i] ??= this._worker(this.ways[i]));
  }
  slipValue(i, key) { return this.slipped(i)[this._places[key]]; }

  /* {key: {verdict, says, slips, carried}} of typed texts {key: text}. */
  verdicts(typed) { return finished(this.told(typed)); }
  /* The same in steps, after each of which others may have their turn: yields what is known before slips are looked
     for, then nothing, and returns the whole.  In a batch answers are read in the way that makes all right, or as those
     of the first example, or in the way that explains most, and at once: diagnose of diagnosis.py. */
  *told(typed) {
    const ways = this.readings(typed);
    if (ways.length === 1) return yield* this.toldOf(typed);
    const renamed = ways.map((way) => bare(Object.fromEntries(Object.entries(typed).map(([key, text]) => [way[key] || key, text]))));
    const fits = renamed.map((one) => Object.keys(one).filter((key) => {
      const answer = readNumber(one[key], this.page.whole);
      return answer && matches(answer, this.rightOf(key));
    }).length);
    const all = Object.keys(typed).length, most = fits.includes(all) ? all : fits[0];
    let best = null, bestScore = null;
    ways.forEach((way, i) => {
      if (fits[i] < most || (bestScore && bestScore[0] === all)) return;
      const found = finished(this.toldOf(renamed[i])), of = Object.values(found);
      const right = of.filter((one) => ["right", "rounded"].includes(one.verdict)).length;
      const because = (list) => of.filter((one) => one[list] && one[list].length).length;
      const score = [right + of.filter((one) => one.slips?.length || one.carried?.length).length, right, because("carried")];
      if (best && compare(score, bestScore) <= 0) return;
      const own = Object.fromEntries(Object.entries(way).map(([key, over]) => [over, key]));
      best = bare();
      for (const key in found)
        best[own[key] || key] = { ...found[key], carried: (found[key].carried || []).map((other) => own[other] || other) };
      bestScore = score;
    });
    return best;
  }
  /* The ways to read answers, {key: the key that it is meant under}: readings of batch_reading.py. */
  readings(typed) {
    const { batch = {}, lost } = this.page.names;
    const over = Object.keys(typed).filter((key) => Object.hasOwn(batch, key));
    const [gradients, alone] = [false, true].map((isLoss) => over.filter((key) => (key === lost) === isLoss))
      .map((keys) => (keys.some((key) => batch[key] in typed) ? [] : keys));
    const found = [{}];
    for (const keys of [[...gradients, ...alone], gradients, alone]) {
      const way = Object.fromEntries(keys.map((key) => [key, batch[key]]));
      if (keys.length && !found.some((other) => JSON.stringify(other) === JSON.stringify(way))) found.push(way);
    }
    return found;
  }
  *toldOf(typed) {
    const answers = bare();
    const found = bare();
    for (const key in typed) {
      const answer = readNumber(typed[key], this.page.whole);
      if (answer) answers[key] = answer;
      else found[key] = { verdict: "unread", says: 'That is no number: write 5, -0.25, 0,25, 1/3 or 2·3 = 6.' };
    }
    Object.assign(answers, this.asMeant(answers));
    const wrong = [];
    for (const key in answers) {
      const how = matches(answers[key], this.rightOf(key));
      if (how) found[key] = { verdict: how === "right" ? "right" : "rounded", says: NEARLY[how], how };
      else wrong.push(key);
    }
    const carried = this.carried(answers, wrong);
    const left = wrong.filter((key) => !carried[key]);
    const given = (own) => own.slice(0, 3).map((other) => `${this.page.said[other] || other} = ${typed[other].trim()}`).join(", ");
    const wrongly = (own) => ({ verdict: "wrong", slips: [], carried: own, says: own.length ? `Right, given your ${given(own)}.` : "Not right." });
    for (const key of wrong) found[key] = wrongly(carried[key] || []);
    if (!left.length) return found;
    yield { ...found };
    const causes = yield* this.causes(answers, left, Object.keys(answers).filter((key) => !wrong.includes(key)), wrong);
    for (const key in causes) Object.assign(found[key], { slips: causes[key], says: causes[key].map((i) => this.did(i)).join(" Or: ") });
    for (const key of wrong.length > 1 ? left : []) if (!causes[key]) found[key] = wrongly(this.closely(key, answers, wrong));
    return found;
  }
  /* The answers, of which a new value that is the old one as it was is meant to as many digits as the other new values:
     as_meant of symnet/diagnosis/batch_reading.py. */
  asMeant(answers) {
    const start = (key) => {
      const [where, name] = this.page.names.keys[key];
      return where === "end" && name in this.numbers.start ? this.numbers.start[name] : undefined;
    };
    const fresh = Object.keys(answers).filter((key) => start(key) !== undefined);
    const most = Math.max(0, ...fresh.map((key) => decimalsOf(start(key))));
    const others = fresh.map((key) => answers[key]).filter((answer, i) => answer.number !== start(fresh[i]) && answer.unit);
    const meant = { ...answers };
    for (const key of fresh) {
      const answer = answers[key], right = this.rightOf(key);
      if (answer.number !== start(key) || answer.decimals > most || !answer.unit) continue;
      if (["", "right"].includes(matches(answer, right))) continue;
      const alike = others.map((other) => writtenAs(answer, other));
      if (alike.some((other) => matches(other, right))) continue;
      meant[key] = alike.sort((one, other) => other.unit - one.unit)[0] || { ...answer, unit: 0 };
    }
    return meant;
  }
  did(i) {
    const { did, because } = this.page.slips[i];
    return `You ${did}.${because ? ` ${because}` : ""}`;
  }

  ownNumbers(answers, keys) {
    const own = { pass: {}, at: {}, over: {} };
    for (const key of keys) {
      const [where, name, k, inside] = this.page.names.keys[key], slot = this.page.names.slots[name], { number } = answers[key];
      if (!Number.isFinite(number)) continue;
      if (where === "pass") own.pass[slot] = number;
      else if (where === "over") own.over[`over ${slot}`] = number;
      else if (where === "sample") (own.at[k] ??= {})[slot] = number;
      else if (where === "at") (own.at[k] ??= {})[["over", "change"].includes(inside) ? `${inside} ${slot}` : slot] = number;
    }
    return own;
  }
  /* The keys that a key follows from, those over all examples too; all, where weights are updated one after the other. */
  upstream(key) {
    if (!this._upstream.has(key)) {
      const { right, order, names: { batch = {} } } = this.page;
      const above = right.sequential ? order : this.above(key);
      this._upstream.set(key, new Set(above.flatMap((other) => (other in batch ? [other, batch[other]] : [other]))));
    }
    return this._upstream.get(key);
  }
  /* The slots whose lines some of the keys follow from, or may: 1 for each; all, where an update follows another. */
  slotsAbove(keys) {
    if (!this._course) return new Uint8Array(this._size).fill(1);
    const { order, names: { keys: places, slots } } = this.page, slotOf = (key) => slots[places[key][1]];
    this._unknown ??= (() => {
      const found = new Uint8Array(this._size).fill(1);
      for (const key of order) found[slotOf(key)] = 0;
      return found;
    })();
    const found = this._unknown.slice();
    for (const key of keys) for (const other of this.upstream(key)) if (other in places) found[slotOf(other)] = 1;
    return found;
  }
  /* Where in the order of the work a key stands; that of all examples where that of one does. */
  placeIn(key) {
    const { order, names: { batch = {} } } = this.page, at = order.indexOf(key);
    return at >= 0 ? at : order.indexOf(Object.keys(batch).find((one) => batch[one] === key));
  }
  /* What every key comes to with a person's own numbers of some. */
  valuesGiven(answers, keys, wanted) {
    const values = this.worker(wanted, this.ownNumbers(answers, keys))(this._right);
    return bare(Object.fromEntries(wanted.map((key, i) => [key, values[i]])));
  }
  /* The earlier wrong answers that each wrong answer follows from: all of them, or with the others as they are written,
     or those alone that follow from none themselves.  See symnet/diagnosis/handwork.py. */
  carried(answers, wrong) {
    const found = bare();
    if (wrong.length < 2) return found;
    const inOrder = wrong.slice().sort((a, b) => this.placeIn(a) - this.placeIn(b));
    const differs = (key, value) => Math.abs(value - this.rightOf(key)) > 1e-12 * Math.abs(value);
    const lines = this.valuesGiven(answers, wrong, wrong), written = this.valuesGiven(answers, Object.keys(answers), wrong);
    const alone = new Map(); // what the answers come to with some of them alone
    const followsFrom = (key, keys) => {
      const of = keys.join(" ");
      if (!alone.has(of)) alone.set(of, this.valuesGiven(answers, keys, wrong));
      const value = alone.get(of)[key];
      return differs(key, value) && Boolean(matches(answers[key], value));
    };
    for (const key of inOrder) {
      const above = this.upstream(key), roots = inOrder.filter((other) => other !== key && above.has(other) && !found[other]);
      if (!roots.length) continue;
      const isMet = (value) => differs(key, value) && matches(answers[key], value);
      if ((isMet(lines[key]) || isMet(written[key])) && differs(key, lines[key])) found[key] = this.entering(key, roots, wrong, followsFrom);
      else if (followsFrom(key, roots)) found[key] = this.entering(key, roots, wrong, followsFrom);
    }
    return found;
  }
  /* Those of the roots that a key is worked from with nothing wrong in between, where they alone give it. */
  entering(key, roots, wrong, followsFrom) {
    if (roots.length < 2) return roots;
    const near = this.nearest(key, wrong).filter((other) => roots.includes(other));
    return near.length && near.length < roots.length && followsFrom(key, near) ? near : roots;
  }
  /* The wrong answers that a key follows from for some numbers that are these, rounded as they are written: follows_closely
     of symnet/diagnosis/handwork.py. */
  closely(key, answers, wrong) {
    const worked = (given) => this.valuesGiven(given, wrong, [key])[key], near = this.nearest(key, wrong), answer = answers[key];
    if (!near.length || !answer.unit) return [];
    const middle = worked(answers), right = this.rightOf(key), off = answer.number - middle;
    let slack = 0;
    for (const root of near) {
      const { number, unit, figures } = answers[root];
      if (figures < SIGNIFICANT || !unit) continue;
      slack += Math.abs(worked({ ...answers, [root]: { ...answers[root], number: number + unit / 2 } }) - middle);
    }
    const tells = slack > 0 && SHARE * slack <= Math.abs(answer.number - right) && Math.abs(middle - right) > 1e-12 * Math.abs(middle);
    return tells && matches(answer, middle + Math.min(Math.max(off, -slack), slack)) ? near : [];
  }
  /* The wrong answers that a key is worked from with nothing wrong in between. */
  nearest(key, wrong) {
    const { order, inputs, names: { batch = {} } } = this.page, own = this.placeIn(key), found = [], seen = new Set([own]);
    const left = [...(inputs[own] || [])];
    for (const at of left) {
      if (seen.has(at)) continue;
      seen.add(at);
      const other = [order[at], batch[order[at]]].find((one) => wrong.includes(one));
      if (other) found.push(other);
      else left.push(...inputs[at]);
    }
    return found;
  }
  /* {key: [slip, …]}: what explains most answers and contradicts fewest, the commoner first. */
  *causes(answers, left, right, wrong) {
    const found = bare(), own = this.ownNumbers(answers, wrong);
    const rights = bare(Object.fromEntries(left.map((key) => [key, this.rightOf(key)])));
    const isMet = (key, value) => {
      if (value === rights[key]) return false; // as of most slips
      const answer = answers[key], how = matches(answer, value);
      if (!how || Math.abs(value - rights[key]) <= 1e-12 * Math.abs(value)) return false;
      return how === "right" || answer.figures >= SIGNIFICANT;
    };
    const hasOwn = wrong.length > 1 && Object.values(own).some((part) => Object.keys(part).length);
    const worker = this.worker(left, {}), withOwn = hasOwn && this.worker(left, own), isAbove = this.slotsAbove(left);
    let met = []; // {i, keys: those that slip i gives}
    for (let i = 0; i < this.ways.length; i++) {
      if (i % 16 === 0) yield;
      const { changed } = this.ways[i];
      if (changed && !changed.some((slot) => isAbove[slot])) continue; // no line that it has otherwise leads to them
      const worked = this._slipped[i], values = worked || worker(this.ways[i]), given = withOwn && withOwn(this.ways[i]);
      const keys = left.filter((key, at) =>
        isMet(key, values[worked ? this._places[key] : at]) || Boolean(given && isMet(key, given[at])));
      if (keys.length) met.push({ i, keys });
    }
    const contradicted = (one) => (one.against ??= right.filter((key) => !matches(answers[key], this.slipValue(one.i, key))).length);
    while (met.length) {
      let best = null, bestScore = null;
      for (const one of met) {
        yield;
        const score = [one.keys.length, -contradicted(one), -one.i];
        if (!best || compare(score, bestScore) > 0) [best, bestScore] = [one, score];
      }
      const also = [], slips = this.page.slips;
      for (const one of met) {
        if (one === best || also.length > 2 || slips[one.i].id === slips[best.i].id) continue;
        if (also.some((j) => slips[j].id === slips[one.i].id) || !best.keys.every((key) => one.keys.includes(key))) continue;
        if (contradicted(one) <= best.against) also.push(one.i);
      }
      for (const key of best.keys) found[key] = [best.i, ...also];
      met = met.map((one) => ({ ...one, keys: one.keys.filter((key) => !found[key]) })).filter(({ keys }) => keys.length);
    }
    return found;
  }
  /* The lines that a key follows from, and its own, in the order of the work. */
  above(key) {
    const { order, inputs } = this.page, own = this.placeIn(key), found = new Set(own < 0 ? [] : [own]);
    for (const at of found) for (const other of inputs[at]) found.add(other);
    found.delete(own);
    return [...[...found].sort((one, other) => one - other).map((at) => order[at]), key];
  }
  /* The key of the first line in which a slip leaves the right way, on the way to a key. */
  placeOf(i, key) {
    for (const other of this.above(key)) {
      const value = this.slipValue(i, other), right = this.rightOf(other);
      if (Math.abs(value - right) > 1e-12 * Math.max(Math.abs(value), Math.abs(right))) return other;
    }
    return key;
  }
}

/* What a generator returns. */
function finished(steps) {
  let step;
  do step = steps.next(); while (!step.done);
  return step.value;
}

function compare(one, other) {
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return one[i] - other[i];
  return 0;
}
