// Plays the videos in step. The page is whole without it.
"use strict";
(() => {
  const films = [...document.querySelectorAll(".films video")];
  if (!films.length) return;
  const lead = films.find((film) => film.dataset.label === "A") ?? films[0];
  const others = films.filter((film) => film !== lead);
  const [play, back, forth, seek, clock] = ["play", "back", "forth", "seek", "clock"].map((id) => document.getElementById(id));
  const FRAME_S = 1 / 25;
  let frame = FRAME_S;
  document.querySelector(".transport").hidden = false;

  const show = () => {
    const length = lead.duration || 0;
    seek.max = length;
    seek.value = lead.currentTime;
    clock.textContent = `${lead.currentTime.toFixed(2)} of ${length.toFixed(2)} s`;
    play.textContent = lead.paused ? "Play" : "Pause";
  };
  const put = (time) => {
    const at = Math.min(Math.max(time, 0), lead.duration || 0);
    for (const film of films) film.currentTime = at;
    show();
  };
  // Clocks of players drift; beyond half a frame the others are put right.
  const follow = () => {
    for (const film of others) {
      if (Math.abs(film.currentTime - lead.currentTime) > 0.04) film.currentTime = lead.currentTime;
    }
    show();
  };

  play.addEventListener("click", () => {
    if (!lead.paused) return films.forEach((film) => film.pause());
    if (lead.ended) put(0);
    films.forEach((film) => film.play());
  });
  const step = (by) => { films.forEach((film) => film.pause()); put(lead.currentTime + by * frame); };
  back.addEventListener("click", () => step(-1));
  forth.addEventListener("click", () => step(1));
  seek.addEventListener("input", () => { films.forEach((film) => film.pause()); put(Number(seek.value)); });
  for (const event of ["loadedmetadata", "timeupdate", "play", "pause", "seeked"]) lead.addEventListener(event, follow);
  lead.addEventListener("ended", () => { others.forEach((film) => film.pause()); show(); });

  // The length of a frame, from two that are shown one after the other.
  if (lead.requestVideoFrameCallback) {
    let last = null;
    const measure = (_, shown) => {
      const took = last === null ? 0 : shown.mediaTime - last;
      if (took > 0.001 && took < 0.2) frame = took;
      last = shown.mediaTime;
      lead.requestVideoFrameCallback(measure);
    };
    lead.requestVideoFrameCallback(measure);
  }
  show();
})();
