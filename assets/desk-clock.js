/* The source's clocks as they stand now. They run on between two frames, in replay as in life. */
(() => {
  const desk = (window.desk = window.desk || {});
  const RUNS_ON_MS = 2000;

  /* The receiver's clock: ages, and how long something has lasted. */
  desk.now = (at) => (desk.state.now_ms === null ? null : desk.state.now_ms + Math.min(at - desk.state.now_at, RUNS_ON_MS));

  /* The venue's clock, by which bars roll: the receiver's less the least delay of the symbol's prints, and never before a
     time that was already seen of it. */
  desk.venueNow = (symbol, at) => {
    const clock = desk.now(at);
    if (clock === null) return null;
    const { status, ticks, bars } = desk.state;
    const delay = (status && status.symbols[symbol] && status.symbols[symbol].least_delay_ms) || 0;
    const seen = [ticks.get(symbol), ...[...bars].map(([key, held]) => (key.startsWith(symbol + " ") ? held : null))];
    return seen.reduce((newest, held) => (held && held.rows.length ? Math.max(newest, held.rows[held.rows.length - 1][0]) : newest), clock - delay);
  };
})();
