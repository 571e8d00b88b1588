// Films the printed board with the camera that is to be measured, or takes a file that this camera has filmed.
"use strict";
(() => {
  const LONGEST_S = 60;
  const KINDS = ["video/mp4;codecs=avc1.42E01F", "video/mp4", "video/webm;codecs=vp8", "video/webm"];
  const $ = (id) => document.getElementById(id);

  class Board {
    constructor(root) {
      this.root = root;
      this.words = JSON.parse(root.dataset.words);
      $("board-camera").addEventListener("click", () => this.openCamera());
      $("field-lens-camera").addEventListener("change", () => this.openCamera($("field-lens-camera").value));
      $("board-start").addEventListener("click", () => this.start());
      $("board-stop").addEventListener("click", () => this.stop());
      $("board-file").addEventListener("change", () => { if ($("board-file").files[0]) this.send($("board-file").files[0]); });
      window.addEventListener("pagehide", () => this.close());
    }

    // The same wishes as for a recording: a lens is known at the size of picture that it was measured at.
    async openCamera(id) {
      const wanted = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
      if (id) wanted.deviceId = { exact: id };
      this.close();
      try {
        this.stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
      } catch { this.say(this.words.no_camera, true); return; }
      const track = this.stream.getVideoTracks()[0], chosen = track.getSettings().deviceId;
      this.camera = track.label;
      $("board-picture").srcObject = this.stream;
      $("board-picture").play().catch(() => {});
      const cameras = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
      $("field-lens-camera").replaceChildren(...cameras.map((camera) => {
        const option = new Option(camera.label, camera.deviceId);
        option.selected = camera.deviceId === chosen;
        return option;
      }));
      $("board-closed").hidden = true;
      $("board-open").hidden = false;
      this.say("");
    }

    start() {
      const kind = KINDS.find((each) => MediaRecorder.isTypeSupported(each)) || "";
      const recorder = this.recorder = new MediaRecorder(this.stream, { mimeType: kind || undefined, videoBitsPerSecond: 8_000_000 });
      const pieces = [];
      recorder.ondataavailable = (event) => { if (event.data.size) pieces.push(event.data); };
      recorder.onstop = () => { clearInterval(this.clock); this.send(new Blob(pieces)); };
      recorder.start(1000);
      this.recording(true);
      let left = LONGEST_S;
      this.say(`${left} s`);
      this.clock = setInterval(() => { left -= 1; this.say(`${left} s`); if (left <= 0) this.stop(); }, 1000);
    }

    stop() { if (this.recorder?.state === "recording") { this.recording(false); this.recorder.stop(); } }

    recording(on) {
      $("board-start").hidden = on;
      $("board-stop").hidden = !on;
    }

    async send(video) {
      const bar = $("board-bar");
      bar.hidden = false;
      bar.removeAttribute("value");
      this.say(this.words.looking);
      try {
        const { job } = await this.ask(`/calibration/lens?camera=${encodeURIComponent(this.camera)}`, { method: "POST", body: video });
        for (;;) {
          const { state, share } = await this.ask(`/calibration/lens/${job}`);
          if (share !== null && share !== undefined) bar.value = share;
          if (state === "done") break;
          await new Promise((done) => setTimeout(done, 400));
        }
        location.reload();
      } catch (error) {
        this.say(error.message || this.words.failed, true);
      } finally {
        bar.hidden = true;
        $("board-file").value = "";
      }
    }

    async ask(path, how) {
      const answer = await fetch(path, how);
      const found = await answer.json().catch(() => ({}));
      if (!answer.ok) throw new Error(found.error || this.words.failed);
      return found;
    }

    say(words, failed = false) {
      $("board-state").textContent = words;
      this.root.dataset.failed = failed ? "yes" : "";
    }

    close() { this.stream?.getTracks().forEach((track) => track.stop()); }
  }

  // The toolkit puts the page together after this script is there.
  const begin = () => {
    const root = $("board");
    if (root && $("board-state") && !root.dataset.begun) { root.dataset.begun = "yes"; window.board = new Board(root); } else if (!root) setTimeout(begin, 50);
  };
  begin();
})();
