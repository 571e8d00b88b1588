// Hands a video file to the server piece by piece, as the recorder does: from a file field or dropped on it.
"use strict";
(() => {
  const PIECE_BYTES = 4 * 1024 * 1024;

  async function ask(path, body) {
    const answer = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(found.error || answer.statusText);
    return found;
  }

  async function upload(place, file) {
    const state = place.querySelector(".upload-state"), bar = place.querySelector("progress");
    const about = JSON.parse(place.dataset.upload);
    place.dataset.failed = "";
    bar.hidden = false;
    bar.value = 0;
    state.textContent = file.name;
    try {
      const { id } = await ask("/recordings", { ...about.of, kind: (file.type || "").split(";")[0], camera: "" });
      for (let piece = 0, from = 0; from < file.size; piece += 1, from += PIECE_BYTES) {
        const answer = await fetch(`/recordings/${id}/pieces/${piece}`, { method: "POST", body: file.slice(from, from + PIECE_BYTES) });
        if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error || answer.statusText);
        bar.value = Math.min(1, (from + PIECE_BYTES) / file.size);
      }
      const { next } = await ask(`/recordings/${id}/finish`, { name: file.name });
      if (about.stay) { state.textContent = about.thanks; place.dataset.done = "yes"; } else { await window.saveTyped?.(); location.href = next; }
    } catch (error) {
      state.textContent = error.message || about.failed;
      place.dataset.failed = "yes";
    } finally {
      bar.hidden = true;
      place.querySelector("input").value = "";
    }
  }

  document.addEventListener("change", (event) => {
    const place = event.target.closest?.("[data-upload]");
    if (place && event.target.type === "file" && event.target.files[0]) upload(place, event.target.files[0]);
  });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const place = event.target.closest?.("[data-upload]");
      if (!place) return;
      event.preventDefault();
      place.classList.toggle("over", kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files[0]) upload(place, event.dataTransfer.files[0]);
    });
  }
})();
