// A chart in its place: it follows its size and the theme, and is hidden where there is nothing to draw.

import { by } from "./dom.js";
import { init } from "../vendor/echarts.min.js";

const NAMES = ["ink", "soft", "line", "panel", "bg", "ok", "warn", "bad", "pvpc", "spot", "p1", "p2", "p3", "p4", "p5", "p6",
  "optimal", "moderate", "reduced", "halt", "product-1", "product-2", "product-3", "product-4", "low", "high"];

export class Canvas {
  // build(data, ink, node) gives ECharts' option, or null where there is nothing to draw.
  constructor(id, build) {
    this.id = id;
    this.build = build;
    this.data = null;
    this.chart = null;
    document.addEventListener("theme", () => this.draw(this.data));
  }

  draw(data) {
    this.data = data;
    const node = by(this.id);
    if (!node || !data) return;
    if (this.chart && this.chart.getDom() !== node) this.close();
    node.hidden = false; // its size is known only while it is shown
    const option = this.build(data, paint(node), node);
    node.hidden = !option;
    if (!option) return;
    this.chart ??= this.open(node);
    this.chart.setOption({ animation: false, ...option }, { notMerge: true });
    node.dataset.drawn = "";
  }

  open(node) {
    const chart = init(node);
    let width = node.clientWidth;
    this.watch = new ResizeObserver(() => {
      if (node.hidden || node.clientWidth === width) return;
      width = node.clientWidth;
      chart.resize();
      this.draw(this.data);
    });
    this.watch.observe(node);
    this.onOpen?.(chart);
    return chart;
  }

  close() {
    this.watch.disconnect();
    this.chart.dispose();
    this.chart = null;
  }
}

// The style sheet's colours as the canvas wants them, in the theme of the moment.
function paint(node) {
  const probe = node.ownerDocument.createElement("span");
  node.after(probe);
  const read = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = Object.fromEntries(NAMES.map((name) => [name, read(name)]));
  probe.remove();
  const style = getComputedStyle(node);
  const size = Math.round(0.85 * parseFloat(getComputedStyle(node.ownerDocument.documentElement).fontSize));
  return { ...colours, size, small: size - 1, font: style.fontFamily, band: Number(style.getPropertyValue("--band")) };
}
