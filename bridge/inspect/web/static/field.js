// A field to zoom into: tiles on a canvas, coarse ones first. What is shown stands in the address, so that it can be
// sent; colours, numbers and tables are the server's, and come anew with the page whenever the form changes.
"use strict";

const viewer = document.getElementById("viewer");
const form = () => viewer.querySelector("form");
const reading = document.getElementById("reading");
const canvas = document.createElement("canvas");
const pen = canvas.getContext("2d");
const tiles = new Map(); // address → image, the last used last
const KEPT = 160, AT_ONCE = 6, NEAREST = 64;
let field, view, loading = 0, wanted = [], drawing = 0, cross = false, drawn = false;

// What is known and what is shown

function read() {
  field = JSON.parse(viewer.dataset.field);
  viewer.querySelector(".still").hidden = true;
  form().classList.add("live");
}

function begin() {
  const number = name => form().elements[name].value === "" ? NaN : Number(form().elements[name].value);
  const [cx, cy, z] = ["cx", "cy", "z"].map(number);
  if ([cx, cy, z].every(Number.isFinite) && z > 0) view = { cx, cy, z, whole: false };
  else fit();
  bound();
}

function fit() {
  const [rows, columns] = field.shape;
  const z = Math.min(canvas.clientWidth / columns, canvas.clientHeight / (rows * field.aspect)) * 0.98;
  view = { cx: columns / 2, cy: rows / 2, z, whole: true };
}

function bound() {
  const [rows, columns] = field.shape;
  const least = Math.min(canvas.clientWidth / columns, canvas.clientHeight / (rows * field.aspect)) / 2;
  view.z = Math.min(Math.max(view.z, least), Math.max(NEAREST, NEAREST / field.aspect, 2 * least));
  view.cx = Math.min(Math.max(view.cx, 0), columns);
  view.cy = Math.min(Math.max(view.cy, 0), rows);
}

const across = x => canvas.clientWidth / 2 + (x - view.cx) * view.z;
const down = y => canvas.clientHeight / 2 + (field.up ? view.cy - y : y - view.cy) * view.z * field.aspect;
const column = x => view.cx + (x - canvas.clientWidth / 2) / view.z;
const row = y => view.cy + (field.up ? -1 : 1) * (y - canvas.clientHeight / 2) / (view.z * field.aspect);

// Tiles

function level() { // the coarsest whose blocks are no larger than a pixel, or two on a fine screen
  if (field.fixed !== null) return field.fixed;
  const dense = Math.min(window.devicePixelRatio || 1, 2);
  let best = 0;
  field.blocks.forEach(([up, along], n) => {
    const sizes = [];
    if (up > 1) sizes.push(up * view.z * field.aspect);
    if (along > 1) sizes.push(along * view.z);
    if (n && Math.max(...sizes) * dense <= 1.4) best = n;
  });
  return best;
}

function address(n, x, y) {
  const query = new URLSearchParams({ ...field.at, level: n, x, y });
  const base = new URL(field.tile, location.href);
  query.forEach((value, name) => base.searchParams.set(name, value));
  return base.href;
}

function visible(n) { // tiles of a level that are on the screen, those in the middle first
  const [rows, columns] = field.levels[n], [up, along] = field.blocks[n], side = field.side;
  const range = (from, to, block, count) => {
    const last = Math.ceil(count / side) - 1, step = block * side;
    return [Math.max(0, Math.floor(Math.min(from, to) / step)), Math.min(last, Math.floor(Math.max(from, to) / step))];
  };
  const [x0, x1] = range(column(0), column(canvas.clientWidth), along, columns);
  const [y0, y1] = range(row(0), row(canvas.clientHeight), up, rows);
  const found = [];
  for (let y = y0; y <= y1; y++) for (let x = x0; x <= x1; x++) {
    const far = Math.hypot((x + .5) * side * along - view.cx, ((y + .5) * side * up - view.cy) * field.aspect);
    found.push({ n, x, y, far, address: address(n, x, y) });
  }
  return found.sort((a, b) => a.far - b.far);
}

function load() {
  for (const one of wanted) {
    if (loading >= AT_ONCE) return;
    if (tiles.has(one.address)) continue;
    const image = new Image();
    tiles.set(one.address, image);
    loading++;
    image.onload = image.onerror = event => {
      loading--;
      image.there = event.type === "load";
      if (!image.there) say("a part of this field could not be read: reload the page to see why.");
      draw();
    };
    image.src = one.address;
  }
  for (const known of tiles.keys()) {
    if (tiles.size <= KEPT) break;
    tiles.delete(known);
  }
}

function draw() {
  if (!drawing) drawing = requestAnimationFrame(paint);
}

