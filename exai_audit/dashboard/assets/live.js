// Keeps the page up to date: the server tells what there is to see, the page fetches it.
(() => {
  "use strict";

  const byId = (id) => document.getElementById(id);
  let number = JSON.parse(byId("sight").textContent).number;
  let isFetching = false;

  function say(state, text) {
    const place = byId("live-state");
    place.dataset.state = state;
    place.textContent = text;
  }

  // What a reader has unfolded stays so: findings by what they say, all else by its place.
  const keyOf = (details) => {
    const item = details.closest("#list > li");
    return item
      ? item.querySelector("summary").textContent
      : `${details.closest("section")?.id} ${details.querySelector("summary").textContent}`;
  };

  function replaceContent(text) {
    const made = new DOMParser().parseFromString(text, "text/html");
    const open = new Set([...document.querySelectorAll("details[open]")].map(keyOf));
    const focused = document.activeElement?.closest("#list > li")?.querySelector("summary")?.textContent;
    for (const selector of ["title", ".masthead", "main", "#score-data", "#result", "#sight"]) {
      const [old, now] = [document.querySelector(selector), made.querySelector(selector)];
      if (old && now) old.replaceWith(document.adoptNode(now));
    }
    for (const details of document.querySelectorAll("details")) {
      if (open.has(keyOf(details))) details.open = true;
    }
    document.dispatchEvent(new Event("content-replaced"));
    if (!focused) return;
    const again = [...document.querySelectorAll("#list summary")].find((one) => one.textContent === focused);
    again?.focus({ preventScroll: true });
  }

  async function update(wanted) {
    if (wanted === number || isFetching) return;
    isFetching = true;
    say("busy", "updating");
    try {
      const answer = await fetch("", { cache: "no-store" });
      if (!answer.ok) throw new Error(answer.statusText);
      const text = await answer.text();
      if (!byId("score-data")) { location.reload(); return; }
      replaceContent(text);
      number = JSON.parse(byId("sight").textContent).number;
      say("", `up to date at ${new Date().toLocaleTimeString()}`);
    } catch {
      say("away", "could not update");
    } finally {
      isFetching = false;
    }
    if (latest !== number) setTimeout(() => update(latest), 200);
  }

  let latest = number;
  const events = new EventSource("events");
  events.addEventListener("sight", (event) => {
    latest = JSON.parse(event.data).number;
    if (latest === number) say("", "up to date");
    update(latest);
  });
  events.addEventListener("error", () => {
    say("away", events.readyState === EventSource.CLOSED ? "the dashboard has ended" : "reconnecting");
  });
})();
