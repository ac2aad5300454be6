// How a scene looks: pure drawing onto the 2D context that vis-network hands over, and what lies under a point.
// World units are those of the geometry (a box 1000 wide); `unit` is the size of one pixel "on paper" in them:
// it shrinks with the square root of the zoom, so that zooming in pulls crowded nodes apart.

// Outlines with about the area of a circle of radius 1. `turn`: the first corner's angle in turns; `inner`: every other one's radius.
const corners = (count, turn, inner = 1) => Array.from({ length: count }, (_, c) => {
  const [angle, far] = [2 * Math.PI * (turn + c / count), 1.25 * (c % 2 ? inner : 1)];
  return [far * Math.cos(angle), far * Math.sin(angle)];
});
const PLUS = [[-1, -3], [1, -3], [1, -1], [3, -1], [3, 1], [1, 1], [1, 3], [-1, 3], [-1, 1], [-3, 1], [-3, -1], [-1, -1]];
const OUTLINES = {
  square: corners(4, 0.125), diamond: corners(4, 0), "triangle-up": corners(3, -0.25), "triangle-down": corners(3, 0.25),
  pentagon: corners(5, -0.25), hexagon: corners(6, 0), star: corners(10, -0.25, 0.48),
  cross: PLUS.map(([x, y]) => [0.4 * x, 0.4 * y]), x: PLUS.map(([x, y]) => [0.28 * (x - y), 0.28 * (x + y)]),
};
const CHUNK = 256; // edges in one path: fewer paths are faster, but a single one hides where edges are dense
const CROWD = 500; // nodes that are painted colour by colour
const DOT = 2.5; // pixels of radius below which a node is a dot

const pick = (column, i) => column.values[column.index.length ? column.index[i] : 0];

/** One scene, ready to draw: geometry, look and theme, and the sizes that follow from the zoom. */
class Drawing {
  constructor(geometry) {
    Object.assign(this, geometry, { selected: new Set(), target: -1 });
    const crowd = Math.max(geometry.ids.length, 12);
    this.radius = (geometry.images ? 30 : 18) * crowd ** -0.23; // pixels at fit: 8 for 34 nodes, 3 for 2,700
    this.place = new Map(geometry.ids.map((id, i) => [id, i]));
    this.pictures = geometry.images?.map((url) => url && Object.assign(new Image(), { src: url }));
  }

  setLook({ nodes, lines }) {
    this.nodes = nodes;
    this.lines = lines;
    const groups = new Map(); // edges that are stroked alike
    for (let e = 0; e < this.edges.length / 2; e++) {
      const width = Math.round(4 * pick(lines.width, e)) / 4;
      const [color, dashed, arrow] = [pick(lines.color, e), pick(lines.dashed, e), this.hasHead(e)];
      const name = `${color} ${width} ${dashed} ${arrow}`;
      if (!groups.has(name)) groups.set(name, { color, width, dashed, arrow, members: [] });
      if (pick(lines.width, e) > 0) groups.get(name).members.push(e);
    }
    this.groups = [...groups.values()].sort((a, b) => a.width - b.width); // the heavy ones on top
  }

  setView(scale, fitScale) {
    this.scale = scale;
    this.unit = 1 / Math.sqrt(scale * fitScale);
    this.thin = Math.min(this.unit, 1 / scale); // lines shrink when zoomed out but do not grow: they would cover the nodes
  }

  size(i) { return this.radius * pick(this.nodes.size, i) * this.unit; }
  name(i) { return this.labels?.[i] || `${this.ids[i]}`; }
  ends(e) { return [this.edges[2 * e], this.edges[2 * e + 1]]; }

  paintEdges(ctx, [left, top, right, bottom]) {
    const { x, y, theme } = this;
    const outside = (a, b) => Math.max(x[a], x[b]) < left || Math.min(x[a], x[b]) > right || Math.max(y[a], y[b]) < top || Math.min(y[a], y[b]) > bottom;
    const faint = this.edges.length > 2000 ? 0.2 : 0.35; // of more than 1,000 edges
    for (const { color, width, dashed, arrow, members } of this.groups) {
      ctx.lineWidth = Math.max(width, 0.6) * this.thin;
      ctx.setLineDash(dashed ? [5 * this.thin, 4 * this.thin] : []);
      ctx.strokeStyle = ctx.fillStyle = !color || color === "text" ? theme.text : color;
      ctx.globalAlpha = color ? 1 : faint;
      for (let start = 0; start < members.length; start += CHUNK) {
        ctx.beginPath();
        for (const e of members.slice(start, start + CHUNK)) {
          const [a, b] = this.ends(e);
          if (outside(a, b)) continue;
          if (a === b) {
            const [cx, cy, r] = this.loop(a);
            ctx.moveTo(cx + r, cy);
            ctx.arc(cx, cy, r, 0, 2 * Math.PI);
            continue;
          }
          ctx.moveTo(x[a], y[a]);
          ctx.lineTo(...(arrow ? this.before(a, b, this.head(width)) : [x[b], y[b]]));
        }
        ctx.stroke();
      }
      if (arrow) members.forEach((e) => this.paintArrow(ctx, ...this.ends(e), this.head(width)));
    }
    ctx.setLineDash([]);
    if (this.selected.size && this.selected.size <= 5) this.paintIncident(ctx);
    ctx.globalAlpha = 1;
  }

