// Marks that are taken off leave their stretch out of the table that is downloaded.
(() => {
  "use strict";
  const boxes = [...document.querySelectorAll("input[data-line]")];
  const kept = document.getElementById("kept");
  const header = document.querySelector("[data-header]").dataset.header;
  // Lines stand on the page in the order of strength; the table has them as they are in the footage.
  const inOrder = (lines) => lines.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));

  const tell = () => {
    const chosen = boxes.filter((box) => box.checked);
    const frames = chosen.reduce((sum, box) => sum + Number(box.dataset.frames), 0);
    kept.textContent = `${chosen.length} of ${boxes.length} stretches kept, ${frames} frames`;
    for (const box of boxes) box.closest(".stretch").classList.toggle("rejected", !box.checked);
  };
  document.addEventListener("change", tell);
  tell();

  document.getElementById("download").addEventListener("click", () => {
    const lines = inOrder(boxes.filter((box) => box.checked).map((box) => box.dataset.line));
    const address = URL.createObjectURL(new Blob([[header, ...lines, ""].join("\n")], { type: "text/csv" }));
    Object.assign(document.createElement("a"), { href: address, download: "labels.csv" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  });
})();
