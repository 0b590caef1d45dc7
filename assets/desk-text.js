/* Values → texts in the trader's form: prices, times in the chosen zone, ages, spans. Pure but for the chosen zone. */
(() => {
  const desk = (window.desk = window.desk || {});
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const lengths = { "1s": 1e3, "1m": 6e4, "5m": 3e5, "15m": 9e5, "1h": 36e5, "1d": 864e5 }; // ms
  const formats = new Map();
  const two = (n) => (n < 10 ? "0" + n : String(n));

  function fixed(value, decimals) {
    if (!formats.has(decimals)) {
      formats.set(decimals, new Intl.NumberFormat("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals }));
    }
    const text = formats.get(decimals).format(value);
    return /[1-9]/.test(text) ? text.replace("-", "−") : text.replace("-", ""); // there is no minus zero
  }

  const signed = (value, decimals) => {
    const text = fixed(value, decimals);
    return (value > 0 && /[1-9]/.test(text) ? "+" : "") + text;
  };

  /* How many decimals the instrument's prices have. */
  function decimals(symbol) {
    const status = desk.state.status && desk.state.status.symbols[symbol];
    const step = status && status.tick_size;
    return step ? Math.max(0, Math.min(8, Math.round(-Math.log10(step) + 0.49))) : 2;
  }

  const price = (symbol, value) => (value === null || value === undefined ? "–" : fixed(value, decimals(symbol)));

  /* {year, month, day, h, m, s, ms} of an instant in the chosen zone. */
  function parts(ms) {
    const local = desk.choice.zone === "local";
    const date = new Date(local ? ms - new Date(ms).getTimezoneOffset() * 60_000 : ms);
    return {
      year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate(),
      h: date.getUTCHours(), m: date.getUTCMinutes(), s: date.getUTCSeconds(), ms: date.getUTCMilliseconds(),
    };
  }

  function clock(ms, fine) {
    const at = parts(ms);
    const text = `${two(at.h)}:${two(at.m)}:${two(at.s)}`;
    return fine ? `${text}.${String(at.ms).padStart(3, "0")}` : text;
  }

  function day(ms, withYear) {
    const at = parts(ms);
    return `${two(at.day)} ${MONTHS[at.month]}${withYear ? " " + at.year : ""}`;
  }

  /* An axis label: as fine as the interval, with the day where the recording's day is not today. */
  function axis(ms, interval, dated) {
    if (ms === null) return "";
    if (interval === "1d") return day(ms, false);
    const time = interval === "" || interval === "1s" ? clock(ms) : clock(ms).slice(0, 5);
    return dated || interval === "1h" ? `${day(ms, false)} ${time}` : time;
  }

  /* The room that one such label needs, with some air. */
  function axisPx(interval, dated) {
    if (interval === "1d") return 72;
    if (interval === "1h") return 104;
    return (interval === "" || interval === "1s" ? 78 : 60) + (dated ? 44 : 0);
  }

  function age(ms) {
    if (ms === null || ms === undefined) return "–";
    if (ms < 10_000) return `${fixed(Math.max(0, ms) / 1000, 1)} s`;
    return span(ms);
  }

  function span(ms) {
    const s = Math.max(0, Math.round(ms / 1000));
    if (s < 120) return `${s} s`;
    if (s < 7200) return `${Math.floor(s / 60)} min`;
    return `${Math.floor(s / 3600)} h`;
  }

  /* 0:23 · 41:07 · 5:41:07 until a bar closes. */
  function countdown(ms) {
    const s = Math.max(0, Math.ceil(ms / 1000));
    const tail = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
    return s >= 3600 ? `${Math.floor(s / 3600)}:${tail}` : tail.replace(/^0/, "");
  }

  desk.text = { lengths, fixed, signed, decimals, price, clock, day, axis, axisPx, age, span, countdown };
})();