  paintIncident(ctx) { // the plain edges of a selected node stand out
    ctx.strokeStyle = ctx.fillStyle = this.theme.text;
    ctx.globalAlpha = 0.75;
    for (let e = 0; e < this.edges.length / 2; e++) {
      const [a, b] = this.ends(e), width = pick(this.lines.width, e);
      const plain = width > 0 && !pick(this.lines.color, e) && !pick(this.lines.dashed, e);
      if (!plain || !(this.selected.has(a) || this.selected.has(b))) continue;
      ctx.lineWidth = Math.max(width, 1.2) * this.thin;
      ctx.beginPath();
      ctx.moveTo(this.x[a], this.y[a]);
      ctx.lineTo(...(this.hasHead(e) ? this.before(a, b, this.head(width)) : [this.x[b], this.y[b]]));
      ctx.stroke();
      if (this.hasHead(e)) this.paintArrow(ctx, a, b, this.head(width));
    }
  }

  hasHead(e) { return this.arrows && pick(this.lines.arrow, e); }

  head(width) { return (6 + 2 * width) * this.thin; } // length of an arrow's head

  before(a, b, gap) { // the point on the edge a → b that is `gap` short of b's border
    const angle = Math.atan2(this.y[b] - this.y[a], this.x[b] - this.x[a]), back = 1.15 * this.size(b) + gap;
    return [this.x[b] - Math.cos(angle) * back, this.y[b] - Math.sin(angle) * back];
  }

  loop(i) { // the ring of an edge from a node to itself, which begins and ends behind the node
    const r = 1.3 * this.size(i);
    return [this.x[i] - 1.1 * r, this.y[i] - 1.1 * r, r];
  }

  paintArrow(ctx, a, b, long) {
    if (a === b) return;
    const [tip, foot] = [this.before(a, b, 0), this.before(a, b, long)];
    const [dx, dy] = [0.4 * (tip[1] - foot[1]), 0.4 * (foot[0] - tip[0])];
    ctx.beginPath();
    ctx.moveTo(...tip);
    ctx.lineTo(foot[0] + dx, foot[1] + dy);
    ctx.lineTo(foot[0] - dx, foot[1] - dy);
    ctx.fill();
  }

  paintCrowd(ctx, [left, top, right, bottom]) { // many nodes: no borders, one path for those of a colour that follow each other closely
    const { x, y, unit, nodes } = this, inView = [];
    const margin = 4 * this.radius * unit;
    for (let i = 0; i < this.ids.length; i++)
      if (x[i] > left - margin && x[i] < right + margin && y[i] > top - margin && y[i] < bottom + margin) inView.push(i);
    ctx.globalAlpha = this.selected.size > 1 ? 0.3 : 1;
    for (let start = 0; start < inView.length; start += CROWD) { // a single path a colour would put the last colour on top
      const colors = new Map();
      for (const i of inView.slice(start, start + CROWD)) {
        const color = pick(nodes.color, i);
        if (!colors.has(color)) colors.set(color, []);
        colors.get(color).push(i);
      }
      for (const [color, members] of colors) {
        ctx.fillStyle = color;
        ctx.beginPath();
        for (const i of members) {
          const r = this.size(i);
          if (r * this.scale < DOT) ctx.rect(x[i] - 0.9 * r, y[i] - 0.9 * r, 1.8 * r, 1.8 * r); // of this size no shape is told from another
          else this.trace(ctx, i, r);
        }
        ctx.fill();
      }
    }
    ctx.globalAlpha = 1;
  }

  paintNode(ctx, i) {
    const [x, y, r] = [this.x[i], this.y[i], this.size(i)];
    const picture = this.pictures?.[i];
    const border = pick(this.nodes.border, i);
    const alpha = this.selected.size > 1 && !this.selected.has(i) && i !== this.target ? 0.3 : 1; // a chosen set stands out
    ctx.globalAlpha = alpha;
    ctx.lineWidth = border ? Math.max(0.28 * r, 1.5 * this.unit) : Math.max(0.1 * r, 0.5 * this.unit);
    ctx.strokeStyle = border ?? this.theme.background;
    ctx.fillStyle = pick(this.nodes.color, i);
    if (picture?.complete && picture.naturalWidth) { // the colour becomes the frame
      ctx.imageSmoothingEnabled = r * this.scale > 2 * picture.naturalWidth ? false : true;
      const frame = border ? 0.2 * r : 0.12 * r;
      ctx.fillStyle = border ?? ctx.fillStyle;
      ctx.fillRect(x - r - frame, y - r - frame, 2 * (r + frame), 2 * (r + frame));
      ctx.drawImage(picture, x - r, y - r, 2 * r, 2 * r);
      ctx.globalAlpha = 1;
      return;
    }
    this.outline(ctx, i, r);
    ctx.fill();
    if (!border && this.ids.length <= 300) { // room for a hairline that also shows yellow on white
      ctx.strokeStyle = this.theme.text;
      ctx.globalAlpha = 0.4 * alpha;
    }
    ctx.stroke();
    ctx.globalAlpha = 1;
  }

