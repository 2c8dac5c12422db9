/* Draws the charts with the page's own colours, again when those change (dark mode, the theme of the page, paper). */
"use strict";
(() => {
  const paper = window.matchMedia("print");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const charts = [...document.querySelectorAll(".chart")].map((box) => {
    const spec = JSON.parse(box.querySelector("script").textContent);
    box.replaceChildren();
    return { box, spec };
  });

  const coloured = (value, style) => {
    if (Array.isArray(value)) return value.map((item) => coloured(item, style));
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coloured(item, style)]));
    }
    const name = typeof value === "string" && value.match(/^var\((--[a-z0-9-]+)\)$/);
    return name ? style.getPropertyValue(name[1]).trim() : value;
  };

  const axis = (given, style, grid) => ({
    gridcolor: "var(--line)", linecolor: "var(--line)", tickcolor: "var(--line)", showgrid: grid, zeroline: false,
    showline: !grid, ticks: grid ? "" : "outside", ticklen: 4, fixedrange: true, automargin: true, ...given,
  });

  const draw = ({ box, spec }) => {
    const style = getComputedStyle(document.documentElement);
    const layout = {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false, autosize: true,
      height: 240, margin: { l: 8, r: 12, t: 8, b: 8 }, separators: document.documentElement.lang === "fr" ? ",\u202f" : ".,", bargap: 0,
      font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: "var(--muted)" },
      hoverlabel: { bgcolor: "var(--text)", bordercolor: "var(--text)", font: { color: "var(--card)" } },
      ...spec.layout,
      xaxis: axis(spec.layout.xaxis, style, false),
      yaxis: axis(spec.layout.yaxis, style, true),
    };
    return Plotly.react(box, coloured(spec.data, style), coloured(layout, style), { displayModeBar: false, responsive: true });
  };

  const drawAll = () => charts.forEach(draw);
  drawAll();
  dark.addEventListener("change", drawAll);
  // A page with a theme of its own names it by an attribute of its root element.
  new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["class", "data-theme"] });
  paper.addEventListener("change", drawAll);
})();
