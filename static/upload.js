/* A text file chosen by the visitor. It is read here, in the browser, and refused here when it is not text. */
const MOST_BYTES = 1_000_000;

/** File -> its text. Rejects with a sentence that says what is wrong and what to do. */
pg.readText = async (file, most = MOST_BYTES) => {
  const limit = `${pg.num(most / 1e6)} MB`;
  if (file.size > most) {
    const size = `${(file.size / 1e6).toFixed(2)} MB`;
    throw new Error(`${file.name} has ${size}; at most ${limit} can be read. Cut it and try again.`);
  }
  const bytes = await new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(new Uint8Array(reader.result));
    reader.onerror = () => failed(new Error(`${file.name} could not be read. Try it again, or paste the text.`));
    reader.readAsArrayBuffer(file);
  });
  if (!bytes.length) throw new Error(`${file.name} is empty. Choose a file with text in it.`);
  if (bytes.includes(0)) {
    throw new Error(`${file.name} is not plain text: it contains NUL bytes. Save it as UTF-8 text.`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`${file.name} is not UTF-8 text. Save it as UTF-8 and try again.`);
  }
};
