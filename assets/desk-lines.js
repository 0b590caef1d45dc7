/* A position's lines over the tick chart: entry, break-even, stop, target, liquidation. One that is out of view is a chip at the
   edge beyond which it lies, with its distance from the mark. Texts and prices are the server's; placed by the axes' mapping. */
(() => {
  const desk = (window.desk = window.desk || {});
  const made = { root: null, lines: [], edges: {} };

  function place(symbol, root, axes) {
    const rows = desk.state.lines.get(symbol) || [];
    if (!rows.length && !made.lines.length) return;
    if (made.root !== root) begin(root);
    while (made.lines.length < rows.length) made.lines.push(add());
    made.lines.forEach((one, i) => (i < rows.length ? show(one, rows[i], axes) : hide(one)));
  }

  function begin(root) {
    Object.assign(made, { root, lines: [], edges: {} });
    for (const edge of ["above", "below"]) {
      made.edges[edge] = root.appendChild(document.createElement("div"));
      made.edges[edge].className = `edge ${edge}`;
    }
  }

  function add() {
    const element = (parent) => {
      const one = parent.appendChild(document.createElement("div"));
      one.hidden = true;
      return one;
    };
    return { rule: element(made.root), name: element(made.root), above: element(made.edges.above), below: element(made.edges.below), kind: "" };
  }

  function show(one, row, axes) {
    if (one.kind !== row.kind) {
      one.kind = row.kind;
      one.rule.className = `rule line ${row.kind}`;
      one.name.className = `line-name ${row.kind}`;
      one.above.className = one.below.className = `line-name ${row.kind}`;
    }
    const y = axes.y(row.price);
    const beyond = y < 0 ? "above" : y > axes.height ? "below" : "";
    for (const edge of ["above", "below"]) {
      if (edge === beyond) say(one[edge], `${edge === "above" ? "▲" : "▼"} ${row.text}${row.away && ` · ${row.away}`}`);
      else desk.overlay.hide(one[edge]);
    }
    if (beyond) {
      desk.overlay.hide(one.rule);
      desk.overlay.hide(one.name);
      return;
    }
    desk.overlay.put(one.rule, axes.left, axes.top + y);
    desk.overlay.put(one.name, axes.left, axes.top + y, row.text);
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
