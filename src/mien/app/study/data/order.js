// In which order a participant sees things. src/mien/app/study/order.py draws the same numbers; a test compares both.
"use strict";

const Order = {
  // A participant's code in its one form, or null if it cannot be one.
  code(text) {
    const code = text.trim().toLowerCase();
    return /^[a-z0-9][a-z0-9_-]{0,39}$/.test(code) ? code : null;
  },

  // The items shuffled (Fisher-Yates) from the study's seed, the participant's code and what is ordered.
  shuffled(items, seed, code, purpose) {
    const order = [...items];
    const next = Order.numbers(`${seed}:${code}:${purpose}`);
    for (let last = order.length - 1; last > 0; last--) {
      const chosen = Math.floor(next() * (last + 1) / 4294967296);   // exact: the product is below 2^53
      [order[last], order[chosen]] = [order[chosen], order[last]];
    }
    return order;
  },

  // A generator of 32-bit numbers: FNV-1a of the text starts mulberry32.
  numbers(text) {
    let state = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(text)) state = Math.imul(state ^ byte, 0x01000193);
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return (mixed ^ (mixed >>> 14)) >>> 0;
    };
  },
};
