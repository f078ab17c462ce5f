/**
 * How deeply lists and objects of a packet may be nested. `JSON.parse()` takes any depth, but most of
 * what a program does with the result, such as to send it on, needs stack for each level of it.
 */
export const MAX_DEPTH = 5_000;

const HEAD = /^\d(?:\d+-)?/;
const OPENERS = ["[", "{"];
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = 0x7b; // of both kinds, but for one bit
const CLOSING = 0x7d;
const CASE = 0x20;

/**
 * Whether the JSON in a packet of text is nested more deeply than {@link MAX_DEPTH}.
 *
 * @param text the packet; it need not be valid
 */
export function isTooDeep(text: string): boolean {
  // Each level is opened and closed; and most packets of that length do not open so many.
  return text.length > 2 * MAX_DEPTH && opensMany(text) && depthOf(text) > MAX_DEPTH;
}

function opensMany(text: string): boolean {
  let count = 0;
  for (const opener of OPENERS) {
    let index = text.indexOf(opener);
    while (index !== -1 && count <= MAX_DEPTH) {
      count++;
      index = text.indexOf(opener, index + 1);
    }
  }
  return count > MAX_DEPTH;
}

/** Behind the type, the number of attachments and the namespace: that may have quotes in its name. */
function startOfData(text: string): number {
  const start = HEAD.exec(text)?.[0].length ?? 0;
  return text[start] === "/" ? text.indexOf(",", start) + 1 : start;
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let index = startOfData(text); index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) {
      index = endOfString(text, index + 1);
    } else if ((code | CASE) === OPENING) {
      depth++;
      if (depth > deepest) {
        deepest = depth;
      }
    } else if ((code | CASE) === CLOSING) {
      depth--;
    }
  }
  return deepest;
}

/** Where the quote is that ends a string; the length of the text, or one more, where there is none. */
function endOfString(text: string, start: number): number {
  let index = start;
  for (; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) {
      break;
    }
    if (code === BACKSLASH) {
      index++;
    }
  }
  return index;
}
