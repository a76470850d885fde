// The pages are complete without this file; it keeps them up to date, draws charts, and stores what is edited.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const map = document.body.dataset.map;

function count(n) {
  return Math.round(n).toString().replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

function size(n) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let u = 0;
  while (n >= 1024 && u < units.length - 1) { n /= 1024; u++; }
  return u === 0 ? Math.round(n) + " B" : n.toFixed(1) + " " + units[u];
}

function short(n) {
  if (n >= 1e9) return +(n / 1e9).toPrecision(3) + " G";
  if (n >= 1e6) return +(n / 1e6).toPrecision(3) + " M";
  return n < 10 && n % 1 ? n.toFixed(1) : count(n);
}

function element(name, attributes, parent) {
  const e = document.createElementNS(SVG, name);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  if (parent) parent.append(e);
  return e;
}

// Chart draws series of the last minutes over time; with a rate, how fast a count rises.
class Chart {
  constructor(figure) {
    this.figure = figure;
    this.rate = figure.dataset.rate === "1";
    this.text = figure.dataset.unit === "bytes" ? size : short;
    this.series = figure.dataset.series.split(",").map((s, i) => {
      const [field, name] = s.split(":");
      return { field, name, style: "s" + (i + 1) };
    });
    this.svg = element("svg", { height: 150, role: "img", "aria-label": figure.querySelector("figcaption").textContent });
    figure.append(this.svg);
    for (const s of this.series) {
      s.legend = document.createElement("span");
      s.legend.className = "legend";
      s.label = document.createTextNode("");
      if (this.series.length > 1) {
        const mark = document.createElement("i");
        mark.className = s.style;
        s.legend.append(mark);
      }
      s.legend.append(s.label);
      figure.querySelector("figcaption").append(s.legend);
    }
    this.points = [];
    this.svg.addEventListener("mousemove", (e) => { this.at = e.offsetX; this.draw(); });
    this.svg.addEventListener("mouseleave", () => { this.at = undefined; this.draw(); });
  }

  // show takes the samples and makes points of them.
  show(samples) {
    this.points = [];
    for (let i = this.rate ? 1 : 0; i < samples.length; i++) {
      const now = samples[i], before = samples[i - 1];
      const seconds = before ? (now.time_ms - before.time_ms) / 1000 : 1;
      this.points.push({
        t: now.time_ms,
        v: this.series.map((s) => this.rate ? Math.max(0, now[s.field] - before[s.field]) / seconds : now[s.field]),
      });
    }
    this.draw();
  }

  draw() {
    const w = this.svg.clientWidth || 430, h = 150, left = 58, bottom = 20, top = 8, right = 8;
    this.svg.setAttribute("viewBox", `0 0 ${w} ${h}`);
    this.svg.replaceChildren();
    const span = 300e3, end = this.points.length ? this.points[this.points.length - 1].t : Date.now();
    const most = nice(Math.max(1, ...this.points.flatMap((p) => p.v)), this.text === size);
    const x = (t) => left + (w - left - right) * (1 - (end - t) / span);
    const y = (v) => top + (h - top - bottom) * (1 - v / most);
    for (const part of [0, 0.5, 1]) {
      const at = y(most * part);
      element("line", { x1: left, x2: w - right, y1: at, y2: at, class: "grid" }, this.svg);
      element("text", { x: left - 8, y: at + 4, "text-anchor": "end" }, this.svg).textContent = this.text(most * part);
    }
    for (const minutes of [0, 1, 2, 3, 4, 5]) {
      const anchor = minutes === 0 ? "end" : minutes === 5 ? "start" : "middle";
      element("text", { x: x(end - minutes * 60e3), y: h - 4, "text-anchor": anchor }, this.svg).textContent = minutes === 0 ? "now" : `−${minutes} min`;
    }
    this.series.forEach((s, i) => this.line(s, i, x, y));
    this.label(x, y, top, h - bottom);
  }

