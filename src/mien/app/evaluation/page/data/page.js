// Reading values off the curves, and putting source and result in one place. The page is whole without it.
"use strict";
(() => {
  const WIDTH = 10000, HEIGHT = 1000;
  const element = (name, className) => Object.assign(document.createElement(name), { className });

  const clock = (seconds) => {
    const hundredths = Math.round(seconds * 100);
    const two = (value) => String(value).padStart(2, "0");
    return `${Math.floor(hundredths / 6000)}:${two(Math.floor(hundredths / 100) % 60)}.${two(hundredths % 100)}`;
  };
  const figure = (value) => {
    if (Math.abs(value) >= 1000) return String(Math.round(value));
    return String(Number(value.toPrecision(3))).replace("-", "\u2212");
  };

  // A line's own path is its data: points in runs, with breaks between them.
  const runsOf = (path) => path.getAttribute("d").split("M").filter(Boolean).map((run) =>
    run.replace("h0", "").split("L").map((point) => point.split(" ").map(Number)));
  const valueAt = (runs, x) => {
    for (const run of runs) {
      if (x < run[0][0] - 25 || x > run[run.length - 1][0] + 25) continue;
      return run.reduce((near, point) => Math.abs(point[0] - x) < Math.abs(near[0] - x) ? point : near)[1];
    }
    return null;
  };

  const charts = [...document.querySelectorAll("figure.chart")].filter((chart) => chart.querySelector(".plot")).map((chart) => {
    const plot = chart.querySelector(".plot");
    const { low, high, stop, rate } = plot.dataset;
    const lines = [...plot.querySelectorAll("path[data-name]")].reverse().map((path) => ({
      name: path.dataset.name, runs: runsOf(path), style: path.getAttribute("class") }));
    const cursor = element("div", "cursor");
    const handle = element("div", "handle");
    plot.append(cursor, handle);
    return { chart, plot, lines, cursor, handle, readout: chart.querySelector(".readout"),
      low: Number(low), high: Number(high), stop: Number(stop), rate: Number(rate) };
  });

  const wordsAt = (chart, x) => {
    const time = x / WIDTH * chart.stop;
    const at = chart.rate ? `${clock(time)}, frame ${Math.round(time * chart.rate)}` : clock(time);
    const values = chart.lines.map((line) => {
      const y = valueAt(line.runs, x);
      return `${line.name} ${y === null ? "\u2013" : figure(chart.low + (1 - y / HEIGHT) * (chart.high - chart.low))}`;
    });
    return [at, ...values];
  };
  const show = (x) => {
    for (const chart of charts) {
      const parts = x === null ? [] : wordsAt(chart, x);
      chart.cursor.style.left = `${(x ?? 0) / WIDTH * 100}%`;
      chart.chart.classList.toggle("reading", x !== null);
      chart.readout.replaceChildren(...parts.map((part) => Object.assign(document.createElement("span"), { textContent: part })));
      if (x !== null) {
        chart.handle.setAttribute("aria-valuenow", (x / WIDTH * chart.stop).toFixed(2));
        chart.handle.setAttribute("aria-valuetext", parts.join("; "));
      }
    }
  };

  let place = 0;
  for (const chart of charts) {
    const at = (event) => {
      const box = chart.plot.getBoundingClientRect();
      return Math.min(WIDTH, Math.max(0, Math.round((event.clientX - box.left) / box.width * WIDTH)));
    };
    const step = () => chart.rate ? WIDTH / (chart.rate * chart.stop) : WIDTH / 200;
    const { handle } = chart;
    handle.tabIndex = 0;
    for (const [name, value] of Object.entries({ role: "slider", "aria-label": `Values of ${chart.chart.dataset.title}`,
      "aria-valuemin": "0", "aria-valuemax": chart.stop.toFixed(2), "aria-valuenow": "0" })) handle.setAttribute(name, value);
    handle.addEventListener("pointermove", (event) => show(place = at(event)));
    handle.addEventListener("pointerdown", (event) => show(place = at(event)));
    handle.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse" && document.activeElement !== handle) show(null); });
    handle.addEventListener("focus", () => { if (handle.matches(":focus-visible")) show(place); });
    handle.addEventListener("blur", () => show(null));
    handle.addEventListener("keydown", (event) => {
      const far = event.shiftKey ? 10 : 1;
      const moves = { ArrowLeft: -far * step(), ArrowRight: far * step(), Home: -WIDTH, End: WIDTH };
      if (event.key === "Escape") return show(null);
      if (!(event.key in moves)) return;
      event.preventDefault();
      show(place = Math.min(WIDTH, Math.max(0, place + moves[event.key])));
    });
  }

  // The eye sees a change best in one place: the source takes the result's place at the press of a button.
  const button = (words, action) => {
    const made = Object.assign(element("button", "tool"), { type: "button", textContent: words });
    made.addEventListener("click", action);
    return made;
  };
  const swap = (image, label, pair) => {
    const toggle = button("Show source here", () => set(toggle.getAttribute("aria-pressed") !== "true"));
    toggle.setAttribute("aria-pressed", "false");
    const set = (on) => {
      const [shown, name] = on ? [pair.source, "Source"] : [pair.result, "Result"];
      Object.assign(image, { src: shown.src, alt: shown.alt });
      label.textContent = name;
      toggle.setAttribute("aria-pressed", String(on));
    };
    return { toggle, set };
  };
  const viewer = element("dialog", "viewer");
  const viewerImage = element("img", ""), viewerLabel = element("span", "viewer-label"), viewerBar = element("div", "viewer-bar");
  const viewerRoom = element("div", "viewer-room");
  viewerRoom.tabIndex = 0;
  viewerRoom.append(viewerImage);
  viewer.append(viewerBar, viewerRoom);
  viewer.addEventListener("click", (event) => { if (event.target === viewer) viewer.close(); });
  document.body.append(viewer);
  const enlarge = (pair) => {
    const { toggle, set } = swap(viewerImage, viewerLabel, pair);
    set(false);
    // Whole multiples keep pixels alike: small faces at 200 % or more where there is room, everything else at 100 %.
    const fits = Math.floor(Math.min(innerWidth * 0.94 / pair.width, (innerHeight * 0.94 - 60) / pair.height));
    const factor = Math.min(4, Math.max(1, fits));
    viewerImage.width = pair.width * factor;
    const size = Object.assign(element("span", "viewer-size"), { textContent: `${factor * 100} %` });
    viewerBar.replaceChildren(viewerLabel, size, toggle, button("Close", () => viewer.close()));
    viewer.setAttribute("aria-label", pair.result.alt);
    viewer.showModal();
    viewerRoom.scrollTo((viewerRoom.scrollWidth - viewerRoom.clientWidth) / 2, (viewerRoom.scrollHeight - viewerRoom.clientHeight) / 2);
  };
  const backs = [];
  for (const found of document.querySelectorAll(".pair")) {
    const [source, result] = found.querySelectorAll("img");
    const pair = { source: { src: source.src, alt: source.alt }, result: { src: result.src, alt: result.alt } };
    [pair.width, pair.height] = ["width", "height"].map((side) => Number(result.getAttribute(side)));
    const { toggle, set } = swap(result, result.parentElement.querySelector(".side"), pair);
    backs.push(() => set(false));
    const tools = element("div", "tools");
    tools.append(toggle, button("Full size", () => enlarge(pair)));
    found.after(tools);
  }
  addEventListener("beforeprint", () => {
    for (const back of backs) back();
    show(null);
  });
})();
