// The graph canvas: a Streamlit v2 component around vis-network, which is the camera (zoom, pan, pinch, dragging of
// nodes); draw.js paints. Streamlit calls the default export with the same `parentElement` whenever data or theme change.

const NODE_REACH = 4, EDGE_REACH = 8; // pixels around what is drawn that still count as a hit
const DRAGGABLE = 300; // up to so many nodes each can be dragged; in a crowd one would always catch a node instead of the view
const CROWDED = 3000; // from here on vis-network knows of no nodes: it would take a second to take them in, and paint each by itself
const KEPT = 16; // parts that are remembered, as in canvas.py

const canvases = new WeakMap();
const parts = new Map(); // geometries and looks by name: they cross from Python once
let library; // the promise of vis-network, shared by all canvases of the window

function loadLibrary(url) {
  library ??= new Promise((resolve, reject) => {
    if (window.vis?.Network) return resolve();
    document.head.append(Object.assign(document.createElement("script"), { src: url, onload: resolve, onerror: reject }));
  }).catch((error) => { library = undefined; throw error; });
  return library;
}

class Canvas {
  constructor(root) {
    this.root = root;
    const get = (name) => root.querySelector(`.${name}`);
    for (const name of ["frame", "find", "said", "area", "fit", "png", "stage", "tip", "band", "choice", "note"]) this[name] = get(name);
    this.asked = 0;
    this.sent = 0;
    this.find.addEventListener("keydown", (event) => event.key === "Enter" && this.search(this.find.value.trim()));
    this.find.addEventListener("input", () => { this.match = -1; this.said.textContent = ""; });
    this.area.addEventListener("click", () => this.setSelecting(this.area.ariaPressed !== "true"));
    this.fit.addEventListener("click", () => this.fitView(true));
    this.png.addEventListener("click", () => this.download());
    this.stage.addEventListener("keydown", (event) => this.key(event));
    this.stage.addEventListener("pointerdown", (event) => this.startArea(event), { capture: true });
    this.stage.addEventListener("pointermove", (event) => this.hover(event));
    this.stage.addEventListener("pointerleave", () => { this.tip.hidden = true; });
    this.stage.addEventListener("wheel", (event) => this.wheel(event), { capture: true });
    this.frame.addEventListener("keydown", (event) => event.key === "Escape" && (this.choice.hidden = true));
    this.resize = new ResizeObserver(() => this.drawing && this.repaint());
    this.resize.observe(this.stage);
  }

  async update({ data, setTriggerValue }) {
    this.data = data;
    this.send = setTriggerValue;
    this.frame.style.height = `${data.height}px`;
    for (const [name, body] of Object.entries(data.parts)) {
      parts.delete(name);
      parts.set(name, body);
      if (parts.size > KEPT) parts.delete(parts.keys().next().value);
    }
    clearTimeout(this.asking);
    if (this.lacks().length) return this.ask();
    this.asked = 0;
    try {
      await loadLibrary(data.script);
    } catch {
      return this.say("The drawing library did not load. Start the app with server.enableStaticServing = true, then reload the page.");
    }
    if (this.data === data) this.show(data); // else a newer update came meanwhile
  }

  lacks() { return [this.data.geometry, this.data.look].filter((name) => !parts.has(name)); }

  ask() { // again and again: a run of the script that is overtaken by the next swallows both question and answer
    if (!this.stage.isConnected || this.asked++ > 20) return;
    this.send("missing", this.lacks());
    this.asking = setTimeout(() => this.ask(), 800);
  }

  show(data) {
    const geometry = parts.get(data.geometry);
    if (!geometry.ids.length) return this.say(data.empty);
    this.say("");
    if (data.geometry !== this.shown) this.build(data, geometry);
    if (data.look !== this.look) this.drawing.setLook(parts.get((this.look = data.look)));
    const style = getComputedStyle(this.frame);
    this.drawing.theme = {
      text: style.color, background: style.backgroundColor, font: style.fontFamily, primary: style.getPropertyValue("--st-primary-color"),
    };
    this.drawing.target = this.drawing.place.get(data.target) ?? -1;
    // until Python has seen the last click, what it says about the selection is old
    if (data.seen >= this.sent) this.mark(data.selected.map((id) => this.drawing.place.get(id)).filter((i) => i !== undefined));
    this.repaint();
    this.frame.dataset.ready = data.geometry;
    const wanted = this.wanted;
    this.wanted = undefined;
    if (wanted) this.search(wanted);
  }

