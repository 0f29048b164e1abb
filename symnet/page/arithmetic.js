"use strict";
/* The working of the exercise in double precision.  LINES holds every line as [name, function of a frame]; a way of
   working is lists of their numbers.  It is carried out as symnet carries it out: see symnet/working/updates.py. */

const KEPT = { places: (p) => (x) => rounded(x, p), none: (x) => x };

function rounded(x, places) {
  if (!Number.isFinite(x)) return x;
  const scale = 10 ** places, y = Math.abs(x) * scale;
  // Half a unit of the last place goes away from zero, and noise below a millionth of it is no digit.
  return Math.sign(x) * Math.floor(y + 0.5 + 1e-9 + y * 1e-14) / scale || 0;
}

function cut(x, places) {
  const scale = 10 ** places, y = Math.abs(x) * scale;
  return Math.sign(x) * Math.floor(y + 1e-9 + y * 1e-14) / scale || 0;
}

function written(rounding) {
  const [digits, significant, isCut] = rounding;
  if (!digits) return Math.fround;
  return (x) => {
    if (!x || !Number.isFinite(x)) return x;
    const places = significant ? digits - 1 - Math.floor(Math.log10(Math.abs(x)) + 1e-12) : digits;
    if (places < 0) return (isCut ? cut : rounded)(x * 10 ** places, 0) / 10 ** places;
    return (isCut ? cut : rounded)(x, places);
  };
}

/* What every way begins with: numbers that do not change, as those of a judge, are put into slots once. */
function begun(numbers, state, slots, size) {
  if (numbers.begun && numbers.begun.state === state) return numbers.begun;
  const put = (frame, values) => {
    for (const name in values) if (name in slots) frame[slots[name]] = values[name];
    return frame;
  };
  const given = numbers.examples.map((one) => put(new Float64Array(size), one));
  const started = put(put(put(new Float64Array(size), numbers.start), state), numbers.state || {});
  const kept = Object.keys({ ...numbers.start, ...state, ...numbers.state }).map((name) => slots[name]).filter((at) => at >= 0);
  const isKept = new Uint8Array(size);
  for (const slot of kept) isKept[slot] = 1;
  const found = { state, given, started, kept, isKept, moved: Object.keys(numbers.start).map((name) => slots[name]) };
  if ("begun" in numbers) numbers.begun = found;
  return found;
}

/* Frames to work in, used again and again: what thousands of slips come to is read, and nothing of it is kept. */
class Scratch {
  constructor() { this.frames = []; this.used = 0; }
  copy(of) {
    const frame = (this.frames[this.used++] ??= new Float64Array(of.length));
    frame.set(of);
    return frame;
  }
}

/* Works a way with numbers {examples, start}.  A frame is the values of all names, each in its slot, 0 where there is none.
   ``own`` are a person's numbers, {pass: {slot: number}, over: those over all examples, at: {k: {slot: number}}}: the lines below them, in the first
   pass or in sample or update k, go on with these, and what these lines come to themselves is kept in ``worked``.  The
   updates of which names.keys wants numbers are kept in ``moments``.  In ``scratch``, where there is one, frames last
   until the next way is worked in it. */
