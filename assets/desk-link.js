/* How frames come: by our WebSocket when it works, by the Interval's callback always. One of them draws at a time.
   The Interval never stops: while the socket draws it is the witness that the server is ahead of the page or not.
   With --transport websocket it is nothing else: without a socket the picture stands, and the page says so. */
(() => {
  const desk = (window.desk = window.desk || {});

  const WATCH_MS = 100;
  const TRAIL_MS = 1000; // the socket says nothing while the server goes on: dropped
  const DOUBT_MS = 600; // the server beats twice a second; from here on the witness is asked often
  const SILENT_MS = 3000;
  const CHAIN_MS = 5000;
  const REARM_MS = 500;
  const RETRY_MS = [1000, 30_000];
  const GROWTH = 1.5;

  const newId = () => crypto.getRandomValues(new Uint32Array(4)).reduce((text, n) => text + n.toString(16).padStart(8, "0"), "");
  const pageId = newId();
  const link = {
    transport: "interval", // who draws; "none": only the socket may, and it is down
    reason: "",
    rtts: [],
  };
  let socket = null;
  let socketAt = 0; // its last message
  let openedAt = 0;
  let waitsSince = 0; // the server says that a frame it sent was not acknowledged
  const owed = { websocket: null, interval: null }; // applied and not yet drawn: {received, epoch, version}
  let answeredAt = 0;
  let failed = false; // an Interval request ended without an answer: its chain is dead
  let armedAt = 0;
  let requestMs = null;
  let hurried = false;
  let ahead = null; // what the witness knows: {epoch, version, at}
  let tries = 0;
  let retry = 0;

  const now = () => performance.now();
  const set = (id, props) => window.dash_clientside.set_props(id, props);
  const fallback = () => (desk.config && desk.config.transport === "websocket" ? "none" : "interval");
  const interval_ms = () => (desk.state.throttle && desk.state.throttle.interval_ms) || desk.config.interval_ms;

  link.start = () => {
    answeredAt = socketAt = desk.word.spoken(now());
    if (link.transport === "interval") link.transport = fallback();
    if (desk.config.transport === "interval" && socket) {
      socket.close();
      socket = null;
    }
    watchRequests();
    tell();
    setInterval(watch, WATCH_MS);
    addEventListener("online", () => {
      rearm();
      clearTimeout(retry);
      tries = 0;
      if (!socket) connect();
    });
    addEventListener("visibilitychange", () => {
      socketAt = openedAt = now(); // hidden it was not listened to: its silence begins now
      waitsSince = 0;
      link.view();
    });
  };

  const view = () => ({
    page_id: pageId,
    epoch: desk.state.epoch,
    version: desk.state.version,
    symbol: desk.choice.symbol,
    window: desk.choice.window,
    charts: desk.config ? desk.config.charts.map((chart) => chart.join(" ")) : null, // null: as the server was told to
    visible: !document.hidden,
  });

  /* What the page shows has changed. */
  link.view = () => {
    if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: "view", ...view() }));
    tell();
  };

  /* The page's state for the next Interval request; `anew`: as if the page held nothing. */
  function tell(draw_ms, anew) {
    const cost = draw_ms === undefined || requestMs === null ? null : requestMs + draw_ms;
    const cursor = anew ? { epoch: "", version: -1 } : {};
    set("page-state", { data: { ...view(), ...cursor, draw_ms: draw_ms === undefined ? null : draw_ms, cost_ms: cost, transport: link.transport } });
  }

  /* Called at the end of every animation frame that drew. Returns when the newly drawn frame had come, or null. */
  link.applied = (draw_ms, ready) => {
    const { websocket: pushed, interval: polled } = owed;
    if (!ready || (!pushed && !polled)) return null;
    owed.websocket = owed.interval = null;
    if (pushed && socket && socket.readyState === WebSocket.OPEN) {
      const { epoch, version } = pushed;
      const wait_ms = round(now() - pushed.received - draw_ms); // for the animation frame
      waitsSince = 0; // whoever still waits after this says so in the next beat
      socket.send(JSON.stringify({ type: "ack", epoch, version, draw_ms: round(draw_ms), wait_ms }));
      if (link.transport !== "websocket") takeOver();
    }
    if (polled && link.transport === "interval") tell(round(draw_ms));
    return (pushed || polled).received;
  };

  /* The first full frame by WebSocket is on screen: from here on it draws. */
  function takeOver() {
    link.transport = "websocket";
    link.reason = "";
    tries = 0;
    tell();
    desk.draw.dirty("header");
  }

  const round = (ms) => Math.round(ms * 100) / 100;

  /* One writer: while the socket's first frame waits to be drawn, an answer of the Interval would change what the socket's
     next ones build on. */
  function take(frame, via, received) {
    if (via === "interval" && owed.websocket) return;
    if (desk.apply(frame, received, true)) {
      owed[via] = { received, epoch: desk.state.epoch, version: frame.version };
      if (via === "interval") tell(); // the next request may leave before this is drawn
    }
    desk.draw.wake();
  }

  /* The Interval's answer: the picture when the Interval draws, else health and how far the server is. */
  function receive(text) {
    if (!text || !desk.config) return;
    const at = now();
    const frame = JSON.parse(text);
    answeredAt = desk.word.spoken(at);
    failed = false;
    if (link.transport === "interval" && !frame.witness) return take(frame, "interval", at);
    desk.apply(frame, at, false);
    if (link.transport === "none") return;
    if (link.transport === "interval") return set("beat", { interval: 50 }); // asked as a witness, answers too late for that
    if (!ahead || ahead.epoch !== frame.epoch || frame.epoch !== desk.state.epoch || desk.state.version >= ahead.version) {
      ahead = { epoch: frame.epoch, version: frame.version, at };
    }
    if (hurried) set("beat", { interval: 150 });
  }
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.desk = { receive };

  /* The first time before the page's tree stands, so that the picture waits for the charts and not they for it. */
  function connect() {
    if (desk.config && desk.config.transport === "interval") return;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const one = (socket = new WebSocket(`${scheme}://${location.host}/ws/desk`));
    socketAt = now();
    one.onopen = () => {
      openedAt = now();
      one.send(JSON.stringify({ type: "view", ...view() }));
    };
    one.onclose = () => {
      if (one !== socket) return;
      if (link.transport === "websocket") desk.word.closed();
      drop("the frame channel was closed");
    };
    one.onmessage = (event) => {
      if (one !== socket) return;
      const at = now();
      socketAt = desk.word.spoken(at);
      hurried = false;
      const message = JSON.parse(event.data);
      if (message.type === "beat") {
        one.send(JSON.stringify({ type: "beat", id: message.id }));
        waitsSince = message.waits ? waitsSince || at : 0;
        if (typeof message.rtt_ms === "number") heard(message.rtt_ms);
        desk.state.now_ms = message.epoch === desk.state.epoch ? message.now_ms : desk.state.now_ms;
        desk.state.now_at = at;
      } else if (message.full || link.transport === "websocket") {
        take(message, "websocket", at);
      }
    };
  }

  /* The socket no longer draws: the next Interval answer is a full frame, and the socket is tried again later. */
  function drop(reason) {
    const old = socket;
    socket = null;
    if (old) old.close();
    ahead = null;
    hurried = false;
    waitsSince = 0;
    owed.websocket = null;
    if (link.transport !== "interval") link.reason = reason;
    if (link.transport === "websocket") {
      link.transport = fallback();
      tell(undefined, true);
      set("beat", { interval: 50 });
      desk.draw.dirty("header");
    }
    const delay = Math.min(RETRY_MS[0] * GROWTH ** tries++, RETRY_MS[1]) * (0.8 + 0.4 * Math.random());
    clearTimeout(retry);
    retry = setTimeout(connect, delay);
  }

  function watch() {
    const at = now();
    const hidden = document.hidden;
    if (socket && socket.readyState !== WebSocket.CONNECTING && !hidden) {
      const silent = at - socketAt;
      if (silent > SILENT_MS) drop("the frame channel fell silent");
      else if (link.transport !== "websocket" && at - openedAt > 2 * SILENT_MS) drop("the frame channel did not begin");
      else if (waitsSince && at - waitsSince > TRAIL_MS) drop("a frame could not be shown");
      else if (link.transport === "websocket" && silent > DOUBT_MS) {
        if (!hurried) set("beat", { interval: 50 });
        hurried = true;
        const known = ahead && (ahead.epoch !== desk.state.epoch || ahead.version > desk.state.version) && at - ahead.at > 150;
        if (silent > TRAIL_MS && known) drop("the frame channel stood still");
      }
    } else if (socket && at - socketAt > 2 * SILENT_MS && socket.readyState === WebSocket.CONNECTING) {
      drop("the frame channel did not open");
    }
    const silence = at - answeredAt;
    if (failed ? at - armedAt > REARM_MS : silence > Math.max(3 * interval_ms(), CHAIN_MS) && at - armedAt > CHAIN_MS) rearm();
  }

  /* A request that died on the network leaves the Interval disabled for ever: start it again. */
  function rearm() {
    armedAt = now();
    failed = false;
    set("beat", { disabled: false, interval: Math.min(interval_ms(), REARM_MS) });
  }

  /* The browser's own record of each request: how long it took, and whether it ever got an answer. */
  function watchRequests() {
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (!entry.name.includes("_dash-update-component")) continue;
        failed = entry.responseStatus === 0;
        if (failed) {
          armedAt = now();
          desk.word.missed();
        } else {
          requestMs = entry.responseEnd - entry.startTime;
          if (link.transport === "interval" || !link.rtts.length) heard(requestMs); // a busy socket may not beat for long
        }
      }
    }).observe({ type: "resource" });
  }

  function heard(rtt_ms) {
    link.rtts.push(rtt_ms);
    if (link.rtts.length > 60) link.rtts.shift();
  }

  link.noWord = () => desk.word.silence(link.transport === "interval" ? interval_ms() : 0);

  /* Why nothing can move although the server talks, else empty. */
  link.stopped = () => {
    if (link.transport !== "none") return "";
    return link.reason ? "no WebSocket: picture stopped" : "waiting for the WebSocket";
  };

  desk.link = Object.assign(link, { connect, newId });
})();