function paint() {
  drawing = 0;
  const dense = window.devicePixelRatio || 1;
  const wide = Math.round(canvas.clientWidth * dense), high = Math.round(canvas.clientHeight * dense);
  const best = level(), first = Math.max(best, field.first);
  const steps = [...new Set([first, Math.min(first, best + 2), best])]; // whole, a little coarser, as fine as is seen
  const layers = steps.map(visible);
  wanted = layers.flat().slice(0, KEPT);
  load();
  if (drawn && !layers[0].some(ready)) return; // keep the last picture until there is another
  drawn = layers[0].some(ready);
  if (canvas.width !== wide || canvas.height !== high) { canvas.width = wide; canvas.height = high; }
  pen.setTransform(dense, 0, 0, dense, 0, 0);
  pen.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  stripes();
  layers.flat().forEach(place);
  if (cross) mark();
}

const ready = one => tiles.get(one.address)?.there;

function place(one) {
  const image = tiles.get(one.address);
  if (!image?.there) return;
  tiles.delete(one.address);
  tiles.set(one.address, image);
  const [up, along] = field.blocks[one.n], [rows, columns] = field.shape, side = field.side;
  // the last block of a side may be cut: its picture reaches beyond the field, and is clipped
  const left = one.x * side * along, low = one.y * side * up;
  const right = left + image.naturalWidth * along, top = low + image.naturalHeight * up;
  const dense = window.devicePixelRatio || 1, snap = value => Math.round(value * dense) / dense;
  const x0 = snap(across(left)), x1 = snap(across(right));
  const [y0, y1] = [down(low), down(top)].map(snap).sort((a, b) => a - b);
  pen.save();
  pen.beginPath();
  pen.rect(across(0), Math.min(down(0), down(rows)), columns * view.z, rows * view.z * field.aspect);
  pen.clip();
  pen.imageSmoothingEnabled = along * view.z * dense < 1;
  pen.clearRect(x0, y0, x1 - x0, y1 - y0);
  striped(x0, y0, x1 - x0, y1 - y0);
  pen.drawImage(image, x0, y0, x1 - x0, y1 - y0);
  pen.restore();
}

let pattern;
function stripes() {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const ink = tile.getContext("2d");
  ink.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--rule");
  ink.lineWidth = 2;
  ink.beginPath();
  for (const x of [-8, 0, 8]) { ink.moveTo(x - 2, 10); ink.lineTo(x + 10, -2); }
  ink.stroke();
  pattern = pen.createPattern(tile, "repeat");
}

function striped(x, y, wide, high) {
  pen.fillStyle = pattern;
  pen.fillRect(x, y, wide, high);
}

function mark() {
  const x = canvas.clientWidth / 2, y = canvas.clientHeight / 2;
  for (const [colour, width] of [["#fff", 3], ["#000", 1]]) {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.beginPath();
    pen.moveTo(x - 9, y); pen.lineTo(x + 9, y);
    pen.moveTo(x, y - 9); pen.lineTo(x, y + 9);
    pen.stroke();
  }
}

// Reading out

let asked = 0, busy = false, next = null;

function say(words) { reading.textContent = words; }

function tell(x, y) { // at most one question in 60 ms, and only the last counts
  next = [Math.floor(row(y)), Math.floor(column(x))];
  if (!asked && !busy) asked = setTimeout(ask, 60);
}

async function ask() {
  const [r, c] = next, [rows, columns] = field.shape;
  asked = 0;
  next = null;
  if (r < 0 || c < 0 || r >= rows || c >= columns) return say("");
  const query = new URL(field.values, location.href);
  Object.entries({ ...field.at, level: level(), row: r, column: c }).forEach(([k, v]) => query.searchParams.set(k, v));
  busy = true;
  try {
    const answer = await fetch(query);
    say(answer.ok ? (await answer.json()).text : "this place could not be read: reload the page to see why.");
  } catch {
    say("the server does not answer.");
  }
  busy = false;
  if (next) asked = setTimeout(ask, 0);
}

// The address, and the form

let writing = 0;

function write() {
  clearTimeout(writing);
  writing = setTimeout(() => history.replaceState(null, "", here()), 200);
}

function here() {
  const short = value => String(Number(value.toPrecision(6)));
  const parts = view.whole ? ["", "", ""] : [view.cx, view.cy, view.z].map(short);
  ["cx", "cy", "z"].forEach((name, i) => { form().elements[name].value = parts[i]; });
  const query = new URLSearchParams(new FormData(form()));
  const own = query.get("range") === "own";
  [...query].forEach(([name, value]) => {
    const usual = form().elements[name]?.dataset?.usual;
    if (value === "" || value === usual || (!own && (name === "low" || name === "high"))) query.delete(name);
  });
  return `${form().getAttribute("action")}?${query}`;
}

function changed() {
  bound();
  draw();
  write();
  if (cross) tell(canvas.clientWidth / 2, canvas.clientHeight / 2);
}