function carriedOut(way, numbers, names, own = {}, updates = way.updates, scratch = null) {
  if (scratch) scratch.used = 0;
  const copy = scratch ? (of) => scratch.copy(of) : (of) => of.slice();
  const { slots } = names, size = (names.size ??= Object.keys(slots).length), loss = slots[names.loss];
  const usual = way.places === null ? KEPT.none : KEPT.places(way.places);
  const ahead = way.rounding ? written(way.rounding) : usual;
  const back = way.rounding && !way.rounding[3] ? written(way.rounding) : usual;
  const rate = "rate" in numbers && !way.ownRate ? numbers.rate : way.rate;
  const worked = {}, done = numbers.done || 0;
  const followed = (mark, instead) => ({ mark, instead: instead || {} });
  const ownOver = own.over && Object.keys(own.over).length ? followed(" of all", own.over) : null;
  const { given, started, kept, isKept, moved } = begun(numbers, way.state, slots, size);

  function run(lines, frame, keep, follow) {
    if (!follow && keep === KEPT.none) {
      for (const at of lines) {
        const line = LINES[at], value = line[1](frame);
        frame[line[0]] = Number.isFinite(value) ? value : NaN; // nothing follows from what has no value
      }
      return;
    }
    for (const at of lines) {
      const slot = LINES[at][0], found = LINES[at][1](frame), value = Number.isFinite(found) ? found : NaN;
      if (follow && slot in follow.instead) {
        worked[slot + follow.mark] = way.rounding ? value : keep(value);
        frame[slot] = follow.instead[slot];
        continue;
      }
      // Who rounds goes on with the rounded number; the line itself comes to all its digits.
      if (follow && !follow.mark && way.rounding && keep !== usual) worked[slot] = value;
      frame[slot] = keep === KEPT.none ? value : keep(value);
    }
  }
  function frameOf(i, parameters, follow) {
    const frame = copy(given[i]);
    for (const slot of kept) frame[slot] = parameters[slot];
    run(way.forward, frame, ahead, follow);
    if (rate !== null) frame[slots[names.rate]] = rate;
    run(way.backward, frame, back, follow);
    return frame;
  }
  function overAll(frames, slot) {
    if (frames.length === 1) return frames[0][slot];
    let total = 0;
    for (const frame of frames) total += frame[slot];
    return back(total / (way.divisors[slot] ?? (way.mean ? frames.length : 1)));
  }
  function combine(frames, together, follow) {
    if (frames.length === 1 && !follow && !way.sequential) return; // they are those of the one example
    for (const slot of [loss, ...way.used]) {
      together[slot] = overAll(frames, slot);
      if (!follow) continue;
      const over = `over ${slot}`;
      if (!(over in follow.instead)) continue;
      worked[over + follow.mark] = together[slot];
      together[slot] = follow.instead[over];
    }
  }
  function update(frames, parameters, k, follow = null) {
    const together = copy(frames[0]);
    for (const slot of kept) together[slot] = parameters[slot];
    together[slots[names.count]] = names.made + done + k + 1;
    combine(frames, together, follow);
    for (const slot of way.nothing) together[slot] = 0;
    if (rate !== null) together[slots[names.rate]] = rate;
    if (!scratch && !k) ready ??= copy(together);
    const after = copy(parameters);
    way.rules.forEach((at, i) => {
      if (way.sequential && way.late[i]) {
        for (const frame of frames) {
          for (const slot of moved) frame[slot] = together[slot];
          run(way.backward, frame, back, frame === frames[0] ? follow : null);
        }
        combine(frames, together, follow);
      }
      run([at], together, back, follow);
      const slot = LINES[at][0];
      if (isKept[slot]) after[slot] = together[slot];
    });
    return { after, together };
  }

  /* Update after update, as far as numbers of its own are wanted. */
  function walked(parameters) {
    const moments = [];
    for (let k = 1; k <= names.last; k++) {
      const follow = own.at && own.at[k] ? followed(`@${k}`, own.at[k]) : null;
      const used = usedAt(k - 1).map((i, j) => frameOf(i, parameters, j ? null : follow));
      const moment = (moments[k] = { frame: copy(used[0]), before: parameters, together: null, frames: used, has: new Set(kept) });
      if (!way.rules.length || k > way.updates) continue;
      const { after, together } = update(used, parameters, k - 1, follow);
      if (way.outOfOrder) moment.frame = used[0];
      moment.together = together;
      // Who writes the gradient of another update down shows that.
      for (const [gradient, again] of names.again || [])
        if (isKept[again]) moment.frame[gradient] = together[gradient] = together[again];
      for (const at of way.rules) moment.has.add(LINES[at][0]);
      parameters = copy(after);
      for (const name in follow ? follow.instead : {}) {
        // Who has another change goes on with that.
        const [what, of] = name.split(" ");
        if (what !== "change" || of in follow.instead || !isKept[of]) continue;
        worked[name + follow.mark] = together[of] - moment.before[of];
        together[of] = parameters[of] = moment.before[of] + follow.instead[name];
      }
    }
    return moments;
  }

  let parameters = started, ready = null; // what the rules of the first update begin with
  const all = numbers.examples.map((_, i) => i);
  const frames = all.map((i) => frameOf(i, parameters, i ? own.at && own.at[i + 1] && followed(`@${i + 1}`, own.at[i + 1])
    : own.pass || way.rounding ? followed("", own.pass) : null));
  if (way.movesOn)
    for (let k = 1, moved = started; k < frames.length; k++) {
      moved = update([copy(frames[k - 1])], moved, k - 1, null).after;
      frames[k] = frameOf(k, moved, own.at && own.at[k + 1] && followed(`@${k + 1}`, own.at[k + 1]));
    }
  const first = way.sequential ? copy(frames[0]) : frames[0]; // whose gradients are worked again
  const usedAt = (k) => (way.online ? [all[(done + k) % all.length]] : way.examples || all);
  let before = usedAt(0).map((i) => frames[i]), batch = null;
  // What only rules give is not there where they do not.
  const end = copy(started).fill(NaN);
  const shown = numbers.examples[way.examples ? way.examples[0] : 0];
  for (const name in shown) if (name in slots) end[slots[name]] = shown[name];
  for (const slot of kept) end[slot] = parameters[slot];
  for (let k = 0; k < (way.rules.length ? updates : 0); k++) {
    const at = usedAt(k).map((i) => (k ? frameOf(i, parameters) : way.sequential ? copy(frames[i]) : frames[i]));
    const { after, together } = update(at, parameters, k, k ? null : ownOver);
    if (!k) {
      before = at;
      // The loss of all is not worked again where weights are updated one after the other.
      batch = together;
      for (const line of way.rules) end[LINES[line][0]] = together[LINES[line][0]];
      // Who uses updated weights finds other gradients with them.
      if (way.outOfOrder && usedAt(0).includes(0)) first.set(at[usedAt(0).indexOf(0)]);
    }
    parameters = after;
    for (const slot of kept) end[slot] = after[slot];
  }
  const isUsed = (slot) => slot === loss || way.used.includes(slot);
  const over = (slot) => worked[`over ${slot} of all`] ?? (batch && isUsed(slot) ? batch[slot] : overAll(before, slot));
  const moments = names.last ? walked(started) : [];
  return { first, over, overAll, end, worked, parameters, frames, moments, ready, again: () => frameOf(0, parameters) };
}

