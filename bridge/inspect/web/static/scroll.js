// Of tables, pictures and texts that may be wider than the screen, those that are become stops of the Tab key, to be
// scrolled with the arrow keys; the others none. Without this script all of them are.
"use strict";
(() => {
  const look = one => {
    const scrolls = one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight;
    if (scrolls) one.tabIndex = 0;
    else if (one !== document.activeElement) one.removeAttribute("tabindex");
  };
  const sizes = new ResizeObserver(changed => changed.forEach(({ target }) => {
    look(target.matches(".scroll, pre") ? target : target.parentElement);
  }));
  const watch = within => within.querySelectorAll(".scroll[tabindex], pre[tabindex]").forEach(one => {
    look(one);
    [one, ...one.children].forEach(part => sizes.observe(part)); // what is in it may grow as well
  });
  watch(document);
  // what goes on is drawn anew (live.js)
  new MutationObserver(all => all.forEach(({ addedNodes }) => addedNodes.forEach(one => {
    if (one.querySelectorAll) watch(one);
  }))).observe(document.body, { childList: true, subtree: true });
})();
