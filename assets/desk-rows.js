/* What the tables share: the grid of a name, and which rows of it came, changed or went. */
(() => {
  const desk = (window.desk = window.desk || {});

  function grid(id) {
    try {
      return window.dash_ag_grid.getApi(id);
    } catch {
      return null; // not mounted yet
    }
  }

  /* From the rows that are shown to those that are to be, both by id: the grid takes only what differs. */
  function change(shown, rows) {
    const add = [], update = [], remove = [];
    for (const [id, row] of rows) {
      if (!shown.has(id)) add.push(row);
      else if (shown.get(id) !== row) update.push(row);
    }
    for (const id of shown.keys()) if (!rows.has(id)) remove.push({ id });
    return { add, update, remove };
  }

  desk.rows = { grid, change };
})();
