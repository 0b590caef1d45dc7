/* A position's lines over the charts of its symbol: entry, break-even, stop, target, liquidation. One that is out of view is a
   chip at the edge beyond which it lies, with its distance from the mark. Side charts are small: there only chips have names. Texts
   and prices are the server's; placed by the axes' mapping. */
(() => {
  const desk = (window.desk = window.desk || {});
  const held = new WeakMap(); // overlay → its lines and edges

  function place(chart, root, axes) {
    const rows = desk.state.lines.get(chart.symbol) || [];
    if (!held.has(root)) {
      if (!rows.length) return;
      held.set(root, begin(root));
    }
    const made = held.get(root);
    while (made.lines.length < rows.length) made.lines.push(add(root, made.edges));
    made.lines.forEach((one, i) => (i < rows.length ? show(one, rows[i], axes, Boolean(chart.key)) : hide(one)));
  }

  function begin(root) {
    const edge = (name) => {
      const one = root.appendChild(document.createElement("div"));
      one.className = `edge ${name}`;
      return one;
    };
    return { lines: [], edges: { above: edge("above"), below: edge("below") } };
  }

  function add(root, edges) {
    const element = (parent) => {
      const one = parent.appendChild(document.createElement("div"));
      one.hidden = true;
      return one;
    };
    return { rule: element(root), name: element(root), above: element(edges.above), below: element(edges.below), kind: "" };
  }

  function show(one, row, axes, small) {
    if (one.kind !== row.kind) {
      one.kind = row.kind;
      one.rule.className = `rule line ${row.kind}`;
      one.name.className = `line-name ${row.kind}`;
      one.above.className = one.below.className = `line-name ${row.kind}`;
    }
    const words = small ? row.text.slice(0, row.text.lastIndexOf(" ")) : row.text;
    const away = small || !row.away ? "" : ` · ${row.away}`;
    const y = axes.y(row.price);
    const beyond = y < 0 ? "above" : y > axes.height ? "below" : "";
    for (const edge of ["above", "below"]) {
      if (edge === beyond) say(one[edge], `${edge === "above" ? "▲" : "▼"} ${words}${away}`);
      else desk.overlay.hide(one[edge]);
    }
    if (beyond) {
      desk.overlay.hide(one.rule);
      desk.overlay.hide(one.name);
      return;
    }
    desk.overlay.put(one.rule, axes.left, axes.top + y);
    if (!small) desk.overlay.put(one.name, axes.left, axes.top + y, words);
  }

  function say(element, words) {
    if (element.textContent !== words) element.textContent = words;
    if (element.hidden) element.hidden = false;
  }

  function hide(one) {
    for (const name of ["rule", "name", "above", "below"]) desk.overlay.hide(one[name]);
  }

  desk.lines = { place };
})();
