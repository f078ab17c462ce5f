// Values as text for a transcript: the same text for the same value on Node and on Bun.

const MAX_TEXT = 400;
const MAX_DEPTH = 8;

/** Bytes as text that one can read: what is not printable ASCII as `\xNN`. */
export function renderBytes(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    text +=
      byte >= 0x20 && byte < 0x7f && byte !== 0x5c
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return shorten(text);
}

/** Leaves the middle out of a long text, and says how long it was, with a hash of it. */
export function shorten(text: string): string {
  if (text.length <= MAX_TEXT) {
    return text;
  }
  let hash = 0;
  for (let index = 0; index < text.length; index++) {
    hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  }
  const sum = (hash >>> 0).toString(16);
  return `${text.slice(0, 120)} ...(${text.length} characters, sum ${sum})... ${text.slice(-40)}`;
}

/** An argument of an event, or a detail of a line. */
export function render(value: unknown, depth = 0): string {
  switch (typeof value) {
    case "string":
      return shorten(JSON.stringify(value));
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "bigint":
      return `${value}n`;
    case "function":
      return "<function>";
    case "object":
      return value === null ? "null" : renderObject(value, depth + 1);
    default:
      return `<${String(value)}>`;
  }
}

function renderObject(value: object, depth: number): string {
  if (depth > MAX_DEPTH) {
    return "<deeper>";
  }
  if (Array.isArray(value)) {
    return `[${Array.from(value, (item) => render(item, depth)).join(",")}]`;
  }
  if (value instanceof Uint8Array) {
    const name = Buffer.isBuffer(value) ? "Buffer" : value.constructor.name;
    return `<${name} ${renderBytes(value)}>`;
  }
  if (value instanceof ArrayBuffer) {
    return `<ArrayBuffer ${renderBytes(new Uint8Array(value))}>`;
  }
  if (value instanceof Error) {
    const data = "data" in value && value.data !== undefined ? ` ${render(value.data, depth)}` : "";
    return `<Error ${JSON.stringify(value.message)}${data}>`;
  }
  if (value instanceof Set) {
    return `<Set ${render([...value], depth)}>`;
  }
  if (value instanceof Map) {
    return `<Map ${render([...value], depth)}>`;
  }
  if (value instanceof Date) {
    return `<Date ${value.toISOString()}>`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return `<${value.constructor.name}>`;
  }
  const members = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name)}:${render(member, depth)}`,
  );
  return `{${members.join(",")}}`;
}

/** A line of a transcript: what happened, and its details. */
export function renderLine(what: string, details: readonly unknown[]): string {
  return [what, ...details.map((detail) => render(detail))].join(" ");
}