  line(s, i, x, y) {
    if (this.points.length === 0) return;
    const path = this.points.map((p) => `${x(p.t).toFixed(1)},${y(p.v[i]).toFixed(1)}`).join("L");
    const first = x(this.points[0].t).toFixed(1), last = x(this.points[this.points.length - 1].t).toFixed(1);
    if (i === 0) element("path", { d: `M${first},${y(0)}L${path}L${last},${y(0)}Z`, class: `area ${s.style}` }, this.svg);
    element("path", { d: `M${path}`, class: `line ${s.style}` }, this.svg);
  }

  // label writes the values of the moment under the pointer, or of now.
  label(x, y, top, bottom) {
    let p = this.points[this.points.length - 1];
    if (this.at !== undefined && p) {
      for (const q of this.points) if (Math.abs(x(q.t) - this.at) < Math.abs(x(p.t) - this.at)) p = q;
      element("line", { x1: x(p.t), x2: x(p.t), y1: top, y2: bottom, class: "cross" }, this.svg);
    }
    this.series.forEach((s, i) => {
      const name = this.series.length > 1 ? s.name + " " : "";
      s.label.data = p ? name + this.text(p.v[i]) : name;
      if (p) element("circle", { cx: x(p.t), cy: y(p.v[i]), r: 3.5, class: `dot ${s.style}` }, this.svg);
    });
  }
}

// nice is a round number that is not below n.
function nice(n, binary) {
  const base = binary ? 1024 ** Math.floor(Math.log(n) / Math.log(1024)) : 1;
  n /= base;
  const power = 10 ** Math.floor(Math.log10(n));
  for (const step of [1, 2, 3, 4, 5, 6, 8, 10]) if (n <= step * power) return step * power * base;
  return n * base;
}

// shards draws one bar a shard.
function shards(box, entries) {
  const w = box.clientWidth || 900, h = 90, gap = entries.length > w / 6 ? 0 : 2;
  const most = Math.max(1, ...entries), mean = entries.reduce((a, b) => a + b, 0) / entries.length;
  const svg = element("svg", { height: h, viewBox: `0 0 ${w} ${h}`, role: "img", "aria-label": "Entries of each shard" });
  const step = w / entries.length, width = Math.min(120, step - gap);
  entries.forEach((n, i) => {
    const tall = n / most * (h - 4);
    const bar = element("rect", { x: i * step + (step - width) / 2, y: h - tall, width: Math.max(0.5, width), height: tall, rx: width > 6 ? 2 : 0, class: "bar" }, svg);
    element("title", {}, bar).textContent = `shard ${i}: ${count(n)} entries`;
  });
  const at = h - mean / most * (h - 4);
  element("line", { x1: 0, x2: w, y1: at, y2: at, class: "mean" }, svg);
  box.replaceChildren(svg);
  document.getElementById("shard-note").textContent =
    `${entries.length}; fewest ${count(Math.min(...entries))}, mean ${count(mean)}, most ${count(Math.max(...entries))} entries`;
}

function participants(list) {
  const rows = list.map((p) => {
    const tr = document.createElement("tr");
    const pid = tr.insertCell();
    pid.textContent = p.pid;
    if (p.self) {
      const self = document.createElement("span");
      self.className = "dim";
      self.textContent = " this server";
      pid.append(self);
    }
    for (const n of [p.number, p.incarnation]) {
      const cell = tr.insertCell();
      cell.className = "num";
      cell.textContent = n;
    }
    return tr;
  });
  if (rows.length === 0) {
    const tr = document.createElement("tr");
    const cell = tr.insertCell();
    cell.colSpan = 3;
    cell.className = "dim";
    cell.textContent = "nobody";
    rows.push(tr);
  }
  document.querySelector("#participants tbody").replaceChildren(...rows);
}

