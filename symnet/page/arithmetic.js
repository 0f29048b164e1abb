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

/* Works a way with numbers {examples, start}.  ``own`` are a person's numbers, {pass: {name: number}, at: {k: {name:
   number}}}: the lines below them, in the first pass or in sample or update k, go on with these, and what these lines
   come to themselves is kept in ``worked``.  The updates of which names.keys wants numbers are kept in ``moments``. */
function carriedOut(way, numbers, names, own = {}, updates = way.updates, watch = null) {
  const usual = way.places === null ? KEPT.none : KEPT.places(way.places);
  const ahead = way.rounding ? written(way.rounding) : usual;
  const back = way.rounding && !way.rounding[3] ? written(way.rounding) : usual;
  const rate = "rate" in numbers && !way.ownRate ? numbers.rate : way.rate;
  const worked = {}, done = numbers.done || 0;
  const followed = (mark, instead) => ({ mark, instead: instead || {} });

  function run(lines, frame, keep, follow) {
    for (const at of lines) {
      const [name, line] = LINES[at];
      const value = line(frame);
      if (follow && name in follow.instead) {
        worked[name + follow.mark] = way.rounding ? value : keep(value);
        frame[name] = follow.instead[name];
        continue;
      }
      // Who rounds goes on with the rounded number; the line itself comes to all its digits.
      if (follow && !follow.mark && way.rounding && keep !== usual) worked[name + follow.mark] = value;
      frame[name] = keep(value);
    }
  }
  function frameOf(i, parameters, follow) {
    const frame = { ...numbers.examples[i], ...parameters };
    run(way.forward, frame, ahead, follow);
    for (const name of way.zero) frame[name] = 0;
    if (rate !== null) frame[names.rate] = rate;
    run(way.backward, frame, back, follow);
    return frame;
  }
  function overAll(frames, name) {
    if (frames.length === 1) return frames[0][name] ?? 0;
    const total = frames.reduce((sum, frame) => sum + (frame[name] ?? 0), 0);
    return back(way.mean ? total / frames.length : total);
  }
  function combine(frames, together, follow) {
    for (const name of [names.loss, ...way.used]) {
      together[name] = overAll(frames, name);
      const over = `over ${name}`;
      if (!follow || !(over in follow.instead)) continue;
      worked[over + follow.mark] = together[name];
      together[name] = follow.instead[over];
    }
  }
  function update(frames, parameters, k, follow = null) {
    const together = { ...frames[0], [names.count]: names.made + done + k + 1 };
    for (const name in way.state) if (!(name in together)) together[name] = parameters[name];
    combine(frames, together, follow);
    for (const name of way.nothing) together[name] = 0;
    if (rate !== null) together[names.rate] = rate;
    const after = { ...parameters };
    way.rules.forEach((at, i) => {
      if (way.sequential && way.late[i]) {
        for (const frame of frames) {
          for (const name in numbers.start) frame[name] = together[name];
          run(way.backward, frame, back, frame === frames[0] ? follow : null);
        }
        combine(frames, together, follow);
      }
      run([at], together, back, follow);
      const [name] = LINES[at];
      if (name in after) after[name] = together[name];
    });
    return { after, together };
  }

  /* Update after update, as far as numbers of its own are wanted. */
  function walked(parameters) {
    const moments = [];
    for (let k = 1; k <= names.last; k++) {
      const follow = own.at && own.at[k] ? followed(`@${k}`, own.at[k]) : null;
      const used = usedAt(k - 1).map((i, j) => frameOf(i, parameters, j ? null : follow));
      const moment = (moments[k] = { frame: { ...used[0] }, before: parameters, together: null, frames: used });
      if (!way.rules.length || k > way.updates) continue;
      const { after, together } = update(used, parameters, k - 1, follow);
      if (way.outOfOrder) moment.frame = used[0];
      moment.together = together;
      parameters = { ...after };
      for (const name in follow ? follow.instead : {}) {
        // Who has another change goes on with that.
        const [what, of] = name.split(" ");
        if (what !== "change" || of in follow.instead || !(of in parameters)) continue;
        worked[name + follow.mark] = together[of] - moment.before[of];
        together[of] = parameters[of] = moment.before[of] + follow.instead[name];
      }
    }
    return moments;
  }

  let parameters = { ...numbers.start, ...way.state, ...numbers.state };
  const all = numbers.examples.map((_, i) => i);
  const frames = all.map((i) => frameOf(i, parameters, i ? own.at && own.at[i + 1] && followed(`@${i + 1}`, own.at[i + 1])
    : followed("", own.pass)));
  const first = { ...frames[0] };
  const usedAt = (k) => (way.online ? [all[(done + k) % all.length]] : way.examples || all);
  let before = usedAt(0).map((i) => frames[i]), batch = {};
  const end = { ...numbers.examples[way.examples ? way.examples[0] : 0], ...parameters };
  for (let k = 0; k < (way.rules.length ? updates : 0); k++) {
    const at = usedAt(k).map((i) => (k ? frameOf(i, parameters) : { ...frames[i] }));
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
  const moments = names.last ? walked({ ...numbers.start, ...way.state, ...numbers.state }) : [];
  return { first, over, overAll, end, worked, parameters, frames, moments, again: () => frameOf(0, parameters) };
}

/* The value of a key after the work: names.keys says where it is found. */
function valueOf(key, work, numbers, names) {
  const [where, name, k, inside] = names.keys[key];
  if (where === "sample") return k === 1 ? work.frames[0][name] ?? 0 : work.worked[`${name}@${k}`] ?? work.frames[k - 1][name] ?? 0;
  if (where === "at") return valueAt(work.moments[k], name, `@${k}`, inside, work);
  if (where === "pass") return name in work.worked ? work.worked[name] : work.first[name] ?? 0;
  if (where === "over") return work.over(name);
  if (where === "change") return work.end[name] - numbers.start[name];
  if (where === "after") return work.again()[name];
  return work.end[name];
}

/* The same in one update, ``mark`` of it being @2 for the second. */
function valueAt(moment, name, mark, where, { worked, overAll }) {
  if (where === "pass") return worked[name + mark] ?? moment.frame[name] ?? 0;
  const { together, before, frames } = moment;
  if (!together) return NaN;
  if (where === "over") return worked[`over ${name}${mark}`] ?? (name in together && frames.length > 1 ? together[name] : overAll(frames, name));
  if (where === "change") return worked[`change ${name}${mark}`] ?? (worked[name + mark] ?? together[name]) - before[name];
  return worked[name + mark] ?? together[name] ?? NaN;
}
