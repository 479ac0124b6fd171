/* A text file chosen by the visitor. It is read here, in the browser, and refused here when it is not text. */
import { num } from "../core/numbers.js";

const MOST = 1_000_000;                                // characters; none has more than four bytes

/** @type {[mark: number[], encoding: string][]} */
const MARKS = [[[0xff, 0xfe], "utf-16le"], [[0xfe, 0xff], "utf-16be"], [[0xef, 0xbb, 0xbf], "utf-8"]];
const HAN = /\p{Script=Han}|[\u3000-\u303f\uff00-\uffef]/gu, ODD = /[^\x00-\x7f]/gu;
const decoded = (encoding, bytes) => {
  try { return new TextDecoder(encoding, { fatal: true }).decode(bytes); } catch { return null; }
};
/** Bytes -> [text, name of the encoding]: by its mark, as UTF-8, as GB18030 where that gives Chinese, else as Windows-1252, which
    has Latin-1 in it. Null where it is none of these. */
const read = bytes => {
  const marked = MARKS.find(([mark]) => mark.every((byte, i) => bytes[i] === byte));
  if (marked) return [decoded(marked[1], bytes), marked[1].toUpperCase()];
  if (bytes.includes(0)) return null;
  const plain = decoded("utf-8", bytes);
  if (plain !== null) return [plain, "UTF-8"];
  const chinese = decoded("gb18030", bytes), odd = chinese?.match(ODD)?.length ?? 0;
  if (chinese && odd && (chinese.match(HAN)?.length ?? 0) > .9 * odd) return [chinese, "GB18030"];
  return [decoded("windows-1252", bytes), "Windows-1252"];
};

/** File -> {text, encoding}. Rejects with a sentence that says what is wrong and what to do. */
export const readText = async (file, most = MOST) => {
  const limit = `${num(most)} characters`;
  if (file.size > 4 * most) throw new Error(`${file.name} is too large: at most ${limit} can be read. Cut it and try again.`);
  const bytes = await new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(new Uint8Array(/** @type {ArrayBuffer} */ (reader.result)));
    reader.onerror = () => failed(new Error(`${file.name} could not be read. Try it again, or paste the text.`));
    reader.readAsArrayBuffer(file);
  });
  if (!bytes.length) throw new Error(`${file.name} is empty. Choose a file with text in it.`);
  const [text, encoding] = read(bytes) ?? [null];
  if (text === null) throw new Error(`${file.name} is not plain text. Save it as UTF-8 text and try again.`);
  const count = [...text].length;
  if (count > most) throw new Error(`${file.name} has ${num(count)} characters; at most ${limit} can be read. Cut it and try again.`);
  return { text, encoding };
};
