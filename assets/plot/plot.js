// A Plotly figure that changes in place: Streamlit's own chart is built anew whenever its figure changes, which flickers
// and forgets the zoom. Streamlit calls the default export with the same `parentElement` whenever data or theme change.

const plots = new WeakMap();
let library; // the promise of Plotly, shared by all plots of the window

function loadLibrary(url) {
  library ??= new Promise((resolve, reject) => {
    if (window.Plotly) return resolve();
    document.head.append(Object.assign(document.createElement("script"), { src: url, onload: resolve, onerror: reject }));
  }).catch((error) => { library = undefined; throw error; });
  return library;
}

class Plot {
  constructor(root) {
    this.root = root;
    this.box = root.querySelector(".plot");
    this.note = root.querySelector(".plot-note");
    this.resize = new ResizeObserver(() => this.drawn && this.box.clientWidth && window.Plotly.Plots.resize(this.box));
    this.resize.observe(this.box);
  }

  async update({ data, setTriggerValue }) {
    this.data = data;
    this.send = setTriggerValue;
    this.box.style.height = `${data.height}px`;
    this.box.setAttribute("aria-label", data.alt);
    try {
      await loadLibrary(data.script);
    } catch {
      this.note.hidden = false;
      return;
    }
    if (this.data === data && this.box.isConnected) this.show(data); // else a newer figure came meanwhile
  }

  show(data) {
    const theme = themeOf(this.root), look = data.figure + JSON.stringify(theme);
    if (look === this.drawn) return;
    const first = !this.drawn, figure = JSON.parse(data.figure);
    this.drawn = look;
    this.config ??= this.tools(); // one object for good: with another one Plotly would draw anew, and forget the zoom
    window.Plotly.react(this.box, figure.data, { ...figure.layout, template: { layout: theme } }, this.config);
    if (!first) return;
    this.box.on("plotly_click", ({ points }) => points[0]?.customdata && this.send("point", points[0].customdata));
    this.box.on("plotly_hover", ({ points }) => this.box.classList.toggle("on-point", Boolean(points[0]?.customdata)));
    this.box.on("plotly_unhover", () => this.box.classList.remove("on-point"));
  }

  tools() {
    const save = (format) => () => window.Plotly.downloadImage(this.box, { format, filename: this.data.name });
    const icon = window.Plotly.Icons.camera;
    return {
      displaylogo: false,
      showSendToCloud: false, // nothing leaves this machine
      modeBarButtonsToRemove: ["toImage", "sendChartToCloud", "zoomIn2d", "zoomOut2d", "autoScale2d", "lasso2d", "select2d"],
      modeBarButtonsToAdd: ["svg", "png"].map((format) => ({ name: `Download as ${format.toUpperCase()}`, icon, click: save(format) })),
    };
  }

  leave() {
    this.resize.disconnect();
    if (this.drawn) window.Plotly.purge(this.box);
    plots.delete(this.root);
  }
}

function themeOf(element) { // a ground of its own, so that a downloaded picture is readable on any
  const style = getComputedStyle(element), get = (name) => style.getPropertyValue(`--st-${name}`).trim();
  const axis = { gridcolor: get("border-color"), linecolor: get("border-color"), zerolinecolor: get("border-color"), title: { standoff: 10 } };
  return {
    font: { family: get("font"), color: get("text-color"), size: 12 },
    paper_bgcolor: get("background-color"),
    plot_bgcolor: get("background-color"),
    hoverlabel: { align: "left", bgcolor: get("secondary-background-color"), bordercolor: get("border-color"), font: { color: get("text-color") } },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: get("border-color"), activecolor: get("text-color") },
    xaxis: axis,
    yaxis: axis,
  };
}

export default function (component) {
  const root = component.parentElement;
  if (!plots.has(root)) plots.set(root, new Plot(root));
  const plot = plots.get(root);
  plot.update(component);
  // Streamlit also calls this when an update was overtaken by the next: only then the plot is still in the page
  return () => { if (!root.isConnected) plot.leave(); };
}