async function renew(name) { // the page as it would be, and of it what differs
  const target = here();
  const answer = await fetch(target);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page.getElementById("viewer");
  if (!found) { // it was refused, and the page says why
    return say(page.querySelector(".remark")?.textContent ?? "this cannot be shown.");
  }
  const before = [...field.shape, field.aspect].join();
  viewer.dataset.field = found.dataset.field;
  for (const part of document.querySelectorAll("[data-part]")) {
    const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (fresh) part.replaceWith(fresh);
  }
  read();
  if ([...field.shape, field.aspect].join() !== before) fit();
  form().elements[name]?.focus?.();
  say("");
  changed();
}

viewer.addEventListener("change", event => {
  const { name } = event.target;
  if (!name || "dial" in event.target.dataset) return;
  if (name === "low" || name === "high") form().elements.range.value = "own";
  renew(name);
});

viewer.addEventListener("input", event => {
  if (!("dial" in event.target.dataset)) return;
  field.at[event.target.name] = Number(event.target.value);
  const dial = event.target, told = dial.closest("label").querySelector("output");
  const at = Number(dial.dataset.first) + Number(dial.dataset.step) * Number(dial.value); // where that is, if it is known
  if (told) told.textContent = dial.dataset.step ? `${Number(at.toPrecision(5))} ${dial.dataset.unit}` : dial.value;
  changed();
});

viewer.addEventListener("submit", event => { event.preventDefault(); renew("path"); });

// Moving about

function zoom(by, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
  const c = column(x), r = row(y);
  view.z *= by;
  view.whole = false;
  bound();
  view.cx += c - column(x);
  view.cy += r - row(y);
  changed();
}

function pan(x, y) {
  view.cx -= x / view.z;
  view.cy -= (field.up ? -1 : 1) * y / (view.z * field.aspect);
  view.whole = false;
  changed();
}

function slice(by) {
  const dial = form().querySelector("[data-dial]");
  if (!dial) return;
  const last = dial.tagName === "SELECT" ? dial.options.length - 1 : Number(dial.max);
  dial.value = String(Math.min(Math.max(Number(dial.value) + by, 0), last));
  dial.dispatchEvent(new Event("input", { bubbles: true }));
}

const ways = { in: () => zoom(1.6), out: () => zoom(1 / 1.6), fit: () => { fit(); changed(); } };

viewer.querySelector(".tools").addEventListener("click", event => ways[event.target.dataset.do]?.());

const keys = {
  ArrowLeft: () => pan(60, 0), ArrowRight: () => pan(-60, 0), ArrowUp: () => pan(0, 60), ArrowDown: () => pan(0, -60),
  "+": ways.in, "=": ways.in, "-": ways.out, "0": ways.fit, "[": () => slice(-1), "]": () => slice(1),
};

canvas.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  event.preventDefault();
  cross = true;
  keys[event.key]();
});

canvas.addEventListener("wheel", event => {
  event.preventDefault();
  const box = canvas.getBoundingClientRect();
  const lines = event.deltaMode === 1 ? 30 : event.deltaMode === 2 ? 300 : 1;
  zoom(Math.exp(-Math.max(-300, Math.min(300, event.deltaY * lines)) / 400), event.clientX - box.x, event.clientY - box.y);
}, { passive: false });

const fingers = new Map();

canvas.addEventListener("pointerdown", event => {
  canvas.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
  canvas.classList.add("dragging");
  cross = false;
});

canvas.addEventListener("pointermove", event => {
  const now = { x: event.offsetX, y: event.offsetY }, before = fingers.get(event.pointerId);
  if (!before) {
    cross = false;
    return tell(now.x, now.y);
  }
  fingers.set(event.pointerId, now);
  if (fingers.size === 1) return pan(now.x - before.x, now.y - before.y);
  const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
  const apart = at => Math.hypot(at.x - other.x, at.y - other.y) || 1;
  pan((now.x - before.x) / 2, (now.y - before.y) / 2);
  zoom(apart(now) / apart(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
});

for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, event => {
  fingers.delete(event.pointerId);
  if (!fingers.size) canvas.classList.remove("dragging");
  if (event.type === "pointerup") tell(event.offsetX, event.offsetY);
});

// The beginning

canvas.tabIndex = 0;
canvas.setAttribute("role", "application");
canvas.setAttribute("aria-roledescription", "field viewer");
canvas.setAttribute("aria-label", `${document.querySelector("h1").textContent.trim()}. Arrows move, plus and minus zoom.`);
canvas.setAttribute("aria-describedby", "reading");
viewer.querySelector(".still").before(canvas);
viewer.querySelector(".tools").hidden = false;
document.querySelector(".keys").hidden = false;
read();
begin();
new ResizeObserver(() => { if (view.whole) fit(); bound(); drawn = false; draw(); }).observe(canvas);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
