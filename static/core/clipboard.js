/** Copy to the clipboard; resolves to whether it worked (it is refused inside some frames and over plain http).
    @param {string} text */
export const copyText = async text => {
  try { await navigator.clipboard.writeText(text); return true; } catch { return false; }
};
