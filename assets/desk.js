/* The page's state and its boot: what the server said (desk.state), what the reader chose (desk.choice), and who is told.
   Draws nothing and talks to nobody: desk-link.js brings frames, desk-draw.js draws, in animation frames only. */
(() => {
  const desk = (window.desk = window.desk || {});

  const KEPT_BUCKETS = 3000;
  const KEPT_BARS = 500;

  desk.drawn = null; // {symbol, id, price, ts_event_ns} of the newest tick on screen, set in the frame that draws it
  desk.config = null;
  desk.state = empty();
  desk.choice = Object.assign({ zone: "utc", colours: "teal", signals: "on", symbol: "", window: "200" }, stored());

  function empty() {
    return {
      epoch: "", version: -1, now_ms: null, now_at: 0, recv_ms: null,
      ticks: new Map(), buckets: new Map(), bars: new Map(), quotes: new Map(), markers: new Map(), gaps: new Map(), lines: new Map(),
      positions: new Map(), orders: new Map(), risk: null, equity: null, alerts: null, totals: null, status: null, status_at: 0, throttle: null, errors: {},
      prices: new Map(), // by symbol: the newest price that any section brought
      seen: new Map(), // by symbol: page time of the newest evidence of a tick or quote
    };
  }

  /* Applies one frame. `picture` false: another transport draws, take only what it says about health.
     Returns true when the state is now at the frame's version. */
  desk.apply = (frame, at, picture) => {
    const sections = frame.sections || [];
    if (!picture) {
      for (const section of sections) if (section.s === "status" || section.s === "throttle") take[section.s](section, at, frame);
      return false;
    }
    let state = desk.state;
    const epoch = frame.epoch ?? state.epoch; // by WebSocket only full frames name it
    if (epoch === state.epoch ? frame.version < state.version : !frame.full) return false;
    if (frame.full) {
      const fresh = empty();
      fresh.throttle = state.throttle;
      desk.state = fresh;
      desk.draw.replaced(epoch !== state.epoch);
      state = fresh;
    }
    state.epoch = epoch;
    state.version = frame.version;
    if (frame.now_ms !== undefined) [state.now_ms, state.now_at] = [frame.now_ms, at];
    state.recv_ms = null;
    state.errors = frame.errors || {};
    for (const section of sections) if (take[section.s]) take[section.s](section, at, frame);
    if (frame.errors) desk.draw.dirty("ages");
    return true;
  };

  const take = {
    ticks(section, at, frame) {
      const held = desk.state.ticks.get(section.symbol);
      const missing = held ? section.n - held.n : Infinity;
      const rows = missing > section.rows.length ? section.rows : held.rows.concat(missing ? section.rows.slice(-missing) : []);
      const ring = desk.config ? desk.config.ring : Infinity;
      const kept = rows.length > ring ? rows.slice(-ring) : rows;
      desk.state.ticks.set(section.symbol, { n: section.n, id: section.id, rows: kept });
      if (kept.length) desk.state.prices.set(section.symbol, kept[kept.length - 1][1]);
      if (missing > 0 && kept.length) evidence(section.symbol, "tick", at - (frame.recv_ms || 0));
      if (held && missing > 0 && !frame.full) desk.state.recv_ms = frame.recv_ms ?? null; // a latency only of what just came
      desk.draw.dirty("ticks", section.symbol);
    },
    buckets(section) {
      desk.state.buckets.set(section.symbol, upserted(section.reset ? [] : desk.state.buckets.get(section.symbol), section.rows, KEPT_BUCKETS));
      desk.draw.dirty("ticks", section.symbol);
    },
    bars(section) {
      const key = `${section.symbol} ${section.interval}`;
      const held = desk.state.bars.get(key);
      const rows = upserted(section.reset || !held ? [] : held.rows, section.rows, KEPT_BARS);
      desk.state.bars.set(key, { rows, note: section.note || "" });
      if (rows.length) priced(section.symbol, rows[rows.length - 1][4]);
      desk.draw.dirty("bars", key);
    },
    quote(section, at, frame) {
      desk.state.quotes.set(section.symbol, { ...desk.state.quotes.get(section.symbol), ...section });
      if (!frame.full) evidence(section.symbol, "quote", at); // in a full frame it may be old: the status says how old
      desk.draw.dirty("quote", section.symbol);
    },
    markers(section) {
      desk.state.markers.set(section.symbol, section);
      desk.draw.dirty("ticks", section.symbol);
      desk.draw.dirty("header"); // its legend keeps the score
    },
    gaps(section) {
      desk.state.gaps.set(section.symbol, section.rows);
      desk.draw.dirty("ticks", section.symbol);
    },
    lines(section) {
      desk.state.lines.set(section.symbol, section.rows);
      desk.draw.dirty("ticks", section.symbol);
      for (const key of desk.state.bars.keys()) if (key.startsWith(`${section.symbol} `)) desk.draw.dirty("bars", key);
    },
    status(section, at) {
      desk.state.status = section;
      desk.state.status_at = at;
      for (const [symbol, one] of Object.entries(section.symbols)) {
        priced(symbol, one.last);
        if (one.tick_age_ms !== null) evidence(symbol, "tick", at - one.tick_age_ms);
        if (one.quote_age_ms !== null) evidence(symbol, "quote", at - one.quote_age_ms);
      }
      desk.draw.dirty("header");
      desk.draw.dirty("ages");
      desk.draw.dirty("table");
    },
    positions(section, at) {
      desk.state.positions = reconciled(section, desk.state.positions, at);
      if (section.totals) desk.state.totals = section.totals;
      desk.draw.dirty("table");
    },
    orders(section, at) {
      desk.state.orders = reconciled(section, desk.state.orders, at);
      desk.draw.dirty("table");
    },
    risk(section) {
      desk.state.risk = { ...desk.state.risk, ...section };
      desk.draw.dirty("table");
    },
    equity(section) {
      desk.state.equity = section;
      desk.draw.dirty("table");
    },
    alerts(section) {
      desk.state.alerts = section;
      desk.alerts.came(section);
      desk.draw.dirty("table");
    },
    journal: () => desk.journal.came(),
    throttle(section) {
      desk.state.throttle = section;
      desk.draw.dirty("header");
    },
  };

  function reconciled(section, held, at) {
    const rows = section.reset ? new Map() : held;
    for (const id of section.remove || []) rows.delete(id);
    for (const row of section.upsert || []) rows.set(row.id, { ...rows.get(row.id), ...row, at });
    return rows;
  }

  /* A price without its tick; the main symbol has its ticks, and no price beside theirs. */
  function priced(symbol, price) {
    const ticked = symbol === desk.choice.symbol && desk.state.ticks.has(symbol);
    if (!ticked && price !== null && price !== undefined) desk.state.prices.set(symbol, price);
  }

  function evidence(symbol, kind, at) {
    const seen = desk.state.seen.get(symbol) || { tick: null, quote: null };
    if (seen[kind] === null || at > seen[kind]) seen[kind] = at;
    desk.state.seen.set(symbol, seen);
  }

  /* Rows ordered by their first cell, a start time; later rows win. */
  function upserted(held, rows, keep) {
    const out = held ? held.slice() : [];
    for (const row of rows) {
      let at = out.length;
      while (at && out[at - 1][0] > row[0]) at--;
      if (at && out[at - 1][0] === row[0]) out[at - 1] = row;
      else out.splice(at, 0, row);
    }
    return out.length > keep ? out.slice(-keep) : out;
  }

  desk.choose = (name, value) => {
    desk.choice[name] = value;
    try {
      localStorage.setItem("desk", JSON.stringify(desk.choice));
    } catch {
      /* private windows may refuse: the choice then lasts as long as the page */
    }
    show();
  };

  function stored() {
    try {
      return JSON.parse(localStorage.getItem("desk")) || {};
    } catch {
      return {};
    }
  }

  function show() {
    document.documentElement.dataset.colours = desk.choice.colours;
    for (const button of document.querySelectorAll("[data-set]")) {
      button.setAttribute("aria-pressed", String(desk.choice[button.dataset.set] === button.dataset.value));
    }
    for (const button of document.querySelectorAll("[data-window]")) {
      button.setAttribute("aria-pressed", String(desk.choice.window === button.dataset.window));
    }
    desk.draw.restyle();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || !desk.config) return;
    if (button.dataset.set) desk.choose(button.dataset.set, button.dataset.value);
    if (button.dataset.window) {
      desk.choose("window", button.dataset.window);
      desk.draw.reset(0);
      desk.link.view();
    }
    if (button.dataset.traces) desk.draw.toggle(button);
    if (button.dataset.tab) {
      document.getElementById("side").dataset.shown = button.dataset.tab;
      for (const tab of document.querySelectorAll("[data-tab]")) tab.setAttribute("aria-pressed", String(tab === button));
      desk.draw.everything();
    }
    if (button.className === "return") desk.draw.live(button.id.replace("return-", ""));
  });

  document.addEventListener("change", (event) => {
    if (event.target.id !== "symbol") return;
    desk.choose("symbol", event.target.value);
    window.dash_clientside.set_props("ticket-symbol", { value: event.target.value }); // what is looked at is what is traded
    desk.draw.reset(0);
    desk.link.view();
  });

  /* Dash renders the tree some time after this script runs: the boot waits for it. */
  function boot() {
    const root = document.getElementById("desk");
    const graphs = root ? [...root.querySelectorAll(".graph .js-plotly-plot")] : [];
    if (!root || !graphs.length || graphs.length < root.querySelectorAll(".graph").length || !graphs.every(desk.plot.ready)) {
      setTimeout(boot, 20);
      return;
    }
    desk.draw.start();
    show();
  }

  function prepare() {
    const root = document.getElementById("desk");
    if (!root) return setTimeout(prepare, 10);
    desk.config = JSON.parse(root.dataset.config);
    if (!desk.config.symbols.includes(desk.choice.symbol)) desk.choice.symbol = desk.config.symbols[0];
    if (!["200", "1m", "5m"].includes(desk.choice.window)) desk.choice.window = "200";
    if (desk.choice.symbol !== desk.config.symbols[0]) {
      for (const id of ["symbol", "ticket-symbol"]) window.dash_clientside.set_props(id, { value: desk.choice.symbol });
    }
    desk.link.start();
    desk.head.start();
    desk.table.start();
    desk.orders.start();
    desk.risk.start();
    desk.alerts.start();
    desk.ticket.start();
    desk.margin.start();
    desk.reset.start();
    desk.keys.start();
    boot();
  }

  /* The scripts load in the order of their names, this one last. */
  desk.link.connect();
  prepare();
})();