  outline(ctx, i, r) {
    ctx.beginPath();
    this.trace(ctx, i, r);
  }

  trace(ctx, i, r) { // adds the outline to the path
    const shape = this.pictures?.[i] ? "square" : pick(this.nodes.shape, i);
    if (shape === "circle") {
      ctx.moveTo(this.x[i] + r, this.y[i]);
      return ctx.arc(this.x[i], this.y[i], r, 0, 7);
    }
    OUTLINES[shape].forEach(([x, y], c) => ctx[c ? "lineTo" : "moveTo"](this.x[i] + r * x, this.y[i] + r * y));
    ctx.closePath();
  }

  paintMarks(ctx, view) { // on top of everything: rings, then names
    const px = 1 / this.scale;
    const ring = (i, gap, width, color) => {
      ctx.lineWidth = width * px;
      ctx.strokeStyle = color;
      this.outline(ctx, i, Math.max(this.size(i), 3 * px) + gap * px);
      ctx.stroke();
    };
    for (const i of this.selected) {
      if (this.selected.size > 60) { // the others are faint already; so many rings would hide the colours
        this.paintNode(ctx, i);
        continue;
      }
      ring(i, 1.5, 5, this.theme.background); // so that the ring shows on any neighbour
      this.paintNode(ctx, i);
      ring(i, 1.5, 2.5, this.theme.text);
    }
    if (this.target >= 0) {
      ring(this.target, 7, 5, this.theme.background);
      ring(this.target, 7, 2.5, this.theme.primary);
    }
    this.paintNames(ctx, view, px);
  }

  paintNames(ctx, [left, top, right, bottom], px) {
    const inView = this.ids.map((_, i) => i).filter((i) => this.x[i] > left && this.x[i] < right && this.y[i] > top && this.y[i] < bottom);
    const marked = [...this.selected].slice(0, 10).concat(this.target >= 0 ? [this.target] : []);
    const taken = new Set();
    ctx.font = `500 ${12 * px}px ${this.theme.font}`;
    ctx.textAlign = "center";
    ctx.textBaseline = "top";
    ctx.lineJoin = "round";
    ctx.lineWidth = 3 * px;
    ctx.strokeStyle = this.theme.background;
    ctx.fillStyle = this.theme.text;
    for (const i of marked.concat(inView.length <= 60 ? inView : [])) {
      const text = this.name(i).slice(0, 40);
      const wide = Math.ceil(text.length / 6); // cells of 40 × 16 pixels hold one name each
      const [column, row] = [Math.round(this.x[i] / px / 40), Math.round(this.y[i] / px / 16)];
      const cells = Array.from({ length: wide + 1 }, (_, c) => `${column - (wide >> 1) + c} ${row}`);
      if (cells.some((cell) => taken.has(cell))) continue;
      cells.forEach((cell) => taken.add(cell));
      const below = this.y[i] + Math.max(this.size(i), 3 * px) * 1.2 + (marked.includes(i) ? 11 : 3) * px;
      ctx.strokeText(text, this.x[i], below);
      ctx.fillText(text, this.x[i], below);
    }
  }

  nodeAt(x, y, reach) { // nearest node whose border is within reach
    let [best, score] = [-1, Infinity];
    for (let i = 0; i < this.ids.length; i++) {
      const far = Math.hypot(this.x[i] - x, this.y[i] - y);
      const beyond = far - this.size(i);
      if (beyond <= reach && Math.max(beyond, 0) * 1e3 + far < score) [best, score] = [i, Math.max(beyond, 0) * 1e3 + far];
    }
    return best;
  }

  edgesAt(x, y, reach) { // edges within reach, nearest first, as [distance, edge]
    const found = [];
    for (let e = 0; e < this.edges.length / 2; e++) {
      if (pick(this.lines.width, e) <= 0) continue;
      const [a, b] = this.ends(e);
      const [dx, dy] = [this.x[b] - this.x[a], this.y[b] - this.y[a]];
      const along = ((x - this.x[a]) * dx + (y - this.y[a]) * dy) / (dx * dx + dy * dy || 1);
      const t = Math.min(1, Math.max(0, along));
      const [cx, cy, r] = a === b ? this.loop(a) : [this.x[a] + t * dx, this.y[a] + t * dy, 0];
      const far = Math.abs(Math.hypot(cx - x, cy - y) - r);
      if (far <= reach) found.push([far, e]);
    }
    return found.sort((one, other) => one[0] - other[0]);
  }

  nodesWithin(left, top, right, bottom) {
    return this.ids.map((_, i) => i).filter((i) => this.x[i] >= left && this.x[i] <= right && this.y[i] >= top && this.y[i] <= bottom);
  }
}
