/** Say a change of state to a screen reader, politely. One region for the page, so that messages do not overtake.
    @param {string} text */
export const say = text => {
  let region = document.getElementById("pg-live");
  if (!region) {
    region = Object.assign(document.createElement("div"), { id: "pg-live", className: "sr" });
    region.setAttribute("aria-live", "polite");
    document.body.append(region);
  }
  region.textContent = text;
};
