// Small things that every page can do.
"use strict";
(() => {
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("[data-submits]")) event.target.form.requestSubmit();
  });
  // What is typed into a form that is kept is saved before the page goes on by itself, or another form of it is sent.
  const save = async (form) => {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
    if (answer.ok || answer.type === "opaqueredirect") delete form.dataset.typed;
  };
  const typed = (but) => [...document.querySelectorAll("form[data-kept][data-typed]")].filter((form) => form !== but);
  window.saveTyped = (but) => Promise.all(typed(but).map((form) => save(form).catch(() => {})));
  document.addEventListener("input", (event) => {
    const kept = event.target.form;
    if (kept?.dataset.kept) kept.dataset.typed = "yes";
  });
  // A field that leaves of a list what has all its words.
  document.addEventListener("input", (event) => {
    const list = event.target.dataset?.filters && document.getElementById(event.target.dataset.filters);
    if (!list) return;
    const words = plain(event.target.value).split(/\s+/).filter(Boolean);
    const fits = (text) => words.every((word) => plain(text || "").includes(word));
    const items = [...list.children];
    // Where the name itself has all the words, what only has to do with them is left out.
    const named = items.some((item) => fits(item.dataset.title)) && items[0].dataset.title !== undefined;
    let left = 0;
    for (const item of items) {
      item.hidden = !fits(named ? item.dataset.title : item.dataset.words || item.textContent);
      left += item.hidden ? 0 : 1;
    }
    const none = document.getElementById(`${list.id}-none`);
    if (none) none.hidden = left > 0;
  });
  const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f]/g, "");
  document.addEventListener("submit", (event) => {
    const ask = event.target.dataset?.confirm;
    const saved = event.target.dataset.saved;
    if (ask && !saved && !window.confirm(ask)) { event.preventDefault(); return; }
    if (!saved && !event.target.target && typed(event.target).length) {
      event.preventDefault();
      event.target.dataset.saved = "yes";
      window.saveTyped(event.target).finally(() => { event.target.requestSubmit(event.submitter); delete event.target.dataset.saved; });
      return;
    }
    // A second click while the first is on its way does nothing.
    if (event.target.dataset.sent) event.preventDefault();
    else if (!event.target.target) { event.target.dataset.sent = "yes"; setTimeout(() => delete event.target.dataset.sent, 3000); }
  });
  // A click on a picture fills in the place.
  document.addEventListener("click", (event) => {
    const form = event.target.matches?.("img.pick") && event.target.closest("[data-pick]");
    if (!form) return;
    const box = event.target.getBoundingClientRect();
    form.elements.x.value = Math.min(99, 100 * (event.clientX - box.left) / box.width).toFixed(1);
    form.elements.y.value = Math.min(99, 100 * (event.clientY - box.top) / box.height).toFixed(1);
  });
  // Two videos that show the same moment of the movement: one moves, the other follows.
  document.addEventListener("click", (event) => {
    const together = event.target.closest?.("[data-together]");
    if (!together) return;
    const videos = [...document.querySelectorAll(`#${together.dataset.together} video`)];
    const playing = videos.some((video) => !video.paused && !video.ended);
    for (const video of videos) {
      if (playing) video.pause();
      else { video.currentTime = Number(video.dataset.from || 0); video.play(); }
    }
    together.setAttribute("aria-pressed", String(!playing));
  });
})();
