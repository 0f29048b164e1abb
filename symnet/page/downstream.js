"use strict";
/* What slips come to that are other lines and nothing else: the numbers of the right way, and in the place of those
   that follow from the other lines, theirs.  Most slips are one line from which two or three follow, of hundreds. */

const PARTS = ["forward", "backward", "rules"];
const NO_LINES = ["rounding", "places", "rate"]; // what may be otherwise in the same lines

/* The way of a slip, from what is otherwise in it than in the right one.  ``changed`` are the slots of the lines that are,
   null where more is; ``others`` is [[place among all lines of the right way, the line that stands there], …] in their
   order, null also where a line gives another name its value. */
class Way {
  constructor(right, other) {
    this.right = right;
    this.other = other;
    this.hasLines = true; // the right ones
    this.changed = [];
    this.others = [];
    this.isWide = "wide" in other; // a line of it reads what it has otherwise, and the right line does not
    for (const part in other) {
      if (part === "wide") continue;
      if (!NO_LINES.includes(part)) this.hasLines = false;
      if (!PARTS.includes(part) || Array.isArray(other[part])) this.changed = this.others = null;
    }
    for (let i = 0, begins = 0; this.changed && i < 3; begins += right[PARTS[i++]].length) {
      const own = other[PARTS[i]], usual = right[PARTS[i]];
      for (const at in own) {
        const slot = LINES[own[at]][0], instead = LINES[usual[at]][0];
        this.changed.push(slot);
        if (slot !== instead) { this.changed.push(instead); this.others = null; }
        this.others?.push([begins + +at, own[at]]);
      }
    }
  }
  /* All of it, as carriedOut wants it. */
  get whole() {
    if (this._whole) return this._whole;
    const { right, other } = this, way = { ...right, ...other };
    for (const part of PARTS) if (other[part] && !Array.isArray(other[part])) way[part] = Object.assign(right[part].slice(), other[part]);
    way.ownRate = "rate" in other;
    way.outOfOrder = way.sequential && !right.sequential;
    way.movesOn = way.online && !right.online; // who updates after every example finds the next with other parameters
    return (this._whole = way);
  }
}

/* The lines of the right way in their order, and which of them read a slot. */
class Course {
  constructor(right, size) {
    this.lines = [...right.forward, ...right.backward, ...right.rules];
    this.slots = this.lines.map((at) => LINES[at][0]);
    this.rules = this.lines.length - right.rules.length; // where they begin
    this.reads = right.reads;
    this.readers = Array.from({ length: size }, () => []);
    right.reads.forEach((slots, place) => { for (const slot of slots) this.readers[slot].push(place); });
    this.line = Int32Array.from(this.lines); // of the slip that is worked
    this.isDue = new Uint8Array(this.lines.length);
    this.isMoved = new Uint8Array(size);
    this.all = new Uint8Array(this.lines.length).fill(1);
  }
  /* Whether all that there is to a way of working is seen here: lines worked once, in every example, with every digit. */
  static isOf(right, names) {
    return Boolean(right.reads) && right.updates <= 1 && !right.sequential && !right.rounding && !right.online && !right.examples && !names.last;
  }
  /* The lines from which some slots follow. */
  above(slots) {
    const wanted = new Set(slots), found = new Uint8Array(this.lines.length);
    for (let place = this.lines.length - 1; place >= 0; place--) {
      if (!wanted.has(this.slots[place])) continue;
      found[place] = 1;
      for (const slot of this.reads[place]) wanted.add(slot);
    }
    return found;
  }
}

/* The numbers of some keys on the right way with a person's own numbers, {pass, over} as in carriedOut, and on that of
   slips. */
class Downstream {
  constructor(course, right, numbers, names, keys, own, updates) {
    this.course = course;
    this.right = right;
    this.work = carriedOut(right, numbers, names, own, updates);
    this.keep = right.places === null ? KEPT.none : KEPT.places(right.places);
    this.mean = right.mean;
    this.updates = right.rules.length ? updates : 0;
    this.values = Float64Array.from(keys, (key) => valueOf(key, this.work, numbers, names));
    this.needed = course.above(keys.map((key) => names.slots[names.keys[key][1]]));
    const size = course.readers.length;
    this.isOwn = new Uint8Array(size);
    this.isOwnOver = new Uint8Array(size);
    for (const slot in own.pass) this.isOwn[slot] = 1;
    for (const over in own.over) this.isOwnOver[over.slice("over ".length)] = 1;
    this.isSummed = new Uint8Array(size); // over all examples
    for (const slot of [names.slots[names.loss], ...right.used]) this.isSummed[slot] = 1;
    // [[place among the keys, what is taken off], …] of each slot in the first example, over all of them, after the rules.
    this.shown = { pass: Array(size), over: Array(size), end: Array(size) };
    keys.forEach((key, i) => {
      const [where, name] = names.keys[key];
      (this.shown[where === "change" ? "end" : where][names.slots[name]] ??= []).push([i, where === "change" ? numbers.start[name] : 0]);
    });
    this.scratch = new Scratch();
  }
  /* Whether a key is found in what is worked here. */
  static has(key, names) { return ["pass", "over", "change", "end"].includes(names.keys[key][0]); }

