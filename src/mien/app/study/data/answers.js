// What a participant has answered, kept in the browser so that a reload loses nothing, and given out as a file.
"use strict";

const Answers = {
  name: `mien-study-${STUDY.id}`,

  // What was kept, or null. A browser may forbid keeping anything; the page then works until it is closed.
  read() {
    try {
      const kept = JSON.parse(localStorage.getItem(Answers.name));
      return kept && kept.study === STUDY.id && kept.answers && Order.code(kept.participant) ? kept : null;
    } catch {
      return null;
    }
  },

  // Keeps it; false if the browser does not let us.
  write(session) {
    try {
      localStorage.setItem(Answers.name, JSON.stringify(session));
      return true;
    } catch {
      return false;
    }
  },

  forget() {
    try { localStorage.removeItem(Answers.name); } catch { /* nothing was kept */ }
  },

  // The answers as they are handed over: only pages that are answered in full.
  file(session, order, isAnswered) {
    const answers = order.filter((id) => isAnswered(id)).map((id) => {
      const { values, time_s, shown, unplayable } = session.answers[id];
      return { item: id, values, time_s: Math.round(time_s * 10) / 10, shown: shown ?? itemOf(id).clips, unplayable };
    });
    return {
      format: "mien study answers", version: 1, study: STUDY.id, kind: STUDY.kind, seed: STUDY.seed,
      participant: session.participant, started: session.started, finished: new Date().toISOString(),
      complete: answers.length === order.length, order, answers,
    };
  },

  // Lets the browser save a file.
  download(data) {
    const address = URL.createObjectURL(new Blob([JSON.stringify(data, null, 1) + "\n"], { type: "application/json" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = Answers.fileName(data.participant);
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  },

  fileName: (participant) => `answers-${STUDY.id}-${participant}.json`,
};
