// Loads a page again while what it shows is being made: <p data-again="3"> says after how many seconds.
"use strict";
(() => {
  const waiting = document.querySelector("[data-again]");
  if (waiting) setTimeout(() => location.reload(), 1000 * Number(waiting.dataset.again));
})();
