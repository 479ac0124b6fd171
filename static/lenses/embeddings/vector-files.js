/* Vectors as the two files of the TensorFlow Embedding Projector. */
import { saveBlob } from "../../core/files.js";

/** { name, vectors, metadata } -> vectors and metadata as files. */
export const saveVectors = ({ name, vectors, metadata }) => {
  const save = (text, part) => saveBlob(new Blob([text], { type: "text/tab-separated-values" }), `${name}-${part}.tsv`);
  save(vectors, "vectors");
  setTimeout(() => save(metadata, "metadata"), 300);   // browsers take two downloads at once for one
};