  build(data, geometry) {
    const before = this.network && this.graph === data.graph ? this.camera() : undefined;
    this.forget();
    [this.shown, this.look, this.graph, this.match] = [data.geometry, undefined, data.graph, -1];
    const drawing = (this.drawing = new Drawing({ ...geometry, x: [...geometry.x], y: [...geometry.y] }));
    this.bounds = this.extent(); // the first frame asks for it, also where an old camera is taken up again
    const paint = ({ ctx, id, x, y }) => {
      [drawing.x[id], drawing.y[id]] = [x, y]; // where it was dragged to
      const side = 2 * drawing.size(id);
      return { drawNode: () => drawing.paintNode(ctx, id), nodeDimensions: { width: side, height: side } };
    };
    const crowd = geometry.ids.length > CROWDED;
    const nodes = crowd ? [] : geometry.ids.map((_, i) => ({ id: i, x: geometry.x[i], y: geometry.y[i] }));
    drawing.setLook(parts.get(data.look));
    drawing.theme = {};
    this.network = new vis.Network(this.stage, { nodes: [], edges: [] }, {
      physics: false, layout: { improvedLayout: false },
      nodes: { shape: "custom", ctxRenderer: paint, chosen: false, physics: false },
      interaction: { selectable: false, selectConnectedEdges: false, dragNodes: geometry.ids.length <= DRAGGABLE, zoomSpeed: 0.6 },
    });
    this.network.on("beforeDrawing", (ctx) => {
      drawing.setView(this.network.getScale(), this.fitScale());
      drawing.paintEdges(ctx, this.viewBox());
      if (crowd) drawing.paintCrowd(ctx, this.viewBox());
    });
    this.network.on("afterDrawing", (ctx) => drawing.paintMarks(ctx, this.viewBox()));
    this.network.on("click", ({ pointer, event }) => this.click(pointer.DOM, event.srcEvent.ctrlKey || event.srcEvent.metaKey));
    for (const name of ["dragStart", "zoom"]) this.network.on(name, () => { this.tip.hidden = this.choice.hidden = true; });
    drawing.setView(1, 1);
    before ? this.network.moveTo(before) : this.fitView(false);
    this.network.setData({ nodes, edges: [] });
    before ? this.network.moveTo(before) : this.fitView(false);
    drawing.pictures?.forEach((picture) => picture && (picture.onload = () => this.repaint()));
    this.stage.firstChild.tabIndex = -1; // the stage itself takes the focus
    this.stage.ariaLabel = `Graph of ${geometry.ids.length} nodes and ${geometry.edges.length / 2} edges. Arrow keys move, plus and minus zoom, 0 fits, Escape clears the selection.`;
  }

  // ---- camera

  camera() { return { position: this.network.getViewPosition(), scale: this.network.getScale() }; }

  extent() {
    const { x, y } = this.drawing;
    const span = (values) => { const low = Math.min(...values), high = Math.max(...values); return [(low + high) / 2, high - low]; };
    return [span(x), span(y)];
  }

  fitScale() {
    const [[, width], [, height]] = this.bounds;
    const margin = 2 * this.drawing.radius + 44;
    const [across, down] = [this.stage.clientWidth - margin, this.stage.clientHeight - margin];
    return Math.max(0.05, Math.min(across / (width || 1), down / (height || 1), 3));
  }

  fitView(animated) {
    this.bounds = this.extent();
    const [[x], [y]] = this.bounds;
    this.network.moveTo({ position: { x, y }, scale: this.fitScale(), animation: animated && calm({ duration: 300 }) });
  }

  viewBox() {
    const low = this.network.DOMtoCanvas({ x: 0, y: 0 });
    const high = this.network.DOMtoCanvas({ x: this.stage.clientWidth, y: this.stage.clientHeight });
    return [low.x, low.y, high.x, high.y];
  }

  key(event) {
    const { position, scale } = this.network ? this.camera() : {};
    const step = 60 / scale;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (!this.network || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in moves) {
      const [dx, dy] = moves[event.key];
      this.network.moveTo({ position: { x: position.x + dx, y: position.y + dy } });
    } else if ("+=".includes(event.key)) this.network.moveTo({ scale: scale * 1.3 });
    else if (event.key === "-") this.network.moveTo({ scale: scale / 1.3 });
    else if (event.key === "0") this.fitView(true);
    else if (event.key === "Escape") this.setSelecting(false) || this.choose([]);
    else return;
    event.preventDefault();
  }

