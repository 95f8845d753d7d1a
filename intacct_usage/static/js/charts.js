// The usage chart. Data comes from a json_script block; colours from the style sheet, so that themes hold here too.
// The unfinished month is dashed and hollow; a month that was not fetched is a gap. Arrow keys read month by month.
"use strict";
(() => {
  const { Chart } = window;
  if (!Chart) return;
  const grouped = new Intl.NumberFormat(document.documentElement.lang || "en-GB");
  const charts = new Map();

  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const colour = (name) => { // resolves light-dark(), which a plain property read does not
    probe.style.color = `var(${name})`;
    return window.getComputedStyle(probe).color;
  };
  const seriesColour = (slot) => colour(slot ? `--series-${slot}` : "--series-other");
  const faded = (rgb, alpha) => rgb.replace("rgb(", "rgba(").replace(")", `, ${alpha})`);

  // Colour is not the only difference: every second series is striped, and what remains is dotted.
  const pattern = (context, rgb, kind, alpha) => {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const pen = tile.getContext("2d");
    pen.fillStyle = alpha < 1 ? faded(rgb, alpha) : rgb;
    pen.fillRect(0, 0, 8, 8);
    pen.strokeStyle = pen.fillStyle = colour("--surface");
    pen.globalAlpha = 0.55;
    pen.lineWidth = 1.6;
    pen.beginPath();
    if (kind === "stripes") {
      for (const start of [-8, 0, 8]) { pen.moveTo(start, 8); pen.lineTo(start + 8, 0); }
      pen.stroke();
    } else {
      pen.arc(4, 4, 1.3, 0, 7);
      pen.fill();
    }
    return context.createPattern(tile, "repeat");
  };
  const kindOf = (slot) => (slot === 0 ? "dots" : slot % 2 === 0 ? "stripes" : "plain");
  const fill = (context, slot, alpha) => {
    const rgb = seriesColour(slot);
    if (kindOf(slot) === "plain") return alpha < 1 ? faded(rgb, alpha) : rgb;
    return pattern(context, rgb, kindOf(slot), alpha);
  };

  const lineSet = (data, name) => {
    const brand = colour("--series-1");
    return {
      type: "line", label: name, data: data.totals, borderColor: brand, borderWidth: 2.5, tension: 0, spanGaps: false,
      pointRadius: 4, pointHoverRadius: 6, pointBorderWidth: 2, pointBorderColor: brand,
      pointBackgroundColor: data.unfinished.map((open) => (open ? colour("--surface") : brand)),
      segment: { borderDash: (part) => (data.unfinished[part.p1DataIndex] ? [6, 5] : undefined) },
      backgroundColor: faded(brand, 0.12), fill: "origin",
    };
  };
  const barSet = (context, data, one) => ({
    type: "bar", label: one.name, data: one.values, stack: "all", maxBarThickness: 64, borderSkipped: false,
    backgroundColor: one.values.map((_, at) => fill(context, one.slot, data.unfinished[at] ? 0.45 : 1)),
    borderColor: one.values.map((_, at) => (data.unfinished[at] ? seriesColour(one.slot) : colour("--surface"))),
    borderWidth: one.values.map((_, at) => (data.unfinished[at] ? { top: 2, right: 1, bottom: 2, left: 1 } : 1)),
  });
  // The parts of an unfinished month are outlined in their own colours, so the gap between them is drawn afterwards.
  const gaps = {
    id: "gaps",
    afterDatasetsDraw: (chart) => {
      const { data } = charts.get(chart.canvas) || {};
      if (!data || data.view !== "stacked") return;
      chart.ctx.fillStyle = colour("--surface");
      for (const { data: bars } of chart.getSortedVisibleDatasetMetas().slice(1)) {
        for (const [at, bar] of bars.entries()) {
          if (data.unfinished[at] && bar.base > bar.y) chart.ctx.fillRect(bar.x - bar.width / 2, bar.base - 1, bar.width, 2);
        }
      }
    },
  };

  // In short lines: a wide one would push the neighbour's month off a phone.
  const monthLines = (data, at) => [data.labels[at], ...(data.states[at].match(/.{1,9}(?: |$)/g) || [])];
  const label = (data, at) => (data.states[at] ? `${data.labels[at]} (${data.states[at]})` : data.labels[at]);

  const options = (data) => {
    const ink = colour("--ink-soft");
    const font = { family: window.getComputedStyle(document.body).fontFamily, size: 12 };
    return {
      animation: false, responsive: true, maintainAspectRatio: false, interaction: { mode: "index", intersect: false },
      plugins: {
        legend: { display: false },
        tooltip: {
          backgroundColor: colour("--ink"), titleColor: colour("--surface"), bodyColor: colour("--surface"),
          footerColor: colour("--surface"), padding: 10, titleFont: font, bodyFont: font, footerFont: font,
          itemSort: (a, b) => b.datasetIndex - a.datasetIndex,
          callbacks: {
            title: (items) => label(data, items[0].dataIndex),
            label: (item) => ` ${item.dataset.label}: ${grouped.format(item.raw)}`,
            footer: (items) => (items.length > 1 ? `Total: ${grouped.format(data.totals[items[0].dataIndex])}` : ""),
          },
        },
      },
      scales: {
        x: { stacked: true, grid: { display: false }, border: { color: colour("--line-strong") },
          ticks: { color: ink, font, maxRotation: 0, autoSkipPadding: 12, callback: (_, at) => monthLines(data, at) } },
        y: { stacked: data.view === "stacked", beginAtZero: true, grid: { color: colour("--line") }, border: { display: false },
          ticks: { color: ink, font, precision: 0, maxTicksLimit: 6, callback: (value) => grouped.format(value) } },
      },
    };
  };

  const legend = (canvas, data) => {
    const list = document.querySelector(`[data-chart-legend="${canvas.id}"]`);
    if (!list || data.view !== "stacked") return;
    list.hidden = false;
    list.replaceChildren(...data.series.map((one) => {
      const item = document.createElement("li");
      const mark = document.createElement("canvas");
      mark.width = mark.height = 14;
      mark.setAttribute("aria-hidden", "true");
      const pen = mark.getContext("2d");
      pen.fillStyle = fill(pen, one.slot, 1);
      pen.fillRect(0, 0, 14, 14);
      item.append(mark, document.createTextNode(one.name));
      return item;
    }));
  };

  const draw = (frame) => {
    const canvas = frame.querySelector("canvas");
    const data = JSON.parse(document.getElementById(frame.dataset.chart).textContent);
    const context = canvas.getContext("2d");
    const datasets = data.view === "stacked"
      ? data.series.map((one) => barSet(context, data, one))
      : [lineSet(data, data.measure === "records" ? "Records" : "Transactions")];
    if (charts.has(canvas)) charts.get(canvas).chart.destroy();
    const entry = { data, at: -1 };
    charts.set(canvas, entry); // before the chart, which draws at once
    entry.chart = new Chart(context, { data: { labels: data.labels, datasets }, options: options(data), plugins: [gaps] });
    legend(canvas, data);
  };

  const show = (canvas, at) => {
    const entry = charts.get(canvas);
    entry.at = Math.max(0, Math.min(entry.data.labels.length - 1, at));
    const active = entry.chart.data.datasets.map((_, datasetIndex) => ({ datasetIndex, index: entry.at }));
    entry.chart.setActiveElements(active);
    entry.chart.tooltip.setActiveElements(active, { x: 0, y: 0 });
    entry.chart.update("none");
    const value = entry.data.totals[entry.at];
    const parts = entry.data.view === "stacked"
      ? entry.data.series.map((one) => `${one.name} ${grouped.format(one.values[entry.at] || 0)}`) : [];
    const said = value === null ? "not fetched" : [grouped.format(value), ...parts].join(", ");
    document.getElementById(`${canvas.id}-said`).textContent = `${label(entry.data, entry.at)}: ${said}`;
  };

  const hide = (canvas) => {
    const entry = charts.get(canvas);
    entry.at = -1;
    entry.chart.setActiveElements([]);
    entry.chart.tooltip.setActiveElements([], { x: 0, y: 0 });
    entry.chart.update("none");
  };

  document.addEventListener("keydown", (event) => {
    const entry = charts.get(event.target);
    if (!entry) return;
    const last = entry.data.labels.length - 1;
    const to = { ArrowLeft: entry.at < 0 ? last : entry.at - 1, ArrowRight: entry.at + 1, Home: 0, End: last }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      show(event.target, to);
    } else if (event.key === "Escape") hide(event.target);
  });
  document.addEventListener("focusin", (event) => {
    if (charts.has(event.target) && event.target.matches(":focus-visible")) show(event.target, Infinity);
  });
  document.addEventListener("focusout", (event) => { if (charts.has(event.target)) hide(event.target); });

  // The picture stands alone: what it shows and as of when, a demo mark, the chart, and which colour is which filter.
  const EDGE = 16, LINE = 18, SWATCH = 14, LABEL_AT = 21;
  const fontOf = (weight, size) => `${weight} ${size}px ${window.getComputedStyle(document.body).fontFamily}`;

  const wrapped = (pen, text, width) => { // a word that is wider than the picture is broken
    const lines = [];
    let line = "";
    for (const word of text.split(" ")) {
      const longer = line ? `${line} ${word}` : word;
      if (pen.measureText(longer).width <= width) { line = longer; continue; }
      if (line) lines.push(line);
      line = word;
      while (line && pen.measureText(line).width > width) {
        const letters = [...line];
        let fits = letters.length;
        while (fits > 1 && pen.measureText(letters.slice(0, fits).join("")).width > width) fits -= 1;
        lines.push(letters.slice(0, fits).join(""));
        line = letters.slice(fits).join("");
      }
    }
    return line ? [...lines, line] : lines;
  };

  const headOf = (pen, data, words, width) => [
    { text: `Usage by month: ${data.measure}`, font: fontOf(600, 16), ink: "--ink" },
    { text: words.said, font: fontOf(400, 12), ink: "--ink-soft" },
    { text: words.demo, font: fontOf(600, 12), ink: "--warn" },
  ].flatMap((part) => {
    pen.font = part.font;
    return wrapped(pen, part.text, width).map((text) => ({ ...part, text }));
  });

  const legendOf = (pen, data, width) => { // as many to a row as there is room for
    pen.font = fontOf(400, 12);
    let x = 0, y = 0, rowHeight = 0;
    const places = (data.view === "stacked" ? data.series : []).map((one) => {
      const lines = wrapped(pen, one.name, width - LABEL_AT);
      const across = LABEL_AT + Math.max(0, ...lines.map((text) => pen.measureText(text).width));
      if (x && x + across > width) { x = 0; y += rowHeight; rowHeight = 0; }
      const place = { slot: one.slot, lines, x, y };
      x += across + EDGE;
      rowHeight = Math.max(rowHeight, lines.length * LINE);
      return place;
    });
    return { places, height: y + rowHeight };
  };

  const pictureOf = (canvas, words) => { // on the page's own ground: a transparent picture is unreadable elsewhere
    const { data } = charts.get(canvas);
    const picture = document.createElement("canvas");
    const pen = picture.getContext("2d");
    const { clientWidth, clientHeight } = canvas, scale = canvas.width / clientWidth;
    const head = headOf(pen, data, words, clientWidth), legend = legendOf(pen, data, clientWidth);
    const chartAt = EDGE + head.length * LINE + EDGE, legendAt = chartAt + clientHeight + EDGE;
    picture.width = Math.ceil((clientWidth + 2 * EDGE) * scale);
    picture.height = Math.ceil((legend.height ? legendAt + legend.height + EDGE : legendAt) * scale);
    pen.scale(scale, scale);
    pen.fillStyle = colour("--surface");
    pen.fillRect(0, 0, picture.width, picture.height);
    pen.textBaseline = "middle";
    for (const [at, line] of head.entries()) {
      pen.font = line.font;
      pen.fillStyle = colour(line.ink);
      pen.fillText(line.text, EDGE, EDGE + (at + 0.5) * LINE);
    }
    pen.drawImage(canvas, EDGE, chartAt, clientWidth, clientHeight);
    pen.font = fontOf(400, 12);
    for (const { slot, lines, x, y } of legend.places) {
      pen.fillStyle = fill(pen, slot, 1);
      pen.fillRect(EDGE + x, legendAt + y + (LINE - SWATCH) / 2, SWATCH, SWATCH);
      pen.fillStyle = colour("--ink");
      for (const [at, text] of lines.entries()) pen.fillText(text, EDGE + x + LABEL_AT, legendAt + y + (at + 0.5) * LINE);
    }
    return picture;
  };

  const savePng = (canvas, words) => pictureOf(canvas, words).toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = words.fileName;
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-chart-png]");
    if (button) savePng(document.getElementById(button.dataset.chartPng), button.dataset);
  });

  const drawAll = () => document.querySelectorAll("[data-chart]").forEach(draw);
  document.addEventListener("theme:changed", drawAll);
  drawAll();
})();
