/* Where the app is, and whether the page's own address says what to build. */

/** The address of something the app serves. The app may stand behind a path of its own ("/play/"), which Gradio tells,
    but not always with the host and the scheme that the browser sees.
    @param {string} path */
export const url = path => {
  const root = new URL(window.gradio_config?.root || ".", document.baseURI).pathname.replace(/\/*$/, "/");
  return location.origin + root + path.replace(/^\//, "");
};

/** Whether this page is about to take a configuration from its address: until then the stored replay is not its picture. */
const LINKED = /^(preset$|lens$|probe$|chosen$|(model|task|training)\.|seed$|device$)/;
const LONGEST_WAIT_MS = 10_000;
let opening = [...new URLSearchParams(location.search).keys()].some(name => LINKED.test(name));
export const isOpening = () => opening;
export const opened = () => { opening = false; document.body.classList.remove("opening"); };
document.body.classList.toggle("opening", opening);
setTimeout(opened, LONGEST_WAIT_MS);
