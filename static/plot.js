/* Curves and other charts by Plotly, redrawn in place: zoom, hover and the node itself survive every new figure. */
let library = null;
/** Plotly is large, so it is fetched once, when the first chart is about to be seen. */
const plotly = src => library ??= new Promise((resolve, reject) => {
  if (window.Plotly) return resolve(window.Plotly);
  const script = Object.assign(document.createElement("script"), { src, async: true });
  script.onload = () => resolve(window.Plotly);
  script.onerror = () => { library = null; reject(new Error(`The chart library could not be loaded from ${src}.`)); };
  document.head.append(script);
});

/** "var(--line-1)" -> the theme's colour, anywhere in the figure; Plotly itself does not read css variables. */
const resolve = (part, style) => {
  if (typeof part === "string") return part.includes("var(--") ? part.replace(/var\((--[\w-]+)\)/g, (_, name) => style.getPropertyValue(name).trim()) : part;
  if (Array.isArray(part)) return typeof part[0] === "number" ? part : part.map(item => resolve(item, style));
  return part && typeof part === "object" ? Object.fromEntries(Object.entries(part).map(([key, item]) => [key, resolve(item, style)])) : part;
};

/** What every chart of the page shares; the figure's own layout wins. */
const house = style => {
  const get = name => style.getPropertyValue(name).trim(), axis = {
    gridcolor: get("--line"), zeroline: false, separatethousands: true, linecolor: get("--line-strong"), tickfont: { size: 11 }, title: { font: { size: 11 }, standoff: 8 }, automargin: true,
  };
  return {
    autosize: true, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false, dragmode: "zoom", uirevision: "kept",
    margin: { l: 34, r: 16, t: 12, b: 36 }, font: { family: get("--sans"), size: 11, color: get("--text-3") }, xaxis: { ...axis, showgrid: false }, yaxis: axis,
    hoverlabel: { bgcolor: get("--raised"), bordercolor: get("--line-strong"), font: { family: get("--sans"), size: 12, color: get("--text") } },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: get("--text-3"), activecolor: get("--accent"), orientation: "h" },
  };
};
const merge = (base, over) => {
  const out = { ...base };
  for (const [key, item] of Object.entries(over || {})) out[key] = item && typeof item === "object" && !Array.isArray(item) ? merge(base[key] || {}, item) : item;
  return out;
};
const layoutOf = (figure, style, height) => {
  const shared = house(style), layout = merge(shared, figure.layout);
  for (const name of Object.keys(layout)) if (/^[xy]axis\d/.test(name)) layout[name] = merge(shared.xaxis, layout[name]);
  delete layout.width;
  delete layout.template;
  return { ...layout, height: figure.layout?.height || height };
};

const TABLE = '<button class="b small quiet" data-table aria-pressed="false">Table</button>';

/** props: src (address of plotly.min.js), title and note (heading above, optional), said (aria-label), tall (px), slot, view. */
pg.plot = (element, props, trigger, watch) => {
  const node = document.createElement("div"), parse = pg.reader(), tall = props.tall || 260;
  node.className = "plot";
  node.innerHTML = `${props.title ? `<div class="pt"><h2>${pg.esc(props.title)}</h2><span>${pg.esc(props.note)}</span><span class="grow"></span>${TABLE}</div>` : `<div class="pt bare">${TABLE}</div>`}<div class="chart" role="img" style="height:${tall}px"></div><div class="plot-table" hidden></div><p class="bad" hidden></p>`;
  const chart = node.querySelector(".chart"), bad = node.querySelector(".bad");
  chart.setAttribute("aria-label", props.said || props.title || "chart");
  props.slot ? pg.fillSlot(props.slot, node) : pg.root(element).append(node);

  const swap = node.querySelector("[data-table]"), numbers = node.querySelector(".plot-table");
  let newest = null, latest = null, busy = false, twin = null, figure = null;
  const showTable = () => twin?.draw({ ...pg.plotRows(figure), name: (props.title || "chart").toLowerCase().replace(/\W+/g, "-"), title: "" });
  swap.addEventListener("click", () => {
    const on = numbers.hidden;
    swap.setAttribute("aria-pressed", on);
    twin = on ? pg.tableView(numbers) : null;
    numbers.hidden = !on;
    chart.hidden = on;
    if (on) showTable();
    else { newest = latest; draw(); }
  });
  const draw = async () => {
    if (busy) return;
    busy = true;
    while (newest) {                                                   // figures that arrive meanwhile replace one another
      const value = newest;
      newest = null;
      try {
        const Plotly = await plotly(props.src), style = getComputedStyle(document.body);
        figure = parse("fig", value.fig) || { data: [] };
        showTable();
        if (chart.hidden) continue;                                    // drawn when it is shown again
        await Plotly.react(chart, resolve(figure.data || [], style), resolve(layoutOf(figure, style, tall), style),
          { responsive: true, displaylogo: false, displayModeBar: "hover", modeBarButtons: [["resetScale2d", "toImage"]], doubleClick: "reset" });
        chart.style.height = "";
        if (value.said) chart.setAttribute("aria-label", value.said);
        bad.hidden = true;
      } catch (error) { bad.hidden = false; pg.set(bad, error.message); }
    }
    busy = false;
  };
  pg.mount(props.view || "plot", element, props, watch, value => { newest = latest = value; draw(); });
};
