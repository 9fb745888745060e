// Some calls open secrets or change who may come in: for those the server asks once more who it is.
type Asker = () => Promise<boolean>;

let asker: Asker | undefined;
let asking: Promise<boolean> | undefined;

/** The dialog says here that it is there; gives back how to take it away. */
export function onProofAsked(wanted: Asker): () => void {
  asker = wanted;
  return () => {
    asker = undefined;
  };
}

/** Whether it was proved. Calls that come together share one question. */
export function askProof(): Promise<boolean> {
  asking ??= (asker?.() ?? Promise.resolve(false)).finally(() => {
    asking = undefined;
  });
  return asking;
}
