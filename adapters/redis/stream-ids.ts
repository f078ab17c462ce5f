// The ids of stream entries: `<ms>-<number>`, of 64 bits each.

/** Before all entries. */
export const FIRST_ID = "0-0";

/** Whether a text is the id of an entry, as Redis writes it. */
export function isEntryId(text: string): boolean {
  return /^(0|[1-9]\d{0,19})-(0|[1-9]\d{0,19})$/.test(text);
}

/** The time in an id, in ms. */
export function msOf(id: string): number {
  return Number(id.split("-")[0]);
}

/** Less than 0 if the first id is the lower one, 0 if they are the same. */
export function compareIds(first: string, second: string): number {
  const [firstMs = "", firstNumber = ""] = first.split("-");
  const [secondMs = "", secondNumber = ""] = second.split("-");
  return compareNumbers(firstMs, secondMs) || compareNumbers(firstNumber, secondNumber);
}

// As text: they may be too big for a number.
function compareNumbers(first: string, second: string): number {
  if (first.length !== second.length) {
    return first.length - second.length;
  }
  return first === second ? 0 : first < second ? -1 : 1;
}
