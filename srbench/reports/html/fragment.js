/* The fragment of the page's address: keys and values that a reader can send on. */
const Fragment = (() => {
  "use strict";

  const DELAY = 120; // milliseconds: browsers limit how often an address may change
  let pending = {};
  let timer = 0;

  /* Anything without a "=" is the anchor of a section. */
  const parse = () => new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");

  const write = () => {
    clearTimeout(timer);
    timer = 0;
    const keys = parse();
    for (const [key, value] of Object.entries(pending)) {
      if (value === null) keys.delete(key);
      else keys.set(key, value);
    }
    pending = {};
    const text = keys.toString();
    if (!text && !location.hash.includes("=")) return;
    try {
      history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
    } catch {
      // Some browsers refuse this for files: the page works, its address stays as it was.
    }
  };

  return {
    /* Return all keys and values, as text. */
    read: () => Object.fromEntries(parse()),

    /* Set keys, remove those that are null, leave others as they are. */
    merge(changes) {
      Object.assign(pending, changes);
      timer ||= setTimeout(write, DELAY);
    },

    /* Call `react` with the keys when the reader changes the address. */
    listen(react) {
      addEventListener("hashchange", () => {
        if (location.hash.includes("=")) react(Fragment.read());
      });
    },
  };
})();
