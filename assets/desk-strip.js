/* The strip under the header: one line of words, what matters most first, and the button that asks for the venue.
   It is always there, so nothing moves when it speaks. */
(() => {
  const desk = (window.desk = window.desk || {});
  const ALIVE = ["live", "replay"];
  const ANSWER_MS = 10_000; // for so long an answer to a click stands here
  const ASK_MS = 5000; // for so long the button asks before it closes positions
  const DOUBLE_CLICK_MS = 400;
  const byId = (id) => document.getElementById(id);
  let answered = "";
  let askedAt = -Infinity;

  function start() {
    byId("try-live").addEventListener("click", tried);
  }

  /* Another source closes whatever is open: the first click asks, the second does it. */
  function tried() {
    const since = performance.now() - askedAt;
    if (asks() && since < DOUBLE_CLICK_MS) return;
    if (closes() && !asks()) {
      askedAt = performance.now();
      setTimeout(() => desk.draw.dirty("header"), ASK_MS + 50);
      return button(desk.state.status);
    }
    askedAt = -Infinity;
    tryLive();
  }

  const replayed = () => desk.state.status.feed.kind === "replay";
  const closes = () => (replayed() ? desk.state.positions.size : 0);
  const asks = () => closes() > 0 && performance.now() - askedAt < ASK_MS;

  /* In a replay: the venue again. While the next try is waited for: not to wait. */
  async function tryLive() {
    const answer = await desk.send.post(replayed() ? "/api/feed/live" : "/api/feed/retry", {}).catch(() => null);
    const refused = answer === null ? "the server was not reached" : answer.status < 400 ? "" : answer.content.message || `HTTP ${answer.status}`;
    const words = (answered = refused && `live not tried: ${refused}`);
    if (words) setTimeout(() => (answered = answered === words ? "" : answered), ANSWER_MS);
    desk.draw.dirty("header"); // and with every status
  }

  function draw(status) {
    const { feed } = status;
    const { text, attribute, worded, silence } = desk.head;
    const said = answered ? [answered] : [];
    said.push(...desk.alerts.loud());
    if (feed.label) said.push(`${feed.label}: recorded market, not live`);
    if (status.notice) said.push(status.notice); // before the reasons, which may be long
    if (feed.chosen_because) said.push(feed.chosen_because);
    else if (feed.kind === "replay" && feed.reason) said.push(feed.reason);
    if (!ALIVE.includes(feed.state)) said.push(stateWords(feed));
    if (desk.link.reason && desk.config.transport !== "interval") said.push(`${desk.link.reason}: ${desk.link.transport === "none" || silence() ? "trying again" : "polling meanwhile"}`);
    if (!desk.config.state_changes_allowed) said.push("read-only: this address is not loopback");
    const odd = Object.entries(status.symbols).filter(([, one]) => one.reason && one.reason !== feed.reason && one.state !== "connecting");
    for (const [symbol, one] of odd) said.push(`${symbol} ${ALIVE.includes(one.state) ? one.reason : worded(one.state, one.reason)}`);
    const words = [...new Set(said)].join(" · ") || desk.config.account_kind; // what is traded, where there is nothing else to say
    text("strip-text", words);
    attribute(byId("strip"), "title", words);
    attribute(byId("strip"), "data-off", feed.kind === "replay" || feed.state !== "live" || odd.length || desk.alerts.loud().length ? "yes" : "");
    button(status);
  }

  function button({ feed }) {
    const waits = !replayed() && feed.retry_in_ms !== null && !ALIVE.includes(feed.state);
    const count = closes();
    const asked = `again closes ${count} position${count === 1 ? "" : "s"}`;
    desk.head.text("try-live", asks() ? asked : replayed() ? "try live again" : "try now");
    byId("try-live").hidden = !(desk.config.state_changes_allowed && ((replayed() && feed.chosen_because) || waits));
  }

  /* reconnecting for 12 s, 3rd try in 5 s: why. Both numbers go on here; whoever makes the connection says `attempt`. */
  function stateWords(feed) {
    const at = performance.now();
    const clock = desk.now(at);
    let words = desk.head.worded(feed.state, feed.reason);
    const made = feed.attempt > 0 || feed.state === "connecting" || feed.state === "reconnecting";
    if (made && clock !== null) words = words.replace(feed.state, `${feed.state} for ${desk.text.span(clock - feed.since_ms)}`);
    if (feed.retry_in_ms === null || desk.head.silence()) return words;
    const retry = `in ${Math.max(0, Math.ceil((feed.retry_in_ms - (at - desk.state.status_at)) / 1000))} s`;
    return /\btry\b/.test(words) ? words.replace(/\btry\b/, `try ${retry}`) : `${words} · next try ${retry}`;
  }

  desk.strip = { start, draw };
})();
