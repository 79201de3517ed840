// Videos put in order: dragged by their bar with mouse, finger or pen; moved with arrow keys or the two buttons.
"use strict";

const Ranking = {
  // A list of cards. `order` holds names; `card(name, letter)` gives what is shown; `changed(order)` is told every move.
  create(order, card, changed, tell) {
    const list = document.createElement("ol");
    list.className = "ranking";
    order.forEach((name, index) => list.append(Ranking.item(name, String.fromCharCode(65 + index), card)));

    const names = () => [...list.children].map((item) => item.dataset.name);
    const place = (item) => [...list.children].indexOf(item);

    // Moves a card; the others go round it, since a card that leaves the page loses pointer and playing video.
    const move = (item, to) => {
      const last = list.children.length - 1;
      const target = Math.max(0, Math.min(last, to));
      if (target === place(item)) return;
      while (place(item) < target) list.insertBefore(item.nextElementSibling, item);
      while (place(item) > target) item.after(item.previousElementSibling);
      label();
      changed(names());
    };

    const label = () => [...list.children].forEach((item, index) => {
      const words = `Video ${item.dataset.letter}, place ${index + 1} of ${list.children.length}`;
      item.querySelector(".grip").setAttribute("aria-label", `${words}. Drag, or move with the arrow keys.`);
      item.querySelector(".place").textContent = index + 1;
      item.querySelector(".earlier").disabled = index === 0;
      item.querySelector(".later").disabled = index === list.children.length - 1;
    });

    const step = (item, by) => {
      move(item, place(item) + by);
      tell(`Video ${item.dataset.letter} is now in place ${place(item) + 1} of ${list.children.length}.`);
    };

    for (const item of list.children) {
      const grip = item.querySelector(".grip");
      grip.addEventListener("keydown", (event) => {
        const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
        if (!by) return;
        event.preventDefault();
        step(item, by);
      });
      grip.addEventListener("pointerdown", (event) => Ranking.drag(event, list, item, move));
      item.querySelector(".earlier").addEventListener("click", () => step(item, -1));
      item.querySelector(".later").addEventListener("click", () => step(item, 1));
    }
    list.label = label;
    label();
    return list;
  },

  item(name, letter, card) {
    const item = document.createElement("li");
    item.dataset.name = name;
    item.dataset.letter = letter;
    item.innerHTML = `<div class="bar">
      <button type="button" class="grip"><span class="dots" aria-hidden="true">⠿</span>
        <b class="place"></b><span class="letter">Video ${letter}</span></button>
      <button type="button" class="earlier" aria-label="Video ${letter}: weaker">−</button>
      <button type="button" class="later" aria-label="Video ${letter}: stronger">+</button></div>`;
    item.append(card(name, letter));
    return item;
  },

  // Puts the cards of a list in the order of their names.
  arrange(list, names) {
    for (const name of names) list.append([...list.children].find((item) => item.dataset.name === name));
    list.label();
  },

  // From pressing the bar to letting go: the card follows the pointer and takes the place whose middle is nearest.
  drag(event, list, item, move) {
    if (event.button !== 0 || !event.isPrimary) return;
    const from = { x: event.pageX, y: event.pageY };
    const start = Ranking.middle(item);
    item.classList.add("dragged");

    const follow = (now) => {
      if (now.pointerId !== event.pointerId) return;
      now.preventDefault();
      const edge = 50;
      if (now.clientY < edge) window.scrollBy(0, -12);
      if (now.clientY > window.innerHeight - edge) window.scrollBy(0, 12);
      const at = { x: start.x + now.pageX - from.x, y: start.y + now.pageY - from.y };
      item.style.transform = "";
      const middles = [...list.children].map(Ranking.middle);
      const far = middles.map((middle) => Math.hypot(middle.x - at.x, middle.y - at.y));
      move(item, far.indexOf(Math.min(...far)));
      const own = Ranking.middle(item);
      item.style.transform = `translate(${at.x - own.x}px, ${at.y - own.y}px)`;
    };
    const stop = (now) => {
      if (now.pointerId !== event.pointerId) return;
      item.classList.remove("dragged");
      item.style.transform = "";
      document.removeEventListener("pointermove", follow);
      document.removeEventListener("pointerup", stop);
      document.removeEventListener("pointercancel", stop);
    };
    document.addEventListener("pointermove", follow, { passive: false });
    document.addEventListener("pointerup", stop);
    document.addEventListener("pointercancel", stop);
  },

  // The middle of a card in coordinates of the page.
  middle(item) {
    const box = item.getBoundingClientRect();
    return { x: box.left + box.width / 2 + window.scrollX, y: box.top + box.height / 2 + window.scrollY };
  },
};