  /* The lines of the right way that the keys follow from, as those of a way of working. */
  lines() {
    const { rules } = this.course, { forward, backward, rules: updates } = this.right;
    const from = (part, begins) => part.filter((_, i) => this.needed[begins + i]);
    return { forward: from(forward, 0), backward: from(backward, forward.length), rules: from(updates, rules),
      late: from(this.right.late, rules) };
  }

  /* The numbers of the keys on the way of a slip, which has other lines. */
  of({ others, isWide }) {
    const { course } = this, { rules, line, isDue, isMoved } = course, found = this.values.slice(), moved = [], frames = [];
    const needed = isWide ? course.all : this.needed;
    for (const [place, at] of others) line[place] = at;
    this.scratch.used = 0;
    for (const right of this.work.frames) {
      for (const [place] of others) if (place < rules) isDue[place] = needed[place];
      frames.push(this.example(right, !frames.length, needed, moved, found));
    }
    for (const slot of moved) if (this.shown.over[slot]) put(found, this.shown.over[slot], this.overAll(frames, slot));
    if (this.updates) {
      for (const [place] of others) if (place >= rules) isDue[place] = needed[place];
      this.update(frames, needed, moved, found);
    }
    for (const slot of moved) isMoved[slot] = 0;
    for (const [place] of others) line[place] = course.lines[place];
    return found;
  }

  worked(place, frame) {
    const value = LINES[this.course.line[place]][1](frame);
    return this.keep(Number.isFinite(value) ? value : NaN);
  }

  /* Works one example as far as it is otherwise; ``moved`` are the slots whose numbers are. */
  example(right, isFirst, needed, moved, found) {
    const { slots, rules, readers, isDue, isMoved } = this.course, { pass } = this.shown, frame = this.scratch.copy(right);
    for (let place = isDue.indexOf(1); place >= 0; place = isDue.indexOf(1, place)) {
      isDue[place] = 0;
      const slot = slots[place], value = this.worked(place, frame);
      if (isFirst && pass[slot]) put(found, pass[slot], value);
      if ((isFirst && this.isOwn[slot]) || Object.is(value, frame[slot])) continue; // nothing below it is otherwise
      frame[slot] = value;
      if (!isMoved[slot]) isMoved[slot] = moved.push(slot) && 1;
      for (const reader of readers[slot]) if (reader > place && reader < rules) isDue[reader] = needed[reader];
    }
    return frame;
  }

  overAll(frames, slot) {
    if (frames.length === 1) return frames[0][slot];
    let total = 0;
    for (const frame of frames) total += frame[slot];
    return this.keep(this.mean ? total / frames.length : total);
  }

  /* The same of the rules, which read what is over all examples, and what the rules before them give. */
  update(frames, needed, moved, found) {
    const { slots, rules, readers, isDue } = this.course, { ready, end } = this.work, together = this.scratch.copy(ready);
    const due = (slot, from) => { for (const reader of readers[slot]) if (reader >= from) isDue[reader] = needed[reader]; };
    for (const slot of moved) {
      if (this.isOwnOver[slot]) continue;
      together[slot] = this.isSummed[slot] ? this.overAll(frames, slot) : frames[0][slot];
      due(slot, rules);
    }
    let done = rules; // the rules before it are
    for (let place = isDue.indexOf(1, rules); place >= 0; place = isDue.indexOf(1, place)) {
      for (; done < place; done++) together[slots[done]] = end[slots[done]];
      isDue[place] = 0;
      const slot = slots[place], value = (together[slot] = this.worked(place, together));
      done = place + 1;
      if (this.shown.end[slot]) put(found, this.shown.end[slot], value);
      if (!Object.is(value, end[slot])) due(slot, done);
    }
  }
}

const put = (found, places, value) => { for (const [i, before] of places) found[i] = value - before; };
