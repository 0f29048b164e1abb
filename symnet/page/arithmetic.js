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

/* The whole way of a slip, from the right one and where it differs. */
function wayOf(right, other) {
  const way = { ...right, ...other };
  for (const part of ["forward", "backward", "rules"])
    if (other[part] && !Array.isArray(other[part])) {
      way[part] = right[part].slice();
      for (const at in other[part]) way[part][at] = other[part][at];
    }
  return way;
}

/* Works a way with numbers {examples, start}; the lines below those in ``instead`` go on with the numbers there, and
   what these lines come to themselves is kept in ``worked``. */
function carriedOut(way, numbers, names, instead = {}, updates = way.updates, watch = null) {
  const usual = way.places === null ? KEPT.none : KEPT.places(way.places);
  const ahead = way.rounding ? written(way.rounding) : usual;
  const back = way.rounding && !way.rounding[3] ? written(way.rounding) : usual;
  const rate = "rate" in numbers && !way.ownRate ? numbers.rate : way.rate;
  const worked = {}, done = numbers.done || 0;

  function run(lines, frame, keep, own) {
    for (const at of lines) {
      const [name, line] = LINES[at];
      const value = line(frame);
      if (own && name in instead) {
        worked[name] = way.rounding ? value : keep(value);
        frame[name] = instead[name];
        continue;
      }
      // Who rounds goes on with the rounded number; the line itself comes to all its digits.
      if (own && way.rounding && keep !== usual) worked[name] = value;
      frame[name] = keep(value);
    }
  }
  function frameOf(i, parameters, own) {
    const frame = { ...numbers.examples[i], ...parameters };
    run(way.forward, frame, ahead, own);
    for (const name of way.zero) frame[name] = 0;
    if (rate !== null) frame[names.rate] = rate;
    run(way.backward, frame, back, own);
    return frame;
  }
  function overAll(frames, name) {
    if (frames.length === 1) return frames[0][name] ?? 0;
    const total = frames.reduce((sum, frame) => sum + (frame[name] ?? 0), 0);
    return back(way.mean ? total / frames.length : total);
  }
  function combine(frames, together) {
    for (const name of [names.loss, ...way.used]) together[name] = overAll(frames, name);
  }
  function update(frames, parameters, k) {
    const together = { ...frames[0], [names.count]: names.made + done + k + 1 };
    for (const name in way.state) if (!(name in together)) together[name] = parameters[name];
    combine(frames, together);
    for (const name of way.nothing) together[name] = 0;
    if (rate !== null) together[names.rate] = rate;
    const after = { ...parameters };
    way.rules.forEach((at, i) => {
      if (way.sequential && way.late[i]) {
        for (const frame of frames) {
          for (const name in numbers.start) frame[name] = together[name];
          run(way.backward, frame, back, false);
        }
        combine(frames, together);
      }
      const [name, line] = LINES[at];
      together[name] = back(line(together));
      if (name in after) after[name] = together[name];
    });
    return { after, together };
  }

  let parameters = { ...numbers.start, ...way.state, ...numbers.state };
  const all = numbers.examples.map((_, i) => i);
  const frames = all.map((i) => frameOf(i, parameters, i === 0));
  const first = { ...frames[0] };
  const usedAt = (k) => (way.online ? [all[(done + k) % all.length]] : way.examples || all);
  let before = usedAt(0).map((i) => frames[i]), batch = {};
  const end = { ...numbers.examples[way.examples ? way.examples[0] : 0], ...parameters };
  for (let k = 0; k < (way.rules.length ? updates : 0); k++) {
    const at = usedAt(k).map((i) => (k ? frameOf(i, parameters, false) : { ...frames[i] }));
    if (watch) watch(k, overAll(at, names.loss), parameters);
    const { after, together } = update(at, parameters, k);
    if (!k) {
      before = at;
      // The loss of all is not worked again where weights are updated one after the other.
      batch = Object.fromEntries([...way.used, names.loss].map((name) => [name, together[name]]));
      for (const line of way.rules) end[LINES[line][0]] = together[LINES[line][0]];
      // Who uses updated weights finds other gradients with them.
      if (way.outOfOrder && usedAt(0).includes(0)) Object.assign(first, at[usedAt(0).indexOf(0)]);
    }
    parameters = after;
    Object.assign(end, after);
  }
  const over = (name) => batch[name] ?? overAll(before, name);
  return { first, over, end, worked, parameters, frames, again: () => frameOf(0, parameters, false) };
}

/* The value of a key after the work: names.keys says where it is found. */
function valueOf(key, work, numbers, names) {
  const [where, name] = names.keys[key];
  if (where === "pass") return name in work.worked ? work.worked[name] : work.first[name] ?? 0;
  if (where === "over") return work.over(name);
  if (where === "change") return work.end[name] - numbers.start[name];
  if (where === "after") return work.again()[name];
  return work.end[name];
}
