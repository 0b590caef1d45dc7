/* Runs before every script of a measured page, the same for all contenders. Notes which tick each painted frame shows.

   Painted: the page sets `window.desk.drawn` in the animation frame that draws; from each frame's callback a message is posted,
   whose task runs after that frame's style, layout and paint on the main thread; its time is the frame's. */
(() => {
  const probe = (window.benchProbe = { paints: [], longTasks: [], frames: 0 });
  let last = null;
  const channel = new MessageChannel();
  channel.port1.onmessage = () => {
    const drawn = window.desk && window.desk.drawn;
    if (!drawn || drawn.id === last) return;
    last = drawn.id;
    probe.paints.push([performance.timeOrigin + performance.now(), Number(drawn.id), performance.now()]);
  };
  const onFrame = () => {
    probe.frames += 1;
    channel.port2.postMessage(0);
    requestAnimationFrame(onFrame);
  };
  requestAnimationFrame(onFrame);
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) probe.longTasks.push([performance.timeOrigin + entry.startTime, entry.duration]);
  }).observe({ type: "longtask", buffered: true });
})();