function tiles(now) {
  const values = {
    entries: count(now.entries), file_bytes: size(now.file_bytes), evictions: count(now.evictions),
    expirations: count(now.expirations), recoveries: count(now.recoveries),
    per_entry: now.entries ? (now.file_bytes / now.entries).toFixed(1) : "–",
  };
  for (const tile of document.querySelectorAll("[data-tile]")) tile.textContent = values[tile.dataset.tile];
}

// mapPage follows one map.
function mapPage() {
  const charts = [...document.querySelectorAll("[data-chart]")].map((f) => new Chart(f));
  const live = document.getElementById("live"), problem = document.getElementById("problem");
  const past = JSON.parse(document.getElementById("history").textContent);
  let samples = past.samples;
  let bars = document.getElementById("shards").dataset.entries.split(",").map(Number);
  const draw = () => {
    for (const c of charts) c.show(samples);
    shards(document.getElementById("shards"), bars);
  };
  addEventListener("resize", draw);
  draw();
  const events = new EventSource(`/api/maps/${map}/events`);
  events.onmessage = (e) => {
    const now = JSON.parse(e.data);
    live.hidden = false;
    if (now.problem) {
      problem.textContent = now.problem;
      problem.hidden = false;
      return;
    }
    if (samples.length === 0 || now.time_ms > samples[samples.length - 1].time_ms) samples = [...samples, now].slice(-past.kept);
    bars = now.shards;
    tiles(now);
    participants(now.participants);
    draw();
  };
  events.onerror = () => { live.hidden = true; };
}

// overview asks for all maps every two seconds.
async function overview() {
  try {
    const all = await fetch("/api/maps").then((r) => r.json());
    for (const m of all.maps) {
      const row = document.querySelector(`tr[data-number="${m.number}"]`);
      const cell = (name) => row.querySelector(`[data-field=${name}]`);
      cell("entries").textContent = count(m.entries);
      cell("file_bytes").textContent = size(m.file_bytes);
      cell("participants").textContent = m.participants;
      const state = document.createElement("span");
      state.className = "state" + (m.health !== "ok" ? " bad" : m.frozen ? "" : " good");
      state.textContent = m.health === "ok" && m.frozen ? "frozen" : m.health;
      cell("health").replaceChildren(state);
    }
  } finally {
    setTimeout(overview, 2000);
  }
}

// send stores or deletes an entry, and says how that went.
async function send(form, method, url, body, then, headers) {
  const result = form.querySelector(".result");
  result.textContent = "…";
  try {
    const r = await fetch(url, { method, body, headers });
    if (!r.ok) throw new Error((await r.json()).error);
    then();
  } catch (e) {
    result.textContent = e.message;
  }
}

function withTTL(url, form) {
  const ttl = form.elements.ttl ? form.elements.ttl.value.trim() : "";
  return ttl ? url + (url.includes("?") ? "&" : "?") + "ttl=" + encodeURIComponent(ttl) : url;
}

function forms() {
  const create = document.getElementById("create");
  if (create) create.addEventListener("submit", (e) => {
    e.preventDefault();
    const key = encodeURIComponent(create.elements.key.value);
    send(create, "PUT", withTTL(`${create.dataset.api}?key=${key}`, create), create.elements.value.value,
      () => { location.href = `/maps/${map}/entry?key=${key}`; }, { "If-None-Match": "*" });
  });
  const edit = document.getElementById("edit");
  if (!edit) return;
  edit.addEventListener("submit", (e) => {
    e.preventDefault();
    send(edit, "PUT", withTTL(edit.dataset.api, edit), edit.elements.value.value, () => location.reload());
  });
  document.getElementById("delete").addEventListener("click", () => {
    if (confirm("Delete this entry?")) send(edit, "DELETE", edit.dataset.api, undefined, () => { location.href = `/maps/${map}/entries`; });
  });
}

if (document.querySelector("[data-chart]")) mapPage();
if (document.getElementById("maps")) setTimeout(overview, 2000);
forms();