  wheel(event) { // a canvas that is only scrolled past must not catch the page's wheel
    if (event.ctrlKey || this.root.activeElement === this.stage || this.stage.contains(this.root.activeElement)) return;
    event.stopImmediatePropagation();
    this.tell("Click the graph, then the wheel zooms.");
  }

  // ---- pointing

  world(point) { return this.network.DOMtoCanvas(point); }

  point(event) {
    const box = this.stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  under(point) {
    const { x, y } = this.world(point), scale = this.network.getScale();
    const node = this.drawing.nodeAt(x, y, NODE_REACH / scale);
    return { node, edges: node < 0 ? this.drawing.edgesAt(x, y, EDGE_REACH / scale) : [] };
  }

  click(point, adding) {
    this.stage.focus({ preventScroll: true });
    this.choice.hidden = true;
    const { node, edges } = this.under(point);
    if (node >= 0) {
      const rest = adding ? [...this.drawing.selected].filter((i) => i !== node) : [];
      return this.choose(adding && this.drawing.selected.has(node) ? rest : [...rest, node]);
    }
    if (!edges.length) return this.drawing.selected.size && !adding && this.choose([]);
    const near = edges.filter(([far]) => far <= edges[0][0] + 2 / this.network.getScale()); // too close to tell apart
    near.length > 1 ? this.offer(near.map(([, e]) => e), point) : this.pickEdge(edges[0][1]);
  }

  offer(edges, point) { // a list where edges overlap
    this.tip.hidden = true;
    this.choice.replaceChildren(...edges.slice(0, 8).map((e) => Object.assign(document.createElement("button"), {
      type: "button", role: "menuitem", textContent: this.edgeName(e), onclick: () => { this.choice.hidden = true; this.pickEdge(e); },
    })));
    this.float(this.choice, point);
    this.choice.firstChild.focus({ preventScroll: true });
  }

  hover(event) {
    if (!this.network || event.buttons || this.pending || !this.choice.hidden) return;
    const point = this.point(event);
    this.pending = requestAnimationFrame(() => {
      this.pending = 0;
      if (!this.network) return;
      const { node, edges } = this.under(point);
      const edge = edges[0]?.[1];
      this.stage.classList.toggle("on-item", node >= 0 || edge !== undefined);
      this.tip.hidden = node < 0 && edge === undefined;
      if (this.tip.hidden) return;
      const { nodes, lines } = this.drawing;
      // textContent, never innerHTML: the text may come from a file
      this.tip.textContent = node >= 0 ? pick(nodes.tooltip, node) || this.drawing.name(node) : pick(lines.tooltip, edge) || this.edgeName(edge);
      this.float(this.tip, point);
    });
  }

  edgeName(e) { return this.drawing.ends(e).map((i) => this.drawing.name(i)).join(this.drawing.hasHead(e) ? " → " : " – "); }

  float(element, { x, y }) { // beside the pointer, inside the frame
    element.hidden = false;
    const [left, top] = [x + 14, y + this.stage.offsetTop + 12];
    element.style.left = `${Math.max(4, Math.min(left, this.frame.clientWidth - element.offsetWidth - 4))}px`;
    element.style.top = `${top + element.offsetHeight > this.frame.clientHeight ? Math.max(4, top - element.offsetHeight - 24) : top}px`;
  }

  setSelecting(on) {
    const was = this.area.ariaPressed === "true";
    this.area.ariaPressed = `${on}`;
    this.stage.classList.toggle("selecting", on);
    return was && !on;
  }

  startArea(event) {
    if (!this.network || event.button || !(event.shiftKey || this.area.ariaPressed === "true")) return;
    event.stopImmediatePropagation(); // vis-network would move the view
    event.preventDefault();
    this.stage.setPointerCapture(event.pointerId);
    this.tip.hidden = true;
    const from = this.point(event), adding = event.shiftKey;
    const corners = (to) => [Math.min(from.x, to.x), Math.min(from.y, to.y), Math.max(from.x, to.x), Math.max(from.y, to.y)];
    const move = (moved) => {
      const [left, top, right, bottom] = corners(this.point(moved));
      this.band.hidden = false;
      Object.assign(this.band.style, { left: `${left}px`, top: `${top + this.stage.offsetTop}px`, width: `${right - left}px`, height: `${bottom - top}px` });
    };
    const finish = (ended) => {
      for (const [name, listener] of Object.entries(listeners)) this.stage.removeEventListener(name, listener);
      this.band.hidden = true;
      if (ended.type === "pointercancel" || !this.network) return;
      const [left, top, right, bottom] = corners(this.point(ended));
      if (Math.max(right - left, bottom - top) < 5) return this.click(from, adding);
      this.stage.focus({ preventScroll: true });
      const [low, high] = [this.world({ x: left, y: top }), this.world({ x: right, y: bottom })];
      this.choose(this.drawing.nodesWithin(low.x, low.y, high.x, high.y), "area");
      this.setSelecting(false);
    };
    const listeners = { pointermove: move, pointerup: finish, pointercancel: finish };
    for (const [name, listener] of Object.entries(listeners)) this.stage.addEventListener(name, listener);
  }

  search(text) {
    if (!text) return;
    if (!this.drawing) return void (this.wanted = text); // answered once there is a picture
    const { ids, labels } = this.drawing, low = text.toLowerCase();
    const found = (test) => ids.map((_, i) => i).filter(test);
    let matches = found((i) => `${ids[i]}` === text || labels?.[i]?.toLowerCase() === low);
    if (!matches.length && this.data.part) return this.emit({ kind: "find", text }); // it may lie outside of what is drawn
    if (!matches.length) matches = found((i) => labels?.[i]?.toLowerCase().includes(low));
    if (!matches.length) return this.tell(`No node here is called “${text}”.`);
    this.match = (this.match + 1) % matches.length;
    const node = matches[this.match];
    this.tell(matches.length > 1 ? `${this.match + 1} of ${matches.length}` : "");
    this.network.moveTo({
      position: { x: this.drawing.x[node], y: this.drawing.y[node] },
      scale: Math.max(this.network.getScale(), 2.5 * this.fitScale()), animation: calm({ duration: 300 }),
    });
    this.choose([node]);
  }

  // ---- to Python

  mark(nodes) {
    this.drawing.selected = new Set(nodes);
    this.repaint();
  }

  choose(nodes, kind = "nodes") {
    this.mark(nodes);
    this.emit({ kind, nodes: nodes.map((i) => this.drawing.ids[i]) });
  }

  pickEdge(edge) { this.emit({ kind: "edge", edge }); }

  emit(event) {
    this.sent = Math.max(Date.now(), this.sent + 1); // rises over reloads too
    this.send("event", { ...event, geometry: this.shown, number: this.sent });
  }

  // ---- the rest

  repaint() { // once a frame, however many ask
    this.frameRequest ??= requestAnimationFrame(() => { this.frameRequest = undefined; this.network?.redraw(); });
  }

  say(sentence) { // instead of a picture
    this.note.textContent = sentence;
    this.note.hidden = !sentence;
    if (sentence) this.forget();
  }

  tell(sentence) { // beside the search box, for a while
    this.said.textContent = sentence;
    clearTimeout(this.telling);
    this.telling = setTimeout(() => { this.said.textContent = ""; }, 4000);
  }

  download() {
    if (!this.network) return;
    const shown = this.stage.querySelector("canvas");
    const sheet = Object.assign(document.createElement("canvas"), { width: shown.width, height: shown.height });
    const ctx = sheet.getContext("2d");
    ctx.fillStyle = this.drawing.theme.background; // a picture without a ground is unreadable on another
    ctx.fillRect(0, 0, sheet.width, sheet.height);
    ctx.drawImage(shown, 0, 0);
    sheet.toBlob((blob) => {
      const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: "hopscope-graph.png" });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
  }

  forget() {
    this.network?.destroy();
    this.network = this.drawing = this.shown = undefined;
    this.tip.hidden = this.choice.hidden = this.band.hidden = true;
  }

  leave() {
    this.forget();
    this.resize.disconnect();
    clearTimeout(this.telling);
    clearTimeout(this.asking);
    canvases.delete(this.root);
  }
}

const calm = (animation) => !matchMedia("(prefers-reduced-motion: reduce)").matches && animation;

export default function (component) {
  const root = component.parentElement;
  if (!canvases.has(root)) canvases.set(root, new Canvas(root));
  const canvas = canvases.get(root);
  canvas.update(component);
  // Streamlit also calls this when an update was overtaken by the next: only then the canvas is still in the page
  return () => { if (!(root.host ?? root).isConnected) canvas.leave(); };
}
