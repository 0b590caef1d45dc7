/* One chart: its data, what the reader did to it, and how it is brought up to date: a cheap write of the moving parts, or,
   when data leave the axes, a full redraw by Plotly. When either happens is desk-draw.js's business. */
(() => {
  const desk = (window.desk = window.desk || {});
  const SHRINK_MS = 2000; // a range that became too wide is corrected at most this often
  const DRIFT_MS = 3000;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  class Chart {
    /* `key`: "" for ticks (the main symbol), else "ETH/USDT 1m". */
    constructor(id, key) {
      this.id = id;
      this.key = key;
      this.gd = document.getElementById(id).querySelector(".js-plotly-plot");
      this.panel = document.getElementById(`panel-${id}`);
      this.error = "";
      this.compatible = false;
      this.prices = []; // [page time, price], for the drift
      this.paint();
      this.live();
      this.hidden = false; // watched, not asked: to ask for a box in every frame has the page laid out twice
      new ResizeObserver(([entry]) => {
        this.hidden = !entry.contentRect.width;
        this.stale = true;
        desk.draw.wake();
      }).observe(this.gd);
      const tell = this.gd.emit; // Dash answers a relayout by plotting its figure anew: of ours it does not hear
      this.gd.emit = (name, change) => (name === "plotly_relayout" && desk.plot.ours(this.gd, change) ? true : tell(name, change));
      this.gd.on("plotly_relayout", (change) => desk.reader.moved(this, Object.keys(change)));
      desk.reader.follow(this);
      this.gd.on("plotly_doubleclick", () => desk.draw.live(this.id));
      this.gd.on("plotly_restyle", () => this.renew());
      this.gd.on("plotly_afterplot", () => {
        desk.plot.forget(this.gd);
        if (desk.plot.axes(this.gd).width !== this.wide) this.renew(); // other room, other labels
        this.stale = true; // drawn by Plotly (a resize, say): our paths must be written again
        desk.draw.wake();
      });
    }

    get symbol() {
      return this.key ? this.key.slice(0, this.key.lastIndexOf(" ")) : desk.choice.symbol;
    }

    get interval() {
      return this.key && this.key.slice(this.key.lastIndexOf(" ") + 1);
    }

    /* Follow the newest value again, on axes of our choosing. */
    live() {
      this.ownX = this.ownY = false;
      this.frozen = null;
      this.renew();
    }

    renew() {
      this.full = true;
      this.stale = true;
      this.fullAt = -Infinity;
    }

    /* The picture of the newest state, or null when there is nothing to show. */
    now() {
      const state = desk.state;
      if (this.key) {
        const held = state.bars.get(this.key);
        if (!held || !held.rows.length) return null;
        const room = desk.config.side_bars;
        const rows = this.ownX ? held.rows : held.rows.slice(-room); // older ones cost, and only who pans back sees them
        return { ...desk.series.ofBars(rows, room, desk.text.lengths[this.interval]), last: rows[rows.length - 1][4] };
      }
      const { window } = desk.choice;
      const held = state.ticks.get(this.symbol);
      const buckets = state.buckets.get(this.symbol) || [];
      if (!held || !held.rows.length || (window !== "200" && !buckets.length)) return null;
      const gaps = state.gaps.get(this.symbol) || [];
      const picture = window === "200" ? desk.series.ofTicks(held, desk.config.ring, gaps) : desk.series.ofBuckets(buckets, window, gaps);
      return { ...picture, held, last: held.rows[held.rows.length - 1][1] };
    }

    /* Brings the picture up to date by writing. Says whether Plotly must redraw: "" | "soon" | "now". */
    write(at) {
      const current = this.now();
      if (!current) return this.blank();
      this.pictured = this.symbol;
      if (!this.panel.dataset.drawn) this.panel.dataset.drawn = "yes";
      const picture = this.frozen || current;
      this.current = current;
      this.picture = picture;
      if (this.gd.layout !== this.scene) this.paint(); // Dash plotted its own figure once more, as it may while it mounts
      this.give(picture);
      if (this.full) return "now";
      let need = this.scale(picture, at);
      if (this.compatible) need = need || "soon";
      else if (!this.paths(picture)) {
        this.full = true; // nodes that only Plotly can make, such as a trace's first marker
        need = "now";
      }
      desk.times.name(this, picture);
      desk.overlay.place(this, picture, current);
      this.stale = false;
      return need;
    }

    /* Nothing to show: neither another symbol's or epoch's picture stays, nor axes that were never drawn for data. */
    blank() {
      this.stale = false;
      if (!this.panel.dataset.drawn) return "";
      this.picture = this.current = null;
      delete this.panel.dataset.drawn;
      desk.cross.show(this);
      return "";
    }

    /* Plotly's turn. Only the price range changed: it redraws that axis. Else all: axes, labels, markers, hover. Our own
       paths follow at once. */
    redraw(at) {
      const { gd, picture } = this;
      if (!picture) return;
      const { low, high } = this.extent(picture);
      const range = this.ownY ? null : desk.series.range(null, low, high, this.drift(at, picture.last), this.step(), true);
      this.fullAt = at;
      if (!this.full && !this.compatible && range) {
        desk.plot.rerange(gd, range);
        this.paths(picture);
      } else {
        this.arrange(picture, range);
        this.full = false;
        desk.plot.redraw(gd);
        this.compatible = !this.paths(picture) && picture.xs.length > 2;
      }
      this.stale = false;
      desk.times.name(this, picture);
      desk.overlay.place(this, picture, this.current);
    }

    arrange(picture, range) {
      const { layout } = this.gd;
      if (!this.ownX) layout.xaxis.range = this.home(picture);
      if (range) layout.yaxis.range = range;
      layout.yaxis2.range = [0, Math.max(picture.top, 1e-9) * 4.6];
      layout.yaxis.tickformat = `,.${desk.text.decimals(this.symbol)}f`;
      const [from, to] = layout.xaxis.range.map(Number);
      this.wide = desk.plot.axes(this.gd).width;
      layout.xaxis.tickvals = desk.series.places(from, to, desk.times.room(this));
      layout.xaxis.ticktext = [...desk.times.labels(this, picture).values()].map((text) => text || "\u00a0"); // an empty one would get no node
    }

    /* Plotly's own copy of the data, always as fresh as the picture. */
    give(picture) {
      const data = this.gd.data;
      const { bars } = picture;
      Object.assign(data[1], { x: bars.xs, y: bars.ys, width: picture.width });
      data[1].marker.color = bars.sides.map((side) => this.colours[side + 1]);
      if (this.key) {
        const column = (i) => picture.rows.map((row) => row[i]);
        Object.assign(data[0], { x: picture.xs, open: column(1), high: column(2), low: column(3), close: column(4) });
        return;
      }
      Object.assign(data[0], { x: picture.line.xs, y: picture.line.ys });
      this.marks = desk.overlay.marks(this.symbol, picture);
      this.marks.forEach((group, i) => Object.assign(data[2 + i], { x: group.xs, y: group.ys, text: group.texts }));
    }

    paths(picture) {
      const { gd } = this;
      const { bars } = picture;
      if (this.key) {
        return desk.plot.bars(gd, 1, bars.xs, bars.ys, bars.sides, picture.width, this.colours) && desk.plot.candles(gd, 0, picture, this.candleStyles);
      }
      return (
        desk.plot.line(gd, 0, picture.line.xs, picture.line.ys) &&
        desk.plot.bars(gd, 1, bars.xs, bars.ys, bars.sides, picture.width, this.colours) &&
        this.marks.every((group, i) => desk.plot.markers(gd, 2 + i, group.xs, group.ys, group.texts))
      );
    }

    /* Do the axes still serve? The volume axis has no labels: it is stretched without a redraw. */
    scale(picture, at) {
      const { gd } = this;
      const axes = desk.plot.axes(gd);
      const top = axes.y2Range[1];
      if (picture.top > top / 3.5 || picture.top < top / 12) desk.plot.stretch(gd, "yaxis2", [0, Math.max(picture.top, 1e-9) * 4.6]);
      let need = "";
      if (!this.ownY) {
        const rested = at - this.fullAt > SHRINK_MS;
        const drift = this.drift(at, picture.last);
        const { low, high } = this.extent(picture);
        if (desk.series.range(axes.yRange, low, high, drift, this.step(), false)) need = "now";
        else if (rested && desk.series.range(axes.yRange, low, high, drift, this.step(), true)) need = "soon";
      }
      return need;
    }

    /* What the price axis has to hold: all of the picture, or what the reader zoomed to. */
    extent(picture) {
      return this.ownX ? picture.between(...this.gd.layout.xaxis.range.map(Number)) : picture;
    }

    drift(at, price) {
      const prices = this.prices;
      if (!prices.length || at - prices[prices.length - 1][0] > 100) prices.push([at, price]);
      while (prices.length && at - prices[0][0] > DRIFT_MS) prices.shift();
      const values = prices.map((one) => one[1]);
      return values.length > 1 ? Math.max(...values) - Math.min(...values) : 0;
    }

    step() {
      const status = desk.state.status && desk.state.status.symbols[this.symbol];
      return (status && status.tick_size) || 0.01;
    }

    home(picture) {
      const width = picture.newest + 1;
      return this.key ? [-1, picture.newest + 3] : [-width * 0.005, picture.newest + width * 0.035];
    }

    /* Colours from the style sheet into Plotly's scene and our own paths. */
    paint() {
      const [up, down, neither] = ["--up", "--down", "--neither"].map(colour);
      this.colours = this.key ? [colour("--down-soft"), neither, colour("--up-soft")] : [down, neither, up];
      this.candleStyles = [[colour("--panel"), up], [down, down]];
      const { data, layout } = this.gd;
      this.scene = layout;
      if (this.key) {
        data[0].increasing = { line: { color: up, width: 1 }, fillcolor: colour("--panel") };
        data[0].decreasing = { line: { color: down, width: 1 }, fillcolor: down };
      } else {
        [up, down, up, down].forEach((one, i) => {
          data[2 + i].marker.color = one;
          data[2 + i].marker.line.color = one;
        });
      }
      this.full = true;
    }
  }

  desk.Chart = Chart;
})();
