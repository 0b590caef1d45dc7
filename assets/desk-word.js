/* Does the server still speak? Two signs of its loss together say no at once; one alone waits for its budget. */
(() => {
  const desk = (window.desk = window.desk || {});
  const NO_WORD_MS = 2000;
  const CUT_MS = 700; // without a word since the drawing socket closed

  const word = { at: 0 }; // when the server last said anything
  let closedAt = 0; // the drawing socket was closed, and nothing was said since
  let misses = 0; // requests in a row that died on the network

  word.spoken = (at) => {
    closedAt = misses = 0;
    return (word.at = at);
  };
  word.closed = () => (closedAt = performance.now());
  word.missed = () => {
    misses++;
    desk.draw.dirty("ages");
  };

  /* Null while the server talks; else how long it has said nothing, in ms. `polled_ms`: how often it is asked, where nobody
     but the Interval brings its word. */
  word.silence = (polled_ms) => {
    const at = performance.now();
    const cut = closedAt ? misses > 0 || at - closedAt > CUT_MS : misses > 1;
    return cut || at - word.at > Math.max(NO_WORD_MS, polled_ms + 1500) ? at - word.at : null;
  };

  desk.word = word;
})();
