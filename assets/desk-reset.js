/* The account begun anew: the first press asks the server what it would mean, the second one within some seconds does it. */
(() => {
  const desk = (window.desk = window.desk || {});
  const byId = (id) => document.getElementById(id);
  const CONFIRM_MS = 8000;
  let asked = null; // {confirm, until}: what the server wants to hear, and how long the question stands
  let ends = 0;

  function start() {
    document.addEventListener("click", (event) => {
      if (event.target.closest("#reset-account") && event.detail < 2) press();
    });
  }

  async function press() {
    const confirm = asked && performance.now() < asked.until ? asked.confirm : "";
    become(null, "…");
    const { status, content } = await desk.send.post("/api/account/reset", { confirm }).catch(() => ({ status: 0, content: {} }));
    if (status === 200) return become(null, `${content.account.id} has begun anew`);
    const question = content.confirm && { confirm: content.confirm, until: performance.now() + CONFIRM_MS };
    become(question, content.message || "no answer: look at the balance before you ask again");
  }

  function become(question, words) {
    asked = question;
    clearTimeout(ends);
    if (question) ends = setTimeout(() => become(null, ""), CONFIRM_MS);
    byId("reset-account").textContent = question ? "confirm reset" : "reset account";
    byId("reset-said").textContent = words;
    byId("reset-said").title = words;
  }

  desk.reset = { start };
})();
