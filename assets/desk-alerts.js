/* The tab `Alerts`: what rang and was not seen yet, sound and desktop notification, and the rules. The server rings. */
(() => {
  const desk = (window.desk = window.desk || {});
  const byId = (id) => document.getElementById(id);
  const WITHOUT_LEVEL = ["lock", "feed", "liquidated"];
  const OF_SYMBOL = ["price", "spread"];
  const alerts = { sounded: 0, notified: 0 };
  let known = null; // alert id → how often it had rung; null before the first word: what rang before is not rung again
  let epoch = "";
  let drawn = null;
  let edited = null; // the rule that the form shows
  let audio = null;

  function start() {
    byId("rule-kind")?.addEventListener("change", fit);
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button || event.detail > 1) return;
      const rule = button.dataset.rule && desk.state.alerts?.rules.find((one) => one.rule_id === button.dataset.rule);
      if (button.id === "alerts-seen") ask("/api/alerts/seen", {});
      if (button.dataset.seen) ask("/api/alerts/seen", { alert_id: button.dataset.seen });
      if (button.id === "alert-sound") sound();
      if (button.id === "rule-send") send();
      if (button.id === "rule-drop") edit(null);
      if (rule && button.dataset.flag) flag(rule, button.dataset.flag);
      if (rule && button.dataset.edit) edit(rule);
      if (rule && button.dataset.gone) ask(`/api/alerts/rules/${rule.rule_id}`, undefined, "DELETE");
    });
    fit();
  }

  /* With the frame, also while the page is hidden: that is what sound and notification are for. */
  function came(section) {
    const before = epoch === desk.state.epoch ? known : null;
    epoch = desk.state.epoch;
    known = new Map(section.alerts.map((one) => [one.alert_id, one.count]));
    const fresh = before ? section.alerts.filter((one) => !one.seen_ms && one.count > (before.get(one.alert_id) || 0)) : [];
    if (fresh.some((one) => one.sound) && desk.choice.sound !== "off") beep(fresh.some((one) => one.severe));
    for (const one of fresh) if (one.notify) notify(one);
    if (fresh.length) desk.draw.dirty("header");
  }

  function beep(severe) {
    if (!navigator.userActivation?.hasBeenActive) return; // a browser is silent until the page was clicked once
    alerts.sounded++;
    try {
      audio = audio || new AudioContext();
      audio.resume();
      for (const [i, pitch] of (severe ? [880, 660, 880] : [660]).entries()) {
        const tone = audio.createOscillator();
        const volume = audio.createGain();
        const from = audio.currentTime + i * 0.16;
        tone.frequency.value = pitch;
        volume.gain.setValueAtTime(0.12, from);
        volume.gain.exponentialRampToValueAtTime(0.001, from + 0.15);
        tone.connect(volume).connect(audio.destination);
        tone.start(from);
        tone.stop(from + 0.15);
      }
    } catch {
      /* no sound device: the line and the tab say it */
    }
  }

  function notify(one) {
    if (!("Notification" in window) || Notification.permission !== "granted") return;
    alerts.notified++;
    new Notification("Scalping desk", { body: one.text, tag: one.alert_id });
  }

  function sound() {
    desk.choose("sound", desk.choice.sound === "off" ? "on" : "off");
    drawn = null;
    desk.draw.dirty("table");
  }

  /* What must not be overlooked, for the strip: severe and not seen. What stands there anyway is not said twice. */
  const held = (one) => (one.kind === "lock" && desk.state.risk?.locked) || desk.state.status?.notice.includes(one.text);
  const loud = () => (desk.state.alerts?.alerts || []).filter((one) => one.severe && !one.seen_ms && !held(one)).slice(-1).map((one) => `alert ${desk.text.clock(one.last_ms)}: ${one.text}`);

  const body = (rule) => {
    const { rule_id, kind, symbol, way, level, severe, sound, notify, on } = rule;
    return { rule_id, kind, symbol, way, level, severe, sound, notify, on };
  };

  function flag(rule, name) {
    if (name === "notify" && !rule.notify && "Notification" in window) Notification.requestPermission();
    ask("/api/alerts/rules", { ...body(rule), [name]: !rule[name] });
  }

  const value = (name) => (byId(`rule-${name}`)?.value || "").trim();
  const set = (name, text) => window.dash_clientside.set_props(`rule-${name}`, { value: text });

  function edit(rule) {
    edited = rule;
    byId("rule-send").textContent = rule ? "save" : "add";
    byId("rule-drop").hidden = !rule;
    if (rule) {
      set("kind", rule.kind);
      if (rule.symbol) set("symbol", rule.symbol);
      if (rule.way) set("way", rule.way);
    }
    set("level", rule?.level || "");
    setTimeout(fit, 50);
  }

  async function send() {
    const kind = value("kind");
    const rule = { ...(edited ? body(edited) : { sound: true }), kind };
    rule.symbol = OF_SYMBOL.includes(kind) ? value("symbol") : null;
    rule.way = kind === "price" ? value("way") : null;
    rule.level = WITHOUT_LEVEL.includes(kind) ? null : value("level") || null;
    if (await ask("/api/alerts/rules", rule)) edit(null);
  }

  async function ask(path, wish, method) {
    const { status, content } = await desk.send.post(path, wish, method).catch(() => ({ status: 0, content: {} }));
    byId("rule-answer").textContent = status === 200 ? "" : `✕ ${content.message || "no answer: look whether it was done"}`;
    return status === 200;
  }

  function fit() {
    const kind = value("kind");
    const show = { symbol: OF_SYMBOL.includes(kind), way: kind === "price", level: !WITHOUT_LEVEL.includes(kind) };
    for (const [name, on] of Object.entries(show)) if (byId(`rule-${name}`)) byId(`rule-${name}`).hidden = !on;
  }

  function draw() {
    const held = desk.state.alerts;
    if (!held || held === drawn || !byId("alert-list")) return;
    drawn = held;
    const unseen = held.alerts.filter((one) => !one.seen_ms);
    byId("tab-alerts").textContent = `Alerts ${unseen.length || ""}`.trim();
    byId("tab-alerts").dataset.state = unseen.some((one) => one.severe) ? "locked" : unseen.length ? "warned" : "";
    byId("alert-sound").setAttribute("aria-pressed", String(desk.choice.sound !== "off"));
    byId("alert-sound").textContent = desk.choice.sound === "off" ? "sound off" : "sound on";
    byId("alert-list").replaceChildren(...(held.alerts.length ? [...held.alerts].reverse().map(line) : [part("span", "weak", "nothing rang")]));
    byId("rule-list").replaceChildren(...held.rules.map(ruled));
  }

  function line(one) {
    const row = part("div", one.seen_ms ? "weak" : one.severe ? "act" : "");
    row.append(part("span", "number weak", desk.text.clock(one.last_ms)), part("span", "words", one.count > 1 ? `${one.text} (${one.count}×)` : one.text));
    if (!one.seen_ms) row.append(chip("seen", { seen: one.alert_id }, `seen: ${one.text}`));
    return row;
  }

  function ruled(rule) {
    const row = part("div", rule.on ? "" : "weak");
    const toggle = (words, name) => chip(words, { rule: rule.rule_id, flag: name }, `${words}: ${rule.words}`, rule[name]);
    const own = [chip("edit", { rule: rule.rule_id, edit: "yes" }, `edit: ${rule.words}`), chip("delete", { rule: rule.rule_id, gone: "yes" }, `delete: ${rule.words}`)];
    row.append(part("span", "words", rule.words), toggle("on", "on"), toggle("sound", "sound"), toggle("desktop", "notify"), ...own);
    return row;
  }

  function part(tag, kind, words = "") {
    const made = document.createElement(tag);
    made.className = kind;
    made.textContent = words;
    return made;
  }

  function chip(words, dataset, label, pressed) {
    const made = part("button", "chip", words);
    made.type = "button";
    Object.assign(made.dataset, dataset);
    made.title = label;
    made.setAttribute("aria-label", label);
    if (pressed !== undefined) made.setAttribute("aria-pressed", String(pressed));
    return made;
  }

  desk.alerts = Object.assign(alerts, { start, came, draw, loud });
})();
