/* Saves a text as a file when a new one arrives; the props a page starts with are none. */
pg.download = (element, props, trigger, watch) => {
  let last = 0;
  pg.mount("download", element, props, watch, ({ n, name, text, error }) => {
    if (!n || n === last) return;
    last = n;
    if (error) return pg.say(error);
    pg.saveBlob(new Blob([text], { type: "text/plain;charset=utf-8" }), name);
    pg.say(`${name} saved`);
  }, { always: true });
};