/* The value of a key after the work: names.keys says where it is found. */
function valueOf(key, work, numbers, names) {
  const [where, name, k, inside] = names.keys[key], slot = names.slots[name];
  if (where === "pass") return work.worked[slot] ?? work.first[slot];
  if (where === "sample") return k === 1 ? work.frames[0][slot] : work.worked[`${slot}@${k}`] ?? work.frames[k - 1][slot];
  if (where === "at") return valueAt(work.moments[k], slot, `@${k}`, inside, work);
  if (where === "over") return work.over(slot);
  if (where === "change") return work.end[slot] - numbers.start[name];
  if (where === "after") return work.again()[slot];
  return work.end[slot];
}

/* The same in one update, ``mark`` of it being @2 for the second. */
function valueAt(moment, slot, mark, where, { worked, overAll }) {
  if (where === "pass") return worked[slot + mark] ?? moment.frame[slot];
  const { together, before, frames, has } = moment;
  if (!together) return NaN;
  if (where === "over") return worked[`over ${slot}${mark}`] ?? (frames.length > 1 && together[slot] ? together[slot] : overAll(frames, slot));
  if (where === "change") return worked[`change ${slot}${mark}`] ?? (worked[slot + mark] ?? together[slot]) - before[slot];
  return worked[slot + mark] ?? (has.has(slot) ? together[slot] : NaN);
}
