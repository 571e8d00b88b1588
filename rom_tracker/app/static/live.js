// The camera, what is drawn over it, and the recorder. The browser owns the camera; the server gets one small picture at a time
// for the live view, and the recording piece by piece.
"use strict";
(() => {
  const PIECE_MS = 500;          // a recording reaches the server's disk in pieces of this length
  const LONGEST_S = 180;         // a recording stops by itself after so long
  const SETTLE_MS = 1200;        // after the last repetition the recording goes on for so long
  const SENT_WIDTH = 640;        // the live view's pictures are scaled down to this width
  const SENT_EVERY_MS = 80;      // and sent no faster than this, so that the recording has the computer first
  const TRACE_S = 15;
  // H.264 first: on a busy laptop it keeps nearly every frame where VP8 loses two of three.
  const KINDS = ["video/mp4;codecs=avc1.42E01F", "video/mp4;codecs=avc1", "video/mp4", "video/webm;codecs=h264",
                 "video/webm;codecs=vp8", "video/webm"];

  const $ = (id) => document.getElementById(id);

  class Live {
    constructor(root) {
      this.root = root;
      this.is = JSON.parse(root.dataset.config);
      this.words = this.is.words;
      this.state = "set-up";
      this.trace = [];
      this.last = null;
      this.video = $("camera");
      this.canvas = $("overlay");
      this.small = document.createElement("canvas");
      $("start").addEventListener("click", () => this.start());
      $("stop").addEventListener("click", () => this.stop());
      $("field-camera").addEventListener("change", () => this.openCamera($("field-camera").value));
      $("allow").addEventListener("click", () => this.openCamera());
      $("ghost-on")?.addEventListener("change", (event) => { $("ghost").hidden = !event.target.checked; });
      this.canvas.addEventListener("click", (event) => this.pointAt(event));
      document.addEventListener("keydown", (event) => this.key(event));
      window.addEventListener("pagehide", () => this.leave());
      window.addEventListener("beforeunload", (event) => { if (this.state === "recording" || this.state === "saving") event.preventDefault(); });
      this.setState("set-up");
      this.openCamera();
      this.connect();
    }

    // ---- camera

    async openCamera(id) {
      const wanted = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
      if (id) wanted.deviceId = { exact: id };
      this.stream?.getTracks().forEach((track) => track.stop());
      $("camera-trouble").hidden = true;
      try {
        this.stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
      } catch (error) {
        const why = { NotAllowedError: "denied", NotFoundError: "none", NotReadableError: "busy" }[error.name] || "failed";
        $("camera-trouble-words").textContent = this.words["camera_" + why];
        $("camera-trouble").hidden = false;
        return;
      }
      const track = this.stream.getVideoTracks()[0];
      track.addEventListener("ended", () => this.cameraLost());
      this.video.srcObject = this.stream;
      await this.video.play().catch(() => {});
      await this.nameCameras(track);
      this.enable();
    }

    async nameCameras(track) {
      const cameras = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
      const chosen = track.getSettings().deviceId;
      $("field-camera").replaceChildren(...cameras.map((camera, i) => {
        const option = new Option(camera.label || `${this.words.camera} ${i + 1}`, camera.deviceId);
        option.selected = camera.deviceId === chosen;
        return option;
      }));
      $("camera-choice").hidden = cameras.length < 2;
      this.camera = track.label;
    }

    cameraLost() {
      if (this.state === "recording") this.stop();
      $("camera-trouble-words").textContent = this.words.camera_lost;
      $("camera-trouble").hidden = false;
    }

    // ---- live view: one picture at a time

    connect() {
      const socket = this.socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live/${this.is.session}/${this.is.measure}/${this.is.moment}`);
      socket.binaryType = "arraybuffer";
      socket.onmessage = (event) => this.heard(JSON.parse(event.data));
      socket.onclose = () => {
        this.ready = false;
        this.enable();
        if (!this.left) { $("live-state").textContent = this.words.lost_server; setTimeout(() => this.connect(), 1500); }
      };
    }

    heard(message) {
      if (message.error) { $("live-state").textContent = message.error; return; }
      if (message.ready) {
        this.ready = true;
        $("live-state").textContent = "";
        if (this.clicked) this.tell({ client: this.clicked });
        if (this.state !== "set-up") this.tell({ begin: this.state === "warm-up" ? "warm-up" : "recording" });
        this.enable();
        this.sendPicture();
        return;
      }
      this.last = message;
      const now = performance.now() / 1000;
      this.trace.push([now, message.angle]);
      while (this.trace.length && this.trace[0][0] < now - TRACE_S) this.trace.shift();
      if (this.state === "set-up") this.showChecks(message);
      this.draw();
      this.follow(message);
      setTimeout(() => this.sendPicture(), Math.max(0, this.sentAt + SENT_EVERY_MS - performance.now()));
    }

    tell(words) { if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(words)); }

    sendPicture() {
      if (this.left || this.socket.readyState !== WebSocket.OPEN) return;
      if (!this.video.videoWidth || this.video.paused) { setTimeout(() => this.sendPicture(), 100); return; }
      this.sentAt = performance.now();
      const scale = Math.min(1, SENT_WIDTH / this.video.videoWidth);
      this.small.width = Math.round(this.video.videoWidth * scale);
      this.small.height = Math.round(this.video.videoHeight * scale);
      this.small.getContext("2d").drawImage(this.video, 0, 0, this.small.width, this.small.height);
      const taken = performance.now() / 1000;
      this.small.toBlob(async (blob) => {
        if (!blob || this.socket.readyState !== WebSocket.OPEN) return;
        const message = new Uint8Array(8 + blob.size);
        new DataView(message.buffer).setFloat64(0, taken);
        message.set(new Uint8Array(await blob.arrayBuffer()), 8);
        if (this.socket.readyState === WebSocket.OPEN) this.socket.send(message);
      }, "image/jpeg", 0.8);
    }

    showChecks(message) {
      const list = $("checks");
      const items = message.checks.map((check) => {
        let item = list.querySelector(`[data-key="${check.key}"]`);
        if (!item) {
          item = document.createElement("li");
          item.dataset.key = check.key;
          item.innerHTML = '<span class="mark" aria-hidden="true"></span><span class="text"></span><span class="sr"></span>';
        }
        item.className = check.ok ? "ok" : "not-yet";
        item.querySelector(".mark").textContent = check.ok ? "✓" : "!";
        item.querySelector(".text").textContent = check.ok ? check.title : check.advice || check.title;
        item.querySelector(".sr").textContent = check.ok ? "" : ` (${this.words.not_yet})`;
        return item;
      });
      if (items.some((item, i) => list.children[i] !== item) || list.children.length !== items.length) list.replaceChildren(...items);
      const good = message.checks.length > 1 && message.checks.every((check) => check.ok);
      const say = good ? this.words.all_good : this.words.look_at_marks;
      if ($("verdict").textContent !== say) $("verdict").textContent = say;
      $("verdict").className = good ? "verdict good" : "verdict";
    }

    pointAt(event) {
      if (this.state !== "set-up" || !this.last || this.last.people.length < 2) return;
      const box = this.canvas.getBoundingClientRect();
      this.clicked = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
      this.tell({ client: this.clicked });
    }

    choosePerson(number) {
      const box = this.last?.people[number];
      if (!box || this.last.people.length < 2) return;
      this.clicked = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
      this.tell({ client: this.clicked });
    }

    // ---- the way through: set-up, warm-up, countdown, recording, saving

    setState(state) {
      this.state = state;
      this.root.dataset.state = state;
      $("start").hidden = state !== "set-up";
      $("stop").hidden = !["warm-up", "countdown", "recording"].includes(state);
      $("stop").textContent = state === "recording" ? this.words.stop : this.words.back;
      this.enable();
    }

    enable() { $("start").disabled = !(this.ready && this.stream?.active); }

    async start() {
      $("failed").hidden = true;
      this.sound = new (window.AudioContext || window.webkitAudioContext)();
      this.setup = this.last?.setup ?? null;
      if (this.is.warm_up > 0) {
        this.setState("warm-up");
        this.tell({ begin: "warm-up" });
        this.counted = 0;
        this.say(this.words.warm_up_say);
        this.banner(this.words.warm_up, 0, this.is.warm_up);
        return;
      }
      await this.countdown();
    }

    follow(message) {
      if (message.phase !== this.state) return;  // an answer to a picture from before this phase began
      if (this.state === "warm-up") {
        if (message.repetitions !== this.counted) this.step(message.repetitions, this.is.warm_up, this.words.warm_up);
        if (message.repetitions >= this.is.warm_up && message.resting) this.countdown();
      } else if (this.state === "recording") {
        if (message.repetitions !== this.counted) this.step(message.repetitions, this.is.scored, this.words.counted);
        if (message.repetitions >= this.is.scored && message.resting) this.doneSince ??= performance.now();
        if (this.doneSince && performance.now() - this.doneSince > SETTLE_MS) this.stop();
        if (performance.now() - this.began > LONGEST_S * 1000) this.stop();
      }
    }

    step(count, of, words) {
      this.counted = count;
      this.banner(words, count, of);
      if (count > 0) { this.beep(660, 0.09); this.say(String(count)); }
    }

    banner(words, count, of) {
      $("phase").textContent = words;
      $("count").textContent = of ? `${Math.min(count, of)} / ${of}` : "";
    }

    async countdown() {
      this.setState("countdown");
      const mine = this.counting = {};  // who goes back and starts again is counted down to anew
      const goesOn = () => this.state === "countdown" && this.counting === mine;
      this.banner(this.words.stand_still, 0, 0);
      this.say(this.words.stand_still);
      for (const number of [3, 2, 1]) {
        if (!goesOn()) return;
        $("big").textContent = number;
        this.beep(520, 0.08);
        await new Promise((done) => setTimeout(done, 1000));
      }
      if (!goesOn()) return;
      $("big").textContent = "";
      await this.record(goesOn);
    }

    async record(goesOn) {
      const kind = KINDS.find((each) => MediaRecorder.isTypeSupported(each)) || "";
      // An mp4 comes out in pieces from one key frame to the next; by itself the browser makes one in 3 s.
      const recorder = new MediaRecorder(this.stream,
        { mimeType: kind || undefined, videoBitsPerSecond: 5_000_000, videoKeyFrameIntervalDuration: PIECE_MS });
      let begun;
      try {
        begun = await this.ask("/recordings", { session: this.is.session, measure: this.is.measure, moment: this.is.moment,
          kind: (recorder.mimeType || kind).split(";")[0], camera: this.camera || "", client_at: this.clicked || null, setup: this.setup });
      } catch (error) { if (goesOn()) this.fail(error.message); return; }
      if (!goesOn()) {
        this.ask(`/recordings/${begun.id}/give-up`, {}).catch(() => {});  // the server is rid of it by itself, but later
        return;
      }
      this.recorder = recorder;
      this.id = begun.id;
      this.pieces = [];
      this.sent = 0;
      recorder.ondataavailable = (event) => { if (event.data.size) { this.pieces.push(event.data); this.push(); } };
      recorder.onstop = () => this.save();
      recorder.onerror = () => this.cameraLost();
      this.tell({ begin: "recording" });
      this.counted = 0;
      this.doneSince = null;
      this.began = performance.now();
      this.trace = [];
      recorder.start(PIECE_MS);
      this.setState("recording");
      this.banner(this.words.counted, 0, this.is.scored);
      this.beep(880, 0.25);
      this.say(this.words.go);
    }

    // Pieces go out one after the other; one that did not arrive is sent again.
    async push() {
      if (this.pushing) return this.pushing;
      this.pushing = (async () => {
        while (this.sent < this.pieces.length) {
          try {
            const answer = await fetch(`/recordings/${this.id}/pieces/${this.sent}`, { method: "POST", body: this.pieces[this.sent] });
            if (answer.status === 400) throw new Stopped((await answer.json()).error);
            if (!answer.ok) throw new Error();
            this.sent += 1;
            $("live-state").textContent = "";
          } catch (error) {
            if (error instanceof Stopped) { this.pushing = null; this.fail(error.message); return; }
            $("live-state").textContent = this.words.lost_server;
            await new Promise((done) => setTimeout(done, 1000));
          }
        }
        this.pushing = null;
      })();
      return this.pushing;
    }

    stop() {
      if (this.state === "recording") {
        this.setState("saving");
        this.banner(this.words.saving, 0, 0);
        this.beep(440, 0.3);
        this.say(this.words.done);
        this.recorder.stop();
      } else if (this.state === "warm-up" || this.state === "countdown") {
        $("big").textContent = "";
        this.banner("", 0, 0);
        this.tell({ begin: "set-up" });
        this.setState("set-up");
      }
    }

    async save() {
      if (this.state === "recording") this.setState("saving");
      await this.push();
      if (this.state !== "saving") return;
      try {
        const answer = await this.ask(`/recordings/${this.id}/finish`, {});
        this.setState("saved");
        this.leave();
        location.href = answer.next;
      } catch (error) { this.fail(error.message); }
    }

    fail(words) {
      if (this.recorder && this.recorder.state !== "inactive") { this.recorder.onstop = null; this.recorder.stop(); }
      $("failed-words").textContent = words || this.words.failed;
      $("failed").hidden = false;
      this.banner("", 0, 0);
      this.tell({ begin: "set-up" });
      this.setState("set-up");
    }

    async ask(path, body) {
      const answer = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
      const found = await answer.json().catch(() => ({}));
      if (!answer.ok) throw new Error(found.error || this.words.failed);
      return found;
    }

    key(event) {
      if (event.target.matches?.("select, input, textarea")) return;
      if (event.key === "Escape") { this.stop(); event.preventDefault(); }
      else if (event.key === " " && !event.target.matches?.("button, a, summary")) {
        if (this.state === "set-up") { if (!$("start").disabled) this.start(); } else this.stop();
        event.preventDefault();
      } else if (/^[1-9]$/.test(event.key) && this.state === "set-up") this.choosePerson(Number(event.key) - 1);
    }

    leave() {
      this.left = true;
      this.stream?.getTracks().forEach((track) => track.stop());
      this.socket.close();
    }

    // ---- sound: a tone, and words where the computer speaks by itself (a voice of the network would hear of it)

    beep(hertz, seconds) {
      if (!this.sound || !$("field-sound-yes").checked) return;
      const tone = this.sound.createOscillator(), loudness = this.sound.createGain();
      tone.frequency.value = hertz;
      loudness.gain.setValueAtTime(0.2, this.sound.currentTime);
      loudness.gain.exponentialRampToValueAtTime(0.001, this.sound.currentTime + seconds);
      tone.connect(loudness).connect(this.sound.destination);
      tone.start();
      tone.stop(this.sound.currentTime + seconds);
    }

    say(words) {
      const voices = window.speechSynthesis?.getVoices() ?? [];
      const voice = voices.find((each) => each.localService && each.lang.startsWith(this.is.language));
      if (!voice || !$("field-sound-yes").checked) return;
      const spoken = new SpeechSynthesisUtterance(words);
      spoken.voice = voice;
      window.speechSynthesis.speak(spoken);
    }

    // ---- drawing

    draw() {
      const { canvas, video, last } = this;
      if (!video.videoWidth) return;
      if (canvas.width !== video.videoWidth) { canvas.width = video.videoWidth; canvas.height = video.videoHeight; }
      const pen = canvas.getContext("2d"), w = canvas.width, h = canvas.height;
      pen.clearRect(0, 0, w, h);
      if (last?.points) this.drawBody(pen, last.points, w, h);
      if (this.state === "set-up" && last && last.people.length > 1) this.drawPeople(pen, last.people, w, h);
      $("angle").textContent = last && last.angle !== null && last.angle !== undefined ? `${Math.round(last.angle)}°` : "–";
      this.drawTrace();
    }

    drawBody(pen, points, w, h) {
      const at = (marks) => { const all = [].concat(marks); return [0, 1].map((k) => all.reduce((sum, m) => sum + points[m][k], 0) / all.length * (k ? h : w)); };
      const line = (a, b, colour, width) => {
        pen.strokeStyle = colour; pen.lineWidth = width; pen.lineCap = "round";
        pen.beginPath(); pen.moveTo(...at(a)); pen.lineTo(...at(b)); pen.stroke();
      };
      for (const [a, b] of this.is.drawing.bones) line(a, b, "rgba(255,255,255,.75)", h / 240);
      const limb = this.is.drawing.limb;
      for (let i = 0; i + 1 < limb.length; i += 2) line(limb[i], limb[i + 1], "#F2A33A", h / 90);
      pen.fillStyle = "#F2A33A";
      for (const marks of limb) { pen.beginPath(); pen.arc(...at(marks), h / 75, 0, 7); pen.fill(); }
    }

    drawPeople(pen, people, w, h) {
      people.forEach((box, i) => {
        pen.strokeStyle = "#F2A33A"; pen.lineWidth = h / 200;
        pen.strokeRect(box[0] * w, box[1] * h, (box[2] - box[0]) * w, (box[3] - box[1]) * h);
        pen.fillStyle = "#F2A33A"; pen.fillRect(box[0] * w, box[1] * h, h / 14, h / 14);
        pen.fillStyle = "#000"; pen.font = `${h / 20}px system-ui`; pen.fillText(String(i + 1), box[0] * w + h / 50, box[1] * h + h / 19);
      });
    }

    drawTrace() {
      const canvas = $("trace"), pen = canvas.getContext("2d");
      const scale = window.devicePixelRatio || 1;
      const width = Math.round(canvas.clientWidth * scale), height = Math.round(canvas.clientHeight * scale);
      if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
      pen.clearRect(0, 0, width, height);
      const known = this.trace.filter((each) => each[1] !== null);
      if (known.length < 2) return;
      const now = performance.now() / 1000, values = known.map((each) => each[1]);
      const low = Math.min(...values, 0) - 5, high = Math.max(...values, 30) + 5;
      pen.strokeStyle = getComputedStyle(canvas).color; pen.lineWidth = 2 * scale; pen.lineJoin = "round";
      pen.beginPath();
      let gap = true;
      for (const [time, angle] of this.trace) {
        if (angle === null) { gap = true; continue; }
        const x = width * (1 - (now - time) / TRACE_S), y = height * (1 - (angle - low) / (high - low));
        if (gap) pen.moveTo(x, y); else pen.lineTo(x, y);
        gap = false;
      }
      pen.stroke();
    }
  }

  class Stopped extends Error {}

  // The toolkit puts the page together after this script is there.
  const begin = () => {
    const root = $("live");
    if (root && $("trace") && !root.dataset.begun) { root.dataset.begun = "yes"; window.room = new Live(root); } else if (!root) setTimeout(begin, 50);
  };
  begin();
})();
